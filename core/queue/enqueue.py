"""Put messages into their lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .parking import Timing, gather
from .sql import UTC_NOW, Cursor, Frequent


@dataclass(frozen=True, slots=True)
class NewMessage:
    """One message to store.

    ``key`` is the ordering key: messages of one endpoint that share it are worked first-in first-out. ``state`` is
    ``ready``, or ``failed`` for one that a person must look at before anything happens (then it has no lane).
    ``pool`` is the pool of workers that takes its lane; what is delivered always has its own. With a ``timing`` it
    waits until it is time for the documents of its interface. ``behind`` names a line of the same endpoint: as long as
    that one has open messages, this message goes there and not into its own.
    """

    uid: str
    direction: str
    endpoint_id: int
    trading_partner_id: int
    company_id: int
    key: str
    interface_id: int | None = None
    document_type_id: int | None = None
    transmission_id: int | None = None
    event_id: int | None = None
    process_id: int | None = None
    credential_id: int | None = None
    reference: str | None = None
    state: str = "ready"
    fault_code: str | None = None
    pool: str = "standard"
    timing: Timing | None = None
    behind: str | None = None


_COLUMNS = (
    ("uid", "text"),
    ("direction", "text"),
    ("endpoint_id", "int"),
    ("trading_partner_id", "int"),
    ("company_id", "int"),
    ("interface_id", "int"),
    ("document_type_id", "int"),
    ("transmission_id", "int"),
    ("event_id", "int"),
    ("process_id", "int"),
    ("credential_id", "int"),
    ("reference", "text"),
    ("fault_code", "text"),
)

_NAMES = ", ".join(name for name, _ in _COLUMNS)

# With the lanes that it wakes, in one round trip.
_INSERT = Frequent(f"""
    WITH woken AS (
    UPDATE sync_lane l SET next_at = {UTC_NOW}, worker_pool = w.pool
      FROM unnest(%s::int[], %s::text[]) AS w(id, pool) WHERE l.id = w.id)
    INSERT INTO sync_message (lane_id, state, wait_type, wait_ref, wait_until, {_NAMES}, run_at, created_at)
    SELECT lane_id, state, wait_type, CASE WHEN wait_type IS NOT NULL THEN interface_id::text END,
           {UTC_NOW} + make_interval(secs => wait_seconds), {_NAMES}, {UTC_NOW}, {UTC_NOW}
      FROM unnest(%s::int[], %s::text[], %s::text[], %s::float8[], {", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)})
           WITH ORDINALITY AS t(lane_id, state, wait_type, wait_seconds, {_NAMES}, position)
     ORDER BY position
    RETURNING id
""")
# One round trip, each statement with a snapshot of its own.
_LANES = Frequent(f"""
    INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes, next_at)
    SELECT e, k, c, d, p, 0, CASE WHEN awake THEN {UTC_NOW} END
      FROM unnest(%(lane_endpoints)s::int[], %(lane_keys)s::text[], %(lane_companies)s::int[],
                  %(lane_directions)s::text[], %(lane_pools)s::text[], %(lane_awake)s::bool[])
           AS t(e, k, c, d, p, awake)
    ON CONFLICT (endpoint_id, key) DO NOTHING;
    SELECT l.id, l.endpoint_id, l.key, l.next_at IS NULL AND l.claim IS NULL AND l.blocked_message_id IS NULL
      FROM sync_lane l
      JOIN unnest(%(lane_endpoints)s::int[], %(lane_keys)s::text[]) AS t(e, k) ON l.endpoint_id = t.e AND l.key = t.k
     ORDER BY l.id FOR NO KEY UPDATE OF l
""")


_LINES = "unnest(%(lane_endpoints)s::int[], %(lane_keys)s::text[], %(lane_pools)s::text[]) AS t(e, k, p)"
# Into lanes of their own: three statements that travel together; nothing is decided in between. A lane that was idle
# may be deleted before it is locked: then its messages are not placed.
_PLACE = Frequent(f"""
    INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes, next_at)
    SELECT e, k, c, d, p, 0, {UTC_NOW}
      FROM unnest(%(lane_endpoints)s::int[], %(lane_keys)s::text[], %(lane_companies)s::int[],
                  %(lane_directions)s::text[], %(lane_pools)s::text[]) AS t(e, k, c, d, p)
    ON CONFLICT (endpoint_id, key) DO NOTHING;
    SELECT l.id FROM sync_lane l JOIN {_LINES} ON l.endpoint_id = t.e AND l.key = t.k
     ORDER BY l.id FOR NO KEY UPDATE OF l;
    WITH lane AS MATERIALIZED (
    SELECT l.id, l.endpoint_id AS e, l.key AS k, t.p AS pool,
           l.next_at IS NULL AND l.claim IS NULL AND l.blocked_message_id IS NULL AS asleep
      FROM sync_lane l JOIN {_LINES} ON l.endpoint_id = t.e AND l.key = t.k),
    woken AS (
    UPDATE sync_lane l SET next_at = {UTC_NOW}, worker_pool = lane.pool
      FROM lane WHERE l.id = lane.id AND lane.asleep)
    INSERT INTO sync_message (lane_id, state, {_NAMES}, run_at, created_at)
    SELECT lane.id, 'ready', {_NAMES}, {UTC_NOW}, {UTC_NOW}
      FROM unnest(%(lines)s::text[], {", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS)})
           WITH ORDINALITY AS t(line, {_NAMES}, position)
      JOIN lane ON lane.e = t.endpoint_id AND lane.k = t.line
     ORDER BY t.position
    RETURNING uid, id, lane_id""")


def placing_one(source: str) -> str:
    """SQL, the end of a WITH: put the one message that the query ``source`` gives, or none, into its lane.

    ``source`` has a message's columns, ``line`` and ``pool``. The lane is made, or locked and woken if it is asleep,
    before the message takes its id; locked once more where it is awake, for the one that this statement sees may be
    gone. One that another transaction has made since then is not seen: then a constraint says that the message has no
    lane, and nothing is stored.
    """
    return f"""
    placed AS MATERIALIZED ({source}),
    woken AS (
    INSERT INTO sync_lane AS l (endpoint_id, key, company_id, direction, worker_pool, strikes, next_at)
    SELECT endpoint_id, line, company_id, direction, pool, 0, {UTC_NOW} FROM placed
    ON CONFLICT (endpoint_id, key) DO UPDATE SET next_at = excluded.next_at, worker_pool = excluded.worker_pool
     WHERE l.next_at IS NULL AND l.claim IS NULL AND l.blocked_message_id IS NULL
    RETURNING l.id),
    awake AS (
    SELECT l.id FROM placed JOIN sync_lane l ON l.endpoint_id = placed.endpoint_id AND l.key = placed.line
     WHERE NOT EXISTS (SELECT FROM woken)
       FOR NO KEY UPDATE OF l)
    INSERT INTO sync_message (lane_id, state, {_NAMES}, run_at, created_at)
    SELECT lane.id, 'ready', {_NAMES}, {UTC_NOW}, {UTC_NOW}
      FROM placed LEFT JOIN (SELECT id FROM woken UNION ALL SELECT id FROM awake) lane ON true"""


def enqueue(cr: Cursor, messages: Sequence[NewMessage]) -> list[int]:
    """Store ``messages`` and return their ids in the same order, see :func:`place`."""
    return [message_id for message_id, _lane_id in place(cr, messages)]


def place(cr: Cursor, messages: Sequence[NewMessage]) -> list[tuple[int, int | None]]:
    """Store ``messages``; each one's id and the id of the lane it waits in, in the same order.

    Runs in the caller's READ COMMITTED transaction. The lane is locked before the message takes its id, so ids follow
    commit order within a lane; a lane that is already awake gets no new row version.
    """
    if not messages:
        return []
    if all(m.state == "ready" and m.timing is None and m.behind is None for m in messages):
        return _place_at_once(cr, messages)
    ready = [m for m in messages if m.state == "ready"]
    lanes, idle = _locked_lanes(cr, ready)
    lines = _lines(cr, ready, lanes)
    lane_ids = [lines.get(m.uid) for m in messages]
    waits = _waits(cr, messages)
    states = ["parked" if wait else m.state for m, wait in zip(messages, waits, strict=True)]
    due = {lane for lane, state in zip(lane_ids, states, strict=True) if state == "ready"}
    wake = {lane: pool for lane, pool in idle.items() if lane in due}
    cr.execute(
        _INSERT,
        [
            list(wake),
            list(wake.values()),
            lane_ids,
            states,
            [wait.kind if wait else None for wait in waits],
            [wait.seconds if wait else None for wait in waits],
            *([getattr(m, name) for m in messages] for name, _ in _COLUMNS),
        ],
    )
    ids = [row[0] for row in cr.fetchall()]
    return list(zip(ids, lane_ids, strict=True))


def _place_at_once(cr: Cursor, messages: Sequence[NewMessage]) -> list[tuple[int, int | None]]:
    placed: dict[str, tuple[int, int | None]] = {}
    # An idle lane may be deleted before it is locked: then its messages are due again.
    while rest := [m for m in messages if m.uid not in placed]:
        lanes = _lane_columns({(m.endpoint_id, m.key): (m.company_id, m.direction, _pool(m)) for m in reversed(rest)})
        values = {name: [getattr(m, name) for m in rest] for name, _kind in _COLUMNS}
        cr.execute(_PLACE, {**lanes, **values, "lines": [m.key for m in rest]})  # type: ignore[arg-type]
        placed |= {uid: (message_id, lane_id) for uid, message_id, lane_id in cr.fetchall()}
    return [placed[m.uid] for m in messages]


def _lane_columns(lanes: Mapping[tuple[int, str], tuple]) -> dict[str, list]:
    """{(endpoint, key): (company, direction, pool)} as columns, in the order in which everybody locks lanes."""
    names = ("lane_endpoints", "lane_keys", "lane_companies", "lane_directions", "lane_pools", "lane_awake")
    rows = sorted((*line, *rest) for line, rest in lanes.items())
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=False)}


def _lines(cr: Cursor, messages: Sequence[NewMessage], lanes: dict[tuple[int, str], int]) -> dict[str, int]:
    """{uid: the lane it joins}. All lanes are locked, so nobody joins or leaves them while we decide."""
    barriers = {lanes[m.endpoint_id, m.behind] for m in messages if m.behind is not None}
    busy: set[int] = set()
    if barriers:
        cr.execute(
            """SELECT l.id FROM sync_lane l
                WHERE l.id = ANY(%s) AND (l.blocked_message_id IS NOT NULL OR EXISTS (
                      SELECT 1 FROM sync_message m WHERE m.lane_id = l.id AND m.state = 'ready'))""",
            [list(barriers)],
        )
        busy = {row[0] for row in cr.fetchall()}
    joined = {}
    for message in messages:
        lane = lanes[message.endpoint_id, message.key]
        if message.behind is not None:
            barrier = lanes[message.endpoint_id, message.behind]
            if lane == barrier:
                busy.add(barrier)
            elif barrier in busy:
                lane = barrier
        joined[message.uid] = lane
    return joined


def _waits(cr: Cursor, messages: Sequence[NewMessage]) -> list[Timing | None]:
    """The timing of each message that waits for the others of its interface; the lanes are locked by now."""
    timed = [m for m in messages if m.timing and m.interface_id and m.state == "ready"]
    if not timed:
        return [None] * len(messages)
    waiting = gather(cr, [(m.interface_id, m.company_id, m.timing) for m in timed])
    return [m.timing if m.state == "ready" and m.interface_id in waiting else None for m in messages]


def _locked_lanes(cr: Cursor, messages: Sequence[NewMessage]) -> tuple[dict[tuple[int, str], int], dict[int, str]]:
    """Create the missing lanes and lock all of them, in one order for everybody; and which to wake, for which pool.

    A new lane is locked by having been inserted, and is born awake: it becomes visible together with its messages.
    One whose messages may wait for their time is born asleep, and woken like an old one.
    """
    # One lane per key; of several messages the first one's pool counts.
    wanted = {
        (m.endpoint_id, key): (m.company_id, m.direction, _pool(m), m.timing is None)
        for m in reversed(messages)
        for key in (m.behind, m.key)
        if key is not None
    }
    if not wanted:
        return {}, {}
    columns = _lane_columns(wanted)
    found: dict[tuple[int, str], int] = {}
    idle: dict[int, str] = {}
    # An idle lane may be deleted between the two statements: then the insert is due again.
    while len(found) < len(wanted):
        cr.execute(_LANES, columns)  # type: ignore[arg-type]
        for lane, endpoint, key, asleep in cr.fetchall():
            found[endpoint, key] = lane
            if asleep:
                idle[lane] = wanted[endpoint, key][2]
    return found, idle


def _pool(message: NewMessage) -> str:
    return "delivery" if message.direction == "outbound" else message.pool
