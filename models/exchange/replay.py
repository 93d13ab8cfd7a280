"""A message on its way for another time: where it starts, under which versions, and what must not happen twice.

receive    the bytes as received, through every stage
apply      the translated document as it is stored
translate  the event's document, translated and sent anew
deliver    the bytes as sent before, signed anew
"""

from contextlib import suppress

from ...core.codecs import codec
from ...core.faults import Fault
from ...core.work import Done
from .sealing import SEALED, opened

# Where a replay may start, by direction; the first is what is offered.
STARTS = {"inbound": ("receive", "apply"), "outbound": ("translate", "deliver"), "internal": ("apply",)}
# What a start skips of the way.
SKIPPED = {
    "apply": {"decode", "validate", "translate"},
    "deliver": {"gate", "translate", "validate", "encode"},
}
# SQL over sync_message m: what the start needs is still there.
EVENT = "EXISTS (SELECT FROM sync_event e WHERE e.id = m.event_id AND e.erased_at IS NULL)"
CONTENT = {
    "receive": """EXISTS (SELECT FROM sync_payload p WHERE p.transmission_id = m.transmission_id
                             AND p.kind = 'received' AND p.erased_at IS NULL)""",
    "apply": f"""({EVENT} OR EXISTS (SELECT FROM sync_payload p WHERE p.message_id = m.id
                                        AND p.kind = 'canonical' AND p.erased_at IS NULL))""",
    "translate": EVENT,
    "deliver": """EXISTS (SELECT FROM sync_payload p WHERE p.message_id = m.id AND p.kind = 'sent'
                             AND p.erased_at IS NULL)""",
}

ALREADY = "Already applied"


def fill(env, works):
    """Give replayed works what their start needs; one whose content is gone ends here."""
    stored = [work.message_id for work in works if work.replay.start in ("apply", "deliver")]
    env.cr.execute(
        f"""SELECT message_id, content_type, {SEALED} FROM sync_payload p
             WHERE message_id = ANY(%s) AND kind IN ('canonical', 'sent') AND content IS NOT NULL
               AND erased_at IS NULL""",
        [stored],
    )
    kept, forms = {}, {}
    for message_id, content_type, *row in env.cr.fetchall():
        forms[message_id, row[3]] = content_type
        try:
            kept[message_id, row[3]] = opened(env, *row)
        except Fault as fault:
            kept[message_id, row[3]] = fault
    for work in works:
        start, canonical = work.replay.start, kept.get((work.message_id, "canonical"))
        sent = kept.get((work.message_id, "sent"))
        if unopened := next((body for body in (canonical, sent) if isinstance(body, Fault)), None):
            work.stage, work.outcome = "receive" if work.direction == "inbound" else "route", unopened
            continue
        if start == "apply" and work.canonical is None and canonical is not None:
            work.canonical = codec("json").decode(canonical)
            work.document_type = work.canonical.get("type") or work.document_type
        if start == "deliver":
            work.encoded, work.content_type = sent, forms.get((work.message_id, "sent")) or work.content_type
        present = {"receive": work.raw, "apply": work.canonical, "translate": work.canonical, "deliver": work.encoded}
        if present[start] is None:
            work.stage = "receive" if work.direction == "inbound" else "route"
            work.outcome = Fault(
                "receive.content_gone",
                "It cannot be processed anew: its content is not kept any more.",
                reference=work.reference,
                subject=f"replay from {start}",
            )


def takes_part(work, stage_name):
    """Whether ``work`` goes through the stage, or was replayed from behind it."""
    if work.fallback and stage_name in ("validate", "translate"):
        return False  # it was made as a canonical document
    return work.replay is None or stage_name not in SKIPPED.get(work.replay.start, ())


def sends_as_it_was(work):
    """Whether ``work`` is on its way with bytes that were made before, under the rules of then."""
    return work.replay is not None and work.replay.start == "deliver"


def applied_before(batch, interface, works):
    """End those that were done before and may not be applied twice; returns the others.

    A handler says whether its documents may be applied again (``_repeatable``). What any other handler did is not done
    again while anything of it still exists.
    """
    again = [work for work in works if work.replay and work.replay.was_done]
    if not again:
        return works
    with suppress(Fault):  # no handler: the stage says so itself
        if batch.env["sync.handler"]._for(interface.handler, interface.document_type)._repeatable:
            return works
    existing = _existing_effects(batch.env, [work.message_id for work in again])
    for work in again:
        if labels := existing.get(work.message_id):
            work.outcome = Done(
                reference=work.reference,
                process_id=work.process_id,
                note=f"{ALREADY}: {', '.join(labels)}. Nothing was done a second time.",
            )
    return [work for work in works if work.live]


def _existing_effects(env, message_ids):
    """{message id: labels of the records it touched that are still there}."""
    env.cr.execute(
        "SELECT message_id, res_model, res_id, label FROM sync_effect WHERE message_id = ANY(%s) ORDER BY id",
        [message_ids],
    )
    rows = env.cr.fetchall()
    there = {}
    for model in {row[1] for row in rows if row[1] in env}:
        ids = {row[2] for row in rows if row[1] == model}
        there[model] = set(env[model].sudo().browse(ids).exists().ids)  # sudo: whether they exist, nothing of them
    found = {}
    for message, model, res_id, label in rows:
        if res_id in there.get(model, ()):
            labels = found.setdefault(message, [])
            if (name := label or model) not in labels:
                labels.append(name)
    return found
