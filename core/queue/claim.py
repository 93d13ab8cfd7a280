"""Take lanes, and read the messages at their heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .sql import UTC_NOW, Cursor


@dataclass(frozen=True, slots=True)
class ClaimedLane:
    """A lane that this worker holds under ``token``; ``strikes`` counts claims without progress, this one included."""

    lane_id: int
    endpoint_id: int
    direction: str
    key: str
    strikes: int


@dataclass(frozen=True, slots=True)
class Head:
    """The message at the head of a lane, as the queue knows it."""

    message_id: int
    lane_id: int
    uid: str
    direction: str
    endpoint_id: int
    trading_partner_id: int
    company_id: int
    interface_id: int | None
    document_type_id: int | None
    transmission_id: int | None
    event_id: int | None
    process_id: int | None
    reference: str | None
    attempt: int
    created_at: datetime


# Endpoint first, then its lanes: a partner with a hundred thousand lanes, or one that is paused or broken, costs one
# row here and hides nobody. The lanes are locked where they are looked up, so that workers take different ones.
_CLAIM = f"""
    WITH room AS MATERIALIZED (
        SELECT e.id, CASE WHEN e.direction = 'outbound' THEN %(share)s ELSE %(limit)s END AS lanes
          FROM sync_endpoint e
         WHERE e.state = 'live' AND NOT e.paused AND e.active
           AND (e.breaker_until IS NULL OR e.breaker_until <= {UTC_NOW})),
    pick AS MATERIALIZED (
        SELECT l.id
          FROM room
         CROSS JOIN LATERAL (
               SELECT id, next_at FROM sync_lane
                WHERE endpoint_id = room.id AND claim IS NULL AND next_at <= {UTC_NOW}
                  AND direction = ANY(%(directions)s)
                ORDER BY next_at, id LIMIT room.lanes
                  FOR NO KEY UPDATE SKIP LOCKED) l
         ORDER BY l.next_at, l.id LIMIT %(limit)s)
    UPDATE sync_lane
       SET claim = %(token)s, worker_id = %(worker)s, claimed_at = {UTC_NOW}, strikes = strikes + 1
     WHERE id = ANY(ARRAY(SELECT id FROM pick))
    RETURNING id, endpoint_id, direction, key, strikes
"""


def claim_lanes(
    cr: Cursor, *, token: str, worker: int | None, directions: Sequence[str], limit: int
) -> list[ClaimedLane]:
    """Claim up to ``limit`` lanes that are due, whose endpoint is live, not paused and not broken.

    Of an endpoint that we deliver to a worker takes at most a quarter of ``limit``, so a slow partner never holds all
    places. The attempt is counted (``strikes``) in the claim itself: nothing runs after a worker is killed.
    """
    cr.execute(
        _CLAIM,
        {
            "token": token,
            "worker": worker,
            "directions": list(directions),
            "limit": limit,
            "share": max(limit // 4, 1),
        },
    )  # type: ignore[arg-type]
    return [
        ClaimedLane(lane, endpoint, direction, key, strikes)
        for lane, endpoint, direction, key, strikes in cr.fetchall()
    ]


_HEADS = f"""
    SELECT m.id, m.lane_id, m.uid, m.direction, m.endpoint_id, m.trading_partner_id, m.company_id, m.interface_id,
           m.document_type_id, m.transmission_id, m.event_id, m.process_id, m.reference, m.attempt, m.created_at
      FROM unnest(%s::int[]) AS lane(id)
     CROSS JOIN LATERAL (
           SELECT * FROM sync_message
            WHERE lane_id = lane.id AND state = 'ready'
            ORDER BY id LIMIT 1) m
     WHERE m.run_at <= {UTC_NOW}
"""


def heads(cr: Cursor, lane_ids: Sequence[int]) -> list[Head]:
    """The due message at the head of each lane; a lane whose head is not due yet gives none."""
    cr.execute(_HEADS, [list(lane_ids)])
    rows: list[Any] = cr.fetchall()
    return [Head(*row) for row in rows]
