"""Durations in buckets."""

from sync_governance.core.queue import histogram


def counts(*seconds: float) -> list[int]:
    found = [0] * histogram.BUCKETS
    for duration in seconds:
        bucket = next(n for n in range(histogram.BUCKETS) if histogram.upper_bound(n) >= duration)
        found[bucket] += 1
    return found


def test_a_quantile_is_never_too_short_and_at_most_a_fifth_too_long():
    for seconds in (0.0015, 0.2, 1.0, 59.0, 86_400.0):
        answer = histogram.quantile(counts(*[seconds] * 7), 0.95)
        assert seconds <= answer < seconds * 1.2


def test_the_slowest_twentieth_is_left_out():
    mostly = [1.0] * 95 + [1000.0] * 5
    assert histogram.quantile(counts(*mostly), 0.95) < 1.2
    assert histogram.quantile(counts(*mostly, 1000.0), 0.95) >= 1000.0


def test_what_was_not_measured_took_no_time():
    assert histogram.quantile([0] * histogram.BUCKETS, 0.95) == 0.0


def test_buckets_reach_up_to_a_year():
    assert histogram.upper_bound(histogram.BUCKETS - 1) > 300 * 86_400
