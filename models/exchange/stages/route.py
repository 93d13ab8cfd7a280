"""Events -> one message for each interface that carries them."""

import json
import uuid

from odoo import api

from ....core import queue
from ....core.canonical.filters import matches
from ....core.security.keyring import KeyProblem
from ..cursor import read_committed
from ..sealing import EVENT, event_text

NAME = "route"
ANSWER_DUE = "answer.due"
"""The kind of due time at which a request is to be answered, see ``fallback.py``."""
PROMOTER_LOCK = 7_305_910_451


_NEW = queue.Frequent("""
    SELECT id FROM sync_event WHERE state = 'new' ORDER BY id LIMIT %s::int FOR NO KEY UPDATE SKIP LOCKED
""")
_CARRIERS = queue.Frequent(f"""
    SELECT e.id, e.process_id, e.ordering_key, e.document_type_id, e.company_id,
           i.id, p.id, p.trading_partner_id, p.direction, y.worker_pool,
           CASE WHEN y.timing IN ('micro_batch', 'window') THEN y.id END,
           CASE WHEN EXISTS (SELECT FROM sync_interface r WHERE r.replies_to_id = i.id
                                                           AND r.state IN ('live', 'suspended') AND r.active)
                THEN nullif(y.answer_seconds, 0) END,
           i.event_filter, {EVENT}
      FROM sync_event e
      JOIN sync_interface i ON i.document_type_id = e.document_type_id AND i.state IN ('live', 'suspended')
                              AND i.active AND i.replies_to_id IS NULL
      JOIN sync_endpoint p ON p.id = i.endpoint_id
      JOIN sync_policy y ON y.id = i.policy_id
     WHERE e.id = ANY(%s::int[]) AND p.direction IN ('outbound', 'internal')
       AND (i.company_id = e.company_id OR i.company_id IS NULL)
       AND (i.own_only IS NOT TRUE
            OR p.trading_partner_id = ANY(e.concerns)
            OR EXISTS (SELECT FROM sync_process o WHERE o.id = e.process_id
                                                    AND o.trading_partner_id = p.trading_partner_id))
       AND (e.trading_partner_id = p.trading_partner_id
            OR e.trading_partner_id IS NULL AND (p.environment = 'production' OR NOT %s::boolean))
     ORDER BY e.id, i.id
""")
# Numbered here and not where they are written: one promoter at a time, so business transactions never meet on a
# counter, and what is rolled back was never counted. An event of before there were subjects has none.
_ROUTED = queue.Frequent("""
    WITH mine AS MATERIALIZED (
        SELECT id, company_id, subject, row_number() OVER one_by_one AS number, count(*) OVER together AS many
          FROM sync_event WHERE id = ANY(%(ids)s::int[]) AND subject IS NOT NULL
        WINDOW one_by_one AS (PARTITION BY company_id, subject ORDER BY id),
               together AS (PARTITION BY company_id, subject)),
    counted AS (
        INSERT INTO sync_subject AS s (company_id, subject, last_sequence)
        SELECT company_id, subject, many FROM mine WHERE number = 1 ORDER BY company_id, subject
        ON CONFLICT (company_id, subject) DO UPDATE SET last_sequence = s.last_sequence + EXCLUDED.last_sequence
        RETURNING company_id, subject, last_sequence)
    UPDATE sync_event e SET state = 'routed', sequence = c.last_sequence - mine.many + mine.number
      FROM unnest(%(ids)s::int[]) AS routed(id)
      LEFT JOIN mine ON mine.id = routed.id
      LEFT JOIN counted c ON c.company_id = mine.company_id AND c.subject = mine.subject
     WHERE e.id = routed.id
""")


def run(registry, limit=500):
    """Fan new events out; returns how many were routed, and the pools they wait in. One promoter at a time.

    Events are picked by state and not by "id greater than the last": ids commit out of order, and a late one would
    be lost for ever. A suspended interface gets its messages too: they stop there as exceptions instead of vanishing.
    """
    with read_committed(registry, durable=False) as cr:
        ids = take_new(cr, limit)
        if not ids:
            return 0, set()
        # What happens in production is told to no test partner, but an answer to its own document is.
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # reads configuration, and what events say to filters
        production = env["sync.production"]._standing().is_production
        cr.execute(_CARRIERS, [ids, production])
        columns = ("event_id", "process_id", "key", "document_type_id", "company_id", "interface_id", "endpoint_id",
                   "trading_partner_id", "direction", "pool", "timing", "answer_seconds")  # fmt: skip
        carried = [(row[: len(columns)], row[len(columns) :]) for row in cr.fetchall()]
        found = [row for row, (wanted, *stored) in carried if _is_wanted(env, wanted, stored)]
        rows = [dict(zip(columns, row, strict=True)) for row in found]
        policies = env["sync.policy"]
        timings = {policy: policies.browse(policy)._timing() for policy in {row["timing"] for row in rows}}
        for row in rows:
            row["timing"] = timings[row["timing"]]
        awaited = [row.pop("answer_seconds") for row in rows]
        messages = queue.enqueue(
            cr, [queue.NewMessage(uid=f"msg_{uuid.uuid4().hex}", reference=row["key"], **row) for row in rows]
        )
        answers = zip(messages, rows, awaited, strict=True)
        queue.schedule_in(
            cr,
            ANSWER_DUE,
            [(message, row["company_id"], float(seconds)) for message, row, seconds in answers if seconds],
        )
        mark_routed(cr, ids)
        if any(row["direction"] == "outbound" for row in rows):
            # What a crash of the server takes back is routed again, under other ids: no partner may have seen these.
            cr.execute("SET LOCAL synchronous_commit = on")
    return len(ids), {"delivery" if row["direction"] == "outbound" else row["pool"] for row in rows}


def take_new(cr, limit):
    """The ids of new events, the oldest first; none while somebody else promotes."""
    cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [PROMOTER_LOCK])
    if not cr.fetchone()[0]:
        return []
    cr.execute(_NEW, [limit])
    return [row[0] for row in cr.fetchall()]


def mark_routed(cr, ids):
    """These events are routed, and have their number among those of their subject; in the promoter's transaction."""
    cr.execute(_ROUTED, {"ids": ids})


def _is_wanted(env, wanted, stored):
    """Whether an interface carries the event: those without a filter carry all.

    One that no key opens becomes a message, which says so where people see it.
    """
    if not wanted:
        return True
    try:
        return matches(json.loads(wanted), json.loads(event_text(env, *stored)))
    except KeyProblem:
        return True
