"""The shapes of the API that are not documents of the catalogue: messages, problems, parameters."""

from __future__ import annotations

from typing import Any

from ..delivery.envelopes import MOST_DOCUMENTS
from .paging import MOST, USUAL

STATES = ("ready", "parked", "failed", "done", "superseded", "cancelled")

_ERROR = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "pointer": {"type": "string", "description": "The place in the document: a JSON pointer as a URI fragment."},
        "expected": {},
        "found": {},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. The codes are described at /sync/v1/problems.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fixer": {"type": "string", "description": "Who can put it right."},
        "retryable": {"type": "boolean", "description": "The same request, unchanged, may succeed later."},
        "errors": {"type": "array", "items": _ERROR},
        "message": {"type": "string", "description": "The address of the message that was kept."},
    },
}
_CHANGE = {
    "type": "object",
    "required": ["kind", "model", "number"],
    "properties": {
        "kind": {"type": "string"},
        "model": {"type": "string"},
        "number": {"type": ["string", "null"]},
    },
}
_MESSAGE = {
    "type": "object",
    "required": ["id", "direction", "status", "created_at", "links"],
    "properties": {
        "id": {"type": "string"},
        "direction": {"enum": ["inbound", "outbound"]},
        "type": {"type": "string"},
        "status": {"enum": list(STATES)},
        "reference": {"type": "string", "description": "The number of the document."},
        "created_at": {"type": "string", "format": "date-time"},
        "finished_at": {"type": "string", "format": "date-time"},
        "changes": {"type": "array", "items": _CHANGE},
        "response": {},
        "problem": {"$ref": "#/components/schemas/Problem"},
        "links": {
            "type": "object",
            "required": ["self"],
            "properties": {"self": {"type": "string"}, "raw": {"type": "string"}},
        },
    },
    "additionalProperties": False,
}
_RESULTS = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["number", "status"],
                "properties": {
                    "number": {"type": "integer", "description": "Which one of the batch, from 1 on."},
                    "id": {"type": "string"},
                    "status": {"enum": ["accepted", "repeated", "conflict", "refused"]},
                    "message": {"type": "string", "description": "The address of its status."},
                    "problem": {"$ref": "#/components/schemas/Problem"},
                },
                "additionalProperties": False,
            },
        }
    },
    "additionalProperties": False,
}
COMPONENTS: dict[str, Any] = {"Problem": _PROBLEM, "Message": _MESSAGE, "Results": _RESULTS}

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
ENVELOPES = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_DOCUMENTS,
    "items": {
        "type": "object",
        "required": ["body"],
        "properties": {
            "id": {**_TEXT, "description": "A repeat is known by it, as by an Idempotency-Key."},
            "topic": {**_TEXT, "description": "The document type; else the document itself says it."},
            "key": {**_TEXT, "description": "What it is kept in order with; else as for a single document."},
            "body": {"type": "object", "description": "The document."},
        },
        "additionalProperties": False,
    },
}
EVENTS = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_DOCUMENTS,
    "items": {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _TEXT,
            "source": {**_TEXT, "description": "A repeat is known by source and id together."},
            "type": {**_TEXT, "description": "The document type."},
            "partitionkey": {**_TEXT, "description": "What it is kept in order with."},
            "data": {"type": "object", "description": "The document."},
        },
    },
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is answered with what came of the first one, with another body"
    " refused. Without a key the body itself is the key.",
    "schema": {"type": "string", "pattern": '^"[ !#-\\[\\]-~]{1,255}"$'},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the representation that is known.",
    "schema": {"type": "string"},
}
ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}
PAGING = (
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    },
    {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "The cursor of the page before.",
        "schema": {"type": "string"},
    },
)
NUMBER = {
    "name": "number",
    "in": "query",
    "required": False,
    "description": "Only the documents about this number.",
    "schema": {"type": "string", "maxLength": 255},
}
