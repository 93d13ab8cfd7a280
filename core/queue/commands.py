"""What people ask of the queue: retry and cancel. (What waits is released in ``parking``.)

Each locks the lanes first. All are idempotent: what is not in the state they start from is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .parking import stop_deadlines
from .sql import UTC_NOW, Cursor, lock_lanes, wake_lanes

RETRYABLE = ("failed", "parked", "cancelled")


def retry(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Make failed, parked or cancelled messages ready again at their old place in the lane; returns the ids moved."""
    lanes = _lock_lanes_of(cr, message_ids)
    _give_lane(cr, message_ids)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'ready', run_at = {UTC_NOW}, fault_code = NULL, attempt = 0,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL, done_at = NULL
             WHERE id = ANY(%s) AND state = ANY(%s) RETURNING id, lane_id""",
        [list(message_ids), list(RETRYABLE)],
    )
    moved = cr.fetchall()
    stop_deadlines(cr, message_ids)
    _unblock(cr, message_ids)
    wake_lanes(cr, sorted({lane for _, lane in moved} | set(lanes)))
    return [message for message, _ in moved]


def cancel(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Cancel open messages (ready, parked, failed): nothing more happens with them and their lanes go on."""
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'cancelled', done_at = {UTC_NOW}, wait_type = NULL, wait_ref = NULL, wait_until = NULL
             WHERE id = ANY(%s) AND state IN ('ready', 'parked', 'failed') RETURNING id""",
        [list(message_ids)],
    )
    moved = [row[0] for row in cr.fetchall()]
    stop_deadlines(cr, message_ids)
    _unblock(cr, message_ids)
    wake_lanes(cr, lanes)
    return moved


def _lock_lanes_of(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    cr.execute(
        "SELECT DISTINCT lane_id FROM sync_message WHERE id = ANY(%s) AND lane_id IS NOT NULL",
        [list(message_ids)],
    )
    lanes = sorted(row[0] for row in cr.fetchall())
    lock_lanes(cr, lanes)
    return lanes


def _give_lane(cr: Cursor, message_ids: Sequence[int]) -> None:
    """A message that was stored for a person to look at has no lane yet: it gets one of its own."""
    cr.execute(
        """INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes)
           SELECT endpoint_id, 'message:' || id, company_id, direction,
                  CASE WHEN direction = 'outbound' THEN 'delivery' ELSE 'standard' END, 0 FROM sync_message
            WHERE id = ANY(%s) AND lane_id IS NULL
           ON CONFLICT (endpoint_id, key) DO NOTHING""",
        [list(message_ids)],
    )
    cr.execute(
        """UPDATE sync_message m SET lane_id = l.id FROM sync_lane l
            WHERE m.id = ANY(%s) AND m.lane_id IS NULL
              AND l.endpoint_id = m.endpoint_id AND l.key = 'message:' || m.id""",
        [list(message_ids)],
    )


def _unblock(cr: Cursor, message_ids: Sequence[int]) -> None:
    cr.execute(
        "UPDATE sync_lane SET blocked_message_id = NULL, strikes = 0 WHERE blocked_message_id = ANY(%s)",
        [list(message_ids)],
    )
