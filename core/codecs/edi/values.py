"""Single values: the text of an element <-> text, Decimal, ISO 8601 date or time.

What cannot be understood stays the text that it was, with the name of the problem; so nothing is lost, and nothing is
taken for what it is not.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..limits import NUMBER_DIGITS, fits
from .guide import Kind

__all__ = ["clock", "moment", "moment_text", "plain_number", "read_value", "written_value"]

_NUMBER = re.compile(r"-?(?:\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)
_X12_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,2}))?)?", re.ASCII)
_ISO_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)
# EDIFACT 2379: how a moment is written. Two-digit years below 70 belong to this century.
_MOMENTS = {"101": "%y%m%d", "102": "%Y%m%d", "201": "%y%m%d%H%M", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
_LENGTHS = {"101": 6, "102": 8, "201": 10, "203": 12, "204": 14}
_ISO = {
    "101": "%Y-%m-%d",
    "102": "%Y-%m-%d",
    "201": "%Y-%m-%dT%H:%M",
    "203": "%Y-%m-%dT%H:%M",
    "204": "%Y-%m-%dT%H:%M:%S",
}
_PERIODS = {"713": "201", "717": "101", "718": "102", "719": "203"}


def read_value(text: str, kind: Kind) -> tuple[Any, str, str]:
    """The value of ``text``, the kind of problem with it (empty if none) and that problem in words."""
    if kind.name == "number":
        return _number(text, kind)
    if kind.name == "date" and len(text) == 8:
        found = _iso(text, "102")
        return (found, "", "") if found else (text, "bad_date", "this is no date")
    if kind.name == "time":
        found = _clock(text)
        return (found, "", "") if found else (text, "bad_time", "this is no time of day")
    length = len(text)
    if length > kind.longest:
        return text, "too_long", f"the value has {length} characters, at most {kind.longest} are allowed"
    if length < kind.shortest:
        return text, "too_short", f"the value has {length} characters, at least {kind.shortest} are needed"
    if kind.letters == "a" and not text.replace(" ", "").isalpha():
        return text, "bad_character", "only letters may stand here"
    if kind.letters == "country" and not re.fullmatch("[A-Z]{2,3}", text):
        return text, "bad_code", "a country has two capital letters"
    if kind.codes and text not in kind.codes:
        return text, "bad_code", "the code is not in the list"
    return text, "", ""


def _number(text: str, kind: Kind) -> tuple[Any, str, str]:
    if kind.scale >= 0:
        if not re.fullmatch(r"[-+]?\d{1,100}", text, re.ASCII):
            return text, "not_a_number", "a whole number must stand here"
        value = Decimal(text).scaleb(-kind.scale) if kind.scale else Decimal(text)
    elif not _NUMBER.fullmatch(text) and not _X12_NUMBER.fullmatch(text):
        return text, "not_a_number", "a number must stand here"
    else:
        value = Decimal(text.replace(",", "."))
    digits = sum(map(str.isdigit, text))
    if digits > NUMBER_DIGITS or not fits(value):
        return text, "too_long", f"the number is longer than {NUMBER_DIGITS} digits"
    if digits > kind.longest:
        return value, "too_long", f"the number has {digits} digits, at most {kind.longest} are allowed"
    return value, "", ""


def _clock(text: str) -> str | None:
    if not re.fullmatch(r"\d{4}(?:\d\d){0,2}|\d{7}", text, re.ASCII) or text[:2] > "23" or text[2:4] > "59":
        return None
    if text[4:6] > "59":
        return None
    said = f"{text[:2]}:{text[2:4]}"
    if len(text) > 4:
        said += f":{text[4:6]}"
    return f"{said}.{text[6:]}" if len(text) > 6 else said


def _iso(text: str, layout: str) -> str | None:
    """``text`` in the layout of a code of :data:`_MOMENTS` as ISO 8601, or None."""
    if len(text) != _LENGTHS[layout] or not (text.isascii() and text.isdigit()):
        return None
    if layout == "102":  # the usual one, by hand: half of all moments are dates
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
        if year and 1 <= month <= 12 and (1 <= day <= 28 or _real(text)):
            return f"{text[:4]}-{text[4:6]}-{text[6:]}"
        return None
    try:
        return datetime.strptime(text, _MOMENTS[layout]).strftime(_ISO[layout])
    except ValueError:
        return None


def _real(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True


def clock(text: str) -> str:
    """HHMM or HHMMSS as ISO 8601, or the text as it is."""
    digits = text.isascii() and text.isdecimal()
    if digits and len(text) in (4, 6) and text[:2] < "24" and text[2:4] < "60" and text[4:6] < "60":
        return ":".join(text[at : at + 2] for at in range(0, len(text), 2))
    return text


def moment(text: str, layout: str) -> tuple[str, bool]:
    """A moment or period of EDIFACT in the layout of code 2379, as ISO 8601 (periods with ``/``), and whether it is
    right. Text in a layout that is not known here stays as it is and is taken to be right."""
    if layout in _MOMENTS:
        found = _iso(text, layout)
        return (found, True) if found else (text, False)
    if layout in _PERIODS:
        single = _PERIODS[layout]
        length = _LENGTHS[single]
        first = _iso(text[:length], single)
        last = _iso(text[length:].removeprefix("-"), single)
        return (f"{first}/{last}", True) if first and last else (text, False)
    return text, True


def moment_text(value: str, layout: str) -> str:
    """The reverse of :func:`moment`; a value that is no ISO 8601 text of that layout is written as it is."""
    if layout in _PERIODS and value.count("/") == 1:
        single = _PERIODS[layout]
        return "".join(moment_text(part, single) for part in value.split("/"))
    match = _ISO_MOMENT.fullmatch(value) if layout in _MOMENTS else None
    if not match:
        return value
    year, month, day, hour, minute, second = match.groups()
    digits = f"{year[2:] if layout in ('101', '201') else year}{month}{day}"
    if layout in ("201", "203", "204"):
        digits += f"{hour or '00'}{minute or '00'}"
    return digits + (second or "00") if layout == "204" else digits


def written_value(value: Any, kind: Kind, decimal_mark: str, *, strict: bool) -> str:
    """The text of ``value``; raises ValueError, in words, where it cannot be of that kind.

    :param strict: refuse what :func:`read_value` would find a problem in; else text goes out as it is
    """
    if kind.name == "number" and isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value.replace(",", "."))
    if kind.name == "number" and not isinstance(value, str):
        return _number_text(value, kind, decimal_mark)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = plain_number(Decimal(value))
    if not isinstance(value, str):
        raise ValueError(f"text must stand here, not {type(value).__name__}")
    if kind.name == "date" and (match := _DATE.fullmatch(value)):
        value = "".join(match.groups())
    elif kind.name == "time" and (match := _TIME.fullmatch(value)):
        value = "".join(part for part in match.groups() if part)
    if strict and value and kind.name != "moment":
        words = read_value(value, kind)[2]
        if words:
            raise ValueError(words)
    return value


def _number_text(value: Any, kind: Kind, decimal_mark: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError(f"a number must stand here, not {type(value).__name__}")
    if isinstance(value, int) and abs(value) >= 10**NUMBER_DIGITS:
        raise ValueError("the number is too long")
    number = Decimal(value)
    if not fits(number):
        raise ValueError("the number is not finite or too long")
    if kind.scale >= 0:
        shifted = number.scaleb(kind.scale)
        if shifted != shifted.to_integral_value():
            raise ValueError(f"the number has more than {kind.scale} decimals")
        text = format(shifted.to_integral_value(), "f")
    else:
        text = plain_number(number)
    digits = sum(map(str.isdigit, text))
    if digits > kind.longest:
        raise ValueError(f"the number has {digits} digits, at most {kind.longest} are allowed")
    return text.replace(".", decimal_mark) if decimal_mark != "." else text


def plain_number(number: Decimal) -> str:
    """The number without exponent, with the decimals that it has."""
    return format(number, "f")
