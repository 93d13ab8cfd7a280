"""The partner took the document: say so where it counts."""

from datetime import datetime, timezone

from ....core.work import Done, Effect

NAME = "confirm"


def run(batch, works):
    """Turn accepted deliveries into Done, and reach the milestone that their interface stands for."""
    batch.env["sync.acknowledgement"]._await(batch, works)
    processes, subjects = batch.processes(works), batch.subjects(works)
    for work in works:
        interface = batch.interface(work.interface_id)
        process, subject = processes[work.message_id], subjects[work.message_id]
        if interface.milestone and process:
            process._reach(
                interface.milestone,
                occurred_at=datetime.now(timezone.utc).replace(tzinfo=None),
                subject=subject,
                message_id=work.message_id,
            )
        effects = [Effect("linked", subject._name, subject.id, subject.display_name)] if subject else []
        work.outcome = Done(effects=effects, reference=work.reference, process_id=work.process_id)
