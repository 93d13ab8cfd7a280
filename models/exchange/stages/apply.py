"""The canonical document becomes a change in Odoo."""

from ....core.work import Done

NAME = "apply"


def run(batch, works):
    """Hand the works of one interface to its handler; it answers with one outcome per work, in order.

    Runs in the business transaction, as the endpoint's own user, after the fence. What the steward decides about is
    kept for him in the same transaction.
    """
    for work in works:
        if work.left_to_steward:
            work.outcome = Done(reference=work.reference, process_id=work.process_id)
    mine = [work for work in works if not work.left_to_steward]
    if mine:
        _handled(batch, mine)
    batch.env["sync.engine"]._note_foreign_writes(works)


def _handled(batch, works):
    interface = batch.interface(works[0].interface_id)
    handler = batch.env["sync.handler"]._for(interface.handler, interface.document_type)
    outcomes = handler._apply(works)
    if len(outcomes) != len(works):
        raise RuntimeError(f"{handler._name} returned {len(outcomes)} outcomes for {len(works)} documents")
    for work, outcome in zip(works, outcomes, strict=True):
        work.outcome = outcome
