"""The few things that every statement of the queue shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

UTC_NOW = "(now() AT TIME ZONE 'UTC')"
"""The database's clock as Odoo stores times. Never compare with the clock of a host."""
ENDLESS = 2**31 - 1
"""Above every id: a lane that nothing stops."""


class Frequent(str):
    """A statement, or several separated by semicolons, that is run so often that a kept connection may prepare it.

    Each placeholder says its type by a cast, the first time at least; no literal in it has a semicolon.
    """

    __slots__ = ()


class Cursor(Protocol):
    """What the queue needs of a DB-API cursor (psycopg2's or Odoo's)."""

    def execute(self, query: str, params: Sequence[Any] | None = None) -> Any: ...

    def fetchall(self) -> list[tuple]: ...

    def fetchone(self) -> tuple | None: ...

    @property
    def rowcount(self) -> int: ...


def lock_lanes(cr: Cursor, lane_ids: Sequence[int]) -> None:
    """Lock lanes in id order; whoever needs several does the same, so there is no deadlock."""
    cr.execute(
        "SELECT id FROM sync_lane WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [list(lane_ids)],
    )
    cr.fetchall()


def stop_lanes(cr: Cursor, lane_ids: Sequence[int]) -> None:
    """Say anew which message stops each lane: the first that failed or is held and must not be overtaken.

    What stands before it may go on. A lane that something else stops now than before starts without strikes. The lanes
    must be locked by an earlier statement.
    """
    cr.execute(
        """UPDATE sync_lane l SET blocked_message_id = s.first, strikes = 0
             FROM (SELECT o.id, (SELECT min(m.id) FROM sync_message m
                                  WHERE m.lane_id = o.id AND m.stops_lane) AS first
                     FROM unnest(%s::int[]) AS o(id)) s
            WHERE l.id = s.id AND l.blocked_message_id IS DISTINCT FROM s.first""",
        [list(lane_ids)],
    )


FRONT = "timestamp '2000-01-01'"
"""The time of a lane that was brought forward, as soon as its head is due: it is taken before all others."""


def due_at(lane: str, head: str) -> str:
    """SQL: when ``lane`` (a row of sync_lane) is due, given its first ready message ``head`` (id, run_at); or NULL."""
    return f"""CASE WHEN {lane}.blocked_message_id <= {head}.id THEN NULL
                    WHEN {lane}.usual_pool IS NOT NULL AND {head}.run_at <= {UTC_NOW} THEN {FRONT}
                    ELSE {head}.run_at END"""


HEADS = """LEFT JOIN LATERAL (SELECT m.id, m.run_at FROM sync_message m
                                WHERE m.lane_id = o.id AND m.state = 'ready' ORDER BY m.id LIMIT 1) h ON true"""
"""SQL: the first ready message ``h`` of each lane ``o``, if it has one."""
AS_ITS_HEAD_SAYS = f"""next_at = {due_at("l", "h")},
           worker_pool = CASE WHEN h.id IS NULL THEN coalesce(l.usual_pool, l.worker_pool) ELSE l.worker_pool END,
           usual_pool = CASE WHEN h.id IS NOT NULL THEN l.usual_pool END"""
"""SQL: when lane ``l`` is due by its head ``h``. One that has run empty is no longer brought forward."""


def wake_lanes(cr: Cursor, lane_ids: Sequence[int]) -> None:
    """Give unclaimed lanes the time of their head. The lanes must be locked by an earlier statement."""
    cr.execute(
        f"""UPDATE sync_lane l SET {AS_ITS_HEAD_SAYS}
              FROM unnest(%s::int[]) AS o(id) {HEADS}
             WHERE l.id = o.id AND l.claim IS NULL""",
        [list(lane_ids)],
    )
