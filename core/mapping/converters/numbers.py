"""Numbers: amounts and quantities as exact decimal text, whole numbers, and arithmetic that never rounds unasked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

from .. import exact
from ..currencies import exponent
from ..expression import Expression
from ..failures import ConversionError, shown
from ..scope import Scope
from .specification import Argument, Convert, converter

_ROUNDING = Argument(
    "rounding",
    "choice",
    "How further decimals are rounded; without it they are refused.",
    choices=tuple(exact.ROUNDINGS),
)
_EXPONENTS = Argument(
    "exponents", "table", "Decimals per currency where the partner differs from ISO 4217.", default={}
)


def number(value: Any, **marks: str) -> Decimal:
    """``value`` as an exact number; raises ConversionError."""
    try:
        return exact.exact(value, **marks)
    except exact.NotExact as error:
        raise ConversionError(str(error), expected="a number") from None


def _numeric(compute: Callable[[Decimal], Decimal]) -> Convert:
    """A converter from a number to decimal text."""

    def convert(value: Any, scope: Scope) -> str:
        try:
            return exact.plain(compute(number(value)))
        except exact.NotExact as error:
            raise ConversionError(str(error)) from None
        except ArithmeticError:
            raise ConversionError(f"{shown(value)} cannot be computed with exactly") from None

    return convert


def _decimals(path: Expression, exponents: dict[str, Any], scope: Scope) -> int:
    """How many decimals the currency at ``path`` has."""
    code = path.read(scope)
    if not isinstance(code, str) or not code.strip():
        raise ConversionError(f"the amount is in minor units and there is no currency at {path.text}")
    code = code.strip().upper()
    places = exponents[code] if code in exponents else exponent(code)
    if places is None:
        raise ConversionError(
            f"{shown(code)} is not a currency of ISO 4217", expected="a currency code", code="translate.value_unknown"
        )
    return int(places)


@converter(
    "decimal",
    "An exact decimal number as text: '12.50'.",
    Argument("scale", "integer", "Exactly so many decimals.", least=0),
    _ROUNDING,
    Argument("minor_units_of", "path", "The value counts minor units (cents) of the currency found here."),
    _EXPONENTS,
    Argument("trim_zeros", "boolean", "Without trailing zeros after the decimal mark.", default=False),
    Argument("decimal_mark", "text", "The decimal mark of the source.", default="."),
    Argument("group_mark", "text", "The mark between thousands in the source.", default=""),
    main="scale",
)
def decimal(
    scale: int | None,
    rounding: str | None,
    minor_units_of: Expression | None,
    exponents: dict[str, Any],
    trim_zeros: bool,
    decimal_mark: str,
    group_mark: str,
) -> Convert:
    def convert(value: Any, scope: Scope) -> str:
        amount = number(value, decimal_mark=decimal_mark, group_mark=group_mark)
        try:
            if minor_units_of is not None:
                if amount != amount.to_integral_value():
                    raise ConversionError(f"{shown(value)} is not a whole number of minor units")
                places = _decimals(minor_units_of, exponents, scope)
                amount = exact.rescale(exact.multiply(amount, Decimal(1).scaleb(-places)), places)
            if scale is not None:
                amount = exact.rescale(amount, scale, rounding)
        except exact.NotExact as error:
            raise ConversionError(str(error), expected=f"a number with {scale} decimals") from None
        return exact.plain(exact.trimmed(amount) if trim_zeros else amount)

    return convert


@converter(
    "minor_units",
    "A decimal amount as a whole number of minor units (cents) of its currency.",
    Argument("of", "path", "Where the currency stands.", required=True),
    _EXPONENTS,
    main="of",
)
def minor_units(of: Expression, exponents: dict[str, Any]) -> Convert:
    def convert(value: Any, scope: Scope) -> int:
        places = _decimals(of, exponents, scope)
        amount = number(value)
        units = exact.multiply(amount, Decimal(1).scaleb(places))
        if units != units.to_integral_value():
            raise ConversionError(f"{exact.plain(amount)} has more decimals than its currency")
        return int(units)

    return convert


@converter("integer", "A whole number; '3.0' is 3, '3.5' is refused.")
def integer() -> Convert:
    def convert(value: Any, scope: Scope) -> int:
        whole = number(value)
        if whole != whole.to_integral_value():
            raise ConversionError(f"{exact.plain(whole)} is not a whole number", expected="a whole number")
        return int(whole)

    return convert


@converter("number", "A JSON number instead of text, for partners that demand one; exact all the same.")
def json_number() -> Convert:
    def convert(value: Any, scope: Scope) -> Decimal | int:
        amount = number(value)
        return int(amount) if amount.as_tuple().exponent == 0 else amount

    return convert


@converter("negate", "The number with the other sign.")
def negate() -> Convert:
    return _numeric(lambda amount: amount.copy_negate())


@converter("absolute", "The number without its sign.")
def absolute() -> Convert:
    return _numeric(lambda amount: amount.copy_abs())


def _operand(constant: str | None, path: Expression | None, scope: Scope) -> Decimal | None:
    if path is None:
        return Decimal(constant or "1")
    value = path.read(scope)
    return None if value is None else number(value)


@converter(
    "multiply",
    "Times a constant or another value of the document; without the other value there is none.",
    Argument("factor", "number", "The constant."),
    Argument("by", "path", "Where the other value stands."),
    main="factor",
)
def multiply(factor: str | None, by: Expression | None) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        other = _operand(factor, by, scope)
        return None if other is None else _numeric(lambda amount: exact.multiply(amount, other))(value, scope)

    return convert


@converter(
    "divide",
    "Divided by a constant or another value of the document, rounded once.",
    Argument("divisor", "number", "The constant."),
    Argument("by", "path", "Where the other value stands."),
    Argument("scale", "integer", "So many decimals.", required=True, least=0),
    Argument("rounding", "choice", "How it is rounded.", default="half_up", choices=tuple(exact.ROUNDINGS)),
)
def divide(divisor: str | None, by: Expression | None, scale: int, rounding: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        other = _operand(divisor, by, scope)
        if other is None:
            return None
        return _numeric(lambda amount: exact.divide(amount, other, scale, rounding))(value, scope)

    return convert


def _numbers(paths: Sequence[Expression], scope: Scope) -> list[Decimal]:
    """The numbers found at the paths; lists count with all their items, nothing counts as nothing."""
    found: list[Decimal] = []
    for path in paths:
        value = path.read(scope)
        found += [number(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
    return found


@converter(
    "sum",
    "The sum of a list of numbers, or of the values at several places.",
    Argument("of", "paths", "Further places whose numbers, or lists of numbers, are added.", default=()),
    main="of",
    starts=True,
)
def sum_of(of: Sequence[Expression]) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        own = [] if value is None else value if isinstance(value, list) else [value]
        numbers = [number(item) for item in own if item is not None] + _numbers(of, scope)
        return exact.plain(exact.total(numbers)) if numbers else None

    return convert


@converter(
    "sum_products",
    "Plus the products of numbers that stand in lists beside each other: quantities and prices.",
    Argument("of", "paths", "The lists, each with as many numbers as the others.", required=True),
    main="of",
    starts=True,
)
def sum_products(of: Sequence[Expression]) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        lists = [_numbers([path], scope) for path in of]
        if len({len(numbers) for numbers in lists}) > 1:
            raise ConversionError("some of the numbers to be multiplied are missing")
        try:
            products = [reduce(exact.multiply, numbers) for numbers in zip(*lists, strict=True)]
            products += [] if value is None else [number(value)]
            return exact.plain(exact.total(products)) if products else None
        except exact.NotExact as error:
            raise ConversionError(str(error)) from None

    return convert


@converter(
    "subtract",
    "Minus the numbers at other places.",
    Argument("of", "paths", "The places whose numbers, or lists of numbers, are taken away.", required=True),
    main="of",
)
def subtract(of: Sequence[Expression]) -> Convert:
    def convert(value: Any, scope: Scope) -> str:
        taken = exact.total(_numbers(of, scope))
        return exact.plain(exact.total([number(value), taken.copy_negate()]))

    return convert
