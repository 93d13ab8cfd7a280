"""Two addresses of one endpoint: which one is sent to, a pure state machine.

    primary ──(failures in a row)──▶ secondary ──(a probe of the primary succeeds)──▶ primary

The state lives in the database, one row per endpoint, so that all workers agree. A failure is one of the partner's
system (:data:`FAILURES`), never a refusal of one document. While the second address is in use, one document each
``probe_seconds`` is tried at the first; any success there leads back.

What may have been taken at one address is *bound* to it: sent to the other it could be taken twice, unless both know
the same message ids. That is the caller's to say (``bound``), because it is kept with the message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ..faults import Fault

Address = Literal["primary", "secondary"]
FAILURES = frozenset({"deliver.connection_failed", "deliver.server_error", "deliver.timeout", "deliver.tls_failed"})


@dataclass(frozen=True, slots=True)
class FailoverPolicy:
    """Over to the second address after ``failures`` in a row, none older than ``window_seconds``."""

    failures: int = 3
    probe_seconds: float = 600.0
    window_seconds: float = 3600.0

    def __post_init__(self) -> None:
        if self.failures < 1 or min(self.probe_seconds, self.window_seconds) <= 0:
            raise ValueError("failover needs failures, and times longer than nothing")


@dataclass(frozen=True, slots=True)
class FailoverState:
    """``address`` is in use, ``since`` the change to the second one. ``failures`` in a row at the first, the first of
    them at ``failing_since``. ``probe_at``: when the first is tried again. Times are of one kind."""

    address: Address = "primary"
    since: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    probe_at: datetime | None = None


def choose(
    state: FailoverState, now: datetime, policy: FailoverPolicy, bound: Address | None = None
) -> tuple[FailoverState, Address]:
    """The address for one document, and the state with a probe counted. ``bound``: where it may have been taken."""
    if bound:
        return state, bound
    if state.address == "primary":
        return state, "primary"
    if state.probe_at is None or now >= state.probe_at:
        # The next probe is set before this one reports: a worker that dies with it must not end them all.
        return replace(state, probe_at=now + timedelta(seconds=policy.probe_seconds)), "primary"
    return state, "secondary"


def record(
    state: FailoverState, address: Address, fault: Fault | None, now: datetime, policy: FailoverPolicy
) -> FailoverState:
    """Report how a delivery at ``address`` ended."""
    if address == "secondary":
        return state
    if fault is None or fault.blame == "document":
        return FailoverState()
    if fault.code not in FAILURES:
        return state
    probe_at = now + timedelta(seconds=policy.probe_seconds)
    if state.address == "secondary":
        return replace(state, probe_at=probe_at)
    if state.failing_since is None or now - state.failing_since >= timedelta(seconds=policy.window_seconds):
        state = FailoverState(failing_since=now)
    state = replace(state, failures=state.failures + 1)
    if state.failures < policy.failures:
        return state
    return FailoverState(address="secondary", since=now, probe_at=probe_at)
