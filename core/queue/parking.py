"""What is parked: its deadline, its release in chunks, and documents that are gathered until it is time for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .due import cancel_due
from .sql import UTC_NOW, Cursor, lock_lanes, wake_lanes

PARKED = "message.parked"
"""The kind of due time of a message that waits: its deadline."""
GATHERED = "interface.gathered"
"""The kind of due time of an interface whose documents wait for their time: one row for all of them."""
AGAIN_SECONDS = 1
"""The shortest wait; what was in somebody else's hands at its deadline is looked at again after this."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Documents of an interface that are not worked as they arrive, but together when it is time.

    ``batch``: ``seconds`` after the first that waits, or as soon as ``documents`` wait. ``window``: in ``seconds``,
    when the window opens; 0 while it is open: then a document waits only where others still do.
    """

    kind: str
    seconds: float
    documents: int = 0


def schedule_deadlines(cr: Cursor, message_ids: Sequence[int], *, at_least: float = 0.0) -> None:
    """A due time for each of the messages that is parked with a deadline, ``at_least`` so many seconds from now."""
    if not message_ids:
        return
    cr.execute(
        f"""INSERT INTO sync_due (kind, res_id, company_id, due_at, documents, tries)
            SELECT %s, id, company_id, greatest(wait_until, {UTC_NOW} + make_interval(secs => %s)), 0, 0
              FROM sync_message
             WHERE id = ANY(%s) AND state = 'parked' AND wait_until IS NOT NULL
               AND wait_type NOT IN ('batch', 'window')
             ORDER BY id
            ON CONFLICT (kind, res_id) DO UPDATE
               SET due_at = EXCLUDED.due_at, tries = 0, reason = NULL""",
        [PARKED, at_least, list(message_ids)],
    )


def end_waits(cr: Cursor, message_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Messages whose deadline may have come: (ids that failed under what they waited for, ids that go on).

    Waits for nobody. What somebody else holds, or what waits longer by now, gets a new due time.
    """
    over = f"state = 'parked' AND wait_until <= {UTC_NOW} AND wait_type NOT IN ('batch', 'window')"
    cr.execute(
        f"SELECT id, lane_id FROM sync_message WHERE id = ANY(%s) AND {over} AND wait_goes_on", [list(message_ids)]
    )
    released = _release(cr, cr.fetchall(), f"{over} AND wait_goes_on", [])
    cr.execute(
        f"""UPDATE sync_message SET state = 'failed', exception_id = NULL
             WHERE id = ANY(ARRAY(
                   SELECT id FROM sync_message
                    WHERE id = ANY(%s) AND {over} AND NOT coalesce(wait_goes_on, false)
                    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED))
         RETURNING id""",
        [list(message_ids)],
    )
    expired = [row[0] for row in cr.fetchall()]
    schedule_deadlines(cr, message_ids, at_least=AGAIN_SECONDS)
    return expired, released


def release_waiting(
    cr: Cursor, wait_type: str, refs: Sequence[str], *, limit: int = 1_000, patient: bool = True
) -> tuple[list[int], bool]:
    """Make ready what was parked for (``wait_type``, one of ``refs``), oldest first, at most ``limit`` at a time.

    Each goes back to its place in its lane. ``patient`` waits for lanes that somebody holds; whoever took a due time
    must not. Returns the ids, and whether others are left.
    """
    cr.execute(
        """SELECT id, lane_id FROM sync_message WHERE state = 'parked' AND wait_type = %s AND wait_ref = ANY(%s)
            ORDER BY id LIMIT %s""",
        [wait_type, list(refs), limit + 1],
    )
    rows = cr.fetchall()
    condition = "state = 'parked' AND wait_type = %s AND wait_ref = ANY(%s)"
    moved = _release(cr, rows[:limit], condition, [wait_type, list(refs)], patient=patient)
    return moved, len(rows) > limit or (not patient and len(moved) < len(rows))


def gather(cr: Cursor, messages: Sequence[tuple[int, int, Timing]]) -> set[int]:
    """Which interfaces make their messages wait, of rows (interface id, company id, timing), one per message.

    Sets their due times and counts. The lanes of the messages are locked already: what goes past because its window is
    open has seen every earlier message of its lane that still waits.
    """
    cr.execute(
        "SELECT res_id FROM sync_due WHERE kind = %s AND res_id = ANY(%s)",
        [GATHERED, sorted({interface for interface, _company, _timing in messages})],
    )
    gathering = {row[0] for row in cr.fetchall()}
    waiting: dict[int, list] = {}
    for interface, company, timing in messages:
        if timing.kind == "batch" or timing.seconds > 0 or interface in gathering:
            waiting.setdefault(interface, [company, timing, 0])[2] += 1
    if waiting:
        lines = [(interface, *rest) for interface, rest in sorted(waiting.items())]
        cr.execute(
            f"""INSERT INTO sync_due AS d (kind, res_id, company_id, due_at, documents, tries)
                SELECT %s, t.interface, t.company,
                       {UTC_NOW} + make_interval(secs => CASE WHEN t.count >= t.enough THEN 0 ELSE t.seconds END),
                       t.count, 0
                  FROM unnest(%s::int[], %s::int[], %s::float8[], %s::int[], %s::int[])
                       AS t(interface, company, seconds, enough, count)
                 ORDER BY t.interface
                ON CONFLICT (kind, res_id) DO UPDATE
                   SET documents = d.documents + EXCLUDED.documents,
                       due_at = CASE WHEN d.documents + EXCLUDED.documents >= (
                                          SELECT t.enough FROM unnest(%s::int[], %s::int[]) AS t(interface, enough)
                                           WHERE t.interface = EXCLUDED.res_id)
                                     THEN least(d.due_at, {UTC_NOW}) ELSE least(d.due_at, EXCLUDED.due_at) END""",
            [
                GATHERED,
                [line[0] for line in lines],
                [line[1] for line in lines],
                [line[2].seconds for line in lines],
                [line[2].documents or 2**31 - 1 for line in lines],
                [line[3] for line in lines],
                [line[0] for line in lines],
                [line[2].documents or 2**31 - 1 for line in lines],
            ],
        )
    return set(waiting)


def stop_deadlines(cr: Cursor, message_ids: Sequence[int]) -> None:
    """These messages wait no longer."""
    cancel_due(cr, PARKED, message_ids)


def _release(
    cr: Cursor, rows: Sequence[tuple], condition: str, params: Sequence[Any], *, patient: bool = False
) -> list[int]:
    """Make ready those of (message id, lane id) that still meet ``condition``, unless somebody holds their lane."""
    if not rows:
        return []
    lanes = {lane for _, lane in rows}
    if patient:
        lock_lanes(cr, sorted(lanes))
    else:
        cr.execute(
            "SELECT id FROM sync_lane WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", [sorted(lanes)]
        )
        lanes = {row[0] for row in cr.fetchall()}
    cr.execute(
        f"""UPDATE sync_message
               SET state = 'ready', run_at = {UTC_NOW}, wait_type = NULL, wait_ref = NULL, wait_until = NULL
             WHERE id = ANY(%s) AND {condition} RETURNING id""",
        [[message for message, lane in rows if lane in lanes], *params],
    )
    moved = [row[0] for row in cr.fetchall()]
    stop_deadlines(cr, moved)
    wake_lanes(cr, sorted(lanes))
    return moved
