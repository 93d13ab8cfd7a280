"""The circuit breaker of an endpoint: a pure state machine, one state in and the next one out.

    closed ──(enough failures)──▶ open ──(wait is over)──▶ half_open ──(every probe succeeds)──▶ closed
                                   ▲                           │
                                   └──────(a probe fails)──────┘

The state lives in the database, one row per endpoint, so that all workers agree; nothing is remembered here. Times
are any datetimes of one kind. Half-open lets a *counted* number of probes through; a probe that never reports back
(its worker died) is given up after ``probe_seconds``, else the endpoint would stay half-open for ever. While the
breaker refuses, no attempt is burnt: the caller waits until :attr:`Admission.retry_at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ..faults import Fault

BreakerName = Literal["closed", "open", "half_open"]
Outcome = Literal["success", "failure", "neutral"]
# Beyond this, doubling changes nothing: every sensible cap is reached.
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to open: at least ``minimum_calls`` within ``window_seconds``, of which ``failure_ratio`` failed.

    It stays open ``open_seconds``, twice as long after every failed round of ``probes``, at most ``open_cap_seconds``.
    """

    minimum_calls: int = 10
    failure_ratio: float = 0.5
    window_seconds: float = 300.0
    open_seconds: float = 30.0
    open_cap_seconds: float = 900.0
    probes: int = 3
    probe_seconds: float = 120.0

    def __post_init__(self) -> None:
        if self.minimum_calls < 1 or self.probes < 1 or not 0 < self.failure_ratio <= 1:
            raise ValueError("a breaker needs calls, probes and a ratio from above 0 to 1")
        if min(self.window_seconds, self.open_seconds, self.probe_seconds) <= 0:
            raise ValueError("a breaker's times are longer than nothing")
        if self.open_cap_seconds < self.open_seconds:
            raise ValueError("open_cap_seconds is at least open_seconds")


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The whole state. ``since``: start of the counting window, of being open, or of the round of probes.

    ``calls`` and ``failures`` count the window while closed, and the reported probes while half-open; ``admitted``
    the probes let through; ``trips`` how often it opened since it was last closed.
    """

    name: BreakerName = "closed"
    since: datetime | None = None
    calls: int = 0
    failures: int = 0
    admitted: int = 0
    trips: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may go out now. ``retry_at``: when to ask again, if not."""

    allowed: bool
    probe: bool = False
    retry_at: datetime | None = None


def admit(state: BreakerState, now: datetime, policy: BreakerPolicy) -> tuple[BreakerState, Admission]:
    """Ask to make one call."""
    if state.name == "closed":
        return state, Admission(allowed=True)
    if state.name == "open":
        over = _open_until(state, policy)
        if now < over:
            return state, Admission(allowed=False, retry_at=over)
        state = _probing(state, now)
    elif now >= _given_up_at(state, policy):
        state = _probing(state, now)
    if state.admitted < policy.probes:
        return replace(state, admitted=state.admitted + 1), Admission(allowed=True, probe=True)
    return state, Admission(allowed=False, retry_at=_given_up_at(state, policy))


def record(state: BreakerState, outcome: Outcome, now: datetime, policy: BreakerPolicy) -> BreakerState:
    """Report how a call ended. While open nothing counts: such a call had started before."""
    if outcome == "neutral":
        # The probe told nothing; its place is free for another.
        return replace(state, admitted=max(state.admitted - 1, 0)) if state.name == "half_open" else state
    if state.name == "open":
        return state
    failed = outcome == "failure"
    if state.name == "half_open":
        if failed:
            return _opened(state, now)
        state = replace(state, calls=state.calls + 1)
        return BreakerState(since=now) if state.calls >= policy.probes else state
    if state.since is None or now - state.since >= timedelta(seconds=policy.window_seconds):
        state = BreakerState(since=now)
    state = replace(state, calls=state.calls + 1, failures=state.failures + failed)
    if failed and state.calls >= policy.minimum_calls and state.failures >= policy.failure_ratio * state.calls:
        return _opened(state, now)
    return state


def outcome_of(fault: Fault | None) -> Outcome:
    """What a delivery says about the endpoint.

    A refusal of one document proves that the endpoint works; our own mishap proves nothing; a throttle is a failure,
    because sending on would only make it worse.
    """
    if fault is None or fault.blame == "document":
        return "success"
    return "neutral" if fault.blame == "self" else "failure"


def _opened(state: BreakerState, now: datetime) -> BreakerState:
    return BreakerState(name="open", since=now, trips=state.trips + 1)


def _probing(state: BreakerState, now: datetime) -> BreakerState:
    return BreakerState(name="half_open", since=now, trips=state.trips)


def _open_until(state: BreakerState, policy: BreakerPolicy) -> datetime:
    doublings = min(max(state.trips - 1, 0), _MOST_DOUBLINGS)
    return _since(state) + timedelta(seconds=min(policy.open_seconds * 2**doublings, policy.open_cap_seconds))


def _given_up_at(state: BreakerState, policy: BreakerPolicy) -> datetime:
    return _since(state) + timedelta(seconds=policy.probe_seconds)


def _since(state: BreakerState) -> datetime:
    if state.since is None:
        raise ValueError(f"a breaker that is {state.name} knows since when")
    return state.since
