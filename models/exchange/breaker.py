"""The circuit breakers of the endpoints, kept in their rows so that all workers agree.

The rules are :mod:`core.delivery.breaker`; here is only how a state is read, locked and written. ``breaker_until``
is what the claim looks at: nothing of the endpoint is taken up before. A healthy endpoint's row is never written, so
that it stays cold: counting begins with a failure.

``disturbed_since`` is when it opened first since it was last closed; what follows from that is ``endpoint_health``'s.
An endpoint that its partner closed for good (410) is paused here, in the transaction that settles the delivery.
"""

from datetime import timedelta
from functools import reduce

from ...core.delivery import breaker

# One probe: many endpoints see a document an hour, and would wait for a second one for ever.
POLICY = breaker.BreakerPolicy(minimum_calls=5, failure_ratio=0.5, probes=1)
_LOCKED = """
    SELECT id, coalesce(breaker_state, 'closed'), breaker_since, coalesce(breaker_calls, 0),
           coalesce(breaker_failures, 0), coalesce(breaker_admitted, 0), coalesce(breaker_trips, 0),
           clock_timestamp() AT TIME ZONE 'UTC'
      FROM sync_endpoint
     WHERE id = ANY(%s) AND (id = ANY(%s) OR breaker_state <> 'closed' OR breaker_failures > 0
                             OR disturbed_since IS NOT NULL)
     ORDER BY id FOR NO KEY UPDATE
"""


def refused(cr, deliveries):
    """Which of ``deliveries``, (message id, endpoint id), must not go out now; counts the probes among the others."""
    states = _states(cr, {endpoint for _, endpoint in deliveries})
    kept_back = set()
    for message_id, endpoint_id in deliveries:
        if endpoint_id not in states:
            continue
        known, now = states[endpoint_id]
        state, admission = breaker.admit(known, now, POLICY)
        if not admission.allowed:
            kept_back.add(message_id)
        if state != known:
            states[endpoint_id] = state, now
            _write(cr, endpoint_id, state, now)
    return kept_back


def record(cr, results):
    """Report how deliveries ended: (endpoint id, fault or None, seconds to wait or None)."""
    outcomes, pauses = {}, {}
    for endpoint_id, fault, seconds in results:
        outcomes.setdefault(endpoint_id, []).append(breaker.outcome_of(fault))
        if fault is not None and fault.blame == "throttle" and seconds:
            pauses[endpoint_id] = max(seconds, pauses.get(endpoint_id, 0.0))
    failing = [endpoint_id for endpoint_id, ended in outcomes.items() if "failure" in ended]
    for endpoint_id, (state, now) in _states(cr, outcomes, failing).items():
        state = reduce(lambda state, ended: breaker.record(state, ended, now, POLICY), outcomes[endpoint_id], state)
        if state.name == "closed" and not state.failures:
            state = breaker.BreakerState()
        _write(cr, endpoint_id, state, now, pause=pauses.get(endpoint_id, 0.0))
    _take_off(cr, {endpoint_id for endpoint_id, fault, _ in results if fault and fault.code == "deliver.gone"})


def _take_off(cr, endpoint_ids):
    """Nothing more goes to these until a person lets it; their messages wait."""
    if endpoint_ids:
        cr.execute(
            "UPDATE sync_endpoint SET paused = true, pause_reason = 'gone' WHERE id = ANY(%s) AND NOT paused",
            [sorted(endpoint_ids)],
        )


def _states(cr, endpoint_ids, failing=()):
    """{endpoint id: (state, now)} of those that are in trouble or come to be; locked in one order for everybody."""
    cr.execute(_LOCKED, [sorted(endpoint_ids), sorted(failing)])
    return {
        row[0]: (
            breaker.BreakerState(
                name=row[1], since=row[2], calls=row[3], failures=row[4], admitted=row[5], trips=row[6]
            ),
            row[7],
        )
        for row in cr.fetchall()
    }


def _write(cr, endpoint_id, state, now, pause=0.0):
    _next, admission = breaker.admit(state, now, POLICY)
    until = max(filter(None, (admission.retry_at, now + timedelta(seconds=pause) if pause else None)), default=None)
    cr.execute(
        """UPDATE sync_endpoint
              SET breaker_state = %s, breaker_since = %s, breaker_calls = %s, breaker_failures = %s,
                  breaker_admitted = %s, breaker_trips = %s, breaker_until = %s,
                  disturbed_since = CASE WHEN %s <> 'closed' THEN coalesce(disturbed_since, %s) END
            WHERE id = %s""",
        [
            state.name,
            state.since,
            state.calls,
            state.failures,
            state.admitted,
            state.trips,
            until,
            state.name,
            now,
            endpoint_id,
        ],
    )
