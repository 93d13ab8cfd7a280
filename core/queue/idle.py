"""Lanes that nobody needs any more leave, so that there are as many as there are keys in use and not as ever were."""

from __future__ import annotations

from .sql import UTC_NOW, Cursor

IDLE_SECONDS = 86_400
"""A lane at rest for longer has nothing left to put in order."""

# A message that may come back needs the lane it stood in: its place there is its id.
_IN_USE = """
    EXISTS (SELECT FROM sync_message m WHERE m.lane_id = l.id AND m.state = 'ready')
    OR EXISTS (SELECT FROM sync_message m WHERE m.lane_id = l.id AND m.state IN ('parked', 'failed', 'cancelled'))
"""


def delete_idle(
    cr: Cursor, *, after: int = 0, limit: int = 5000, idle_seconds: float = IDLE_SECONDS
) -> tuple[int | None, list[int]]:
    """Delete lanes that have been at rest for ``idle_seconds``, among the next ``limit`` lanes behind the id ``after``.

    Returns the id to go on from (None: that was the last) and the ids deleted. Lanes that somebody holds are left
    alone. They are locked by one statement and looked at again by the next, whose snapshot begins after the lock:
    whoever puts a message into a lane holds its lock, so none is deleted under a message.
    """
    cr.execute(
        "SELECT max(id), count(*) FROM (SELECT id FROM sync_lane WHERE id > %s ORDER BY id LIMIT %s) w", [after, limit]
    )
    row = cr.fetchone()
    upto, seen = row if row else (None, 0)
    if not seen:
        return None, []
    cr.execute(
        f"""SELECT id FROM sync_lane
             WHERE id > %s AND id <= %s AND next_at IS NULL AND claim IS NULL AND blocked_message_id IS NULL
               AND coalesce(rested_at, '-infinity') < {UTC_NOW} - make_interval(secs => %s)
             ORDER BY id FOR UPDATE SKIP LOCKED""",
        [after, upto, idle_seconds],
    )
    idle = [row[0] for row in cr.fetchall()]
    deleted: list[int] = []
    if idle:
        cr.execute(
            f"""DELETE FROM sync_lane l
                 WHERE l.id = ANY(%s) AND l.next_at IS NULL AND l.claim IS NULL AND NOT ({_IN_USE})
             RETURNING l.id""",
            [idle],
        )
        deleted = [row[0] for row in cr.fetchall()]
    return (upto if seen == limit else None), deleted
