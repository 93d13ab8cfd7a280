"""Acknowledgements that partners send, tied to what we sent them."""

from ...core.codecs.edi.acknowledged import Sent, acknowledged, is_acknowledgement, matched
from ...core.codecs.edi.enveloping import party
from ...core.codecs.edi.words import sentences
from ...core.work import Done
from ..partner.endpoint_edi import EDI

LANE = "acknowledgements"
"""The ordering key of acknowledgements: they wait behind no order that failed."""
UNKNOWN = "acknowledge.unknown"

_SENT = """
    SELECT i.message_id, i.standard, i.document_kind, i.number, i.group_kind, i.reference,
           coalesce(nullif(i.position, 0), 1), i.sender, i.receiver
      FROM sync_interchange i
     WHERE i.direction = 'outbound' AND i.trading_partner_id = %s AND i.number = ANY(%s) AND i.company_id = %s
       AND i.standard = %s AND i.message_id IS NOT NULL
     ORDER BY i.id
"""


def is_answer(codec, document):
    """Whether a document that came is a syntax acknowledgement: it travels no interface and is applied to no order."""
    return codec in EDI and isinstance(document, dict) and is_acknowledgement(document)


def end(work):
    """End a work that is an acknowledgement where it was decoded; :func:`take` ties it in the last transaction."""
    work.acknowledges = True
    message = work.document["message"]
    answered = work.document.get("answered_group") or work.document.get("answered_interchange") or {}
    work.reference = f"{message['type']} {answered.get('reference', '')}".strip()
    work.outcome = Done(reference=work.reference)


def take(env, works):
    """Tie the acknowledgements among ``works`` to what we sent, in the transaction that turns them done."""
    for work in works:
        if work.acknowledges and isinstance(work.outcome, Done):
            _take(env, work)


def _take(env, work):
    said = acknowledged(work.document)
    ids, sent = _sent(env, work, said)
    verdicts, unknown = matched(said, sent)
    messages = env["sync.message"].browse(ids)
    told = []
    for message, verdict in zip(messages, verdicts, strict=True):
        if verdict.by is None:
            continue
        level = "received" if verdict.status == "received" else "syntax"
        state = {"received": "accepted", "partially": "rejected"}.get(verdict.status, verdict.status)
        words = " ".join(sentences(verdict.by))
        if state == "rejected":
            words = words or env._("The partner rejects it and names no reason.")
        if level == "received" and state == "rejected":
            level = "syntax"
        env["sync.acknowledgement"]._give(message, level, state, words, work.message_id)
        told.append(f"{message.display_name}: {state.replace('_', ' ')}.")
    if unknown:
        _tell_unknown(env, work, unknown)
        told.append(env._("It names something that we did not send."))
    work.outcome.note = " ".join(told)
    env.flush_all()


def _sent(env, work, said):
    """(message ids, :class:`Sent` of each) of what the acknowledgement may be about: numbers, identities, partner."""
    header = work.document.get("interchange") or {}
    numbers = {_number(each.group) for each in said} | {_number(each.interchange) for each in said}
    env.cr.execute(
        _SENT,
        [
            work.trading_partner_id,
            [number for number in numbers if number is not None],
            work.company_id,
            header.get("standard"),
        ],
    )
    ids, sent = [], []
    for message_id, standard, kind, number, group, reference, place in _between(header, env.cr.fetchall()):
        ids.append(message_id)
        if standard == "x12":
            sent.append(Sent("x12", kind or "", f"{place:04d}", str(number), group or "", reference))
        else:
            sent.append(Sent("edifact", kind or "", str(place), interchange=reference))
    return ids, sent


def _between(header, rows):
    """The rows that went from the receiver of the acknowledgement to its sender.

    Some partners answer under another qualifier than the one they are sent to: where nothing fits as a whole, the
    identifiers alone decide.
    """
    back, forth = header.get("receiver") or {}, header.get("sender") or {}
    whole = [row[:7] for row in rows if row[7:] == (party(back), party(forth))]
    if whole:
        return whole
    bare = (str(back.get("id", "")), str(forth.get("id", "")))
    return [row[:7] for row in rows if tuple(name.rpartition(":")[2] for name in row[7:]) == bare]


def _tell_unknown(env, work, unknown):
    endpoint = env["sync.endpoint"].browse(work.endpoint_id)
    names = sorted({each.group or each.interchange for each in unknown})
    env["sync.exception"]._open(
        UNKNOWN,
        detail=env._(
            "%(partner)s acknowledges %(names)s by %(reference)s. Nothing was sent to it under this control number.",
            partner=endpoint.trading_partner_id.name,
            names=", ".join(names),
            reference=work.reference,
        ),
        subject=f"acknowledgement of {', '.join(names)[:80]} at {endpoint.code}",
        company=endpoint.company_id,
        document=work.reference,
        trading_partner=endpoint.trading_partner_id,
        endpoint=endpoint,
    )


def _number(text):
    return int(text) if text.isdecimal() and len(text) < 10 else None
