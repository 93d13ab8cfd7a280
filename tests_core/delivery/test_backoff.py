"""When to try again."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery.backoff import RetryPolicy, asked, delay, near, nominal, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
LISTED = RetryPolicy(max_attempts=6, schedule=(5, 300, 1800))


def test_the_delay_doubles_up_to_the_cap():
    policy = RetryPolicy(base=5, factor=2, cap=60)
    assert [nominal(attempt, policy) for attempt in range(1, 7)] == [5, 10, 20, 40, 60, 60]


def test_thousands_of_attempts_do_not_overflow():
    assert nominal(100_000, RetryPolicy(max_attempts=200_000)) == 3600
    assert nominal(100_000, RetryPolicy(factor=1)) == 5


def test_full_jitter_reaches_from_now_to_the_delay():
    policy = RetryPolicy(base=8)
    assert [delay(1, policy, chance=lambda number=number: number) for number in (0.0, 0.5, 1.0)] == [0, 4, 8]


def test_a_schedule_varies_by_a_fifth_and_repeats_its_last_delay():
    assert delay(1, LISTED, chance=lambda: 0.0) == pytest.approx(4)
    assert delay(2, LISTED, chance=lambda: 1.0) == pytest.approx(360)
    assert delay(5, LISTED, chance=lambda: 0.5) == pytest.approx(1800)


def test_after_the_last_attempt_there_is_no_delay():
    assert delay(5, LISTED) is not None
    assert delay(6, LISTED) is None


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_negative_nor_beyond_the_cap(attempt, number):
    policy = RetryPolicy(max_attempts=20_000, base=0.5, factor=3, cap=77)
    assert 0 <= delay(attempt, policy, chance=lambda: number) <= 77


@pytest.mark.parametrize(
    "settings", [{"max_attempts": 0}, {"base": 0}, {"base": 10, "cap": 5}, {"factor": 0.5}, {"schedule": (-1,)}]
)
def test_a_policy_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ValueError):
        RetryPolicy(**settings)


def test_attempts_are_counted_from_one():
    with pytest.raises(ValueError):
        nominal(0, RetryPolicy())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("12", 12),
        ("2.0", 2),
        (" 7 ", 7),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("1" * 400, None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert asked(header, NOW) == seconds
    assert asked(header, NOW.replace(tzinfo=None)) == seconds


def test_what_is_asked_is_kept_near_our_own_delay():
    assert [retry_after(header, NOW, 10) for header in ("1", "15", "99999999", None)] == [10, 15, 20, None]
    assert near(0, 5) == 5
