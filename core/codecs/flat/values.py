"""Single values of flat files: text <-> number, date, truth value, in the partner's own way of writing them.

Reading raises :class:`Unreadable`, writing :class:`Unwritable`, each with the end of a sentence in plain words. Dates
and times are ISO 8601 texts in a document; one without offset is the partner's local time, which the mapping places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from ...faults import Fault
from ..limits import NUMBER_DIGITS, fits

Reader = Callable[[str], Any]
Writer = Callable[[Any], str]

_KEPT = 4_096
EXACT = Context(prec=2 * NUMBER_DIGITS)
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "f": r"(?P<fraction>\d{1,9})",
    "Z": r"(?P<offset>Z|[+-]\d{2}:?\d{2})",
}
_TOKEN = re.compile("YYYY|YY|MM|M|DD|D|HH|H|mm|ss|f|Z|'[^']*'|.", re.DOTALL)
_NEEDED = {"date": {"day", "month"}, "time": {"hour", "minute"}, "datetime": {"day", "month", "hour", "minute"}}
_ISO = {"date": "YYYY-MM-DD", "time": "HH:mm:ss", "datetime": "YYYY-MM-DDTHH:mm:ss"}
_FORMULA = re.compile("^'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_FORMULA_MARKED = re.compile("^'+[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


class Unreadable(Exception):
    """``args[0]`` is what should have stood there: ``a date as YYYYMMDD``."""


class Unwritable(Exception):
    """``args[0]`` is why: ``it is no date``."""


# -- numbers ---------------------------------------------------------------------------------------------------------


def number_reader(decimal_mark: str, thousands_mark: str, implied: int, *, whole: bool) -> Reader:
    """Reads ``1.234,50``, ``-7``, ``7-`` and ``(7)`` (negative) as Decimal, or as int where it must be ``whole``.

    ``implied`` is how many of the last digits stand behind a decimal mark that is not written.
    """
    groups = rf"\d{{1,3}}(?:{re.escape(thousands_mark)}\d{{3}})+|" if thousands_mark else ""
    fraction = "" if whole or implied else rf"(?:{re.escape(decimal_mark)}(\d*))?"
    shape = re.compile(rf"([+-]|\()?\s*({groups}\d+){fraction}\s*([+-]|\))?", re.ASCII)
    expected = "a whole number" if whole else "digits" if implied else "a number"
    example = "" if whole or implied else f", written like 1{thousands_mark}234{decimal_mark}50"

    @lru_cache(maxsize=_KEPT)
    def read(text: str) -> Any:
        match = shape.fullmatch(text)
        opening, closing = (match[1] or "", match[match.re.groups] or "") if match else ("(", "")
        if match is None or (opening == "(") != (closing == ")") or (opening and closing and opening != "("):
            raise Unreadable(expected + example)
        digits = match[2].replace(thousands_mark, "") if thousands_mark else match[2]
        negative = "-" in (opening, closing) or opening == "("
        behind = "" if whole or implied else match[3] or ""
        if len(digits) + len(behind) >= NUMBER_DIGITS - 2:
            raise Unreadable(f"a number of fewer than {NUMBER_DIGITS} digits")
        if whole:
            return -int(digits) if negative else int(digits)
        number = Decimal(f"{'-' if negative else ''}{digits}.{behind}")
        return number.scaleb(-implied, EXACT) if implied else number

    return read


def number_writer(decimal_mark: str, implied: int, places: int | None, *, whole: bool) -> Writer:
    """Writes int, Decimal, or text that is one; ``places`` behind the mark where that is agreed. Never rounds."""

    def write(value: Any) -> str:
        number = _number(value)
        if whole and number != number.to_integral_value():
            raise Unwritable("it is no whole number")
        if implied or places is not None:
            exact = number.quantize(Decimal(1).scaleb(-(implied or places or 0)), context=EXACT)
            if exact != number:
                raise Unwritable(f"it has more than {implied or places} decimal places")
            number = exact.scaleb(implied, EXACT) if implied else exact
        if whole or implied:
            return str(int(number))
        return format(number, "f").replace(".", decimal_mark)

    return write


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise Unwritable("it is no number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Unwritable("it is no number") from None
    if not fits(number):
        raise Unwritable("it is no number that can be written")
    return number


# -- dates and times -------------------------------------------------------------------------------------------------


def format_problem(kind: str, form: str) -> str | None:
    """Why ``form`` (``DD.MM.YYYY``) does not say how a ``kind`` is written, or None if it does."""
    try:
        named = set(_shape(form).groupindex)
    except re.error:
        return "it names a part twice"
    missing = _NEEDED[kind] - named
    if kind != "time" and not named & {"year", "short_year"}:
        missing = missing | {"year"}
    return f"it lacks the {', '.join(sorted(missing))}" if missing else None


def _shape(form: str) -> re.Pattern[str]:
    parts = (_TOKENS.get(token) or re.escape(token.strip("'") or token) for token in _TOKEN.findall(form))
    return re.compile("".join(parts), re.ASCII)


def moment_reader(kind: str, forms: Sequence[str]) -> Reader:
    """Reads a ``date``, ``time`` or ``datetime`` written in one of the ``forms`` and gives it in ISO 8601."""
    shapes = [_shape(form) for form in forms]
    expected = f"a {kind.replace('datetime', 'date and time')} as {' or '.join(forms)}"

    @lru_cache(maxsize=_KEPT)
    def read(text: str) -> str:
        for shape in shapes:
            if match := shape.fullmatch(text):
                try:
                    return _iso(kind, match.groupdict())
                except ValueError:
                    continue
        raise Unreadable(expected)

    return read


def _iso(kind: str, parts: dict[str, str]) -> str:
    clock = ""
    if kind != "date":
        moment = time(int(parts["hour"]), int(parts["minute"]), int(parts.get("second") or 0))
        clock = moment.isoformat() + (f".{parts['fraction']}" if parts.get("fraction") else "")
        clock += _offset(parts.get("offset"))
    if kind == "time":
        return clock
    short = parts.get("short_year")
    year = int(parts["year"]) if short is None else int(short) + (1900 if int(short) >= 70 else 2000)
    day = date(year, int(parts["month"]), int(parts["day"])).isoformat()
    return day if kind == "date" else f"{day}T{clock}"


def _offset(text: str | None) -> str:
    if not text or text == "Z":
        return text or ""
    hours, minutes = int(text[1:3]), int(text[-2:])
    timezone(timedelta(hours=hours, minutes=minutes))  # raises ValueError for one that no place on earth has
    return f"{text[0]}{hours:02}:{minutes:02}"


def moment_writer(kind: str, form: str) -> Writer:
    """Writes what :func:`moment_reader` gives, in ``form``; an hour that the form does not name must be zero."""
    tokens = _TOKEN.findall(form)
    named = set(_shape(form).groupindex)

    def write(value: Any) -> str:
        moment, fraction = _moment(kind, value)
        if moment.tzinfo and "offset" not in named:
            raise Unwritable(f"it has an offset, and the form {form} has no place for one")
        if not moment.tzinfo and "offset" in named:
            raise Unwritable("it has no offset")
        if kind != "date" and ((moment.second and "second" not in named) or (fraction and "fraction" not in named)):
            raise Unwritable(f"it is finer than {form} can say")
        if "short_year" in named and not 1970 <= moment.year < 2070:
            raise Unwritable("its year does not fit into two digits")
        return "".join(_written(token, moment, fraction) for token in tokens)

    return write


def _moment(kind: str, value: Any) -> tuple[datetime, str]:
    if not isinstance(value, str):
        raise Unwritable(f"it is no {kind}")
    text = f"1970-01-01T{value}" if kind == "time" else f"{value}T00:00:00" if kind == "date" else value
    match = re.fullmatch(r"([\d-]+T[\d:]+)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?", text, re.ASCII)
    try:
        if match is None:
            raise ValueError
        return datetime.fromisoformat(match[1] + (match[3] or "").replace("Z", "+00:00")), match[2] or ""
    except ValueError:
        raise Unwritable(f"it is no {kind} as {_ISO[kind]}") from None


def _written(token: str, moment: datetime, fraction: str) -> str:
    offset = moment.isoformat()[-6:] if moment.tzinfo else ""
    known = {
        "YYYY": f"{moment.year:04}",
        "YY": f"{moment.year % 100:02}",
        "MM": f"{moment.month:02}",
        "M": str(moment.month),
        "DD": f"{moment.day:02}",
        "D": str(moment.day),
        "HH": f"{moment.hour:02}",
        "H": str(moment.hour),
        "mm": f"{moment.minute:02}",
        "ss": f"{moment.second:02}",
        "f": fraction or "0",
        "Z": "Z" if offset == "+00:00" else offset,
    }
    return known.get(token) or token.strip("'") or token


# -- words and text --------------------------------------------------------------------------------------------------


def word_reader(words: Mapping[str, Any], expected: str) -> Reader:
    """Reads one of a few words, in capitals or not."""
    known = {word.casefold(): value for word, value in words.items()}

    def read(text: str) -> Any:
        try:
            return known[text.casefold()]
        except KeyError:
            raise Unreadable(expected) from None

    return read


def truth_writer(yes: str, no: str) -> Writer:
    """Writes true and false as the partner's words for them."""

    def write(value: Any) -> str:
        if not isinstance(value, bool):
            raise Unwritable("it is neither true nor false")
        return yes if value else no

    return write


def text_writer(value: Any) -> str:
    """Text as it is; a whole number too, since many identifiers look like one."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unwritable("it is no text")


def has_check_digit(text: str) -> bool:
    """Whether ``text`` is a GTIN, GLN or SSCC with its right check digit (GS1 General Specifications, 7.9)."""
    if len(text) not in (8, 12, 13, 14, 18) or not (text.isascii() and text.isdigit()):
        return False
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return weighed % 10 == 0


def disarmed(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe in front, where it begins like one."""
    return f"'{text}" if _FORMULA.match(text) else text


def armed(text: str) -> str:
    """What :func:`disarmed` was given."""
    return text[1:] if _FORMULA_MARKED.match(text) else text


def plain(fault: Fault) -> str:
    """The sentence of a fault without its full stop, to stand inside another one."""
    return fault.detail.rstrip(".")
