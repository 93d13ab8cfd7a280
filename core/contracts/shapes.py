"""Schemas and places in words, for sentences about what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from .pointer import pattern_of, singular, words
from .sides import ALL_TYPES, NUMERIC, Side, finite, types

Path = tuple[Any, ...]
EACH = -1
"""In a path: every entry of the list."""

LIMITS = {
    "minLength": ("MIN_LENGTH", "at least {} characters", "any length"),
    "maxLength": ("MAX_LENGTH", "at most {} characters", "any length"),
    "minItems": ("MIN_ITEMS", "at least {} entries", "any number of entries"),
    "maxItems": ("MAX_ITEMS", "at most {} entries", "any number of entries"),
    "minProperties": ("MIN_PROPERTIES", "at least {} fields", "any number of fields"),
    "maxProperties": ("MAX_PROPERTIES", "at most {} fields", "any number of fields"),
    "minContains": ("MIN_CONTAINS", "at least {} such entries", "any number of such entries"),
    "maxContains": ("MAX_CONTAINS", "at most {} such entries", "any number of such entries"),
    "minimum": ("MINIMUM", "at least {}", "no lower limit"),
    "exclusiveMinimum": ("EXCLUSIVE_MINIMUM", "more than {}", "no lower limit"),
    "maximum": ("MAXIMUM", "at most {}", "no upper limit"),
    "exclusiveMaximum": ("EXCLUSIVE_MAXIMUM", "less than {}", "no upper limit"),
    "multipleOf": ("MULTIPLE_OF", "a multiple of {}", "any number"),
}
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "fraction": "a number that is not whole",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "empty (null)",
}
_ORDER = ("string", "number", "integer", "fraction", "boolean", "array", "object", "null")
_LONGEST_LIST = 8
_LONGEST_TEXT = 40


def place_words(path: Path) -> str:
    """A place as people say it: ``("lines", EACH, "quantity")`` is ``each line, quantity``."""
    spoken: list[str] = []
    name = ""
    for part in path:
        if part == EACH:
            entry = f"each {singular(name)}" if name else "each entry"
            spoken = [*spoken[:-1], entry] if name else [*spoken, entry]
            name = ""
        elif isinstance(part, int):
            spoken.append(f"entry {part + 1}")
            name = ""
        else:
            name = words(part)
            spoken.append(name)
    return ", ".join(spoken) or "the document"


def pointer_of(path: Path) -> str:
    """The place as a JSON pointer, with ``*`` for each entry of a list."""
    return pattern_of(path)


def limit_words(keyword: str, limit: Any) -> str:
    """A limit, or that there is none."""
    _kind, some, none = LIMITS[keyword]
    return none if limit is None else some.format(_value(limit))


def type_words(found: Iterable[str]) -> str:
    """Kinds of values in words; ``found`` as in :data:`~.sides.ALL_TYPES`."""
    names = set(found)
    if names >= ALL_TYPES:
        return "any value"
    if names >= NUMERIC:
        names = names - NUMERIC | {"number"}
    return either(_TYPES[name] for name in _ORDER if name in names) or "nothing"


def shape(side: Side) -> str:
    """What a schema allows, in a few words."""
    if isinstance(side.schema, dict):
        values = finite(side.schema)
        if values is not None:
            return f"one of {listed(values)}"
    return type_words(types(side))


def listed(values: Sequence[Any]) -> str:
    """Values, the first few of them."""
    shown = [_value(value) for value in values[:_LONGEST_LIST]]
    more = len(values) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown) or "nothing"


def either(choices: Iterable[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    *others, last = [*dict.fromkeys(choices)] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= _LONGEST_TEXT else f"'{value[:_LONGEST_TEXT]}…'"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value)
