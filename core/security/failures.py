"""Who fails too often is not looked at for a while."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Failures:
    """Counts failures by who failed, within a window of ``seconds`` that begins with the first of them.

    In the memory of one process: it bounds the load that a stranger can cause and the passwords he can try there, and
    needs nothing of the database. Of more than ``names`` who fail the oldest are forgotten.
    """

    def __init__(
        self, most: int, seconds: float, names: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self._seconds, self._names, self._clock = most, seconds, names, clock
        self._counts: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, who: Hashable) -> int:
        """How many seconds ``who`` has to stay away; 0 when he may try."""
        with self._lock:
            count, until = self._counts.get(who, (0, 0.0))
            left = until - self._clock()
        return math.ceil(left) if count >= self.most and left > 0 else 0

    def count(self, who: Hashable) -> None:
        """``who`` failed."""
        with self._lock:
            now = self._clock()
            count, until = self._counts.pop(who, (0, 0.0))
            self._counts[who] = (count + 1, until) if until > now else (1, now + self._seconds)
            while len(self._counts) > self._names:
                self._counts.popitem(last=False)

    def forget(self) -> None:
        """Nobody has failed."""
        with self._lock:
            self._counts.clear()
