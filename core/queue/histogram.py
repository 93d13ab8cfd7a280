"""Durations in buckets that grow by a fifth each: small, mergeable, and good enough for "95 % within"."""

from __future__ import annotations

from collections.abc import Sequence

SHORTEST_SECONDS = 0.001
STEPS_PER_DOUBLING = 4
BUCKETS = 140
"""Up to about a year."""

BUCKET_SQL = (
    f"least(greatest(ceil({STEPS_PER_DOUBLING} * ln(greatest(seconds, {SHORTEST_SECONDS}) / {SHORTEST_SECONDS})"
    f" / ln(2.0)), 0), {BUCKETS - 1})::int"
)
"""The bucket of a column ``seconds`` (float8)."""


def upper_bound(bucket: int) -> float:
    """The longest duration in a bucket, in seconds."""
    return SHORTEST_SECONDS * 2 ** (bucket / STEPS_PER_DOUBLING)


def quantile(counts: Sequence[int], share: float) -> float:
    """Within how many seconds ``share`` (0 to 1) of what was counted is; at most a fifth too long. 0 without any."""
    wanted = sum(counts) * share
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return upper_bound(bucket)
    return 0.0
