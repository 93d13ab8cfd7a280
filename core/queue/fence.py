"""The two statements that belong to the business transaction."""

from __future__ import annotations

from collections.abc import Sequence

from .sql import UTC_NOW, Cursor


def fence(cr: Cursor, message_ids: Sequence[int]) -> set[int]:
    """Lock the messages that are still open and return their ids.

    First statement of the business transaction. A message that somebody else finished meanwhile is missing from the
    answer, or raises a serialization failure under REPEATABLE READ: either way nothing happens twice.
    """
    cr.execute(
        "SELECT id FROM sync_message WHERE id = ANY(%s) AND state = 'ready' ORDER BY id FOR NO KEY UPDATE",
        [list(message_ids)],
    )
    return {row[0] for row in cr.fetchall()}


def finish(cr: Cursor, rows: Sequence[tuple[int, int | None, str | None]]) -> None:
    """Turn fenced messages ``done``: rows of (message id, process id, reference). Commits with the business."""
    if not rows:
        return
    ids, processes, references = (list(column) for column in zip(*rows, strict=True))
    cr.execute(
        f"""UPDATE sync_message m
               SET state = 'done', done_at = {UTC_NOW}, attempt = m.attempt + 1, fault_code = NULL,
                   process_id = coalesce(t.process_id, m.process_id), reference = coalesce(t.reference, m.reference)
              FROM unnest(%s::int[], %s::int[], %s::text[]) AS t(id, process_id, reference)
             WHERE m.id = t.id AND m.state = 'ready'""",
        [ids, processes, references],
    )
