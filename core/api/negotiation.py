"""Media types and the version they name (RFC 9110, 8.3 and 12.5.1).

The version stands in the address (``/sync/v1``); a media type may name it too, and then it has to be that one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from email.message import Message

from ..faults import Fault

VERSION = "1"
JSON = "application/json"
PROBLEM = "application/problem+json"
NDJSON = "application/x-ndjson"
CLOUDEVENTS = "application/cloudevents-batch+json"
VENDOR = re.compile(r"application/vnd\.sync-governance\.v(\d{1,4})\+json")


def body_type(content_type: str | None, others: Collection[str] = ()) -> str:
    """The media type of a request's body, which is JSON in UTF-8 or one of ``others``.

    :raises Fault: ``request.media_type_unknown``
    """
    name, parameters = _parsed(content_type or "")
    vendor = VENDOR.fullmatch(name)
    version = vendor[1] if vendor else parameters.get("version", VERSION)
    if (name not in (JSON, *others) and not vendor) or version != VERSION:
        raise Fault(
            "request.media_type_unknown",
            f"The body is {(content_type or 'of no type')[:80]}.",
            expected=", ".join([JSON, f"application/vnd.sync-governance.v{VERSION}+json", *others]),
            subject="media type",
        )
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Fault("request.media_type_unknown", "The body is not in UTF-8.", expected="utf-8", subject="charset")
    return name


def answer_type(accept: str | None, others: Collection[str] = ()) -> str:
    """The media type of the answer: what is asked for by its own name (also one of ``others``), else JSON.

    :raises Fault: ``request.version_unknown`` when nothing that is accepted can be given
    """
    if accept is None or not accept.strip():
        return JSON
    wanted = {}
    for part in accept.split(",")[:32]:
        name, parameters = _parsed(part)
        wanted[name, parameters.get("version", VERSION)] = _quality(parameters.get("q", "1"))
    best, chosen = 0.0, None
    for given in (JSON, f"application/vnd.sync-governance.v{VERSION}+json", *others):
        # The most precise range decides about a type, whatever its place in the list.
        ranges = [(name, VERSION) for name in (given, "application/*", "*/*")]
        quality = next((wanted[one] for one in ranges if one in wanted), 0.0)
        if quality > best:
            best, chosen = quality, given
    if chosen is None:
        raise Fault(
            "request.version_unknown",
            "None of the media types that the request accepts can be given.",
            expected=JSON,
            found=accept[:80],
            subject="media type",
        )
    return chosen


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]", " ", text.strip())
    parameters = message.get_params() or [("", "")]
    return parameters[0][0].strip().lower(), {name.lower(): value for name, value in parameters[1:]}


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"(0(\.\d{0,3})?|1(\.0{0,3})?)", text) else 0.0
