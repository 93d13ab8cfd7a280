"""Heads of lanes -> works with their bytes."""

import json
from datetime import timezone

from ...core.codecs import Place
from ...core.delivery.cloudevents import Event
from ...core.faults import Fault
from ...core.queue import Frequent
from ...core.work import Replay, Work
from . import replay
from .sealing import EVENT, event_text, opened

_RECEIVED = Frequent("""
    SELECT t.id, t.headers, t.place_first, t.place_last, t.charset, t.fault_code, t.fault_detail,
           p.content, p.key_id, p.company_id, p.kind, p.sha256
      FROM sync_transmission t
      LEFT JOIN sync_payload p ON p.transmission_id = t.id AND p.kind = 'received' AND p.erased_at IS NULL
     WHERE t.id = ANY(%s::int[])
""")
_DOCUMENTS = Frequent(f"""
    SELECT e.id, e.erased_at IS NOT NULL, e.uid, e.occurred_at, e.subject, e.sequence, e.ordering_key, {EVENT}
      FROM sync_event e WHERE e.id = ANY(%s::int[])
""")


def load(env, heads):
    """Read what the heads need in two statements: bodies with headers, and the documents of events."""
    received = _received(env, [head.transmission_id for head in heads if head.transmission_id])
    events = _events(env, [head.event_id for head in heads if head.event_id])
    types = env["sync.document.type"]
    works = []
    for head in heads:
        raw, headers, place, stands = received.get(head.transmission_id, (None, {}, None, None))
        canonical, event = events.get(head.event_id, (None, None))
        unopened = next((each for each in (raw, canonical) if isinstance(each, Fault)), None)
        works.append(
            Work(
                message_id=head.message_id,
                uid=head.uid,
                direction=head.direction,
                endpoint_id=head.endpoint_id,
                interface_id=head.interface_id,
                trading_partner_id=head.trading_partner_id,
                company_id=head.company_id,
                document_type=types._code_of(head.document_type_id) if head.document_type_id else None,
                attempt=head.attempt,
                received_at=head.created_at.replace(tzinfo=timezone.utc),
                ordering_key=head.key,
                lane_id=head.lane_id,
                transmission_id=head.transmission_id,
                event_id=head.event_id,
                process_id=head.process_id,
                reference=head.reference,
                replay=_replay(head),
                headers=headers,
                raw=None if unopened else raw,
                place=place,
                in_its_file=stands,
                canonical=None if unopened else canonical,
                event=event,
            )
        )
        if unopened:
            # An administrator puts the keys right; the other documents go on.
            works[-1].stage = "receive" if head.direction == "inbound" else "route"
            works[-1].outcome = unopened
    env["sync.engine"]._tell_requests(works)
    if again := [work for work in works if work.replay and work.outcome is None]:
        replay.fill(env, again)
    return works


def _replay(head):
    if not head.replay_from:
        return None
    return Replay(
        start=head.replay_from,
        # A message that never came so far as to be stamped has no versions of then.
        pinned=head.replay_versions == "then" and bool(head.contract_id or head.mapping_id),
        contract_id=head.contract_id,
        mapping_id=head.mapping_id,
        was_done=bool(head.was_done),
    )


def _received(env, ids):
    if not ids:
        return {}
    env.cr.execute(_RECEIVED, [ids])
    return {
        row[0]: (_opened(env, row[7:]), json.loads(row[1] or "{}"), *_in_its_file(*row[2:7]))
        for row in env.cr.fetchall()
    }


def _in_its_file(first, last, charset, code, detail):
    """The place of a document that was taken out of a file, and what only that file showed to be wrong with it.

    Of an answer: what went wrong on its way, so that there is nothing to be read.
    """
    place = None if first is None else Place(first, last, charset or "")
    return place, Fault(code, detail, subject=code) if code else None


def _opened(env, row):
    try:
        return opened(env, *row)
    except Fault as fault:
        return fault


def _events(env, ids):
    """{event id: (its document, None where that was erased, or the fault of a missing key; what it tells)}"""
    if not ids:
        return {}
    source, found = env["sync.event"]._source(), {}
    env.cr.execute(_DOCUMENTS, [ids])
    for event_id, erased, uid, occurred_at, subject, sequence, key, *stored in env.cr.fetchall():
        event = Event(uid, source, stored[2], occurred_at, subject, sequence, key)
        found[event_id] = None if erased else _document(env, stored), event
    return found


def _document(env, stored):
    try:
        return json.loads(event_text(env, *stored))
    except Fault as fault:
        return fault
