"""Times and dates: a time always has an offset, a date has none.

What the source does not say (the zone of a local time) the rule must say; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ..exact import multiply
from ..failures import ConversionError, shown
from ..scope import Scope
from .numbers import number
from .specification import Argument, Convert, converter

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS = {"unix": 1, "unix_ms": 1000}

_FORMAT = Argument(
    "format", "text", "How the source writes it: iso, unix, unix_ms, or a pattern as %d.%m.%Y.", default="iso"
)
_ZONE = Argument("zone", "zone", "The zone of a local time without offset: Europe/Berlin.")


@converter(
    "datetime",
    "A point in time with its offset (RFC 3339).",
    _FORMAT,
    _ZONE,
    Argument("output", "text", "How it is written: iso, unix, unix_ms, or a pattern.", default="iso"),
    Argument("output_zone", "zone", "The zone it is written in; without it the offset of the source stays."),
    main="format",
)
def point_in_time(format: str, zone: ZoneInfo | None, output: str, output_zone: ZoneInfo | None) -> Convert:
    def convert(value: Any, scope: Scope) -> str | int:
        moment = _moment(value, format, zone)
        if moment.tzinfo is None:
            raise ConversionError(f"{shown(value)} has no time zone", expected="a time with an offset")
        return _written(moment if output_zone is None else _moved(moment, output_zone), output)

    return convert


@converter(
    "date",
    "A day (ISO 8601); of a point in time it is the day in the zone given, else in its own offset.",
    _FORMAT,
    _ZONE,
    Argument("output", "text", "How it is written: iso or a pattern.", default="iso"),
    main="format",
)
def day(format: str, zone: ZoneInfo | None, output: str) -> Convert:
    def convert(value: Any, scope: Scope) -> str:
        moment = _moment(value, format, None)
        if moment.tzinfo is not None and zone is not None:
            moment = _moved(moment, zone)
        return moment.date().isoformat() if output == "iso" else moment.strftime(output)

    return convert


def _moment(value: Any, format: str, zone: ZoneInfo | None) -> datetime:
    """The value as a datetime; without offset it is taken in ``zone`` and stays naive without one."""
    if format in _UNITS:
        moment = _from_epoch(value, _UNITS[format])
    elif isinstance(value, (datetime, date)):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    elif not isinstance(value, (str, int)) or isinstance(value, bool):
        raise ConversionError(f"{shown(value)} is not a time", expected="a time")
    else:
        moment = _from_iso(str(value)) if format == "iso" else _from_pattern(str(value), format)
    if moment.tzinfo is None and zone is not None:
        # over UTC and back: a local time that the change to summer time skips moves on, a doubled one is the first
        moment = moment.replace(tzinfo=zone).astimezone(timezone.utc).astimezone(zone)
    return moment


def _from_epoch(value: Any, per_second: int) -> datetime:
    microseconds = int(multiply(number(value), Decimal(1_000_000 // per_second)))
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ConversionError(f"{shown(value)} is not a time", expected="seconds since 1970") from None


def _from_iso(value: str) -> datetime:
    match = _ISO.fullmatch(value.strip())
    if match is None:
        raise ConversionError(f"{shown(value)} is not a time", expected="a time as 2026-03-31T14:05:00+02:00")
    year, month, day_of_month, hour, minute, second, fraction, offset = match.groups()
    try:
        return datetime(
            int(year),
            int(month),
            int(day_of_month),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=_offset(offset),
        )
    except ValueError:
        raise ConversionError(f"{shown(value)} is not a day or time of the calendar", expected="a time") from None


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if text.startswith("-") else distance)


def _from_pattern(value: str, pattern: str) -> datetime:
    try:
        return datetime.strptime(value.strip(), pattern)
    except ValueError:
        raise ConversionError(f"{shown(value)} is not a time as {pattern}", expected=pattern) from None


def _moved(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ConversionError(f"{shown(moment.isoformat())} is out of range", expected="a time") from None


def _written(moment: datetime, output: str) -> str | int:
    if output in _UNITS:
        distance = moment - _EPOCH
        return (distance.days * 86_400 + distance.seconds) * _UNITS[output] + (
            distance.microseconds // 1000 if output == "unix_ms" else 0
        )
    if output != "iso":
        return moment.strftime(output)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
