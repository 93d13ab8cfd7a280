"""Coded values: tables, truth, countries, currencies and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..countries import country_codes
from ..currencies import exponent
from ..failures import ConversionError, shown
from ..scope import Scope
from ..units import unit_code, x12_code
from .specification import Argument, Convert, converter
from .text import as_text

_UNKNOWN = "translate.value_unknown"
_NO_DEFAULT = object()


@converter(
    "table",
    "Translates codes by a table.",
    Argument("map", "table", "From the source's code to ours.", required=True),
    Argument("default", "value", "For codes that are not in the table.", default=_NO_DEFAULT),
    Argument(
        "miss",
        "choice",
        "What happens with other codes: a fault, the value stays, or there is no value.",
        default="fault",
        choices=("fault", "keep", "null"),
    ),
    Argument("ignore_case", "boolean", "Capitals and small letters are the same.", default=False),
    main="map",
)
def table(map: Mapping[str, Any], default: Any, miss: str, ignore_case: bool) -> Convert:
    entries = {code.casefold(): target for code, target in map.items()} if ignore_case else dict(map)

    def convert(value: Any, scope: Scope) -> Any:
        code = as_text(value).strip()
        key = code.casefold() if ignore_case else code
        if key in entries:
            return entries[key]
        if default is not _NO_DEFAULT:
            return default
        if miss == "fault":
            known = ", ".join(map)
            raise ConversionError(f"{shown(code)} is not in the table of known codes", expected=known, code=_UNKNOWN)
        return value if miss == "keep" else None

    return convert


@converter(
    "boolean",
    "Truth, from the usual ways to write it or from the codes given.",
    Argument("true", "texts", "What means true.", default=("true", "1", "yes", "y", "on")),
    Argument("false", "texts", "What means false.", default=("false", "0", "no", "n", "off")),
)
def boolean(true: Sequence[str], false: Sequence[str]) -> Convert:
    meanings = {**dict.fromkeys(map(str.casefold, true), True), **dict.fromkeys(map(str.casefold, false), False)}

    def convert(value: Any, scope: Scope) -> bool:
        if isinstance(value, bool):
            return value
        code = as_text(value).strip().casefold()
        if code not in meanings:
            message = f"{shown(value)} means neither true nor false"
            raise ConversionError(message, expected="true or false", code=_UNKNOWN)
        return meanings[code]

    return convert


@converter(
    "country",
    "A country as its ISO 3166 code, from either code or its English name.",
    Argument("output", "choice", "Which code.", default="alpha2", choices=("alpha2", "alpha3")),
    main="output",
)
def country(output: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        text = as_text(value).strip()
        if not text:
            return None
        codes = country_codes(text)
        if codes is None:
            raise ConversionError(f"{shown(text)} is not a country", expected="a country code", code=_UNKNOWN)
        return codes.alpha2 if output == "alpha2" else codes.alpha3

    return convert


@converter("currency", "A currency as its ISO 4217 code in capitals.")
def currency() -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        code = as_text(value).strip().upper()
        if not code:
            return None
        if exponent(code) is None:
            message = f"{shown(code)} is not a currency of ISO 4217"
            raise ConversionError(message, expected="a currency code", code=_UNKNOWN)
        return code

    return convert


@converter(
    "unit",
    "A unit of measure as its code of UN/ECE Recommendation 20, from such a code, from X12's, or from the usual words.",
    Argument(
        "system",
        "choice",
        "What the source writes: rec20 (or words), or x12.",
        default="rec20",
        choices=("rec20", "x12"),
    ),
    Argument("output", "choice", "What comes out.", default="rec20", choices=("rec20", "x12")),
    main="system",
)
def unit(system: str, output: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str | None:
        text = as_text(value).strip()
        if not text:
            return None
        code = unit_code(text, system)
        if code is None:
            raise ConversionError(f"{shown(text)} is not a unit that is known", expected="a unit code", code=_UNKNOWN)
        if output == "rec20":
            return code
        if (theirs := x12_code(code)) is None:
            raise ConversionError(f"X12 has no code for the unit {shown(code)}", code=_UNKNOWN)
        return theirs

    return convert
