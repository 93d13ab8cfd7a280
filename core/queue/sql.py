"""The few things that every statement of the queue shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

UTC_NOW = "(now() AT TIME ZONE 'UTC')"
"""The database's clock as Odoo stores times. Never compare with the clock of a host."""


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


def wake_lanes(cr: Cursor, lane_ids: Sequence[int]) -> None:
    """Give unclaimed, unblocked lanes the time of their head. The lanes must be locked by an earlier statement."""
    cr.execute(
        """UPDATE sync_lane l
              SET next_at = (SELECT m.run_at FROM sync_message m
                              WHERE m.lane_id = l.id AND m.state = 'ready' ORDER BY m.id LIMIT 1)
            WHERE l.id = ANY(%s) AND l.claim IS NULL AND l.blocked_message_id IS NULL""",
        [list(lane_ids)],
    )
