"""The documents that are exchanged with one partner, as messages on channels (AsyncAPI 3.0): what it may send, and what
it is sent. The other view of the same table and the same schemas as in ``openapi.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..canonical import catalogue
from .negotiation import JSON
from .openapi import complete, portable
from .resources import FEED, PREFIX, sent_to

Contracts = Mapping[str, tuple[str, Mapping[str, Any]]]


def describe(
    sends: Contracts, gives: Contracts, host: str, protocol: str, fetched: Collection[str] = ()
) -> dict[str, Any]:
    """The AsyncAPI document of a partner.

    :param sends: document type -> (version, JSON Schema) of what is taken from it
    :param gives: the same of what it is sent, in the form in which it travels
    :param fetched: the types of ``gives`` that the partner fetches from its feed
    :param host: of this server, with its port
    """
    schemas: dict[str, Any] = {}
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {"title": "Sync Governance", "version": "1", "description": "Documents that are exchanged."},
        "defaultContentType": JSON,
        "servers": {"odoo": {"host": host, "protocol": protocol}},
        "channels": {},
        "operations": {},
    }
    messages: dict[str, Any] = {}
    for action, contracts in (("receive", sends), ("send", gives)):
        for document_type, (version, schema) in sorted(contracts.items()):
            entry, name = catalogue()[document_type], f"{action}.{document_type}"
            schemas[name] = portable(schema, name)
            messages[name] = {
                "name": document_type,
                "title": entry.title,
                "summary": f"{entry.description} Contract {version}.",
                "contentType": JSON,
                "payload": {"$ref": f"#/components/schemas/{name}"},
            }
            if action == "receive":
                messages[name]["examples"] = [{"payload": example} for example in entry.examples]
            document["channels"][name] = {
                "address": _address(action, document_type, fetched),
                "messages": {document_type: {"$ref": f"#/components/messages/{name}"}},
            }
            document["operations"][name] = {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
    complete(schemas)
    document["components"] = {"messages": messages, "schemas": dict(sorted(schemas.items()))}
    return document


def _address(action: str, document_type: str, fetched: Collection[str]) -> str | None:
    if action == "receive":
        return PREFIX + sent_to(document_type)
    # Where a partner is sent to is its own affair.
    return PREFIX + FEED[0].path if document_type in fetched else None
