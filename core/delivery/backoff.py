"""When to try again. Pure: chance and time come in as arguments.

Exponential delays get *full jitter* (a random moment between now and the delay: it spreads a crowd best after an
outage), the fixed delays of a schedule are varied by a fifth either way.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_JITTER = 0.2
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how far apart. All times in seconds.

    With a ``schedule`` its delays are taken in order and the last one repeats; without, the delay before the n-th
    retry is ``base * factor ** (n - 1)``, at most ``cap``. ``max_attempts`` counts the first try too.
    """

    max_attempts: int = 10
    base: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0
    schedule: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError("max_attempts must be at least 1")
        if self.base <= 0 or self.cap < self.base or self.factor < 1:
            raise ValueError("a retry policy needs 0 < base <= cap and factor >= 1")
        if any(seconds < 0 for seconds in self.schedule):
            raise ValueError("a schedule has no negative delay")


def nominal(attempt: int, policy: RetryPolicy) -> float:
    """The delay after the ``attempt``-th try (counted from 1), before chance."""
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    if policy.schedule:
        return policy.schedule[min(attempt, len(policy.schedule)) - 1]
    if policy.factor == 1:
        return policy.base
    # Compared as logarithms: factor ** attempt overflows long before attempts do.
    if attempt - 1 >= math.log(policy.cap / policy.base, policy.factor):
        return policy.cap
    return min(policy.cap, policy.base * policy.factor ** (attempt - 1))


def delay(attempt: int, policy: RetryPolicy, *, chance: Callable[[], float] = random.random) -> float | None:
    """Seconds to wait after the ``attempt``-th try failed; None when no try is left.

    :param chance: a number from 0 to below 1
    """
    if attempt >= policy.max_attempts:
        return None
    seconds = nominal(attempt, policy)
    return seconds * (1 - _JITTER + 2 * _JITTER * chance()) if policy.schedule else seconds * chance()


def retry_after(header: str | None, now: datetime, base: float) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, kept near ``base``; None without one that can be read."""
    seconds = asked(header, now)
    return None if seconds is None else near(seconds, base)


def asked(header: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, not below zero; None without one that can be read.

    The header is seconds (decimals are seen in the wild) or an HTTP date.

    :param now: our time; naive means UTC
    """
    if not header:
        return None
    header = header.strip()
    if _SECONDS.fullmatch(header):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
        return max((_utc(moment) - _utc(now)).total_seconds(), 0.0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def near(seconds: float, base: float) -> float:
    """``seconds`` within ``base`` and twice ``base``: a hostile or careless ``Retry-After: 99999999`` must not park an
    endpoint, and a ``0`` must not invite a storm."""
    return min(max(seconds, base), 2 * base)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
