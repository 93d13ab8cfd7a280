"""Which of two addresses is sent to."""

from datetime import datetime, timedelta

import pytest
from sync_governance.core.delivery.failover import FailoverPolicy, FailoverState, choose, record
from sync_governance.core.faults import Fault

NOW = datetime(2026, 3, 1, 12)
POLICY = FailoverPolicy(failures=3, probe_seconds=600)
DOWN = Fault("deliver.connection_failed", "No connection.")


def failed(times, state=None, fault=DOWN, now=NOW):
    state = state or FailoverState()
    for _ in range(times):
        state = record(state, "primary", fault, now, POLICY)
    return state


def test_the_second_address_is_used_after_failures_in_a_row():
    assert failed(2).address == "primary"
    over = failed(3)
    assert (over.address, over.since, over.probe_at) == ("secondary", NOW, NOW + timedelta(minutes=10))
    assert choose(over, NOW, POLICY)[1] == "secondary"


def test_an_answer_in_between_begins_the_count_anew():
    for answer in (None, Fault("deliver.rejected", "No such product.")):
        assert record(failed(2), "primary", answer, NOW, POLICY) == FailoverState()


@pytest.mark.parametrize(
    "code", ["deliver.throttled", "deliver.proxy_failed", "deliver.token_refused", "engine.internal", "deliver.gone"]
)
def test_what_another_address_would_not_mend_is_no_failure(code):
    assert failed(5, fault=Fault(code, "Not that.")) == FailoverState()


def test_failures_that_lie_far_apart_are_not_in_a_row():
    state = failed(2)
    assert failed(1, state, now=NOW + timedelta(hours=2)).failures == 1


def test_one_document_at_a_time_tries_the_first_address_and_leads_back():
    over, later = failed(3), NOW + timedelta(minutes=11)
    state, address = choose(over, later, POLICY)
    assert address == "primary"
    assert choose(state, later, POLICY)[1] == "secondary", "one probe, not all"
    assert choose(state, later + timedelta(minutes=10), POLICY)[1] == "primary", (
        "a probe that never reports is not the last"
    )
    still = record(state, "primary", DOWN, later, POLICY)
    assert (still.address, still.since, still.probe_at) == ("secondary", NOW, later + timedelta(minutes=10))
    assert record(still, "primary", None, later, POLICY) == FailoverState()


def test_what_happens_at_the_second_address_changes_nothing():
    over = failed(3)
    assert record(over, "secondary", DOWN, NOW, POLICY) == over
    assert record(over, "secondary", None, NOW, POLICY) == over


def test_what_may_have_been_taken_at_one_address_stays_with_it():
    assert choose(failed(3), NOW, POLICY, bound="primary")[1] == "primary"
    assert choose(FailoverState(), NOW, POLICY, bound="secondary")[1] == "secondary"


def test_a_policy_needs_failures_and_times():
    for wrong in ({"failures": 0}, {"probe_seconds": 0}, {"window_seconds": -1}):
        with pytest.raises(ValueError, match="failover"):
            FailoverPolicy(**wrong)
