"""What the ``format`` keyword checks, and how each format is called in a sentence.

Only the formats below are checked; any other is an annotation, as the specification allows. Times follow RFC 3339
with the offset that it demands; a leap second (``:60``) is refused, because nothing behind can represent it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from jsonschema import FormatChecker

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-](\d\d):(\d\d))", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

EXPECTED: dict[str, str] = {
    "date-time": "a date and time with offset, such as 2026-03-05T14:30:00+01:00",
    "date": "a date, such as 2026-03-05",
    "time": "a time with offset, such as 14:30:00+01:00",
    "email": "an e-mail address",
    "uri": "a complete web address",
    "uuid": "a UUID",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}


def _is_date(value: str) -> bool:
    return bool(_DATE.fullmatch(value) and date.fromisoformat(value))


def _is_time(value: str) -> bool:
    match = _TIME.fullmatch(value)
    if not match:
        return False
    hour, minute, second, _fraction, _offset, offset_hour, offset_minute = match.groups()
    datetime(2000, 1, 1, int(hour), int(minute), int(second))
    return offset_hour is None or (int(offset_hour) < 24 and int(offset_minute) < 60)


def _is_date_time(value: str) -> bool:
    return len(value) > 11 and value[10] in "Tt" and _is_date(value[:10]) and _is_time(value[11:])


def _is_email(value: str) -> bool:
    return bool(_EMAIL.fullmatch(value))


def _is_uri(value: str) -> bool:
    return not re.search(r"\s", value) and bool(urlsplit(value).scheme)


def _is_uuid(value: str) -> bool:
    return bool(_UUID.fullmatch(value) and UUID(value))


def _is_ipv4(value: str) -> bool:
    return bool(ipaddress.IPv4Address(value))


def _is_ipv6(value: str) -> bool:
    return bool(ipaddress.IPv6Address(value))


CHECKS: dict[str, Callable[[str], bool]] = {
    "date-time": _is_date_time,
    "date": _is_date,
    "time": _is_time,
    "email": _is_email,
    "uri": _is_uri,
    "uuid": _is_uuid,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
}


@cache
def format_checker() -> FormatChecker:
    """A checker of exactly the formats above; values other than text pass, as the specification says."""
    checker = FormatChecker(formats=())
    for name, check in CHECKS.items():
        checker.checks(name, raises=ValueError)(
            lambda value, check=check: not isinstance(value, str) or check(value),
        )
    return checker
