"""The circuit breaker's state machine."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery.breaker import BreakerPolicy, BreakerState, admit, outcome_of, record
from sync_governance.core.faults import Fault

START = datetime(2026, 3, 1)
POLICY = BreakerPolicy(minimum_calls=4, open_seconds=30, open_cap_seconds=100, probes=2, probe_seconds=60)


def at(seconds):
    return START + timedelta(seconds=seconds)


def after(outcomes, state=None, now=START):
    state = state or BreakerState()
    for outcome in outcomes:
        state = record(state, outcome, now, POLICY)
    return state


def opened():
    return after(["failure"] * 4)


def half_open():
    return admit(opened(), at(30), POLICY)[0]


def test_it_stays_closed_until_enough_calls_failed():
    assert after(["failure"] * 3).name == "closed"
    assert after(["success", "success", "success", "failure", "failure"]).name == "closed"
    assert after(["success", "success", "failure", "failure"]).name == "open"


def test_what_failed_long_ago_does_not_count():
    state = after(["failure"] * 3)
    assert record(state, "failure", at(300), POLICY).name == "closed"


def test_while_open_nothing_goes_out_until_the_wait_is_over():
    state, admission = admit(opened(), at(29), POLICY)
    assert (state.name, admission.allowed, admission.retry_at) == ("open", False, at(30))


def test_what_started_before_it_opened_changes_nothing():
    assert record(opened(), "success", at(1), POLICY) == opened()
    assert record(opened(), "failure", at(1), POLICY) == opened()


def test_half_open_lets_a_counted_number_of_probes_through():
    state, admissions = opened(), []
    for _ in range(4):
        state, admission = admit(state, at(30), POLICY)
        admissions.append(admission)
    assert [admission.allowed for admission in admissions] == [True, True, False, False]
    assert all(admission.probe for admission in admissions[:2])
    assert admissions[2].retry_at == at(90)


def test_it_closes_when_every_probe_succeeds():
    assert record(half_open(), "success", at(31), POLICY).name == "half_open"
    state = after(["success", "success"], half_open(), at(31))
    assert state == BreakerState(since=at(31))


def test_a_failed_probe_opens_it_for_twice_as_long_up_to_the_cap():
    state, waits = opened(), []
    for _ in range(4):
        waits.append((admit(state, START, POLICY)[1].retry_at - state.since).total_seconds())
        state = record(admit(state, state.since + timedelta(seconds=200), POLICY)[0], "failure", at(0), POLICY)
    assert waits == [30, 60, 100, 100]


def test_a_probe_that_told_nothing_gives_its_place_back():
    state = admit(half_open(), at(31), POLICY)[0]
    assert not admit(state, at(32), POLICY)[1].allowed
    assert admit(record(state, "neutral", at(32), POLICY), at(33), POLICY)[1].allowed


def test_probes_whose_worker_died_are_given_up():
    state = admit(half_open(), at(31), POLICY)[0]
    state, admission = admit(state, at(90), POLICY)
    assert (admission.allowed, state.admitted, state.trips) == (True, 1, 1)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, "success"),
        ("deliver.rejected", "success"),
        ("deliver.timeout", "failure"),
        ("deliver.server_error", "failure"),
        ("deliver.throttled", "failure"),
        ("deliver.credential_missing", "neutral"),
    ],
)
def test_who_is_to_blame_decides_what_counts(code, outcome):
    assert outcome_of(Fault(code, "x") if code else None) == outcome


@pytest.mark.parametrize(
    "settings",
    [{"probes": 0}, {"minimum_calls": 0}, {"failure_ratio": 0}, {"open_seconds": 0}, {"open_cap_seconds": 1}],
)
def test_a_policy_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ValueError):
        BreakerPolicy(**settings)


steps = st.lists(st.tuples(st.sampled_from(["admit", "success", "failure", "neutral"]), st.integers(0, 100)))


@given(steps)
def test_whatever_happens_it_never_admits_more_probes_than_agreed_and_never_stays_shut(events):
    state, now = BreakerState(), START
    for event, seconds in events:
        now += timedelta(seconds=seconds)
        state = admit(state, now, POLICY)[0] if event == "admit" else record(state, event, now, POLICY)
        assert 0 <= state.admitted <= POLICY.probes
        assert 0 <= state.failures <= state.calls
        assert state.name == "closed" or state.since is not None
    assert admit(state, now + timedelta(seconds=101), POLICY)[1].allowed
