"""Headers of requests and answers: idempotency keys, entity tags, rate limits, deprecation."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, time, timezone
from email.utils import format_datetime

from ..faults import Fault

# A string of a structured field (RFC 8941, 3.3.3); a bare token is taken as well, as many clients send it.
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_BARE = re.compile(r"[!#-+\--:<-~]{1,255}")
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def idempotency_key(text: str | None) -> str | None:
    """The key that a request shows, or None.

    See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is None:
        return None
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return re.sub(r'\\(["\\])', r"\1", quoted[1])
    if _BARE.fullmatch(text):
        return text
    raise Fault(
        "request.parameter_invalid",
        "The Idempotency-Key is a text of at most 255 printable ASCII characters in double quotes.",
        expected='"8e03978e-40d5-43dd-bc93-6894a57f9324"',
        subject="Idempotency-Key",
    )


def entity_tag(body: bytes) -> str:
    """The strong entity tag of a representation (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the client has this representation already (RFC 9110, 13.1.2): compared weakly."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def rate_limit(limit: int, left: int, seconds: int) -> dict[str, str]:
    """How many documents may still come, of ``limit`` a minute, in the next ``seconds``.

    See https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/.
    """
    return {
        "RateLimit-Policy": f'"documents";q={limit};w=60',
        "RateLimit": f'"documents";r={max(left, 0)};t={max(seconds, 0)}',
    }


def deprecation(since: datetime | None, sunset: date | None, page: str) -> dict[str, str]:
    """That what was called is deprecated (RFC 9745) and from when on it answers no more (RFC 8594); nothing when it is
    not. ``since`` is aware or UTC; a sunset is the end of its day in UTC.
    """
    if since is None:
        return {}
    moment = since if since.tzinfo else since.replace(tzinfo=timezone.utc)
    told = {"Deprecation": f"@{int(moment.timestamp())}", "Link": f'<{page}>; rel="deprecation"; type="text/html"'}
    if sunset is not None:
        end = datetime.combine(sunset, time(23, 59, 59), tzinfo=timezone.utc)
        told["Sunset"] = format_datetime(max(end, moment.astimezone(timezone.utc)), usegmt=True)
    return told
