"""Entries in a chain: each carries the hash of the one before, so that none changes or goes missing unseen.

The hash of an entry is SHA-256 over the hash of the entry before it, a line feed, and the entry's canonical form, in
which its position stands. The first one follows :data:`GENESIS`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .canonical import NotCanonical, canonical

GENESIS = "0" * 64
LINKS = ("previous_hash", "hash")
"""The members of a linked entry that are not hashed themselves."""


def digest(previous_hash: str, entry: Mapping[str, Any]) -> str:
    """The hash of ``entry`` (its ``position`` in it, its links left out) behind ``previous_hash``; 64 hex digits.

    :raise NotCanonical: for an entry that no trail of ours can have written
    """
    content = {name: value for name, value in entry.items() if name not in LINKS}
    return hashlib.sha256(previous_hash.encode("ascii") + b"\n" + canonical(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, and why. ``entry_id`` names the row where it is known."""

    position: int
    reason: str
    entry_id: int | None = None

    def __str__(self) -> str:
        where = f"entry {self.position}" + (f" (row {self.entry_id})" if self.entry_id else "")
        return f"{where}: {self.reason}"


class Chain:
    """Walks linked entries in the order of their positions and remembers how far the chain holds.

    :param position: of the entry before the first one, 0 at the beginning
    :param head: the hash of that entry; None takes the word of the first entry for it (a part of a chain)
    """

    def __init__(self, position: int = 0, head: str | None = GENESIS) -> None:
        self.position = position
        self.head = head
        self.count = 0

    def add(self, entry: dict[str, Any]) -> dict[str, Any]:
        """``entry`` with its position and links, as the next one of the chain."""
        linked = {**entry, "position": self.position + 1, "previous_hash": self.head or GENESIS}
        linked["hash"] = digest(linked["previous_hash"], linked)
        self.position, self.head = linked["position"], linked["hash"]
        self.count += 1
        return linked

    def verify(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Break]:
        """Every place where ``entries`` do not hold together, one for each entry at most.

        Behind a changed entry the walk goes on from what the next one says it follows: one change is one break, and
        not one for every entry that follows.
        """
        for entry in entries:
            found = self._look(entry)
            self.position, self.head = entry["position"], entry["hash"]
            self.count += 1
            if found:
                yield found

    def _look(self, entry: Mapping[str, Any]) -> Break | None:
        position, row = entry["position"], entry.get("id")
        expected = self.position + 1
        if position > expected:
            missing = (
                f"entry {expected} is" if position == expected + 1 else f"entries {expected} to {position - 1} are"
            )
            return Break(position, f"{missing} missing before it", row)
        if position < expected:
            return Break(position, "its position was used before", row)
        if self.head is not None and not _equal(entry.get("previous_hash"), self.head):
            return Break(position, "it does not follow the entry before it, one of the two was exchanged", row)
        try:
            right = digest(str(entry.get("previous_hash")), entry)
        except (NotCanonical, UnicodeEncodeError):
            right = None
        if right is None or not _equal(entry.get("hash"), right):
            return Break(position, "its content was changed after it was written", row)
        return None


def _equal(one: Any, other: str) -> bool:
    return hmac.compare_digest(str(one).encode(), other.encode())
