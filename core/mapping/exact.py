"""Exact decimal arithmetic: numbers of business documents, without a binary float and without silent rounding.

Numbers arrive as :class:`~decimal.Decimal`, ``int`` or text and leave as plain decimal text (no exponent, no
negative zero). A result that cannot be held exactly is refused; rounding happens only where a rule asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any

__all__ = ["ROUNDINGS", "NotExact", "exact", "divide", "multiply", "plain", "rescale", "shortened", "total", "trimmed"]

ROUNDINGS = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}

# More digits than this are no amount and no quantity; the bound also keeps a short "1e999999" from becoming a
# megabyte of zeros.
_LARGEST_EXPONENT = 40
_TRAPS = [InvalidOperation, Overflow, DivisionByZero]
_EXACT = Context(prec=400, traps=[*_TRAPS, Inexact])
_ROUNDING = Context(prec=400, traps=_TRAPS)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


class NotExact(ValueError):
    """The value is no number, or the result cannot be held exactly; the message continues a sentence on the value."""


def exact(value: Any, *, decimal_mark: str = ".", group_mark: str = "") -> Decimal:
    """``value`` as a Decimal, digit for digit; text may use other marks. Raises :class:`NotExact`."""
    if isinstance(value, bool):
        raise NotExact(f"{'true' if value else 'false'} is not a number")
    if isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, str):
        number = _from_text(value, decimal_mark, group_mark)
    elif isinstance(value, float):
        raise NotExact("the number was read as a binary float and is no longer exact")
    else:
        raise NotExact(f"{'a list' if isinstance(value, list) else 'an object'} is not a number")
    if not number.is_finite():
        raise NotExact(f"{number} is not a finite number")
    exponent = number.as_tuple().exponent
    if number.adjusted() > _LARGEST_EXPONENT or (isinstance(exponent, int) and exponent < -_LARGEST_EXPONENT):
        raise NotExact("the number has too many digits")
    return number


def _from_text(value: str, decimal_mark: str, group_mark: str) -> Decimal:
    text = value.strip()
    if group_mark:
        text = text.replace(group_mark, "")
    if decimal_mark != ".":
        text = text.replace(".", "?").replace(decimal_mark, ".")
    if len(text) > 2 * _LARGEST_EXPONENT + 3 or not _NUMBER.fullmatch(text):
        raise NotExact(f"'{shortened(value)}' is not a number")
    return Decimal(text)


def plain(number: Decimal) -> str:
    """``number`` as decimal text without exponent; its trailing zeros stay, zero has no sign."""
    text = format(number, "f")
    return text.removeprefix("-") if number.is_zero() else text


def rescale(number: Decimal, scale: int, rounding: str | None = None) -> Decimal:
    """``number`` with exactly ``scale`` decimals; further non-zero decimals need a ``rounding`` of ROUNDINGS."""
    context = _EXACT if rounding is None else _ROUNDING
    try:
        return number.quantize(Decimal(1).scaleb(-scale), ROUNDINGS[rounding or "half_up"], context)
    except Inexact:
        what = f"has more than {scale} decimal{'s' if scale > 1 else ''}" if scale else "is not a whole number"
        raise NotExact(f"{plain(number)} {what}") from None


def trimmed(number: Decimal) -> Decimal:
    """``number`` without trailing zeros; its value stays."""
    return _EXACT.normalize(number)


def total(numbers: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    result = Decimal(0)
    for number in numbers:
        result = _EXACT.add(result, number)
    return result


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product."""
    return _EXACT.multiply(left, right)


def divide(left: Decimal, right: Decimal, scale: int, rounding: str) -> Decimal:
    """The quotient rounded once to ``scale`` decimals; raises :class:`NotExact` on a zero divisor."""
    if right.is_zero():
        raise NotExact("it would be divided by zero")
    return rescale(_ROUNDING.divide(left, right), scale, rounding)


def shortened(value: str, length: int = 60) -> str:
    """``value`` for a message: one line, cut when long."""
    text = " ".join(value.split())
    return text if len(text) <= length else text[: length - 1] + "…"
