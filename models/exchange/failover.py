"""Which of an endpoint's two addresses a delivery goes to, decided in the database for all workers together.

The rules are :mod:`core.delivery.failover`; here a state is read, locked and written, as a circuit breaker's is. Before
a document leaves, the address is written at its message. What the partner certainly did not take is set free again; all
else, among it what a worker that died had on the wire, stays with the address where it may have been taken.
"""

import logging
from dataclasses import dataclass

from ...core.delivery import failover, http
from ...core.faults import Fault

_logger = logging.getLogger(__name__)

SAYS_NOTHING = Fault("engine.interrupted", "The other address stands in.")

_LOCKED = """
    SELECT id, coalesce(address_in_use, 'primary'), secondary_since, coalesce(primary_failures, 0),
           primary_failing_since, primary_probe_at, clock_timestamp() AT TIME ZONE 'UTC'
      FROM sync_endpoint
     WHERE id = ANY(%s) AND (id = ANY(%s) OR address_in_use = 'secondary' OR primary_failures > 0)
     ORDER BY id FOR NO KEY UPDATE
"""
_BOUND = "SELECT id, sent_address FROM sync_message WHERE id = ANY(%s) AND sent_address IS NOT NULL"
_BIND = """
    UPDATE sync_message m SET sent_address = t.address
      FROM unnest(%s::int[], %s::text[]) AS t(id, address)
     WHERE m.id = t.id AND m.sent_address IS DISTINCT FROM t.address
"""
_FREE = """
    UPDATE sync_message m SET sent_address = NULL
      FROM unnest(%s::int[], %s::text[]) AS t(id, claim), sync_lane l
     WHERE m.id = t.id AND l.id = m.lane_id AND l.claim = t.claim
"""


@dataclass(slots=True)
class Route:
    """The two addresses of one delivery. ``address`` is the one it goes to; ``bound``: it was so before."""

    primary: str
    secondary: str
    shares_ids: bool
    policy: failover.FailoverPolicy
    address: failover.Address = "primary"
    bound: bool = False

    @property
    def url(self):
        """The address it goes to."""
        return self.secondary if self.address == "secondary" else self.primary


def route_of(endpoint):
    """The :class:`Route` of an endpoint with two addresses, else None."""
    if not endpoint.secondary_url:
        return None
    policy = failover.FailoverPolicy(failures=endpoint.failover_after, probe_seconds=60.0 * endpoint.failback_minutes)
    return Route(endpoint.url, endpoint.secondary_url, endpoint.secondary_shares_ids, policy)


def choose(cr, flights):
    """Send each of ``flights`` to the address that is in use, and write that down before it leaves."""
    flights = [flight for flight in flights if flight.parcel.route]
    if not flights:
        return
    cr.execute(_BOUND, [[flight.work.message_id for flight in flights]])
    bound = dict(cr.fetchall())
    states = _states(cr, {flight.work.endpoint_id for flight in flights})
    for flight in flights:
        route, endpoint_id = flight.parcel.route, flight.work.endpoint_id
        held = None if route.shares_ids else bound.get(flight.work.message_id)
        known, now = states.get(endpoint_id, (failover.FailoverState(), None))
        state, route.address = failover.choose(known, now, route.policy, held)
        route.bound = bool(held)
        if state != known:
            states[endpoint_id] = state, now
            _write(cr, endpoint_id, state)
        flight.parcel.url = route.url
        place = http.place_of(route.url)
        flight.work.sent_to = f"{place} (second address)" if route.address == "secondary" else place
    flights = sorted(flights, key=lambda flight: flight.work.message_id)
    cr.execute(_BIND, [[f.work.message_id for f in flights], [f.parcel.route.address for f in flights]])


def record(cr, flights):
    """Report how ``flights`` ended, once; set free what was certainly not taken."""
    flights = [flight for flight in flights if flight.parcel.route and not flight.counted]
    if not flights:
        return
    failing = {f.work.endpoint_id for f in flights if f.parcel.route.address == "primary" and f.result.fault}
    states = _states(cr, {flight.work.endpoint_id for flight in flights}, failing)
    for endpoint_id, (known, now) in states.items():
        state = known
        for flight in flights:
            if flight.work.endpoint_id == endpoint_id:
                route = flight.parcel.route
                state = failover.record(state, route.address, flight.result.fault, now, route.policy)
        if state != known:
            _write(cr, endpoint_id, state, changed=state.address != known.address)
    free = sorted(
        (flight.work.message_id, flight.claim.token)
        for flight in flights
        if not flight.parcel.route.bound and not may_be_taken(flight.result)
    )
    if free:
        cr.execute(_FREE, [list(column) for column in zip(*free, strict=True)])


def for_breaker(flight):
    """What the circuit breaker is told of a delivery: (endpoint id, fault or None, seconds to wait or None).

    A failure at the first address says nothing of the endpoint as a whole, which has another one.
    """
    route, fault = flight.parcel.route, flight.result.fault
    if route and route.address == "primary" and fault and fault.code in failover.FAILURES:
        return flight.work.endpoint_id, SAYS_NOTHING, None
    return flight.work.endpoint_id, fault, flight.result.retry_after


def may_be_taken(result):
    """Whether the partner may have the document: it left, and no answer says that it was refused."""
    fault = result.fault
    return fault is None or (result.sent and fault.code in failover.FAILURES)


def _states(cr, endpoint_ids, failing=()):
    """{endpoint id: (state, now)} of those that fail, failed lately or use the second address."""
    cr.execute(_LOCKED, [sorted(endpoint_ids), sorted(failing)])
    return {row[0]: (failover.FailoverState(*row[1:6]), row[6]) for row in cr.fetchall()}


def _write(cr, endpoint_id, state, changed=False):
    cr.execute(
        """UPDATE sync_endpoint
              SET address_in_use = %s, secondary_since = %s, primary_failures = %s, primary_failing_since = %s,
                  primary_probe_at = %s
            WHERE id = %s""",
        [state.address, state.since, state.failures, state.failing_since, state.probe_at, endpoint_id],
    )
    if changed:
        _logger.warning("Endpoint %s: deliveries go to the %s address from now on", endpoint_id, state.address)
