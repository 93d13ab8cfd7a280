"""Which keys came already, in little memory: a file may carry a million documents."""

from __future__ import annotations

from array import array
from collections.abc import Hashable

_EMPTY = 0


class Seen:
    """Remembers keys by a fingerprint of 64 bits, in 16 to 32 bytes each.

    Two different keys are taken for one another about once in ten million files of a million documents.
    """

    def __init__(self) -> None:
        self._count = 0
        self._slots = array("Q", bytes(8 * 1024))

    def add(self, key: Hashable) -> bool:
        """Remember ``key``; whether it came before."""
        if self._count * 2 >= len(self._slots):
            self._grow()
        fingerprint = (hash(key) & 0xFFFF_FFFF_FFFF_FFFF) or 1
        if self._put(fingerprint):
            self._count += 1
            return False
        return True

    def _put(self, fingerprint: int) -> bool:
        slots, mask = self._slots, len(self._slots) - 1
        place = (fingerprint ^ (fingerprint >> 32)) & mask
        while (there := slots[place]) != _EMPTY:
            if there == fingerprint:
                return False
            place = (place + 1) & mask
        slots[place] = fingerprint
        return True

    def _grow(self) -> None:
        before, self._slots = self._slots, array("Q", bytes(8 * 2 * len(self._slots)))
        for fingerprint in before:
            if fingerprint != _EMPTY:
                self._put(fingerprint)
