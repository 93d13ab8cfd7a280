"""Events as CloudEvents 1.0.2 say it: the attributes, and the three modes of the HTTP binding.

The document is never encoded again: its bytes stand in the event as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
SPECIFICATION = "1.0"
SEQUENCE_DIGITS = 10
"""A sequence is compared as text (extension ``sequence``): so long that numbers and texts have one order."""
_PLAIN = re.compile(r"[!#$&-~]")


@dataclass(frozen=True, slots=True)
class Event:
    """What is told about a document. ``time`` is when it became true, naive or aware, in UTC.

    ``source`` and ``id`` are unique together and the same on every try; ``sequence`` counts the events of ``subject``
    from 1 on without a gap, both None for events of before there was one; ``key`` is what its order is kept by.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    sequence: int | None = None
    key: str | None = None


def attributes(event: Event) -> dict[str, str]:
    """The context attributes of an event with a JSON document; what there is not, is left out."""
    moment = event.time if event.time.tzinfo else event.time.replace(tzinfo=timezone.utc)
    told = {
        "specversion": SPECIFICATION,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z"),
        "datacontenttype": JSON,
        "subject": event.subject,
        "sequence": None if event.sequence is None else f"{event.sequence:0{SEQUENCE_DIGITS}}",
        "partitionkey": event.key,
    }
    return {name: value for name, value in told.items() if value}


def headers(event: Event) -> dict[str, str]:
    """Binary mode: the attributes as headers; the body is the document, ``Content-Type`` its own."""
    told = attributes(event)
    del told["datacontenttype"]
    return {f"ce-{name}": encoded(value) for name, value in told.items()}


def structured(event: Event, document: bytes) -> bytes:
    """Structured mode: one object with the attributes and the document as ``data``."""
    told = json.dumps(attributes(event), ensure_ascii=False).encode("utf-8")
    return told[:-1] + b', "data": ' + document + b"}"


def batched(events: Iterable[tuple[Event, bytes]]) -> bytes:
    """Batched mode: a list of events in the form of :func:`structured`; it may be empty."""
    return b"[" + b", ".join(structured(event, document) for event, document in events) + b"]"


def enclosed(form: str, event: Event, document: bytes, media_type: str = JSON) -> tuple[bytes, str]:
    """The body of a request and its media type; ``media_type`` is that of the document, JSON where it is enclosed.

    :param form: ``document`` and ``binary`` (whose attributes are :func:`headers`): the document; ``structured`` and
        ``batched``: an event, and a list of one
    """
    if form == "structured":
        return structured(event, document), STRUCTURED
    if form == "batched":
        return batched([(event, document)]), BATCHED
    return document, media_type


def document_in(body: Any, media_type: str | None) -> Any:
    """The document of a decoded body that :func:`enclosed` made."""
    if media_type == BATCHED:
        return body[0]["data"]
    return body["data"] if media_type == STRUCTURED else body


def encoded(value: str) -> str:
    """A value as a header has it (HTTP binding 1.0.2, section 3.1.3.2): all but printable ASCII percent-encoded, and
    blank, quote and percent too."""
    return "".join(
        one if _PLAIN.fullmatch(one) else "".join(f"%{byte:02X}" for byte in one.encode("utf-8")) for one in value
    )
