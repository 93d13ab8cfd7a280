"""The document against the version of the contract that its interface names."""

from ....core.contracts import summary, validate

NAME = "validate"


def run(batch, works):
    """Check the partner's document; all faults of a document are reported at once."""
    for work in works:
        contract = batch.contract(work)
        if contract is None:
            continue
        faults = validate(contract, work.document)
        if faults:
            work.outcome = summary(faults, reference=work.reference)
