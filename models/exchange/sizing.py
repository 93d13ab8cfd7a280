"""How much is taken at a time: as much as pays, as little as other work and other workers need.

Each process learns for itself. Large transactions save round trips; they also hold locks and snapshots longer, and two
that touch the same products make one of them run again. So a size doubles while its work is quick and halves when it
is slow or lost a race.
"""

QUICK_SECONDS = 0.5
SLOW_SECONDS = 2.0


class Size:
    """A number of messages between ``least`` and ``most``, here called ``now``."""

    def __init__(self, start, most, least=1):
        self.now = start
        self.most = most
        self.least = least
        self.seconds_each = 0.0

    def took(self, seconds, *, full):
        """Work of this size took ``seconds``; only a ``full`` one says that more would do."""
        self.seconds_each = seconds / self.now
        if seconds > SLOW_SECONDS:
            self.shrink()
        elif full and seconds < QUICK_SECONDS:
            self.now = min(self.now * 2, self.most)

    def shrink(self):
        """Halve: it was too slow, or it lost a race."""
        self.now = max(self.now // 2, self.least)


CLAIM = Size(start=50, most=400, least=40)
"""Messages claimed in one go. Never very few: slow documents must not keep the quick ones of others waiting, see
:data:`ROUND_SECONDS`."""
ROUND_SECONDS = 2.0
"""Of what was claimed in one go so much is worked, quick interfaces first and something of each; the rest is let go."""
_TRANSACTIONS: dict[tuple[str, int], Size] = {}


def transaction(db_name, interface_id):
    """The size of one business transaction of an interface."""
    return _TRANSACTIONS.setdefault((db_name, interface_id), Size(start=20, most=400))
