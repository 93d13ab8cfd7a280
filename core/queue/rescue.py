"""Belt and braces: take up the work of the dead, quarantine poison, find what was forgotten."""

from __future__ import annotations

from .settle import SUSPICION
from .sql import UTC_NOW, Cursor, stop_lanes, wake_lanes

HEARTBEAT_SECONDS = 3
DEAD_AFTER_SECONDS = 10
STRIKES_UNTIL_POISON = 3


def rescue(cr: Cursor) -> list[int]:
    """Release lanes whose worker has not been heard of.

    From now on they are worked with few others, after the next death one message at a time, so that one more names its
    message. Only such deaths count (``strikes``); one among others says nothing.
    """
    cr.execute(
        f"""UPDATE sync_lane SET claim = NULL, worker_id = NULL, claimed_at = NULL, next_at = {UTC_NOW}, {SUSPICION}
             WHERE id = ANY(ARRAY(
                   SELECT l.id FROM sync_lane l LEFT JOIN sync_worker w ON w.id = l.worker_id
                    WHERE l.claim IS NOT NULL
                      AND coalesce(w.heartbeat_at, l.claimed_at) < {UTC_NOW} - make_interval(secs => %s)
                      FOR NO KEY UPDATE OF l SKIP LOCKED))
         RETURNING id""",
        [DEAD_AFTER_SECONDS],
    )
    return [row[0] for row in cr.fetchall()]


def quarantine(cr: Cursor, lane_id: int, *, token: str, block: bool) -> int | None:
    """Fail the head of a lane that killed its workers; returns the message's id.

    Only deaths of a worker that held this lane alone are counted, see the engine.
    """
    cr.execute(
        "SELECT id FROM sync_lane WHERE id = %s AND claim = %s FOR NO KEY UPDATE",
        [lane_id, token],
    )
    if not cr.fetchone():
        return None
    cr.execute(
        """UPDATE sync_message SET state = 'failed', fault_code = 'engine.poison', exception_id = NULL, stops_lane = %s
            WHERE id = (SELECT id FROM sync_message WHERE lane_id = %s AND state = 'ready' ORDER BY id LIMIT 1)
        RETURNING id""",
        [block, lane_id],
    )
    row = cr.fetchone()
    stop_lanes(cr, [lane_id])
    return row[0] if row else None


def sweep(cr: Cursor, limit: int = 500) -> list[int]:
    """Wake lanes that sleep although they have open work. Must find nothing: what it finds is a lost wake-up."""
    cr.execute(
        # From the open messages, which are few, and not from the lanes, which stay when their work is done.
        """SELECT l.id FROM sync_lane l
            WHERE l.id IN (SELECT lane_id FROM sync_message WHERE state = 'ready')
              AND l.claim IS NULL AND l.next_at IS NULL
              AND (l.blocked_message_id IS NULL
                   OR EXISTS (SELECT FROM sync_message m
                               WHERE m.lane_id = l.id AND m.state = 'ready' AND m.id < l.blocked_message_id))
            ORDER BY l.id LIMIT %s FOR NO KEY UPDATE OF l SKIP LOCKED""",
        [limit],
    )
    lanes = [row[0] for row in cr.fetchall()]
    wake_lanes(cr, lanes)
    return lanes
