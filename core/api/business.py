"""Reads of Odoo's business: what addresses they have, what may be asked for, and how they are described.

Which of them exist for a partner says its endpoint; what of the records is his is decided by ``models/api/business``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..canonical import catalogue
from ..contracts.formats import format_checker
from ..faults import Fault
from . import shapes
from .negotiation import JSON
from .resources import Operation

MOST_ITEMS = 200
MOST_LOCATIONS = 50
# What a record is asked for: a list of them, one of them, what belongs to one of them, or figures by a query.
KINDS = ("records", "record", "parts", "query")
# Document type -> method, path, kind, and what it is in a few words for the partner.
ADDRESSES: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    "order.changed": (
        ("GET", "/orders", "records", "Your orders"),
        ("GET", "/orders/{id}", "record", "One of your orders"),
    ),
    "shipment.dispatched": (("GET", "/orders/{id}/shipments", "parts", "What was shipped of an order"),),
    "invoice.posted": (("GET", "/orders/{id}/invoices", "parts", "The invoices of an order"),),
    "payment.received": (("GET", "/orders/{id}/payments", "parts", "The payments of an order"),),
    "customer.changed": (
        ("GET", "/customers", "records", "Your customers"),
        ("GET", "/customers/{id}", "record", "One of your customers"),
    ),
    "customer_balance.changed": (("GET", "/customers/{id}/balance", "record", "What a customer owes"),),
    "purchase_order.placed": (
        ("GET", "/purchase-orders", "records", "Our orders to you"),
        ("GET", "/purchase-orders/{id}", "record", "One of our orders to you"),
    ),
    "availability.changed": (("POST", "/availability:query", "query", "What can be delivered now"),),
}


def readable(types: Collection[str]) -> tuple[Operation, ...]:
    """The operations that read documents of ``types`` from Odoo's business."""
    return tuple(
        Operation(method, path, kind, document_type)
        for document_type in catalogue()
        if document_type in types
        for method, path, kind, _summary in ADDRESSES.get(document_type, ())
    )


def _summary_of(operation: Operation) -> str:
    own = ADDRESSES[operation.document_type or ""]
    return next(summary for method, path, _kind, summary in own if (method, path) == (operation.method, operation.path))


# -- what may be asked for -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What availability is asked for: (scheme, value) of items, and codes of locations (none: all)."""

    items: tuple[tuple[str, str], ...]
    locations: tuple[str, ...]


def since(text: str | None) -> datetime | None:
    """The moment in ``changed_since`` as naive UTC, or None.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is None:
        return None
    if not format_checker().conforms(text, "date-time") or not re.fullmatch(r"[\x21-\x7e]{1,40}", text):
        raise Fault(
            "request.parameter_invalid",
            "changed_since is a date and time with offset; a plus is written %2B.",
            expected="2026-03-05T14:30:00Z",
            subject="changed_since",
        )
    # Python 3.10 knows neither the Z nor fractions of every length.
    plain = re.sub(r"\.\d+", "", text.upper().replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(plain).astimezone(timezone.utc).replace(tzinfo=None)
    except OverflowError as error:
        raise Fault(
            "request.parameter_invalid", "changed_since is no moment of this era.", subject="changed_since"
        ) from error


def words(text: str | None, name: str) -> str | None:
    """A text that is looked for, or None.

    :raises Fault: ``request.parameter_invalid``
    """
    if text is not None and (not text or len(text) > 255 or "\0" in text):
        raise Fault("request.parameter_invalid", f"The {name} is a text of 1 to 255 characters.", subject=name)
    return text


def question(document: Any) -> Question:
    """What a body asks of availability.

    :raises Fault: ``request.parameter_invalid``
    """
    if not isinstance(document, dict) or not set(document) <= {"items", "locations"}:
        raise _asked_wrong("The body is an object with items, and locations if not all are meant.", "an object")
    items, locations = document.get("items"), document.get("locations", [])
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise _asked_wrong(f"The items are a list of 1 to {MOST_ITEMS} identifiers.", "items")
    for item in items:
        if not isinstance(item, dict) or set(item) != {"scheme", "value"} or not all(map(_is_code, item.values())):
            raise _asked_wrong("An item is a scheme and a value, texts of 1 to 128 characters.", "items")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", item["scheme"]):
            raise _asked_wrong("A scheme has small letters, digits and underscores.", "items")
    if not isinstance(locations, list) or len(locations) > MOST_LOCATIONS or not all(map(_is_code, locations)):
        raise _asked_wrong(f"The locations are a list of at most {MOST_LOCATIONS} codes.", "locations")
    return Question(
        tuple(dict.fromkeys((item["scheme"], item["value"]) for item in items)), tuple(dict.fromkeys(locations))
    )


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 128 and "\0" not in value


def _asked_wrong(detail: str, subject: str) -> Fault:
    return Fault("request.parameter_invalid", detail, subject=subject)


# -- the description -------------------------------------------------------------------------------------------------

_SINCE = {
    "name": "changed_since",
    "in": "query",
    "required": False,
    "description": "Only what changed at this moment or later. Ask with an overlap of some minutes: what is being"
    " written is not seen yet.",
    "schema": {"type": "string", "format": "date-time"},
    "example": "2026-03-05T14:30:00Z",
}
_REFERENCE = {
    "name": "reference",
    "in": "query",
    "required": False,
    "description": "Only what has this number, ours or the one it was ordered under.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The id in a list.",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,9}$"},
}
_CODE = {"type": "string", "minLength": 1, "maxLength": 128}
_IDENTIFIER = {
    "type": "object",
    "required": ["scheme", "value"],
    "properties": {
        "scheme": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]{0,31}$",
            "description": "sku, gtin, partner (your own code) or own (ours).",
        },
        "value": _CODE,
    },
    "additionalProperties": False,
}
_QUERY = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": _IDENTIFIER},
        "locations": {
            "type": "array",
            "maxItems": MOST_LOCATIONS,
            "items": _CODE,
            "description": "Codes of our places; all if none is named.",
        },
    },
    "additionalProperties": False,
}
_ASKED = {"items": [{"scheme": "sku", "value": "NW-2210"}], "locations": ["WH-ANR"]}


def parameters_of(kind: str) -> set[str]:
    """The names that the query of a call may have."""
    return {"limit", "after", "changed_since", "reference"} if kind == "records" else set()


def entry_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The shape of one entry: its id and ``document``, a schema."""
    return {
        "type": "object",
        "required": ["id", "document"],
        "properties": {"id": {"type": "string"}, "document": document},
        "additionalProperties": False,
    }


def described(operation: Operation, document: Mapping[str, Any], refusals: Any) -> dict[str, Any]:
    """An operation of OpenAPI.

    :param document: the schema of the document, a reference
    :param refusals: gives the responses of status codes
    """
    entry = catalogue()[operation.document_type or ""]
    unchanged = {"304": {"description": "Not changed since the representation whose tag was shown."}}
    if operation.kind == "query":
        items = {"type": "array", "items": document}
        unknown = {"type": "array", "items": _IDENTIFIER, "description": "What we know nothing of, or too many of."}
        return {
            "summary": _summary_of(operation),
            "description": f"{entry.description} Of up to {MOST_ITEMS} items in one call.",
            "requestBody": {"required": True, "content": {JSON: {"schema": _QUERY, "example": _ASKED}}},
            "responses": {
                "200": _answer("The figures.", _closed(items=items, unknown=unknown)),
                **refusals(400, 401, 403, 406, 411, 413, 415, 429, 503),
            },
        }
    if operation.kind == "records":
        items = {"type": "array", "items": entry_of(document)}
        following = {"type": ["string", "null"], "description": "The cursor of the next page."}
        return {
            "summary": _summary_of(operation),
            "description": f"{entry.description} As it is now, the newest first.",
            "parameters": [*shapes.PAGING, _SINCE, _REFERENCE, shapes.IF_NONE_MATCH],
            "responses": {
                "200": _answer("A page.", _closed(items=items, next=following)),
                **unchanged,
                **refusals(400, 401, 403, 406, 429, 503),
            },
        }
    parts = operation.kind == "parts"
    shape = _closed(items={"type": "array", "items": entry_of(document)}) if parts else entry_of(document)
    return {
        "summary": _summary_of(operation),
        "description": f"{entry.description} As it is now.",
        "parameters": [_ID, shapes.IF_NONE_MATCH],
        "responses": {
            "200": _answer("The documents." if parts else "The document.", shape),
            **unchanged,
            **refusals(400, 401, 403, 404, 406, 429, 503),
        },
    }


def _closed(**properties: Any) -> dict[str, Any]:
    names: Sequence[str] = list(properties)
    return {"type": "object", "required": names, "properties": properties, "additionalProperties": False}


def _answer(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": schema}}}
