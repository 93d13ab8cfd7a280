"""What people ask of the queue: retry, replay, cancel, hold, bring forward; what waits is released in ``parking``.

Each locks the lanes first. All are idempotent: what is not in the state they start from is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .parking import stop_deadlines
from .sql import UTC_NOW, Cursor, lock_lanes, stop_lanes, wake_lanes

RETRYABLE = ("failed", "parked", "cancelled")
REPLAYABLE = ("done", "superseded", "failed", "cancelled")
HELD = "hold"
"""What a held message waits for: a person."""


def retry(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Make failed, parked or cancelled messages ready again at their old place in the lane; returns the ids moved."""
    lanes = _lock_lanes_of(cr, message_ids)
    lanes += _give_lane(cr, message_ids, RETRYABLE)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'ready', run_at = {UTC_NOW}, fault_code = NULL, attempt = 0, stops_lane = NULL,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL, done_at = NULL
             WHERE id = ANY(%s) AND state = ANY(%s) RETURNING id""",
        [list(message_ids), list(RETRYABLE)],
    )
    return _moved(cr, lanes)


def reopen(cr: Cursor, message_ids: Sequence[int], *, start: str, versions: str) -> list[int]:
    """Open finished messages again for a replay, at their old place in the lane; returns the ids moved.

    It is the same row, so the fence, the lane, the attempt log and the effects of the message stay in one place; that
    it was done before is remembered for good, and its handler is asked whether it may be applied twice.

    :param start: where the replay starts: ``receive`` or ``apply`` (inbound), ``translate`` or ``deliver`` (outbound)
    :param versions: of contract and mapping: ``then`` or ``now``
    """
    lanes = _lock_lanes_of(cr, message_ids)
    lanes += _give_lane(cr, message_ids, REPLAYABLE)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'ready', run_at = {UTC_NOW}, fault_code = NULL, attempt = 0, stops_lane = NULL,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL,
                   done_at = NULL, was_done = was_done OR state = 'done', replay_from = %s, replay_versions = %s
             WHERE id = ANY(%s) AND state = ANY(%s) RETURNING id""",
        [start, versions, list(message_ids), list(REPLAYABLE)],
    )
    return _moved(cr, lanes)


def cancel(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Cancel open messages (ready, parked, failed): nothing more happens with them and their lanes go on."""
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'cancelled', done_at = {UTC_NOW}, stops_lane = NULL,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL
             WHERE id = ANY(%s) AND state IN ('ready', 'parked', 'failed') RETURNING id""",
        [list(message_ids)],
    )
    return _moved(cr, lanes)


def hold(cr: Cursor, message_ids: Sequence[int], *, stopping: Sequence[int]) -> list[int]:
    """Park open messages (ready or parked) until a person releases them; returns the ids moved.

    Those of ``stopping`` stop their lane: what stands behind them waits too, what stands before them goes on. A
    message that is being worked just now is held all the same: its fence finds it no longer open.
    """
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        """UPDATE sync_message
              SET state = 'parked', wait_type = %s, wait_ref = coalesce(lane_id, 0)::text, wait_until = NULL,
                  wait_goes_on = NULL, fault_code = 'engine.held', stops_lane = id = ANY(%s)
            WHERE id = ANY(%s) AND (state = 'ready' OR state = 'parked' AND wait_type <> %s) RETURNING id""",
        [HELD, list(stopping), list(message_ids), HELD],
    )
    return _moved(cr, lanes)


def release_held(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Make held messages ready again, each at its place in its lane; returns the ids moved."""
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'ready', run_at = {UTC_NOW}, fault_code = NULL, stops_lane = NULL,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL
             WHERE id = ANY(%s) AND state = 'parked' AND wait_type = %s RETURNING id""",
        [list(message_ids), HELD],
    )
    return _moved(cr, lanes)


def bring_forward(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Move the lanes of ready messages to the front of the real-time pool until they have run empty.

    The order within a lane stays. A lane that delivers stays with those who deliver, at their front. Returns the ids of
    the messages asked for that stand in such a lane.
    """
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        "SELECT id, lane_id FROM sync_message WHERE id = ANY(%s) AND state = 'ready' AND lane_id = ANY(%s) ORDER BY id",
        [list(message_ids), lanes],
    )
    rows = cr.fetchall()
    cr.execute(
        """UPDATE sync_lane
              SET usual_pool = coalesce(usual_pool, worker_pool),
                  worker_pool = CASE WHEN worker_pool = 'delivery' THEN 'delivery' ELSE 'real_time' END
            WHERE id = ANY(%s)""",
        [sorted({lane for _, lane in rows})],
    )
    wake_lanes(cr, lanes)
    return [message for message, _ in rows]


def hurry(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Let ready messages that rest until later be tried now; returns the ids moved."""
    lanes = _lock_lanes_of(cr, message_ids)
    cr.execute(
        f"UPDATE sync_message SET run_at = {UTC_NOW} WHERE id = ANY(%s) AND state = 'ready' RETURNING id",
        [list(message_ids)],
    )
    return _moved(cr, lanes)


def _lock_lanes_of(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    cr.execute(
        "SELECT DISTINCT lane_id FROM sync_message WHERE id = ANY(%s) AND lane_id IS NOT NULL",
        [list(message_ids)],
    )
    lanes = sorted(row[0] for row in cr.fetchall())
    lock_lanes(cr, lanes)
    return lanes


def _give_lane(cr: Cursor, message_ids: Sequence[int], states: Sequence[str]) -> list[int]:
    """A message that was stored for a person to look at has no lane yet, and that of an old one may be gone.

    Each of them that is in one of ``states`` gets a lane of its own; returns these lanes, which nobody else can have
    locked.
    """
    cr.execute(
        """SELECT m.id FROM sync_message m
            WHERE m.id = ANY(%s) AND m.state = ANY(%s)
              AND NOT EXISTS (SELECT FROM sync_lane l WHERE l.id = m.lane_id)
            ORDER BY m.id FOR NO KEY UPDATE""",
        [list(message_ids), list(states)],
    )
    homeless = [row[0] for row in cr.fetchall()]
    if not homeless:
        return []
    cr.execute(
        """INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes)
           SELECT endpoint_id, 'message:' || id, company_id, direction,
                  CASE WHEN direction = 'outbound' THEN 'delivery' ELSE 'standard' END, 0 FROM sync_message
            WHERE id = ANY(%s)
           ON CONFLICT (endpoint_id, key) DO NOTHING""",
        [homeless],
    )
    cr.execute(
        """UPDATE sync_message m SET lane_id = l.id FROM sync_lane l
            WHERE m.id = ANY(%s) AND l.endpoint_id = m.endpoint_id AND l.key = 'message:' || m.id
        RETURNING l.id""",
        [homeless],
    )
    lanes = sorted(row[0] for row in cr.fetchall())
    lock_lanes(cr, lanes)
    return lanes


def _moved(cr: Cursor, lanes: Sequence[int]) -> list[int]:
    """The ids that the last statement returned, after letting their lanes go as far as they may now."""
    moved = sorted(row[0] for row in cr.fetchall())
    stop_deadlines(cr, moved)
    stop_lanes(cr, lanes)
    wake_lanes(cr, sorted(lanes))
    return moved
