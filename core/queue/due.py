"""Due times: rows that the engine wakes on.

A due time says *when to look*, never what is true: whoever handles it asks its own record again. So it may be written
by any transaction, together with what makes it necessary, and forgotten or taken back without harm. One row per
(``kind``, ``res_id``): a new time replaces the one before.

Taking a row deletes it in the transaction in which it is handled: a process that dies in between leaves it as it was.
Nothing here waits for a lock that a handler holds, so a handler may lock lanes after it took its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .sql import UTC_NOW, Cursor

RETRY_SECONDS = 5.0
"""A due time whose handler failed comes again after this, twice as long each time."""
RETRY_CAP_SECONDS = 3600.0

_KINDS = f"SELECT DISTINCT kind FROM sync_due WHERE due_at <= {UTC_NOW} ORDER BY kind"
_NOW = f"SELECT {UTC_NOW}"


@dataclass(frozen=True, slots=True)
class DueTime:
    """A due time that was taken. ``documents`` counts what was gathered under it, ``tries`` the failures before."""

    kind: str
    res_id: int
    company_id: int | None
    due_at: datetime
    documents: int
    tries: int


def schedule(cr: Cursor, rows: Iterable[tuple[str, int, int | None, datetime]]) -> None:
    """Set due times: rows of (kind, id, company id, due time as naive UTC). In the caller's transaction.

    A time that is set already is left alone: two transactions that find the same need not wait for each other. Under
    REPEATABLE READ a row that another transaction changed meanwhile is a serialization failure, as is its record.
    """
    wanted = {(kind, res_id): (company_id, due_at) for kind, res_id, company_id, due_at in rows}
    if not wanted:
        return
    lines = [(*key, *rest) for key, rest in sorted(wanted.items())]
    cr.execute(
        """INSERT INTO sync_due (kind, res_id, company_id, due_at, documents, tries)
           SELECT t.*, 0, 0 FROM unnest(%s::text[], %s::int[], %s::int[], %s::timestamp[])
                              AS t(kind, res_id, company_id, due_at)
            WHERE NOT EXISTS (SELECT FROM sync_due d
                               WHERE d.kind = t.kind AND d.res_id = t.res_id AND d.due_at = t.due_at AND d.tries = 0)
            ORDER BY t.kind, t.res_id
           ON CONFLICT (kind, res_id) DO UPDATE
              SET due_at = EXCLUDED.due_at, company_id = EXCLUDED.company_id, tries = 0, reason = NULL""",
        [list(column) for column in zip(*lines, strict=True)],
    )


def cancel_due(cr: Cursor, kind: str, res_ids: Sequence[int]) -> None:
    """Take due times back. One that is being handled just now is not waited for: its handler asks the record."""
    if res_ids:
        cr.execute(
            """DELETE FROM sync_due WHERE id = ANY(ARRAY(
                   SELECT id FROM sync_due WHERE kind = %s AND res_id = ANY(%s) FOR UPDATE SKIP LOCKED))""",
            [kind, list(res_ids)],
        )


def due_kinds(cr: Cursor) -> list[str]:
    """The kinds of which something is due."""
    cr.execute(_KINDS)
    return [row[0] for row in cr.fetchall()]


def due_ids(cr: Cursor, kind: str, limit: int) -> list[int]:
    """Ids of records of ``kind`` that are due, earliest first."""
    cr.execute(
        f"SELECT res_id FROM sync_due WHERE kind = %s AND due_at <= {UTC_NOW} ORDER BY due_at, id LIMIT %s",
        [kind, limit],
    )
    return [row[0] for row in cr.fetchall()]


def take(cr: Cursor, kind: str, res_ids: Sequence[int]) -> list[DueTime]:
    """Take those of ``res_ids`` that are due and in nobody's hands. They come back if the transaction rolls back."""
    cr.execute(
        f"""DELETE FROM sync_due WHERE id = ANY(ARRAY(
                SELECT id FROM sync_due
                 WHERE kind = %s AND res_id = ANY(%s) AND due_at <= {UTC_NOW}
                 ORDER BY res_id FOR UPDATE SKIP LOCKED))
         RETURNING kind, res_id, company_id, due_at, documents, tries""",
        [kind, list(res_ids)],
    )
    return sorted((DueTime(*row) for row in cr.fetchall()), key=lambda due: due.res_id)


def postpone(cr: Cursor, kind: str, res_id: int, reason: str) -> None:
    """The handler failed: try again later, and later each time; ``reason`` is kept for people."""
    cr.execute(
        f"""UPDATE sync_due
               SET due_at = {UTC_NOW} + make_interval(secs => least(%s * 2 ^ least(tries, 20), %s)),
                   tries = tries + 1, reason = %s
             WHERE id = ANY(ARRAY(SELECT id FROM sync_due
                                   WHERE kind = %s AND res_id = %s AND due_at <= {UTC_NOW} FOR UPDATE SKIP LOCKED))""",
        [RETRY_SECONDS, RETRY_CAP_SECONDS, reason, kind, res_id],
    )


def schedule_in(cr: Cursor, kind: str, rows: Iterable[tuple[int, int | None, float]]) -> None:
    """Set due times so many seconds from now by the database's clock: rows of (id, company id, seconds)."""
    lines = list(rows)
    if lines:
        cr.execute(_NOW)
        now = cr.fetchone()[0]  # type: ignore[index]
        schedule(cr, [(kind, res_id, company, now + timedelta(seconds=seconds)) for res_id, company, seconds in lines])
