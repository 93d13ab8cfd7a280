"""What no document may exceed, in whatever format, and the reading of text that every text format shares."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..faults import Fault

DEPTH = 64
NUMBER_DIGITS = 100

_CHARSETS = re.compile(r"ascii|utf-8(-sig)?|utf-16(-be|-le)?|iso8859-\d+|cp12\d\d")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def charset_name(charset: str) -> str:
    """The name of a character set of business documents as Python knows it; raises :class:`Fault` ``decode.charset``.

    Python's registry also knows charsets that are no charsets: compression, escapes, domain names.
    """
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if not _CHARSETS.fullmatch(name):
        raise Fault(
            "decode.charset",
            f"The character set {charset!r} is not known.",
            expected="utf-8",
            found=charset,
            subject=f"charset {charset}",
        )
    return name


def text_of(data: bytes, charset: str) -> str:
    """``data`` as text without a byte order mark; raises :class:`Fault` ``decode.charset``."""
    name = charset_name(charset)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise Fault(
            "decode.charset",
            f"The byte at position {error.start} is not valid in the character set {name}.",
            expected=name,
            found=f"0x{data[error.start]:02x}",
            subject=f"charset {name}",
        ) from error


def integer(digits: str) -> int:
    """A whole number of at most :data:`NUMBER_DIGITS` digits."""
    if len(digits) > NUMBER_DIGITS:
        raise _too_long(digits)
    return int(digits)


def decimal(digits: str) -> Decimal:
    """A decimal number that takes at most :data:`NUMBER_DIGITS` characters when it is written without exponent."""
    number = Decimal(digits)
    if not fits(number):
        raise _too_long(digits)
    return number


def fits(number: Decimal) -> bool:
    """Whether ``number`` is finite and takes at most :data:`NUMBER_DIGITS` characters without exponent.

    Told from its parts, because writing out ``1e999999999`` would take a gigabyte.
    """
    sign, digits, exponent = number.as_tuple()
    if isinstance(exponent, str):
        return False
    length = len(digits) + exponent if exponent >= 0 else max(len(digits), 1 - exponent) + 1
    return sign + length <= NUMBER_DIGITS


def unstorable(document: Any) -> str | None:
    """A text of ``document`` that no database can keep (NUL, half of a surrogate pair), or None if there is none."""
    return next((text for text in _texts(document) if _UNSTORABLE.search(text)), None)


def _texts(document: Any) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _too_long(digits: str) -> Fault:
    shown = digits if len(digits) <= 30 else f"{digits[:30]}..."
    return Fault(
        "decode.number_not_finite",
        f"The number {shown} is longer than {NUMBER_DIGITS} digits.",
        expected=f"at most {NUMBER_DIGITS} digits",
        found=shown,
    )
