"""An answer that Odoo gives itself, and one that comes after that."""

from ....core.canonical import validator
from ....core.work import Done
from .translate import take

_OTHERS = """
    SELECT m.id, bool_or(o.fallback AND o.state = 'done'), bool_or(NOT coalesce(o.fallback, false) AND o.state = 'done')
      FROM sync_message m JOIN sync_message o ON o.answers_id = m.answers_id AND o.id <> m.id
     WHERE m.id = ANY(%s::int[]) GROUP BY m.id
"""


def answer(batch, work):
    """Make the canonical document of a fallback, as the endpoint's own user; the partner's answer goes before it."""
    interface = batch.interface(work.interface_id)
    _fallback, answered = _others(batch.env.cr, [work]).get(work.message_id, (False, False))
    if answered:
        work.outcome = _ended(work, "The partner's answer came before the fallback was needed.")
        return
    agent = batch.as_agent(interface)
    handler = agent.env["sync.handler"]._for(interface.handler, interface.document_type)
    take(batch, work, handler._fall_back(work.request), validator(interface.document_type))
    work.notices.append("No usable answer came in time: this is Odoo's own.")


def keep_what_is_late(batch, works):
    """End answers that came after a fallback was taken, where the policy of the request says that this stands."""
    late = [
        work
        for work in works
        # Whoever replays it means it.
        if work.request and not work.fallback and not work.replay and batch.interface(work.interface_id).keeps_late
    ]
    found = _others(batch.env.cr, late) if late else {}
    for work in late:
        if found.get(work.message_id, (False, False))[0]:
            work.outcome = _ended(work, "It came late and is kept: the fallback stands.")


def _ended(work, note):
    return Done(reference=work.reference, process_id=work.process_id, note=note)


def _others(cr, works):
    """{message id: (a fallback was taken, the partner's answer was)} of what answers the same request and is done."""
    cr.execute(_OTHERS, [[work.message_id for work in works]])
    return {row[0]: (bool(row[1]), bool(row[2])) for row in cr.fetchall()}
