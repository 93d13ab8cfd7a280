"""What the engine remembers of each try: stamps, attempts, documents, effects.

Plain SQL over one cursor: for work that is done it is the business transaction's own, for everything else the
transaction that settles the lane. Nothing is written twice.
"""

import hashlib
import json

from ...core import queue
from ...core.codecs import codec
from ...core.security.masking import mask_fault, mask_headers
from ...core.work import Done, Wait
from .sealing import ring_of, seal

_ATTEMPTS = queue.Frequent("""
    INSERT INTO sync_attempt (message_id, company_id, outcome, stage, fault_code, blame, detail, faults, subject,
                              timings, worker, duration_ms, request_status, sent_to, started_at, ended_at)
    SELECT t.*, (clock_timestamp() AT TIME ZONE 'UTC') - make_interval(secs => t.duration_ms / 1000.0),
           clock_timestamp() AT TIME ZONE 'UTC'
      FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                  %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[])
           AS t(message_id, company_id, outcome, stage, fault_code, blame, detail, faults, subject, timings, worker,
                duration_ms, request_status, sent_to)
""")
_PAYLOADS = queue.Frequent("""
    INSERT INTO sync_payload (message_id, company_id, kind, content, key_id, size, sha256, content_type, created_at)
    SELECT t.*, now() AT TIME ZONE 'UTC'
      FROM unnest(%s::int[], %s::int[], %s::text[], %s::bytea[], %s::text[], %s::int[], %s::text[], %s::text[])
           AS t(message_id, company_id, kind, content, key_id, size, sha256, content_type)
    ON CONFLICT (message_id, kind) WHERE message_id IS NOT NULL DO UPDATE
       SET content = EXCLUDED.content, key_id = EXCLUDED.key_id, size = EXCLUDED.size, sha256 = EXCLUDED.sha256,
           content_type = EXCLUDED.content_type, created_at = EXCLUDED.created_at
""")
_EFFECTS = queue.Frequent("""
    INSERT INTO sync_effect (message_id, company_id, kind, res_model, res_id, label)
    SELECT * FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::int[], %s::text[])
""")
_TRANSMISSIONS = queue.Frequent("""
    WITH kept AS (
        INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict, dedupe_key,
                                       credential_id, headers, size, status, fault_code, fault_detail, repeats,
                                       occurred_at)
        SELECT 'outbound', endpoint_id, trading_partner_id, company_id, verdict, uid, credential_id, headers, size,
               status, fault_code, fault_detail, 0, now() AT TIME ZONE 'UTC'
          FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::int[], %s::text[],
                      %s::int[], %s::int[], %s::text[], %s::text[])
               AS t(message_id, endpoint_id, trading_partner_id, company_id, verdict, uid, credential_id, headers,
                    size, status, fault_code, fault_detail)
        RETURNING id, dedupe_key, credential_id)
    UPDATE sync_message m SET transmission_id = kept.id, credential_id = kept.credential_id
      FROM kept WHERE m.id = ANY(%s::int[]) AND m.uid = kept.dedupe_key
""")


def finish(cr, batch, works, worker):
    """Turn ``works`` done, all of which were fenced in this transaction, and write down what became of them."""
    if not works:
        return
    queue.finish(
        cr,
        [
            queue.Finished(
                work.message_id,
                getattr(work.outcome, "process_id", None) or work.process_id,
                getattr(work.outcome, "reference", None) or work.reference,
                *stamp,
            )
            for work, stamp in zip(works, _stamps(batch, works), strict=True)
        ],
    )
    _attempts(cr, works, worker, frozenset())
    _documents(cr, batch, works)
    effects(cr, works)


def record(cr, batch, works, worker, *, retried=frozenset()):
    """Write down what became of ``works`` that are not done; all of them have an outcome."""
    works = [work for work in works if work.outcome is not None]
    if not works:
        return
    _write_stamps(cr, batch, works)
    _attempts(cr, works, worker, retried)
    _documents(cr, batch, works)


def _stamps(batch, works):
    """What each work ran under, in the order of the columns of :class:`core.queue.Finished` from ``stage`` on."""
    for work in works:
        profile = batch._interfaces.get(work.interface_id)
        pinned = work.replay if work.replay and work.replay.pinned else None
        versions = pinned or profile
        yield (
            work.stage,
            work.interface_id,
            profile.document_type_id if profile else None,
            versions.contract_id if versions else None,
            versions.mapping_id if versions else None,
            profile.policy_id if profile else None,
            batch.ownership_version(work.company_id),
        )


def _write_stamps(cr, batch, works):
    rows = [
        (work.message_id, work.reference, work.process_id, *stamp)
        for work, stamp in zip(works, _stamps(batch, works), strict=True)
    ]
    cr.execute(
        """UPDATE sync_message m
              SET stage = t.stage, interface_id = coalesce(t.interface_id, m.interface_id),
                  document_type_id = coalesce(t.document_type_id, m.document_type_id),
                  contract_id = t.contract_id, mapping_id = t.mapping_id, policy_id = t.policy_id,
                  ownership_version = t.ownership_version,
                  reference = coalesce(t.reference, m.reference), process_id = coalesce(t.process_id, m.process_id)
             FROM unnest(%s::int[], %s::text[], %s::int[], %s::text[], %s::int[], %s::int[], %s::int[], %s::int[],
                         %s::int[], %s::int[])
                  AS t(id, reference, process_id, stage, interface_id, document_type_id, contract_id, mapping_id,
                       policy_id, ownership_version)
            WHERE m.id = t.id""",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _attempts(cr, works, worker, retried):
    rows = []
    for work in works:
        outcome, fault, told = work.outcome, None, None
        if isinstance(outcome, Done):
            word = "done"
        elif isinstance(outcome, Wait):
            word, fault = "parked", outcome.fault
        else:
            fault = outcome
            word = "retry" if work.message_id in retried else "failed"
            if fault.code == "sequence.superseded":
                word = "superseded"
        if fault:
            told = mask_fault(fault.as_dict())
        rows.append(
            (
                work.message_id,
                work.company_id,
                word,
                work.stage,
                fault.code if fault else None,
                fault.blame if fault else None,
                told["detail"] if fault else (" ".join([outcome.note, *work.notices]).strip() or None),
                json.dumps([told], ensure_ascii=False, default=str) if fault else None,
                fault.subject if fault else None,
                json.dumps({stage: round(ms, 1) for stage, ms in work.timings.items()}),
                worker,
                int(sum(work.timings.values())),
                work.response_status,
                work.sent_to,
            )
        )
    columns = [list(column) for column in zip(*rows, strict=True)]
    cr.execute(_ATTEMPTS, columns)


def _documents(cr, batch, works):
    """The canonical document, once per message: a later attempt replaces it, it never piles up."""
    rows = [
        (work.message_id, work.company_id, "canonical", codec("json").encode(work.translated or work.canonical))
        for work in works
        if work.direction == "inbound" and work.canonical is not None
    ]
    rows += [(work.message_id, work.company_id, "sent", work.encoded) for work in works if work.encoded is not None]
    rows += [(work.message_id, work.company_id, "response", work.response) for work in works if work.response]
    rows += [
        (work.message_id, work.company_id, "response", codec("json").encode(work.outcome.response))
        for work in works
        if isinstance(work.outcome, Done) and work.outcome.response is not None
    ]
    if not rows:
        return
    _write_payloads(cr, rows, _sealer(batch, works), {work.message_id: work.content_type for work in works})


def _sealer(batch, works):
    """How a body is stored: a function of (message id, company id, kind, bytes, sha256) -> (key id, bytes)."""
    sealed = {
        work.message_id
        for work in works
        if (profile := batch._interfaces.get(work.interface_id)) is not None and profile.confidential
    }
    if not sealed:
        return lambda _message_id, _company_id, _kind, content, _sha256: (None, content)
    ring = ring_of(batch.env)

    def stored(message_id, company_id, kind, content, sha256):
        return seal(ring, company_id, kind, content, sha256) if message_id in sealed else (None, content)

    return stored


def _write_payloads(cr, rows, sealer, forms):
    """Insert bodies: rows of (message id, company id, kind, bytes). ``forms``: {message id: media type as sent}."""
    sha256s = [hashlib.sha256(row[3]).hexdigest() for row in rows]
    stored = [sealer(*row, sha256) for row, sha256 in zip(rows, sha256s, strict=True)]
    cr.execute(
        _PAYLOADS,
        [
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            [content for _key_id, content in stored],
            [key_id for key_id, _content in stored],
            [len(row[3]) for row in rows],
            sha256s,
            [forms[row[0]] if row[2] == "sent" else "application/json" for row in rows],
        ],
    )


def effects(cr, works):
    """Keep what works that are done changed in Odoo."""
    rows = [
        (
            work.message_id,
            work.company_id,
            effect.kind,
            effect.res_model,
            effect.res_id,
            effect.label,
        )
        for work in works
        if isinstance(work.outcome, Done)
        for effect in work.outcome.effects
    ]
    if any(work.replay for work in works):
        rows = _not_noted_yet(cr, rows)
    if rows:
        cr.execute(_EFFECTS, [list(column) for column in zip(*rows, strict=True)])


def record_transmissions(cr, flights):
    """Write what left on the wire and what was answered; the lanes are locked already."""
    rows = [
        (
            flight.work.message_id,
            flight.work.endpoint_id,
            flight.work.trading_partner_id,
            flight.work.company_id,
            "failed" if flight.result.fault else "delivered",
            flight.work.uid,
            flight.parcel.credential_id,
            json.dumps(mask_headers(flight.parcel.headers)),
            len(flight.parcel.body),
            flight.result.status,
            flight.result.fault.code if flight.result.fault else None,
            flight.result.fault.detail if flight.result.fault else None,
        )
        for flight in sorted(flights, key=lambda flight: flight.work.message_id)
    ]
    cr.execute(
        _TRANSMISSIONS,
        [*(list(column) for column in zip(*rows, strict=True)), [row[0] for row in rows]],
    )


def _not_noted_yet(cr, rows):
    """What a message did to a record is noted once, however often it is replayed."""
    cr.execute(
        "SELECT message_id, kind, res_model, res_id FROM sync_effect WHERE message_id = ANY(%s)",
        [sorted({row[0] for row in rows})],
    )
    noted = set(cr.fetchall())
    return [row for row in rows if (row[0], *row[2:5]) not in noted]
