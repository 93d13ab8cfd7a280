"""The shapes of the API that are not documents of the catalogue: messages, problems, parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..canonical.filters import MOST_MEMBERS, MOST_VALUES
from ..delivery.envelopes import MOST_DOCUMENTS
from .feeds import LONGEST_NAME, MOST_IDS
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
    "schema": {"type": "string", "pattern": '^("[ !#-\\[\\]-~]{1,255}"|[!#-+\\--:<-~]{1,255})$'},
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
    "description": "The id in a list, or in the answer to what was sent.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}
PAGING = (
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": f"How many entries a page has: 1 to {MOST}, {USUAL} if nothing is said.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    },
    {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "The cursor of the page before.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{3,40}$"},
    },
)
NUMBER = {
    "name": "number",
    "in": "query",
    "required": False,
    "description": "Only the documents about this number.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

SINCE = {
    "name": "since",
    "in": "query",
    "required": False,
    "description": "What could be fetched from this time on (RFC 3339), also what was acknowledged.",
    "schema": {"type": "string"},
}
TYPES = {
    "name": "types",
    "in": "query",
    "required": False,
    "description": "Only events of these types, with commas between.",
    "schema": {"type": "string"},
}
_EVENT_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
ACKNOWLEDGED = {
    "oneOf": [
        {
            "type": "object",
            "required": ["ids"],
            "properties": {"ids": {"type": "array", "minItems": 1, "maxItems": MOST_IDS, "items": _EVENT_ID}},
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["cursor"],
            "properties": {"cursor": {"type": "string", "description": "The “next” of a page."}},
            "additionalProperties": False,
        },
    ]
}
ACKNOWLEDGEMENTS = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "status"],
                "properties": {
                    "id": {"type": "string"},
                    "status": {
                        "enum": ["acknowledged", "repeated", "waiting", "unknown"],
                        "description": "Now; it was before; not possible now, say it again; not this partner's.",
                    },
                },
                "additionalProperties": False,
            },
        }
    },
    "additionalProperties": False,
}


def fetched_page(documents: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the feed, given the schema of the document of each type."""
    event = {
        "type": "object",
        "required": ["id", "type", "time", "document"],
        "properties": {
            "id": {"type": "string", "description": "The same each time it is given out: a repeat is known by it."},
            "type": {"enum": sorted(documents)},
            "time": {"type": "string", "format": "date-time", "description": "When it became true."},
            "subject": {"type": "string", "description": "What it happened to."},
            "sequence": {
                "type": "integer",
                "minimum": 1,
                "description": "Which event of its subject it is: 1, 2, 3 and so on. Other types count too.",
            },
            "key": {"type": "string", "description": "What it is kept in order with."},
            "acknowledged_at": {"type": "string", "format": "date-time"},
            "document": {},
        },
        "additionalProperties": False,
        "allOf": [_when(one, "document", schema) for one, schema in documents.items()],
    }
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": event},
            "next": {
                "type": ["string", "null"],
                "description": "Where the page ends: to acknowledge it, or to read on (after).",
            },
        },
        "additionalProperties": False,
    }


def fetched_batch(documents: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the feed as CloudEvents 1.0 in their batched mode."""
    event = {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string"},
            "source": {"type": "string"},
            "type": {"enum": sorted(documents)},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string"},
            "sequence": {"type": "string", "description": "As a text of ten digits."},
            "partitionkey": {"type": "string"},
            "datacontenttype": {"const": "application/json"},
            "data": {},
        },
        "allOf": [_when(one, "data", schema) for one, schema in documents.items()],
    }
    return {"type": "array", "items": event}


def _when(document_type: str, member: str, schema: Any) -> dict[str, Any]:
    return {
        "if": {"properties": {"type": {"const": document_type}}},
        "then": {"properties": {member: schema}},
    }


SUBSCRIPTION = {
    "type": "object",
    "required": ["id", "name", "types", "content", "status", "requested_at", "links"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "types": {"type": "array", "items": {"type": "string"}},
        "filter": {"type": "object"},
        "content": {"enum": ["full", "thin"]},
        "status": {"enum": ["requested", "active", "refused", "cancelled"]},
        "reason": {"type": "string", "description": "What whoever decided says."},
        "requested_at": {"type": "string", "format": "date-time"},
        "decided_at": {"type": "string", "format": "date-time"},
        "links": {"type": "object", "required": ["self"], "properties": {"self": {"type": "string"}}},
    },
    "additionalProperties": False,
}
COMPONENTS["Subscription"] = SUBSCRIPTION
THIN = {
    "type": "object",
    "required": ["id", "type", "subject", "time", "href"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "href": {"type": "string", "description": "Where the document is read."},
    },
    "additionalProperties": False,
}


def wish(types: Collection[str]) -> dict[str, Any]:
    """What a request for a subscription to some of ``types`` looks like."""
    value = {"type": ["string", "boolean"], "maxLength": 255}
    return {
        "type": "object",
        "required": ["name", "types"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
            "types": {"type": "array", "minItems": 1, "items": {"enum": sorted(types)}},
            "filter": {
                "type": "object",
                "description": "Members of the documents, as JSON pointers with * for any entry of a list, and the"
                " value each must have, or a list of those it may have.",
                "minProperties": 1,
                "maxProperties": MOST_MEMBERS,
                "additionalProperties": {
                    "anyOf": [value, {"type": "array", "minItems": 1, "maxItems": MOST_VALUES, "items": value}]
                },
            },
            "content": {"enum": ["full", "thin"], "default": "full"},
        },
        "additionalProperties": False,
    }
