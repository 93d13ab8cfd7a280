"""What belongs to the business transaction: is it still ours, and now it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .sql import ENDLESS, UTC_NOW, Cursor, Frequent

_FENCE = Frequent(f"""
    SELECT m.id FROM sync_message m
     WHERE m.id = ANY(%(ids)s::int[]) AND m.state = 'ready'
       AND (%(token)s::text IS NULL
            OR EXISTS (SELECT 1 FROM sync_lane l WHERE l.id = m.lane_id AND l.claim = %(token)s::text
                          AND m.id < coalesce(l.blocked_message_id, {ENDLESS})))
     ORDER BY m.id FOR NO KEY UPDATE OF m
""")
_HELD = Frequent("""
    SELECT l.id FROM sync_lane l JOIN unnest(%s::int[], %s::text[]) AS o(id, token)
                   ON o.id = l.id AND o.token = l.claim
""")
_FINISH = Frequent(f"""
    UPDATE sync_message m
       SET state = 'done', done_at = {UTC_NOW}, attempt = m.attempt + 1, fault_code = NULL,
           process_id = coalesce(t.process_id, m.process_id), reference = coalesce(t.reference, m.reference),
           stage = t.stage, interface_id = coalesce(t.interface_id, m.interface_id),
           document_type_id = coalesce(t.document_type_id, m.document_type_id), contract_id = t.contract_id,
           mapping_id = t.mapping_id, policy_id = t.policy_id, ownership_version = t.ownership_version
      FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[],
                  %s::int[])
           AS t(id, process_id, reference, stage, interface_id, document_type_id, contract_id, mapping_id, policy_id,
                ownership_version)
     WHERE m.id = t.id AND m.state = 'ready'
""")


def fence(cr: Cursor, message_ids: Sequence[int], *, token: str | None = None) -> set[int]:
    """Lock the messages that are still open and return their ids.

    First statement of the business transaction. A message that somebody else finished meanwhile is missing from the
    answer, or raises a serialization failure under REPEATABLE READ: either way nothing happens twice.

    With ``token``, so are messages whose lane is no longer claimed under it: a worker that wakes from the dead with
    several messages of one lane in hand must not work the second, after another has failed the first and blocked the
    lane with it. What the new owner does to a message after our snapshot is a serialization failure here. And so is
    what stands behind a message that stops its lane: a person held it after we had read our heads.
    """
    cr.execute(_FENCE, {"ids": list(message_ids), "token": token})  # type: ignore[arg-type]
    return {row[0] for row in cr.fetchall()}


def held(cr: Cursor, claims: Mapping[int, str]) -> set[int]:
    """Which of the lanes in ``claims``, {lane id: claim token}, are still held under their token."""
    cr.execute(_HELD, [list(claims), list(claims.values())])
    return {row[0] for row in cr.fetchall()}


class Finished(NamedTuple):
    """What is known of a message when it is done: its process and reference, and what it ran under."""

    message_id: int
    process_id: int | None = None
    reference: str | None = None
    stage: str | None = None
    interface_id: int | None = None
    document_type_id: int | None = None
    contract_id: int | None = None
    mapping_id: int | None = None
    policy_id: int | None = None
    ownership_version: int | None = None


def finish(cr: Cursor, rows: Sequence[Finished | tuple]) -> None:
    """Turn fenced messages ``done``: rows as :class:`Finished`. Commits with the business."""
    if not rows:
        return
    cr.execute(_FINISH, [list(column) for column in zip(*(Finished(*row) for row in rows), strict=True)])


def mark_snapshots(cr: Cursor, message_ids: Sequence[int]) -> None:
    """Remember that these messages were applied as statements of which only the newest matters.

    An older one of the same lane that is retried or replayed later finds them and is superseded.
    """
    cr.execute("UPDATE sync_message SET snapshot = true WHERE id = ANY(%s)", [list(message_ids)])
