"""What a reader of the feed says: where it stands, what it wants, and what it has."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..canonical.filters import check
from ..faults import Fault

MOST_IDS = 1000
LONGEST_NAME = 100
_MARK = re.compile(r"2:(0|[1-9][0-9]{0,9}):([0-9a-f]{16})")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# RFC 3339: a day, a time, and the difference to UTC.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of the feed ends, and the reading it belongs to: what that one was given it may acknowledge."""

    position: int
    reader: str


def written(mark: Mark) -> str:
    """A mark as an opaque cursor."""
    return base64.urlsafe_b64encode(f"2:{mark.position}:{mark.reader}".encode()).decode().rstrip("=")


def mark_of(text: str) -> Mark:
    """The mark in a cursor.

    :raises Fault: ``request.parameter_invalid``
    """
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        plain = ""
    found = _MARK.fullmatch(plain)
    mark = found and Mark(int(found[1]), found[2])
    if not mark or written(mark) != text or mark.position >= 2**31:
        raise _invalid("This cursor was not given by us.", "cursor")
    return mark


def types_of(text: str | None, known: Collection[str]) -> list[str]:
    """The document types asked for, with commas between; all there are when nothing is asked.

    :raises Fault: ``request.parameter_invalid``: one of them is not among ``known``
    """
    if text is None:
        return sorted(known)
    wanted = text.split(",")
    for one in wanted:
        if one not in known:
            raise _invalid(f"“{one[:64]}” is no kind of document of this feed.", "types")
    return sorted(set(wanted))


def moment_of(text: str | None) -> datetime | None:
    """A moment of RFC 3339 as naive UTC, or None.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is None:
        return None
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(_padded(text).upper().replace("Z", "+00:00"))
        return moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise _invalid("The time is like 2026-01-31T12:00:00Z.", "since") from error


def _padded(text: str) -> str:
    """The fraction of a second in six digits: what fromisoformat of Python 3.10 reads."""
    return re.sub(r"\.(\d{1,6})", lambda found: "." + found[1].ljust(6, "0"), text)


def acknowledged(body: Any) -> tuple[list[str], Mark | None]:
    """What a reader says it has: ids of events, or the mark up to which it has what it was given.

    :raises Fault: ``request.parameter_invalid``
    """
    if not isinstance(body, dict) or set(body) not in ({"ids"}, {"cursor"}):
        raise _invalid("The body is {“ids”: […]} or {“cursor”: “…”}.", "body")
    if "cursor" in body:
        if not isinstance(body["cursor"], str):
            raise _invalid("The cursor is a text.", "cursor")
        return [], mark_of(body["cursor"])
    ids = body["ids"]
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_IDS:
        raise _invalid(f"The ids are a list of 1 to {MOST_IDS}.", "ids")
    if not all(isinstance(one, str) and _ID.fullmatch(one) for one in ids):
        raise _invalid("An id is the text by which the event was given.", "ids")
    return list(dict.fromkeys(ids)), None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a partner asks for: events of ``types`` that ``wanted`` (a filter) describes, ``full`` or ``thin``."""

    name: str
    types: tuple[str, ...]
    wanted: dict[str, Any] | None
    content: str


def wish_of(body: Any, offered: Collection[str]) -> Wish:
    """The wish in a request for a subscription.

    :raises Fault: ``request.parameter_invalid``
    """
    if not isinstance(body, dict) or not {"name", "types"} <= set(body) <= {"name", "types", "filter", "content"}:
        raise _invalid("The body has a name and types, and may have a filter and content.", "body")
    name, types, content = body["name"], body["types"], body.get("content", "full")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise _invalid(f"The name is a text of 1 to {LONGEST_NAME} characters.", "name")
    if not isinstance(types, list) or not types or not all(isinstance(one, str) for one in types):
        raise _invalid("The types are a list of document types.", "types")
    for one in types:
        if one not in offered:
            raise _invalid(f"“{one[:64]}” is no kind of event that can be asked for.", "types")
    if content not in ("full", "thin"):
        raise _invalid("The content is full or thin.", "content")
    if "filter" in body:
        for one in types:
            check(body["filter"], one)
    return Wish(name.strip(), tuple(sorted(set(types))), body.get("filter"), content)


def _invalid(detail: str, subject: str) -> Fault:
    return Fault("request.parameter_invalid", detail, subject=subject)
