"""Take lanes, and read the messages at their heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from .sql import ENDLESS, UTC_NOW, Cursor, Frequent
from .traffic import CLOCK, PLACES, TOKENS

POOLS = ("real_time", "standard", "bulk", "delivery")
"""Which workers take a lane: what is delivered has a pool of its own, the rest is sorted by how soon it matters."""
UNREAD = "-"
"""The line of an endpoint's documents that show no ordering key."""
UNOPENED = "- to be opened"
"""The line of an endpoint's files that are opened later, and of what came behind them meanwhile."""
HELD_SECONDS = 1.0
COMPANY = 8
"""So many messages at once are worked of lanes over which a worker died once; it takes a second death to be alone."""
Standing = Literal["good", "doubtful", "suspect"]
SERVES = "(w.pool <> 'delivery' OR e.direction = 'outbound')"
"""SQL over an endpoint ``e`` and a pool ``w``: whether it may have lanes there. One that we deliver to has answers
besides what goes out; they wait in the pools of what comes in."""
UNBROKEN = f"""(e.breaker_until IS NULL OR e.breaker_until <= {UTC_NOW}
                OR (w.pool <> 'delivery' AND e.direction = 'outbound'))"""
"""Likewise, whether its circuit breaker, or the partner's word to wait, lets them go on: an answer is here already."""


@dataclass(frozen=True, slots=True)
class ClaimedLane:
    """A lane that this worker holds under ``token``.

    ``strikes`` counts claims without progress, this one included. ``allowance`` is 0 for a lane in good standing. A
    worker died over every other: from :data:`COMPANY` on it is worked with others like it, so many messages in all,
    and below that alone. Each round without another death doubles it, until the lane is in good standing again.
    ``claimed_at`` is before any snapshot of the work to come.
    """

    lane_id: int
    endpoint_id: int
    direction: str
    key: str
    strikes: int
    allowance: int
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """A message at the head of a lane, as the queue knows it.

    ``replay_from``, ``replay_versions`` and ``was_done`` are about a message that was opened again, and then the
    contract and the mapping are those of its last run. ``held_for`` are the seconds for which its interface is still
    held (not above 0: one message may be tried now), None where it is not.
    """

    message_id: int
    lane_id: int
    uid: str
    direction: str
    endpoint_id: int
    trading_partner_id: int
    company_id: int
    interface_id: int | None
    document_type_id: int | None
    transmission_id: int | None
    event_id: int | None
    process_id: int | None
    reference: str | None
    attempt: int
    created_at: datetime
    replay_from: str | None = None
    replay_versions: str | None = None
    was_done: bool = False
    contract_id: int | None = None
    mapping_id: int | None = None
    key: str = ""
    held_for: float | None = None


# Endpoint first, then its lanes: a partner with a hundred thousand lanes, or one that is paused or broken, costs one
# row here and hides nobody. The lanes are locked where they are looked up, so that workers take different ones.
#
# What an endpoint may be sent is only looked at here (tokens of its rate, how much is on the wire to it), so that
# nobody takes up what could not go; it is taken by :mod:`.traffic`, immediately before the network.
_ANY_CLAIM = f"""
    WITH door AS MATERIALIZED (
        SELECT e.id, w.pool, {TOKENS} AS tokens, {PLACES} AS places, coalesce(b.taken, 0) AS taken
          FROM sync_endpoint e
          JOIN unnest(%(pools)s::text[]) AS w(pool) ON {SERVES}
          LEFT JOIN sync_endpoint_traffic t ON t.endpoint_id = e.id
          LEFT JOIN unnest(%(busy)s::int[], %(taken)s::int[]) AS b(id, taken) ON b.id = e.id
         WHERE e.state = 'live' AND NOT e.paused AND e.active AND {UNBROKEN}),
    room AS MATERIALIZED (
        SELECT id, pool,
               CASE WHEN pool = 'delivery'
                    THEN least(%(share)s::int - taken, places, floor(least(tokens, %(limit)s::int))::int)
                    ELSE %(limit)s::int END AS lanes
          FROM door),
    pick AS MATERIALIZED (
        SELECT l.id
          FROM room
         CROSS JOIN LATERAL (
               SELECT id, next_at FROM sync_lane
                WHERE worker_pool = room.pool AND endpoint_id = room.id AND claim IS NULL AND next_at <= {UTC_NOW}
                  {{standing}}
                ORDER BY next_at, id LIMIT greatest(room.lanes, 0)
                  FOR NO KEY UPDATE SKIP LOCKED) l
         WHERE room.lanes > 0
         ORDER BY l.next_at, l.id LIMIT %(limit)s::int)
    UPDATE sync_lane
       SET claim = %(token)s::text, worker_id = %(worker)s::int, claimed_at = {UTC_NOW}, strikes = strikes + 1
     WHERE id = ANY(ARRAY(SELECT id FROM pick))
    RETURNING id, endpoint_id, direction, key, strikes, coalesce(allowance, 0), {CLOCK}
"""


POOLS_WITH_WORK = f"""
    SELECT w.pool FROM unnest(%(pools)s::text[]) AS w(pool)
     WHERE EXISTS (SELECT FROM sync_endpoint e
                    CROSS JOIN LATERAL (
                          SELECT 1 FROM sync_lane
                           WHERE worker_pool = w.pool AND endpoint_id = e.id AND claim IS NULL AND next_at <= {UTC_NOW}
                           ORDER BY next_at LIMIT 1) l
                    WHERE {SERVES} AND e.state = 'live' AND NOT e.paused AND e.active AND {UNBROKEN})"""
"""Which of ``pools`` have a lane that is due, by the same conditions as a claim, but for what an endpoint takes."""
ANY_IN_DOUBT = "SELECT FROM sync_lane WHERE claim IS NULL AND next_at IS NOT NULL AND allowance > 0"

# As text and not as a parameter: those that are not in good standing have an index of their own.
_STANDING = {
    None: "",
    "good": "AND (allowance > 0) IS NOT TRUE",
    "doubtful": f"AND allowance > 0 AND allowance >= {COMPANY}",
    "suspect": f"AND allowance > 0 AND allowance < {COMPANY}",
}
_CLAIM = {standing: Frequent(_ANY_CLAIM.format(standing=condition)) for standing, condition in _STANDING.items()}


def claim_lanes(
    cr: Cursor,
    *,
    token: str,
    worker: int | None,
    pools: Sequence[str],
    limit: int,
    share: int | None = None,
    taken: Mapping[int, int] | None = None,
    standing: Standing | None = None,
) -> list[ClaimedLane]:
    """Claim up to ``limit`` lanes of ``pools`` that are due, whose endpoint is live, not paused and not broken.

    Of an endpoint that we deliver to a worker holds at most ``share`` lanes (a quarter of ``limit`` unless given),
    those counted that it has in its hands already (``taken``: {endpoint id: lanes}): a slow partner never holds all
    places. The attempt is counted (``strikes``) in the claim itself: nothing runs after a worker is killed.

    ``standing`` claims only lanes over which nobody died or gave up (``good``: a crash makes nobody else slow), only
    those that may be worked with others of the same kind (``doubtful``), or only those to be worked alone
    (``suspect``); None: all of them.
    """
    taken = taken or {}
    cr.execute(
        _CLAIM[standing],
        {
            "token": token,
            "worker": worker,
            "pools": list(pools),
            "limit": limit,
            "share": max(limit // 4, 1) if share is None else share,
            "busy": list(taken),
            "taken": list(taken.values()),
        },
    )  # type: ignore[arg-type]
    return [ClaimedLane(*row) for row in cr.fetchall()]


def per_lane(lanes: Sequence[ClaimedLane], limit: int) -> int:
    """How many consecutive messages of each of ``lanes`` make up one go of at most ``limit`` messages.

    Of lanes that are not in good standing as many as they are allowed; ``lanes`` are all of one standing.
    """
    allowance = min(lane.allowance for lane in lanes)
    if not allowance:
        return max(limit // len(lanes), 1)
    return allowance if allowance < COMPANY else allowance // COMPANY


_COLUMNS = """m.id, m.lane_id, m.uid, m.direction, m.endpoint_id, m.trading_partner_id, m.company_id, m.interface_id,
           m.document_type_id, m.transmission_id, m.event_id, m.process_id, m.reference, m.attempt, m.created_at,
           m.replay_from, m.replay_versions, m.was_done, m.contract_id, m.mapping_id"""

_HEADS = Frequent(f"""
    SELECT {_COLUMNS}, lane.key, extract(epoch FROM i.held_until - {UTC_NOW})::float8, m.run_at <= {UTC_NOW}
      FROM unnest(%s::int[]) WITH ORDINALITY AS o(id, position)
      JOIN sync_lane lane ON lane.id = o.id
     CROSS JOIN LATERAL (
           SELECT * FROM sync_message
            WHERE lane_id = lane.id AND state = 'ready' AND id < coalesce(lane.blocked_message_id, {ENDLESS})
            ORDER BY id LIMIT %s::int) m
      LEFT JOIN sync_interface i ON i.id = m.interface_id
     ORDER BY o.position, m.id
""")


def heads(cr: Cursor, lane_ids: Sequence[int], per_lane: int = 1) -> list[Head]:
    """The due messages at the head of each lane, in order; a lane whose head is not due yet gives none.

    Up to ``per_lane`` consecutive messages of a lane, as long as they travel the same interface: what is worked
    together runs under the same versions, in the same company, as the same user. Nothing at or behind a message that
    stops its lane.
    """
    cr.execute(_HEADS, [list(lane_ids), per_lane])
    found: list[Head] = []
    interface_of: dict[int, int | None] = {}
    ended: set[int] = set()
    rows: list[Any] = cr.fetchall()
    for *row, due in rows:
        head = Head(*row)
        if head.lane_id in ended:
            continue
        if not due or interface_of.setdefault(head.lane_id, head.interface_id) != head.interface_id:
            ended.add(head.lane_id)
            continue
        found.append(head)
    return found


def look(cr: Cursor, message_ids: Sequence[int]) -> list[Head]:
    """Messages as :func:`heads` gives them, whatever their state, in the order of their ids; to look only."""
    cr.execute(
        f"""SELECT {_COLUMNS}, coalesce(lane.key, '')
              FROM sync_message m LEFT JOIN sync_lane lane ON lane.id = m.lane_id
             WHERE m.id = ANY(%s) ORDER BY m.id""",
        [list(message_ids)],
    )
    return [Head(*row) for row in cr.fetchall()]


_HOLD = f"""
    UPDATE sync_message m SET run_at = {UTC_NOW} + make_interval(secs => %s)
      FROM sync_lane l
      JOIN sync_endpoint e ON e.id = l.endpoint_id AND e.hold_unread
     CROSS JOIN LATERAL (
           SELECT id FROM sync_message WHERE lane_id = l.id AND state = 'ready' ORDER BY id LIMIT 1) head
     WHERE l.id = ANY(%s) AND m.id = head.id
       AND EXISTS (SELECT 1 FROM sync_lane o
                    WHERE o.endpoint_id = l.endpoint_id AND o.id <> l.id
                      AND (o.next_at IS NOT NULL OR o.claim IS NOT NULL OR o.blocked_message_id IS NOT NULL)
                      AND (o.blocked_message_id < head.id OR EXISTS (
                           SELECT 1 FROM sync_message w
                            WHERE w.lane_id = o.id AND w.state = 'ready' AND w.id < head.id)))
    RETURNING m.lane_id
"""


def hold_unread(cr: Cursor, lanes: Sequence[ClaimedLane]) -> set[int]:
    """Put off the heads of unread lines that earlier documents of their endpoint, in other lines, stand before.

    Only for endpoints that ask for it. Whoever stores a document of such an endpoint holds its unread line locked, so
    the numbers of its messages follow their commits: a head that we see has every earlier one before our eyes.
    Returns the ids of the lanes that have to wait; they are looked at again after :data:`HELD_SECONDS`.
    """
    unread = [lane.lane_id for lane in lanes if lane.key == UNREAD and lane.direction == "inbound"]
    if not unread:
        return set()
    cr.execute(_HOLD, [HELD_SECONDS, unread])
    return {row[0] for row in cr.fetchall()}


_NEXT = Frequent(f"""
    SELECT extract(epoch FROM least(min(greatest(l.next_at, d.breaker_until, d.token_at)),
                                    (SELECT min(due_at) FROM sync_due)) - {UTC_NOW})::float8
      FROM (SELECT e.id, CASE WHEN {UNBROKEN} THEN NULL ELSE e.breaker_until END AS breaker_until, w.pool,
                   CASE WHEN w.pool = 'delivery' THEN {UTC_NOW} + make_interval(
                       secs => (1 - least({TOKENS}, 1)) / nullif(e.delivery_rate, 0)::float8) END AS token_at
              FROM sync_endpoint e
              JOIN unnest(%(pools)s::text[]) AS w(pool) ON {SERVES}
              LEFT JOIN sync_endpoint_traffic t ON t.endpoint_id = e.id
             WHERE e.state = 'live' AND NOT e.paused AND e.active
               AND (w.pool <> 'delivery' OR NOT e.id = ANY(%(full)s::int[]) AND {PLACES} > 0)) d
     CROSS JOIN LATERAL (
           SELECT next_at FROM sync_lane
            WHERE worker_pool = d.pool AND endpoint_id = d.id AND claim IS NULL AND next_at IS NOT NULL
            ORDER BY next_at LIMIT 1) l
""")


def seconds_to_next(cr: Cursor, pools: Sequence[str], full: Sequence[int] = ()) -> float | None:
    """Seconds until a lane of ``pools`` can be claimed or something is due (not above 0: now); None: nothing waits.

    ``full``: endpoints of which the worker holds as much as it may, so that only its own progress changes anything.
    The same goes for an endpoint with as much on the wire as it takes at once: whoever gets an answer looks again.
    """
    cr.execute(_NEXT, {"pools": list(pools), "full": list(full)})  # type: ignore[arg-type]
    row = cr.fetchone()
    return row[0] if row else None
