"""In what two documents differ, for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ABSENT = "—"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place (a JSON pointer, RFC 6901) at which two documents differ, and what stands there in each."""

    pointer: str
    then: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {_shown(self.then)} → {_shown(self.now)}"


_MISSING = object()


def differences(then: Any, now: Any) -> list[Difference]:
    """Every place at which ``now`` differs from ``then``, in the order of the documents.

    Numbers are compared by value and not by how they are written: 12.50 is 12.5.
    """
    return list(_walk("", then, now))


def _walk(pointer: str, then: Any, now: Any) -> Iterator[Difference]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in [*then, *(name for name in now if name not in then)]:
            place = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield from _walk(place, then.get(name, _MISSING), now.get(name, _MISSING))
    elif isinstance(then, list) and isinstance(now, list):
        for index in range(max(len(then), len(now))):
            yield from _walk(f"{pointer}/{index}", _item(then, index), _item(now, index))
    elif then is not now and (type(then) is bool) + (type(now) is bool) == 1 or then != now:
        yield Difference(pointer, then, now)


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _MISSING


def _shown(value: Any) -> str:
    if value is _MISSING:
        return ABSENT
    if isinstance(value, (dict, list)):
        return f"({len(value)} entries)"
    return "empty" if value is None else str(value)
