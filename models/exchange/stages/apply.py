"""The canonical document becomes a change in Odoo."""

NAME = "apply"


def run(batch, works):
    """Hand the works of one interface to its handler; it answers with one outcome per work, in order.

    Runs in the business transaction, as the endpoint's own user, after the fence.
    """
    interface = batch.interface(works[0].interface_id)
    handler = batch.env["sync.handler"]._for(interface.handler, interface.document_type)
    outcomes = handler._apply(works)
    if len(outcomes) != len(works):
        raise RuntimeError(f"{handler._name} returned {len(outcomes)} outcomes for {len(works)} documents")
    for work, outcome in zip(works, outcomes, strict=True):
        work.outcome = outcome
