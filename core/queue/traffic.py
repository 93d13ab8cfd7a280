"""How much may be on its way to an endpoint: a rate (token bucket) and a number at once, for all workers together.

The state is one narrow row per limited endpoint (``sync_endpoint_traffic``) and a mark on the lanes that are on the
wire (``wire_claim`` equal to ``claim``). How many are on the wire is counted, never kept: a worker that dies leaks
nothing, because its lanes lose their claim. Endpoints without a limit are never locked here.
"""

from __future__ import annotations

from collections.abc import Sequence

from .sql import Cursor, Frequent, lock_lanes

CLOCK = "(clock_timestamp() AT TIME ZONE 'UTC')"
"""The database's clock now, not at the start of the transaction: others may have taken tokens while we waited."""
UNLIMITED = 1_000_000_000

_BURST = "greatest(coalesce(e.delivery_burst, 1), 1)"
TOKENS = f"""
    (CASE WHEN coalesce(e.delivery_rate, 0) <= 0 THEN {UNLIMITED}
          ELSE least({_BURST}, coalesce(t.tokens, {_BURST})
                     + e.delivery_rate * greatest(extract(epoch FROM {CLOCK} - coalesce(t.refilled_at, {CLOCK})), 0))
     END)::float8"""
"""Tokens of endpoint ``e`` now, with its traffic row ``t`` (outer join)."""
ON_THE_WIRE = """
    (SELECT count(*) FROM sync_lane w WHERE w.endpoint_id = e.id AND w.claim IS NOT NULL AND w.wire_claim = w.claim)"""
PLACES = f"""
    (CASE WHEN coalesce(e.most_in_flight, 0) <= 0 THEN {UNLIMITED}
          ELSE e.most_in_flight - {ON_THE_WIRE} END)::int"""
"""How many more deliveries endpoint ``e`` takes at once."""
_LIMITED = "(coalesce(e.delivery_rate, 0) > 0 OR coalesce(e.most_in_flight, 0) > 0)"


_BEGIN = Frequent(f"""
    INSERT INTO sync_endpoint_traffic (endpoint_id, company_id, tokens, refilled_at)
    SELECT e.id, e.company_id, {_BURST}, {CLOCK} FROM sync_endpoint e
     WHERE e.id = ANY(%(endpoints)s::int[]) AND {_LIMITED}
       AND NOT EXISTS (SELECT FROM sync_endpoint_traffic t WHERE t.endpoint_id = e.id)
     ORDER BY e.id
    ON CONFLICT (endpoint_id) DO NOTHING;
    SELECT t.endpoint_id FROM sync_endpoint_traffic t JOIN sync_endpoint e ON e.id = t.endpoint_id
     WHERE t.endpoint_id = ANY(%(endpoints)s::int[]) AND {_LIMITED}
     ORDER BY t.endpoint_id FOR NO KEY UPDATE OF t
""")


_USE = f"""
    UPDATE sync_endpoint_traffic t SET tokens = {TOKENS} - u.used, refilled_at = {CLOCK}
      FROM sync_endpoint e JOIN unnest(%s::int[], %s::int[]) AS u(id, used) ON u.id = e.id
     WHERE t.endpoint_id = e.id AND e.delivery_rate > 0
"""


def admit(cr: Cursor, lanes: Sequence[tuple[int, int]], *, token: str) -> set[int]:
    """Which of ``lanes``, (lane id, endpoint id), may go on the wire now; takes a token and a place for each.

    They are held under the claim ``token``.

    Runs in a short READ COMMITTED transaction immediately before the network. The rows of limited endpoints are
    locked first, in one order for everybody, and what is left is read by a statement that starts after that.
    """
    cr.execute(_BEGIN, {"endpoints": sorted({endpoint for _lane, endpoint in lanes})})  # type: ignore[arg-type]
    limited = [row[0] for row in cr.fetchall()]
    if not limited:
        return {lane for lane, _endpoint in lanes}
    cr.execute(
        f"""SELECT e.id, floor({TOKENS})::int, {PLACES}
              FROM sync_endpoint e JOIN sync_endpoint_traffic t ON t.endpoint_id = e.id
             WHERE e.id = ANY(%s)""",
        [limited],
    )
    left = {endpoint: max(min(tokens, places), 0) for endpoint, tokens, places in cr.fetchall()}
    admitted: list[tuple[int, int]] = []
    for lane, endpoint in lanes:
        if left.setdefault(endpoint, UNLIMITED) > 0:
            left[endpoint] -= 1
            admitted.append((lane, endpoint))
    _take(cr, [(lane, endpoint) for lane, endpoint in admitted if endpoint in set(limited)], token)
    return {lane for lane, _endpoint in admitted}


def take_one(cr: Cursor, endpoint_id: int) -> float:
    """Take a token for one request that we make to fetch something: 0.0, or the seconds until there is one.

    All nodes meet on the row, as in :func:`admit`.
    """
    cr.execute(_BEGIN, {"endpoints": [endpoint_id]})  # type: ignore[arg-type]
    if not cr.fetchall():
        return 0.0
    cr.execute(
        f"""SELECT {TOKENS}, coalesce(e.delivery_rate, 0)::float8
              FROM sync_endpoint e JOIN sync_endpoint_traffic t ON t.endpoint_id = e.id WHERE e.id = %s""",
        [endpoint_id],
    )
    tokens, rate = cr.fetchall()[0]
    if tokens < 1 and rate > 0:
        return (1 - tokens) / rate
    cr.execute(_USE, [[endpoint_id], [1]])
    return 0.0


def _take(cr: Cursor, lanes: Sequence[tuple[int, int]], token: str) -> None:
    if not lanes:
        return
    wanted = [lane for lane, _endpoint in lanes]
    # Locked in one order before they are written: people cancel and retry meanwhile, and lock lanes too.
    lock_lanes(cr, wanted)
    cr.execute("UPDATE sync_lane SET wire_claim = claim WHERE id = ANY(%s) AND claim = %s", [wanted, token])
    used: dict[int, int] = {}
    for _lane, endpoint in lanes:
        used[endpoint] = used.get(endpoint, 0) + 1
    cr.execute(_USE, [list(used), list(used.values())])
