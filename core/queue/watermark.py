"""Read an append-only table in steps, each row once, although ids do not become visible in their order.

The highest id given out so far is noted together with the transactions that write to the table just then: whoever has
an id has had the table's lock before. Once all of those have ended, every row up to that id is visible or will never
be: the range may be read.
"""

from __future__ import annotations

from .sql import Cursor

LONGEST_RANGE = 20_000

_WRITERS = """
    SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}') FROM pg_locks
     WHERE locktype = 'relation' AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def begin(cr: Cursor, name: str, table: str, due: str) -> None:
    """Let a reader begin with what is added to ``table`` from now on, at the due times of the kind ``due``; a reader
    that there is goes on where it is.
    """
    cr.execute(
        """INSERT INTO sync_due (kind, res_id, due_at, documents, tries)
           VALUES (%s, 0, now() AT TIME ZONE 'UTC', 0, 0) ON CONFLICT DO NOTHING""",
        [due],
    )
    cr.execute(
        """INSERT INTO sync_watermark (name, read_id, seen_id)
           SELECT %s, last, last
             FROM (SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0) AS last) s
           ON CONFLICT DO NOTHING""",
        [name, table],
    )


def next_range(cr: Cursor, name: str, table: str, limit: int = LONGEST_RANGE) -> tuple[int, int] | None:
    """The next ids of ``table`` (above the first, up to the second) that nobody read yet under ``name``, or None.

    They count as read when the transaction commits. One reader at a time; another one finds None.
    """
    cr.execute(
        "SELECT read_id, seen_id, writers FROM sync_watermark WHERE name = %s FOR NO KEY UPDATE SKIP LOCKED", [name]
    )
    row = cr.fetchone()
    if row is None:
        return None
    read_id, seen_id, writers = row
    if seen_id <= read_id:
        # First the id, then who writes: whoever has an id by now is among them.
        cr.execute("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0)", [table])
        seen_id = max(cr.fetchone()[0], read_id)  # type: ignore[index]
        writers = _writers(cr, table)
    elif writers:
        writers = sorted(set(writers) & set(_writers(cr, table)))
    found = None
    if seen_id > read_id and not writers:
        found = read_id, min(seen_id, read_id + limit)
        read_id = found[1]
    cr.execute(
        "UPDATE sync_watermark SET read_id = %s, seen_id = %s, writers = %s WHERE name = %s",
        [read_id, seen_id, writers, name],
    )
    return found


def _writers(cr: Cursor, table: str) -> list[str]:
    cr.execute(_WRITERS, [table])
    return cr.fetchone()[0]  # type: ignore[index]
