"""What the engine does with a received document in the database, and nothing else: psycopg2 and `core/queue`."""

from __future__ import annotations

import sys
import time
import types
import uuid
from datetime import timezone
from types import SimpleNamespace

from devtools import layout

from . import pack, stock

# The journal is plain SQL, but lives in a package whose import would need Odoo.
for name in ("models", "models.exchange"):
    module = types.ModuleType(f"sync_governance.{name}")
    module.__path__ = [str(layout.ROOT / name.replace(".", "/"))]
    sys.modules.setdefault(module.__name__, module)

from sync_governance.core.work import Done, Work  # noqa: E402
from sync_governance.models.exchange import journal  # noqa: E402

queue = stock.queue


def drain(bookkeeping, business, *, batch: int, journalled: bool) -> float:
    """Work everything that waits for `bench-in`, ``batch`` messages at a time; returns messages a second.

    ``bookkeeping`` is a READ COMMITTED connection, ``business`` a REPEATABLE READ one; as in the engine, claims and
    releases do not wait for the disk.
    """
    with bookkeeping.cursor() as cr:
        cr.execute("SET synchronous_commit = off")
    bookkeeping.commit()
    done, started = 0, time.perf_counter()
    with bookkeeping.cursor() as cr, business.cursor() as own:
        profiles = _profiles(cr)
        while True:
            token = uuid.uuid4().hex
            lanes = queue.claim_lanes(cr, token=token, worker=None, pools=[stock.POOL], limit=batch)
            heads = queue.heads(cr, [lane.lane_id for lane in lanes], max(batch // len(lanes), 1)) if lanes else []
            bookkeeping.commit()
            if not lanes:
                return done / (time.perf_counter() - started)
            held = queue.fence(own, [head.message_id for head in heads])
            if journalled:
                journal.finish(own, profiles, [_work(head) for head in heads if head.message_id in held], "bare")
            else:
                queue.finish(own, [queue.Finished(message) for message in held])
            business.commit()
            queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes])
            bookkeeping.commit()
            done += len(held)


def _profiles(cr) -> SimpleNamespace:
    """What the journal asks a batch for: by which versions each interface runs."""
    cr.execute("SELECT id, document_type_id, contract_id, mapping_id, policy_id FROM sync_interface")
    names = ("document_type_id", "contract_id", "mapping_id", "policy_id")
    return SimpleNamespace(
        ownership_version=lambda _company: 0,
        _interfaces={
            key: SimpleNamespace(confidential=False, **dict(zip(names, row, strict=True)))
            for key, *row in cr.fetchall()
        },
    )


def _work(head) -> Work:
    return Work(
        message_id=head.message_id,
        uid=head.uid,
        direction=head.direction,
        endpoint_id=head.endpoint_id,
        interface_id=head.interface_id,
        trading_partner_id=head.trading_partner_id,
        company_id=head.company_id,
        document_type=pack.INBOUND["type"],
        attempt=head.attempt,
        received_at=head.created_at.replace(tzinfo=timezone.utc),
        lane_id=head.lane_id,
        canonical=pack.INBOUND,
        stage="apply",
        outcome=Done(),
        timings={"apply": 0.1},
    )
