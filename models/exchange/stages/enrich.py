"""What must be known before the document may act: its process, and who owns what it says."""

from ....core.faults import Fault
from ....core.work import Done

NAME = "enrich"


def run(batch, works):
    """Attach each document to the process it belongs to, and refuse what another system owns."""
    for interface, group in batch.by_interface(works):
        processes = batch.env["sync.process"]._find_by_document(
            interface.company_id, [work.canonical for work in group]
        )
        for work, process_id in zip(group, processes, strict=True):
            work.process_id = work.process_id or process_id
        decision = batch.ownership(interface)
        for work in group:
            if decision.refused:
                work.outcome = Fault("apply.not_permitted", decision.reason, subject=f"ownership {interface.code}")
            elif decision.ignored:
                work.outcome = Done(reference=work.reference, process_id=work.process_id, note=decision.reason)
