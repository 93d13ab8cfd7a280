"""Work put into a database by the queue's own statements, thousands a second."""

from __future__ import annotations

import json
import sys
import types
import uuid
from collections.abc import Callable

from devtools import layout

from . import pack

package = types.ModuleType("sync_governance")
package.__path__ = [str(layout.ROOT)]
sys.modules.setdefault("sync_governance", package)

from sync_governance.core import queue  # noqa: E402

CHUNK = 1000
POOL = "real_time"
BODY = json.dumps(pack.INBOUND).encode()


def _own_key(number: int) -> str:
    return f"key-{number}"


def received(connection, count: int, *, key: Callable[[int], str] = _own_key, keys: bool = False) -> list[int]:
    """``count`` documents as the intake stores them (transmission, body, message, lane); returns the message ids.

    ``key`` gives the ordering key of each; by default each has its own. ``keys``: also what recognises a repeat.
    """
    ids = []
    with connection.cursor() as cr:
        door = _door(cr, "bench-in")
        cr.execute(
            """SELECT i.id, i.document_type_id FROM sync_interface i JOIN sync_endpoint e ON e.id = i.endpoint_id
                WHERE e.code = 'bench-in'"""
        )
        interface, document_type = cr.fetchone()
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            transmissions = _transmissions(cr, door, size)
            ids += queue.enqueue(
                cr,
                [
                    queue.NewMessage(
                        uid=f"msg_{uuid.uuid4().hex}",
                        direction="inbound",
                        **door,
                        key=key(start + position),
                        interface_id=interface,
                        document_type_id=document_type,
                        transmission_id=transmission,
                        pool=POOL,
                    )
                    for position, transmission in enumerate(transmissions)
                ],
            )
        if keys:
            cr.execute(
                """INSERT INTO sync_dedupe (endpoint_id, company_id, key, sha256, message_uid, transmission_id, seen_at)
                   SELECT m.endpoint_id, m.company_id, t.dedupe_key, repeat('0', 64), m.uid, t.id, m.created_at
                     FROM sync_message m JOIN sync_transmission t ON t.id = m.transmission_id ORDER BY m.id"""
            )
    return ids


def finished(connection, count: int, *, days: int) -> None:
    """``count`` documents of no interface that were done ``days`` ago, in idle lanes of ten."""
    with connection.cursor() as cr:
        cr.execute(
            """INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes)
               SELECT e.id, 'old-' || n, e.company_id, 'inbound', %s, 0
                 FROM sync_endpoint e, generate_series(1, %s) n WHERE e.code = 'bench-in'""",
            [POOL, count // 10],
        )
        cr.execute(
            """INSERT INTO sync_message (uid, direction, state, lane_id, endpoint_id, trading_partner_id, company_id,
                                         attempt, run_at, created_at, done_at)
               SELECT 'old_' || l.id || '_' || n, 'inbound', 'done', l.id, e.id, e.trading_partner_id, e.company_id,
                      1, past.day, past.day, past.day
                 FROM sync_lane l JOIN sync_endpoint e ON e.id = l.endpoint_id, generate_series(1, 10) n,
                      (SELECT (now() AT TIME ZONE 'UTC') - make_interval(days => %s) AS day) past
                WHERE l.key LIKE 'old-%%'""",
            [days],
        )


def _transmissions(cr, door: dict, count: int) -> list[int]:
    cr.execute(
        """WITH stored AS (
           INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict, dedupe_key,
                                          headers, size, repeats, occurred_at)
           SELECT 'inbound', %(endpoint_id)s, %(trading_partner_id)s, %(company_id)s, 'accepted',
                  gen_random_uuid()::text, '{}', length(%(body)s), 0, now() AT TIME ZONE 'UTC'
             FROM generate_series(1, %(count)s)
           RETURNING id), kept AS (
           INSERT INTO sync_payload (transmission_id, company_id, kind, content, size, content_type, created_at)
           SELECT id, %(company_id)s, 'received', %(body)s, length(%(body)s), 'application/json',
                  now() AT TIME ZONE 'UTC'
             FROM stored)
           SELECT id FROM stored""",
        {**door, "body": BODY, "count": count},
    )
    return [row[0] for row in cr.fetchall()]


def to_deliver(connection, per_door: int, doors: int) -> None:
    """``per_door`` routed events for each of the first ``doors`` doors out, each event with a key of its own."""
    with connection.cursor() as cr:
        for number in range(1, doors + 1):
            door = _door(cr, pack.outbound_code(number))
            cr.execute("SELECT id, document_type_id FROM sync_interface WHERE endpoint_id = %s", [door["endpoint_id"]])
            interface, document_type = cr.fetchone()
            for start in range(0, per_door, CHUNK):
                events = _events(cr, door, document_type, min(CHUNK, per_door - start))
                queue.enqueue(
                    cr,
                    [
                        queue.NewMessage(
                            uid=f"msg_{uuid.uuid4().hex}",
                            direction="outbound",
                            **door,
                            key=f"event-{event}",
                            interface_id=interface,
                            document_type_id=document_type,
                            event_id=event,
                        )
                        for event in events
                    ],
                )


def _events(cr, door: dict, document_type: int, count: int) -> list[int]:
    document = {
        "type": "product.changed",
        "changed_at": "2026-02-18T16:20:00+01:00",
        "item": {"identifiers": [{"scheme": "own", "value": "NW-4075"}], "description": "Docking station"},
        "active": True,
        "kind": "goods",
        "unit": "EA",
    }
    cr.execute(
        """INSERT INTO sync_event (uid, document_type_id, document_type, company_id, ordering_key, state, document,
                                   occurred_at, published_at)
           SELECT 'evt_' || gen_random_uuid(), %s, 'product.changed', %s, 'bench', 'routed', %s,
                  now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
             FROM generate_series(1, %s) RETURNING id""",
        [document_type, door["company_id"], json.dumps(document), count],
    )
    return [row[0] for row in cr.fetchall()]


def _door(cr, code: str) -> dict:
    cr.execute("SELECT id, trading_partner_id, company_id FROM sync_endpoint WHERE code = %s", [code])
    endpoint, partner, company = cr.fetchone()
    return {"endpoint_id": endpoint, "trading_partner_id": partner, "company_id": company}
