"""Which parts of a document a mapping looks at and which it passes over; which targets it never fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .reads import EXISTS, ITEM

__all__ = ["leaves", "unfilled", "unread"]


def leaves(document: Any) -> frozenset[str]:
    """The patterns of all values of a document that say something: not null, not empty."""
    return frozenset(pattern for pattern, _names in _leaves(document, ()))


def unread(document: Any, used_paths: Iterable[str]) -> list[str]:
    """The patterns of the document that nothing of ``used_paths`` covers, sorted.

    A pattern covers itself and everything below it, one with ``?`` only itself; ``*`` stands for any member. A
    single object where others send a list is the list.
    """
    used = [_split(path) for path in used_paths]
    return sorted(
        {pattern for pattern, names in _leaves(document, ()) if not any(_covers(path, names) for path in used)}
    )


def unfilled(targets: Iterable[str], documents: Iterable[Any]) -> list[str]:
    """The patterns of ``targets`` at which none of the ``documents`` that came out says anything, sorted."""
    filled = frozenset().union(*map(leaves, documents))
    return sorted(target for target in targets if not any(_at_or_below(target, pattern) for pattern in filled))


def _at_or_below(target: str, pattern: str) -> bool:
    return pattern == target or pattern.startswith((f"{target}.", f"{target}{ITEM}"))


def _split(path: str) -> tuple[str, ...]:
    return () if path == "@" else tuple(path.replace(ITEM, "").lstrip(".").split("."))


def _covers(used: tuple[str, ...], names: tuple[str, ...]) -> bool:
    names = tuple(name for name in names if name != ITEM)
    if used and used[-1].endswith(EXISTS):
        return (*used[:-1], used[-1].removesuffix(EXISTS)) == names
    return len(used) <= len(names) and all(u in (n, "*") for u, n in zip(used, names, strict=False))


def _leaves(value: Any, names: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, (*names, name))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, (*names, ITEM))
    elif value is not None and value != "":
        yield ".".join(names).replace(f".{ITEM}", ITEM), names
