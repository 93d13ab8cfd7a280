"""The document against the version of the contract that its interface names."""

from ....core.contracts import validate
from ....core.faults import Fault

NAME = "validate"


def run(batch, works):
    """Check the partner's document; all faults of a document are reported at once."""
    for work in works:
        contract = batch.interface(work.interface_id).contract
        if contract is None:
            continue
        faults = validate(contract, work.document)
        if faults:
            work.outcome = summed_up("validate.contract", faults)


def summed_up(code, faults):
    """One fault that stands for all of a document: its detail names the first three, its causes are all of them."""
    if len(faults) == 1:
        return faults[0]
    shown = " ".join(fault.detail for fault in faults[:3])
    rest = f" … and {len(faults) - 3} more." if len(faults) > 3 else ""
    return Fault(code, shown + rest, causes=tuple(faults), subject="; ".join(fault.subject or fault.pointer or "" for fault in faults[:5]))
