"""An effect waits until its gate is open."""

from datetime import timedelta

from ....core.faults import Fault
from ....core.work import Wait

NAME = "gate"


def run(batch, works):
    """Park what a gate of its interface's policy still holds; whatever moves the process releases it."""
    for interface, group in batch.by_interface(works):
        if not interface.gates:
            continue
        batch.env.cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        now = batch.env.cr.fetchone()[0]
        processes, subjects = batch.processes(group), batch.subjects(group)
        for work in group:
            if not work.process_id:
                # Fail closed: without a process nobody can say whether the gate is open.
                work.outcome = Fault(
                    "engine.configuration",
                    f"The interface {interface.code} has a gate, and this document belongs to no process.",
                    subject=f"gate of {interface.code}",
                )
                continue
            for gate in batch.env["sync.gate"].sudo().browse(interface.gates):  # sudo: configuration, read only
                deadline = _deadline(work, gate)
                if deadline and gate.at_deadline == "open" and deadline <= now:
                    continue
                verdict = gate._evaluate(processes[work.message_id], subjects[work.message_id])
                if not verdict.open:
                    work.outcome = Wait(
                        wait_type="process",
                        wait_ref=str(work.process_id),
                        fault=Fault("gate.waiting", verdict.reason, subject=f"gate {gate.code}"),
                        deadline=deadline,
                        process_id=work.process_id,
                        goes_on=gate.at_deadline == "open",
                    )
                    break


def _deadline(work, gate):
    """The gate's deadline counts from when the message came to be, not from when it was looked at."""
    if not gate.deadline_hours:
        return None
    return work.received_at.replace(tzinfo=None) + timedelta(hours=gate.deadline_hours)
