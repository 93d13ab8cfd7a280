"""Events -> one message for each interface that carries them."""

import uuid

from odoo import api

from ....core import queue
from ..cursor import read_committed

NAME = "route"
PROMOTER_LOCK = 7_305_910_451


_NEW = queue.Frequent("""
    SELECT id FROM sync_event WHERE state = 'new' ORDER BY id LIMIT %s::int FOR NO KEY UPDATE SKIP LOCKED
""")
_CARRIERS = queue.Frequent("""
    SELECT e.id, e.process_id, e.ordering_key, e.document_type_id, e.company_id,
           i.id, p.id, p.trading_partner_id, p.direction, y.worker_pool,
           CASE WHEN y.timing IN ('micro_batch', 'window') THEN y.id END
      FROM sync_event e
      JOIN sync_interface i ON i.document_type_id = e.document_type_id AND i.state IN ('live', 'suspended')
                              AND i.active
      JOIN sync_endpoint p ON p.id = i.endpoint_id
      JOIN sync_policy y ON y.id = i.policy_id
     WHERE e.id = ANY(%s::int[]) AND p.direction IN ('outbound', 'internal')
       AND (i.company_id = e.company_id OR i.company_id IS NULL)
       AND (e.trading_partner_id = p.trading_partner_id
            OR e.trading_partner_id IS NULL AND (p.environment = 'production' OR NOT %s::boolean))
     ORDER BY e.id, i.id
""")
_ROUTED = queue.Frequent("UPDATE sync_event SET state = 'routed' WHERE id = ANY(%s::int[])")


def run(registry, limit=500):
    """Fan new events out; returns how many were routed, and the pools they wait in. One promoter at a time.

    Events are picked by state and not by "id greater than the last": ids commit out of order, and a late one would
    be lost for ever. A suspended interface gets its messages too: they stop there as exceptions instead of vanishing.
    """
    with read_committed(registry, durable=False) as cr:
        cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [PROMOTER_LOCK])
        if not cr.fetchone()[0]:
            return 0, set()
        cr.execute(_NEW, [limit])
        ids = [row[0] for row in cr.fetchall()]
        if not ids:
            return 0, set()
        # What happens in production is told to no test partner, but an answer to its own document is.
        production = api.Environment(cr, api.SUPERUSER_ID, {})["sync.production"]._standing().is_production  # a look
        cr.execute(_CARRIERS, [ids, production])
        columns = ("event_id", "process_id", "key", "document_type_id", "company_id", "interface_id", "endpoint_id",
                   "trading_partner_id", "direction", "pool", "timing")  # fmt: skip
        rows = [dict(zip(columns, row, strict=True)) for row in cr.fetchall()]
        policies = api.Environment(cr, api.SUPERUSER_ID, {})["sync.policy"]  # reads configuration
        timings = {policy: policies.browse(policy)._timing() for policy in {row["timing"] for row in rows}}
        for row in rows:
            row["timing"] = timings[row["timing"]]
        queue.enqueue(
            cr, [queue.NewMessage(uid=f"msg_{uuid.uuid4().hex}", reference=row["key"], **row) for row in rows]
        )
        cr.execute(_ROUTED, [ids])
        if any(row["direction"] == "outbound" for row in rows):
            # What a crash of the server takes back is routed again, under other ids: no partner may have seen these.
            cr.execute("SET LOCAL synchronous_commit = on")
    return len(ids), {"delivery" if row["direction"] == "outbound" else row["pool"] for row in rows}
