"""Lists: take one, join them, convert each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..scope import Scope
from .specification import Argument, Convert, converter
from .text import as_text


def _items(value: Any) -> list[Any]:
    """The items of a list; a single value is a list of one."""
    return value if isinstance(value, list) else [value]


@converter("first", "The first item of a list that is not missing.")
def first() -> Convert:
    return lambda value, scope: next((item for item in _items(value) if item is not None), None)


@converter("last", "The last item of a list that is not missing.")
def last() -> Convert:
    return lambda value, scope: next((item for item in reversed(_items(value)) if item is not None), None)


@converter(
    "join",
    "The items of a list as one text; what is missing or blank is left out.",
    Argument("separator", "text", "What stands between them.", default=", "),
    main="separator",
)
def join(separator: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        found = [as_text(item) for item in _items(value) if item is not None]
        return separator.join(item for item in found if item.strip()) or None

    return convert


@converter("unique", "A list without repetitions, in the order of the first occurrence.")
def unique() -> Convert:
    def convert(value: Any, scope: Scope) -> list[Any]:
        seen: list[Any] = []
        for item in _items(value):
            if item is not None and item not in seen:
                seen.append(item)
        return seen

    return convert


@converter(
    "each",
    "Converts every item of a list; what has no value afterwards is left out.",
    Argument("converters", "converters", "The converters, in order.", required=True),
    main="converters",
)
def each(converters: Sequence[Convert]) -> Convert:
    def convert(value: Any, scope: Scope) -> list[Any]:
        result = []
        for item in _items(value):
            for step in converters:
                item = None if item is None else step(item, scope)
            if item is not None:
                result.append(item)
        return result

    return convert
