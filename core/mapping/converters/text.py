"""Text: clean it, cut it, put it together."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ..exact import plain
from ..expression import Expression
from ..failures import ConversionError, shown
from ..scope import Scope
from .specification import Argument, Convert, converter


def as_text(value: Any) -> str:
    """A single value as text: numbers in plain digits, truth as ``true`` or ``false``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    raise ConversionError(f"{shown(value)} stands where a single value was expected", expected="a single value")


def _textual(change: Callable[[str], str | None]) -> Convert:
    return lambda value, scope: change(as_text(value))


@converter("text", "The value as text; a number in plain digits.")
def text() -> Convert:
    return _textual(str)


@converter("trim", "Without blanks around it; what is only blanks counts as no value.")
def trim() -> Convert:
    return _textual(lambda value: value.strip() or None)


@converter("upper", "In capitals.")
def upper() -> Convert:
    return _textual(str.upper)


@converter("lower", "In small letters.")
def lower() -> Convert:
    return _textual(str.lower)


@converter("html_unescape", "With HTML's escapes resolved: '&amp;' becomes '&'.")
def html_unescape() -> Convert:
    return _textual(html.unescape)


@converter("digits", "Only the digits of it.")
def digits() -> Convert:
    return _textual(lambda value: "".join(filter(str.isdecimal, value)) or None)


@converter("tracking", "A tracking number in capitals, without blanks and hyphens.")
def tracking() -> Convert:
    return _textual(lambda value: "".join(filter(str.isalnum, value)).upper() or None)


@converter(
    "replace",
    "Every occurrence of one text replaced by another.",
    Argument("search", "text", "What is replaced.", required=True),
    Argument("by", "text", "What takes its place.", default=""),
)
def replace(search: str, by: str) -> Convert:
    return _textual(lambda value: value.replace(search, by))


@converter("prefix", "With a text before it.", Argument("text", "text", "The text.", required=True), main="text")
def prefix(text: str) -> Convert:
    return _textual(lambda value: text + value)


@converter("suffix", "With a text after it.", Argument("text", "text", "The text.", required=True), main="text")
def suffix(text: str) -> Convert:
    return _textual(lambda value: value + text)


@converter(
    "remove_prefix",
    "Without a text before it, where it has it.",
    Argument("text", "text", "The text.", required=True),
    main="text",
)
def remove_prefix(text: str) -> Convert:
    return _textual(lambda value: value.removeprefix(text))


@converter(
    "truncate",
    "At most so many characters.",
    Argument("length", "integer", "The number of characters.", required=True, least=1),
    main="length",
)
def truncate(length: int) -> Convert:
    return _textual(lambda value: value[:length])


@converter(
    "pad",
    "At least so many characters, filled up before or after.",
    Argument("length", "integer", "The number of characters.", required=True, least=1),
    Argument("with", "text", "The character to fill with.", default="0"),
    Argument("side", "choice", "Where it is filled up.", default="before", choices=("before", "after")),
    main="length",
)
def pad(length: int, side: str, **other: str) -> Convert:
    fill = other["with"][:1] or " "
    return _textual(lambda value: value.rjust(length, fill) if side == "before" else value.ljust(length, fill))


@converter(
    "split",
    "The parts between separators: all of them, or the one at an index.",
    Argument("separator", "text", "What separates the parts.", required=True),
    Argument("index", "integer", "Which part: 0 the first, -1 the last; without it the list of all."),
    Argument("most", "integer", "So many parts at most; the last one keeps the separators that follow.", least=1),
)
def split(separator: str, index: int | None, most: int | None) -> Convert:
    def convert(value: Any, scope: Scope) -> str | list[str] | None:
        parts = [part.strip() for part in as_text(value).split(separator, most - 1 if most else -1)]
        if index is None:
            return [part for part in parts if part]
        return (parts[index] or None) if -len(parts) <= index < len(parts) else None

    return convert


@converter(
    "concat",
    "The values at several places one after the other; what is missing or blank is left out.",
    Argument("parts", "paths", "The places; a constant is written 'so'.", required=True),
    Argument("separator", "text", "What stands between them.", default=""),
    main="parts",
    starts=True,
)
def concat(parts: Sequence[Expression], separator: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        found = [as_text(item) for item in (part.read(scope) for part in parts) if item is not None]
        return separator.join(item for item in found if item.strip()) or None

    return convert


@converter(
    "coalesce",
    "The value, or the first one of other places that is not missing or blank.",
    Argument("of", "paths", "The other places, in order.", required=True),
    main="of",
    starts=True,
)
def coalesce(of: Sequence[Expression]) -> Convert:
    def convert(value: Any, scope: Scope) -> Any:
        candidates = [value] if value is not None else []
        for path in (None, *of):
            if path is not None:
                candidates = [path.read(scope)]
            for candidate in candidates:
                if candidate is not None and not (isinstance(candidate, str) and not candidate.strip()):
                    return candidate
        return None

    return convert
