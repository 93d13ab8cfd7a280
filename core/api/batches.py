"""Many documents in one call: envelopes in a JSON array or NDJSON, or CloudEvents 1.0 in their batched mode.

Each document is kept byte for byte as it stands in the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..delivery.envelopes import Envelope, open_array, open_envelope, open_envelopes, slice_of
from ..faults import Fault
from .negotiation import CLOUDEVENTS, NDJSON

SPECIFICATION = "1.0"
LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class Item:
    """One document of a batch. ``id`` is what its sender calls it, ``key`` what a repeat is known by (None: its body),
    ``document_type`` and ``line`` what the sender says of it, or None."""

    body: bytes
    id: str | None = None
    key: str | None = None
    document_type: str | None = None
    line: str | None = None


def items_of(raw: bytes, media_type: str) -> list[Item | Fault]:
    """The documents of a batch, in their order; a fault for each that cannot be opened.

    :raises Fault: ``receive.batch_malformed``, ``receive.too_large``: of the whole
    """
    if media_type == CLOUDEVENTS:
        return open_array(raw, _event)
    parts = open_envelopes(raw) if media_type == NDJSON else open_array(raw, open_envelope)
    return [part if isinstance(part, Fault) else _item(part) for part in parts]


def _item(envelope: Envelope) -> Item:
    key = f"key:{envelope.id}" if envelope.id else None
    return Item(envelope.body, envelope.id, key, envelope.topic, envelope.key)


def _event(text: str, at: int, event: Any) -> Item:
    """One event in JSON (CloudEvents JSON event format 1.0.2, section 3). ``source`` and ``id`` are unique together."""
    if not isinstance(event, dict) or event.get("specversion") != SPECIFICATION:
        raise _malformed(f"An event is an object with the specversion {SPECIFICATION}.")
    source, given, kind = (_attribute(event, name) for name in ("source", "id", "type"))
    if not isinstance(event.get("data"), dict):
        raise _malformed("The document is the event's data, an object.")
    content_type = event.get("datacontenttype", "application/json")
    if not isinstance(content_type, str) or content_type.partition(";")[0].strip().lower() != "application/json":
        raise _malformed("The event's data is of another kind than application/json.")
    line = _attribute(event, "partitionkey") if event.get("partitionkey") is not None else None
    return Item(slice_of(text, at, "data").encode(), given, f"event:{source} {given}", kind, line)


def _attribute(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT or not value.isprintable():
        raise _malformed(f"The event's {name} is a text of 1 to {LONGEST_TEXT} characters.")
    return value


def _malformed(detail: str) -> Fault:
    return Fault("receive.batch_malformed", detail, subject="batch")
