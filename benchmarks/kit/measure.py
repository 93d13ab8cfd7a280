"""What was measured: single rounds, medians, ratios, targets."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A bound on the ratio of the first side to the second."""

    number: float
    above: bool

    def met_by(self, ratio: float) -> bool:
        return ratio >= self.number if self.above else ratio <= self.number

    def __str__(self) -> str:
        return f"at {'least' if self.above else 'most'} {self.number:g}"


def at_least(number: float) -> Target:
    return Target(number, above=True)


def at_most(number: float) -> Target:
    return Target(number, above=False)


@dataclass
class Measure:
    """One thing measured on one or more sides.

    ``rounds`` holds the single values of each side in ``unit``. With two sides or more the ratio is the first side's
    median over the second's; ``target`` bounds it. A measure without a target is only reported.
    """

    title: str
    unit: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    target: Target | None = None

    def add(self, side: str, value: float) -> None:
        self.rounds.setdefault(side, []).append(round(value, 3))

    def median(self, side: str) -> float:
        return statistics.median(self.rounds[side])

    @property
    def ratio(self) -> float | None:
        if len(self.rounds) < 2:
            return None
        first, second = (self.median(side) for side in list(self.rounds)[:2])
        return round(first / second, 3) if second else None

    @property
    def verdict(self) -> str:
        if self.target is None or self.ratio is None:
            return "reported"
        return "met" if self.target.met_by(self.ratio) else "missed"

    def as_dict(self) -> dict:
        return {
            "title": self.title,
            "unit": self.unit,
            "sides": {side: {"median": self.median(side), "rounds": values} for side, values in self.rounds.items()},
            "ratio": self.ratio,
            "target": str(self.target) if self.target else None,
            "verdict": self.verdict,
        }


def percentiles(values: list[float], *wanted: int) -> list[float]:
    """The nearest-rank percentiles of ``values``."""
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * rank // 100) - 1))] for rank in wanted]


def rate(moments: list[tuple]) -> float:
    """Per second from rows of (moment, count): between the first moment and the last; the first one's are not counted.

    So starting costs nothing, and what the first batch took is not mistaken for speed.
    """
    ordered = sorted(moments)
    seconds = (ordered[-1][0] - ordered[0][0]).total_seconds()
    return sum(count for _moment, count in ordered[1:]) / seconds


def rate_of(work: Callable[[], object], seconds: float) -> float:
    """How often a second ``work`` is done; once at least, however long it takes."""
    count, started = 0, time.perf_counter()
    while not count or time.perf_counter() - started < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - started)
