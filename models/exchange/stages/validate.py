"""The document against the version of the contract that its interface names."""

from datetime import datetime, timezone

from ....core.contracts import summary, validate
from ....core.faults import Fault
from ..located import located

NAME = "validate"


def run(batch, works):
    """Check the partner's document; all faults of a document are reported at once."""
    today = datetime.now(timezone.utc).date()
    for work in works:
        if ended := _ended(batch, work, today):
            work.outcome = ended
            continue
        contract = batch.contract(work)
        if contract is None:
            continue
        faults = validate(contract, work.document)
        if faults:
            work.outcome = summary(located(batch, work, faults), reference=work.reference)


def _ended(batch, work, today):
    """Why the version of the contract that is in force at its interface works no more; a replay may ask for its own."""
    interface = batch.interface(work.interface_id)
    if interface.sunset is None or today <= interface.sunset or (work.replay and work.replay.pinned):
        return None
    follows = f" {interface.successor} follows it." if interface.successor else ""
    return Fault(
        "validate.version_ended",
        f"The contract of {interface.code} ended on {interface.sunset.isoformat()}.{follows}",
        reference=work.reference,
        subject=f"interface {interface.code}",
    )
