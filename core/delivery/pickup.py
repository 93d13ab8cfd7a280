"""Files that wait in a folder, whoever holds it: which are ready, how one is read, and what becomes of it afterwards.

A store is a folder, here or at a partner's server. It offers

``entries()``            the regular files in it: a list of :class:`Entry`
``content(name, most)``  at most ``most`` + 1 bytes of one
``move(name, folder)``   into a folder below; a name that is taken there gets a number; the name it has there
``remove(name)``         away with it

and raises a :class:`~..faults.Fault`; ``FileNotFoundError`` where a file is gone. Nothing here knows a database.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..faults import Fault

MOST_WAITING = 10_000
"""Names of files that are remembered between two looks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing shows it. ``changed`` is a number that differs when it was written again (nanoseconds)."""

    name: str
    size: int
    changed: int


class Store(Protocol):
    """A folder with files; see above."""

    def entries(self) -> list[Entry]: ...

    def content(self, name: str, most: int) -> bytes: ...

    def move(self, name: str, folder: str) -> str: ...

    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How files are picked up.

    ``pattern``: of names (``*.csv``), several with commas. ``ready``: when a file is whole: ``stable`` (unchanged for
    ``quiet_seconds``), ``suffix`` (its name does not end with one of ``suffixes`` any more), ``marker`` (a file of the
    same name with ``marker`` at its end is there). ``archive`` and ``refused`` are folders below; no ``archive``: what
    was taken over is deleted. ``known_by``: what makes a file the same one again, ``content`` or ``name`` (with size
    and time).
    """

    pattern: str = "*"
    ready: str = "stable"
    quiet_seconds: float = 10.0
    suffixes: tuple[str, ...] = (".part", ".tmp", ".filepart")
    marker: str = ".done"
    archive: str = "archive"
    refused: str = "refused"
    known_by: str = "content"
    most_bytes: int = 1_048_576


@dataclass(slots=True)
class Picked:
    """One file: its bytes, or the fault for which it is refused. ``id`` is how the same one is recognised."""

    entry: Entry
    body: bytes = b""
    id: str = ""
    fault: Fault | None = None


@dataclass(slots=True)
class Look:
    """What one look at the folder found: ``ready`` in the order of their names, ``waiting`` are not whole yet.

    ``seen`` is what the next look must know of those, JSON values. ``again``: in so many seconds one may be whole.
    """

    ready: list[Entry]
    waiting: int = 0
    seen: dict[str, Any] = field(default_factory=dict)
    again: float | None = None


def look(store: Store, rules: Rules, seen: Mapping[str, Any], now: float) -> Look:
    """List what is ready.

    :param seen: what the look before left
    :param now: seconds, by the clock that the look before was timed with
    """
    entries = {entry.name: entry for entry in store.entries()}
    patterns = [one.strip() for one in rules.pattern.split(",") if one.strip()] or ["*"]
    wanted = [entry for entry in entries.values() if _is_wanted(entry.name, patterns, rules)]
    found = Look([])
    for entry in sorted(wanted, key=lambda one: one.name):
        since = now
        if rules.ready == "stable":
            before = seen.get(entry.name)
            if before and list(before[:2]) == [entry.size, entry.changed] and before[2] <= now:
                since = before[2]
            whole = now - since >= rules.quiet_seconds
        else:
            whole = rules.ready == "suffix" or entry.name + rules.marker in entries
        if whole:
            found.ready.append(entry)
        else:
            found.waiting += 1
        if rules.ready == "stable" and len(found.seen) < MOST_WAITING:
            found.seen[entry.name] = [entry.size, entry.changed, since]
            if not whole:
                left = rules.quiet_seconds - (now - since)
                found.again = left if found.again is None else min(found.again, left)
    return found


def _is_wanted(name: str, patterns: list[str], rules: Rules) -> bool:
    # What begins with a dot is hidden: temporary files of most programs, ours among them.
    if name.startswith(".") or name.lower().endswith(tuple(one.lower() for one in rules.suffixes)):
        return False
    if rules.ready == "marker" and name.endswith(rules.marker):
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def picked(store: Store, rules: Rules, entries: list[Entry]) -> Iterator[Picked]:
    """Read one after the other. What is gone meanwhile is left out; what is too large is not read."""
    for entry in entries:
        one = Picked(entry)
        try:
            if entry.size <= rules.most_bytes:
                one.body = store.content(entry.name, rules.most_bytes)
        except FileNotFoundError:
            continue  # somebody has taken it back
        if max(len(one.body), entry.size) > rules.most_bytes:
            one.fault = Fault(
                "receive.too_large",
                f"The file has {max(len(one.body), entry.size)} bytes; this endpoint takes {rules.most_bytes}.",
            )
            one.body = b""
        elif len(one.body) != entry.size:
            continue  # it was written to while it was read: it is whole at a later look
        elif not one.body.strip():
            one.fault = Fault("receive.file_empty", "There is nothing in the file.")
        one.id = _identity(one, rules)
        yield one


def _identity(one: Picked, rules: Rules) -> str:
    if rules.known_by == "content" and one.fault is None:
        return f"sha256:{hashlib.sha256(one.body).hexdigest()}"
    told = f"{one.entry.name}\0{one.entry.size}\0{one.entry.changed}"
    return f"file:{hashlib.sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()}"


def settle(store: Store, rules: Rules, one: Picked) -> None:
    """Put a file where it belongs now that what was in it is kept: archived or deleted, or among the refused ones.

    Does no harm twice.
    """
    name = one.entry.name
    with suppress(FileNotFoundError):  # it is gone already: that is what was wanted
        if one.fault is not None:
            store.move(name, rules.refused)
        elif rules.archive:
            store.move(name, rules.archive)
        else:
            store.remove(name)
    if rules.ready == "marker":
        with suppress(FileNotFoundError):
            store.remove(name + rules.marker)
