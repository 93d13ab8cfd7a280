"""The description of the API (OpenAPI 3.1), made of the operations and the schemas by which the server decides.

One document describes what one caller may use: what he may not, is not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..canonical import catalogue, definitions
from . import business, shapes
from .negotiation import CLOUDEVENTS, JSON, NDJSON, PROBLEM
from .resources import PREFIX, Operation

DEFINITIONS = "urn:sync-governance:definitions#/$defs/"
SCHEMAS = "#/components/schemas/"
SECURITY = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "The API key."},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth2": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/sync/oauth/token", "scopes": {}}},
    },
    "mtls": {"type": "mutualTLS"},
}
REFUSALS = {
    "400": "The call cannot be understood.",
    "401": "The call does not prove whose it is.",
    "403": "The credential does not cover this.",
    "404": "There is no such address or record for this partner.",
    "406": "None of the accepted media types can be given.",
    "409": "The first call with this document is being worked on.",
    "410": "What is asked for is not kept any more.",
    "411": "The length of the body is missing.",
    "413": "The body is larger than agreed.",
    "415": "The body is of a kind that is not taken.",
    "422": "The document is kept as a message, and not applied: what is wrong with it.",
    "429": "Too much for now; Retry-After says when to come back.",
    "503": "Not able to receive at the moment; Retry-After says when to come back.",
}


def describe(
    operations: Iterable[Operation],
    contracts: Mapping[str, tuple[str, Mapping[str, Any]]],
    server: str,
    proof: str,
    largest_body: int,
    fetched: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
    askable: Collection[str] = (),
) -> dict[str, Any]:
    """The OpenAPI document of ``operations``.

    :param contracts: document type -> (version, JSON Schema) that documents which are sent are held against, beside the
        canonical one
    :param fetched: the same of documents that wait in the caller's feed, in the form in which they travel
    :param askable: the types of events that the caller may ask for
    :param proof: how the caller is recognised, a key of :data:`SECURITY` (another one is described as a bearer token)
    """
    components: dict[str, Any] = dict(shapes.COMPONENTS)
    paths: dict[str, Any] = {}
    for operation in operations:
        build = _BUILDERS[operation.kind]
        known = {"events": fetched or {}, "subscribe": askable}.get(operation.kind, contracts)
        described = build(operation, components, known, largest_body)
        entry = catalogue().get(operation.document_type or "")
        described |= {"operationId": operation.id, "tags": [entry.domain if entry else "messages"]}
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = described
    complete(components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sync Governance",
            "version": "1",
            "description": "Canonical documents in and out, and what became of them.",
        },
        "servers": [{"url": server}],
        "security": [{"caller": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"caller": SECURITY.get(proof, SECURITY["api_key"])},
            "schemas": dict(sorted(components.items())),
        },
    }


# -- one operation ---------------------------------------------------------------------------------------------------


def _send(operation, components, contracts, largest_body):
    entry = catalogue()[operation.document_type]
    version, contract = contracts[operation.document_type]
    components[entry.type] = portable(entry.schema, entry.type)
    schema: dict[str, Any] = {"$ref": SCHEMAS + entry.type}
    if contract != entry.schema:
        name = f"contract.{entry.type}"
        components[name] = portable(contract, name)
        schema = {"allOf": [schema, {"$ref": SCHEMAS + name}]}
    examples = {f"sample-{number}": {"value": one} for number, one in enumerate(entry.examples, start=1)}
    message = _content("Message")
    return {
        "summary": entry.title,
        "description": f"{entry.description} Contract {version}, at most {largest_body} bytes.",
        "parameters": [shapes.IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": {JSON: {"schema": schema, "examples": examples}}},
        "responses": {
            "200": {"description": "Applied; nothing new was created.", "content": message},
            "201": {"description": "Applied; the changes name what was created.", "content": message},
            "202": {
                "description": "Taken in. The address of its status is in Location.",
                "content": message,
                "headers": {"Location": {"schema": {"type": "string"}}},
            },
            **_refusals(400, 401, 403, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    }


def _batch(operation, components, contracts, largest_body):
    each = f"Each document has at most {largest_body} bytes; what it says is checked when it is worked."
    return {
        "summary": "Many documents at once",
        "description": f"Envelopes, in a JSON array or one a line, or CloudEvents 1.0 in their batched mode. {each}",
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": shapes.ENVELOPES},
                NDJSON: {"schema": {"type": "string", "description": "One envelope a line."}},
                CLOUDEVENTS: {"schema": shapes.EVENTS},
            },
        },
        "responses": {
            "202": {"description": "A result for each, in their order.", "content": _content("Results")},
            **_refusals(400, 401, 403, 406, 411, 413, 415, 429, 503),
        },
    }


def _list(operation, components, contracts, largest_body):
    entry = catalogue()[operation.document_type]
    return {
        "summary": f"{entry.title}: all that were given",
        "description": f"{entry.description} The newest first, as they were given to this partner.",
        "parameters": [*shapes.PAGING, shapes.NUMBER, shapes.IF_NONE_MATCH],
        "responses": {
            "200": {
                "description": "A page.",
                "content": {
                    JSON: {
                        "schema": {
                            "type": "object",
                            "required": ["items", "next"],
                            "properties": {
                                "items": {"type": "array", "items": _given(entry, components)},
                                "next": {"type": ["string", "null"], "description": "The cursor of the next page."},
                            },
                            "additionalProperties": False,
                        }
                    }
                },
            },
            **_unchanged(),
            **_refusals(400, 401, 403, 406, 429, 503),
        },
    }


def _read(operation, components, contracts, largest_body):
    entry = catalogue()[operation.document_type]
    return {
        "summary": f"{entry.title}: one of them",
        "description": entry.description,
        "parameters": [shapes.ID, shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The document.", "content": {JSON: {"schema": _given(entry, components)}}},
            **_unchanged(),
            **_refusals(400, 401, 403, 404, 406, 429, 503),
        },
    }


def _business(operation, components, contracts, largest_body):
    entry = catalogue()[operation.document_type]
    components[entry.type] = portable(entry.schema, entry.type)
    return business.described(operation, {"$ref": SCHEMAS + entry.type}, _refusals)


def _message(operation, components, contracts, largest_body):
    return {
        "summary": "What became of a message",
        "description": "Of a document that was sent or given: where it stands, what it changed, what is wrong with it.",
        "parameters": [shapes.ID, shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The message.", "content": _content("Message")},
            **_unchanged(),
            **_refusals(400, 401, 404, 406, 429, 503),
        },
    }


def _raw(operation, components, contracts, largest_body):
    return {
        "summary": "The bytes of a message",
        "description": "As they arrived or were sent.",
        "parameters": [shapes.ID, shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The bytes.", "content": {"*/*": {}}},
            **_unchanged(),
            **_refusals(400, 401, 403, 404, 410, 429, 503),
        },
    }


def _description(operation, components, contracts, largest_body):
    return {
        "summary": "This description",
        "description": "What the caller may use, as an OpenAPI document.",
        "parameters": [shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The document.", "content": {JSON: {"schema": {"type": "object"}}}},
            **_unchanged(),
            **_refusals(400, 401, 406, 429, 503),
        },
    }


def _channels(operation, components, contracts, largest_body):
    described = _description(operation, components, contracts, largest_body)
    return described | {
        "summary": "What is exchanged, as messages",
        "description": "What the caller may send and what it is sent, as an AsyncAPI document.",
    }


def _events(operation, components, contracts, largest_body):
    for document_type, (_version, contract) in contracts.items():
        components[f"fetched.{document_type}"] = portable(contract, f"fetched.{document_type}")
    documents = {one: {"$ref": f"{SCHEMAS}fetched.{one}"} for one in sorted(contracts)}
    return {
        "summary": "Events that wait for this partner",
        "description": "What was not acknowledged, the oldest first. It is in the reader's hands for as long as its"
        " endpoint says; if it is not acknowledged by then, it is given out again, under the same id. With “after” or"
        " “since”: what there was from there on, also what was acknowledged.",
        "parameters": [*shapes.PAGING, shapes.SINCE, shapes.TYPES],
        "responses": {
            "200": {
                "description": "A page. As CloudEvents the cursor stands in Link.",
                "content": {
                    JSON: {"schema": shapes.fetched_page(documents)},
                    CLOUDEVENTS: {"schema": shapes.fetched_batch(documents)},
                },
            },
            **_refusals(400, 401, 403, 406, 503),
        },
    }


def _acknowledge(operation, components, contracts, largest_body):
    return {
        "summary": "The partner has these events",
        "description": "By their ids, or by the cursor of a page: then all that this reading was given up to there."
        " They count as delivered. It does no harm to say it again.",
        "requestBody": {"required": True, "content": {JSON: {"schema": shapes.ACKNOWLEDGED}}},
        "responses": {
            "200": {"description": "What became of each.", "content": {JSON: {"schema": shapes.ACKNOWLEDGEMENTS}}},
            **_refusals(400, 401, 403, 406, 411, 413, 415, 503),
        },
    }


def _subscribe(operation, components, askable, largest_body):
    content = _content("Subscription")
    return {
        "summary": "Ask for events",
        "description": "Somebody decides about it; nothing is given before. The same wish that still waits is kept"
        " once. Thin events say that something happened and where its document is read.",
        "requestBody": {"required": True, "content": {JSON: {"schema": shapes.wish(askable)}}},
        "responses": {
            "200": {"description": "This was asked for already, and waits.", "content": content},
            "201": {"description": "It waits for a decision.", "content": content},
            **_refusals(400, 401, 403, 406, 411, 413, 415, 503),
        },
    }


def _subscriptions(operation, components, contracts, largest_body):
    page = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"$ref": SCHEMAS + "Subscription"}}},
        "additionalProperties": False,
    }
    return {
        "summary": "What this partner has asked for",
        "description": "The newest first, with what was decided.",
        "parameters": [shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "All of them.", "content": {JSON: {"schema": page}}},
            **_unchanged(),
            **_refusals(400, 401, 403, 406, 503),
        },
    }


def _subscription(operation, components, contracts, largest_body):
    return {
        "summary": "One subscription",
        "description": "What was asked for and what was decided.",
        "parameters": [shapes.ID, shapes.IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The subscription.", "content": _content("Subscription")},
            **_unchanged(),
            **_refusals(400, 401, 403, 404, 406, 503),
        },
    }


def _unsubscribe(operation, components, contracts, largest_body):
    return {
        "summary": "End a subscription",
        "description": "Nothing new is given from now on. It does no harm to say it again.",
        "parameters": [shapes.ID],
        "responses": {
            "200": {"description": "The subscription.", "content": _content("Subscription")},
            **_refusals(400, 401, 403, 404, 406, 503),
        },
    }


_BUILDERS = {
    "subscribe": _subscribe,
    "subscriptions": _subscriptions,
    "subscription": _subscription,
    "unsubscribe": _unsubscribe,
    "events": _events,
    "acknowledge": _acknowledge,
    "send": _send,
    "batch": _batch,
    "list": _list,
    "read": _read,
    "message": _message,
    "raw": _raw,
    "description": _description,
    "channels": _channels,
    **dict.fromkeys(business.KINDS, _business),
}


# -- parts -----------------------------------------------------------------------------------------------------------


def _content(name: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": SCHEMAS + name}}}


def _given(entry: Any, components: dict[str, Any]) -> dict[str, Any]:
    components[entry.type] = portable(entry.schema, entry.type)
    return {
        "type": "object",
        "required": ["id", "occurred_at", "document"],
        "properties": {
            "id": {"type": "string"},
            "occurred_at": {"type": "string", "format": "date-time"},
            "document": {"$ref": SCHEMAS + entry.type},
        },
        "additionalProperties": False,
    }


def _unchanged() -> dict[str, Any]:
    return {"304": {"description": "Not changed since the representation whose tag was shown."}}


def _refusals(*statuses: int) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": SCHEMAS + "Problem"}}}
    return {str(one): {"description": REFUSALS[str(one)], "content": content} for one in statuses}


def portable(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A schema as a component: it has no base of its own here, and its references lead to other components."""
    return _moved({key: value for key, value in schema.items() if key not in ("$id", "$schema")}, name)


def _moved(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _reference(one, name) if key == "$ref" and isinstance(one, str) else _moved(one, name)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_moved(one, name) for one in value]
    return value


def _reference(target: str, name: str) -> str:
    if target.startswith(DEFINITIONS):
        return SCHEMAS + target.removeprefix(DEFINITIONS)
    if target.startswith("#"):
        return SCHEMAS + name + target.removeprefix("#")
    return target


def complete(components: dict[str, Any]) -> None:
    """Add the shared definitions that the components refer to, and those that these refer to."""
    shared = definitions()["$defs"]
    waiting = set(references(components))
    while waiting:
        name = waiting.pop()
        if name in shared and name not in components:
            components[name] = portable(shared[name], name)
            waiting.update(references(components[name]))


def references(value: Any) -> Collection[str]:
    found = set()
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key == "$ref" and isinstance(one, str) and one.startswith(SCHEMAS):
                found.add(one.removeprefix(SCHEMAS).partition("/")[0])
            else:
                found |= set(references(one))
    elif isinstance(value, (list, tuple)):
        for one in value:
            found |= set(references(one))
    return found
