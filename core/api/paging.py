"""Cursors of lists: opaque to the caller, and nothing but a position. What it may see is decided anew each time."""

from __future__ import annotations

import base64
import binascii
import re

from ..faults import Fault

MOST = 200
USUAL = 50
_POSITION = re.compile(r"1:([1-9][0-9]{0,17})")


def cursor(position: int) -> str:
    """The cursor of what comes after ``position``, an id."""
    return base64.urlsafe_b64encode(f"1:{position}".encode()).decode().rstrip("=")


def position(text: str | None) -> int | None:
    """The id in a cursor, or None where there is no cursor.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is None:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        plain = ""
    found = _POSITION.fullmatch(plain)
    if not found or cursor(int(found[1])) != text or int(found[1]) >= 2**31:
        raise Fault("request.parameter_invalid", "This cursor was not given by us.", subject="cursor")
    return int(found[1])


def page_size(text: str | None) -> int:
    """How many entries a page has.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is None:
        return USUAL
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > MOST:
        raise Fault(
            "request.parameter_invalid",
            f"The limit is a number from 1 to {MOST}.",
            expected=f"1 to {MOST}",
            subject="limit",
        )
    return int(text)
