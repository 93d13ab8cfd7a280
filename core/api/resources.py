"""What addresses the API has: one table for the server that answers and for the document that describes it.

A partner's addresses follow from what it may exchange. A document type that nothing in Odoo takes or renders has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from ..canonical import catalogue
from ..delivery.cloudevents import Event, attributes

PREFIX = "/sync/v1"
# Where documents of a type are sent to, or read, where the name of the type does not say it well.
SENT_TO = {
    "customer.changed": "customers",
    "inventory.reported": "inventory-reports",
    "order.cancel": "orders/cancellations",
    "order.change": "orders/changes",
    "order.create": "orders",
    "payment.received": "payments",
    "receipt.confirmed": "receipts",
    "return.received": "returns/receipts",
    "return.requested": "returns",
    "shipment.confirmed": "shipments/confirmations",
    "supplier_invoice.received": "supplier-invoices",
    "tracking.event": "shipments/tracking-events",
}
READ_AT = {
    "availability.changed": "availability",
    "credit_note.posted": "credit-notes",
    "customer.changed": "customers",
    "fulfilment.request": "fulfilment-requests",
    "invoice.posted": "invoices",
    "order.changed": "orders",
    "price.changed": "prices",
    "product.changed": "products",
    "purchase_order.placed": "purchase-orders",
    "refund.issued": "refunds",
    "shipment.dispatched": "shipments",
}


@dataclass(frozen=True)
class Operation:
    """One method at one address. ``kind`` says who answers: ``send``, ``batch``, ``list``, ``read``, ``message``,
    ``raw``, ``description``, ``channels``, ``events``, ``acknowledge``, ``subscribe``, ``subscriptions``,
    ``subscription``, ``unsubscribe``, or one of ``business.KINDS``; ``document_type`` is None where it is about
    documents of any type.
    """

    method: str
    path: str
    kind: str
    document_type: str | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What addresses below the prefix are meant."""
        return re.compile(re.sub(r"\\\{id\\\}", "(?P<id>[A-Za-z0-9_-]{1,64})", re.escape(self.path)))

    @property
    def id(self) -> str:
        """Its name in the description."""
        return "-".join(filter(None, [self.kind, (self.document_type or "").replace(".", "-").replace("_", "-")]))


ALWAYS = (
    Operation("GET", "/openapi.json", "description"),
    Operation("GET", "/asyncapi.json", "channels"),
    Operation("GET", "/messages/{id}", "message"),
    Operation("GET", "/messages/{id}/raw", "raw"),
)
BATCH = Operation("POST", "/messages:batch", "batch")
SUBSCRIPTIONS = (
    Operation("GET", "/subscriptions", "subscriptions"),
    Operation("POST", "/subscriptions", "subscribe"),
    Operation("GET", "/subscriptions/{id}", "subscription"),
    Operation("POST", "/subscriptions/{id}:cancel", "unsubscribe"),
)
FEED = (Operation("GET", "/events", "events"), Operation("POST", "/events:acknowledge", "acknowledge"))


def sent_to(document_type: str) -> str:
    """The address below the prefix to which documents of this type are sent."""
    return "/" + SENT_TO.get(document_type, document_type.replace(".", "-").replace("_", "-"))


def read_at(document_type: str) -> str:
    """The address below the prefix at which documents of this type are read."""
    return "/" + READ_AT.get(document_type, document_type.replace(".", "-").replace("_", "-"))


def announced(event: Event) -> dict[str, str]:
    """A thin event: that it happened, and where its document is read."""
    told = attributes(event)
    thin = {"id": event.id, "type": event.type, "subject": event.subject or "", "time": told["time"]}
    return {**thin, "href": f"{PREFIX}{read_at(event.type)}/{event.id}"}


def operations(
    taken: Collection[str],
    given: Collection[str],
    business: Collection[Operation] = (),
    fed: Collection[str] = (),
) -> tuple[Operation, ...]:
    """Everything that somebody may call from whom documents of the types ``taken`` are taken, who is given those
    of ``given`` and fetches those of ``fed``, and who reads Odoo's ``business``: where that is at the same address, it
    is what is read there."""
    found = [*ALWAYS, *([BATCH] if taken else []), *(FEED if fed else ()), *SUBSCRIPTIONS, *business]
    places = {(operation.method, operation.path) for operation in business}
    for document_type in catalogue():
        if document_type in taken:
            found.append(Operation("POST", sent_to(document_type), "send", document_type))
        if document_type in given:
            path = read_at(document_type)
            kinds = ((path, "list"), (path + "/{id}", "read"))
            found += [Operation("GET", at, kind, document_type) for at, kind in kinds if ("GET", at) not in places]
    return tuple(found)


def find(offered: Collection[Operation], path: str) -> dict[str, tuple[Operation, str | None]]:
    """The operations at ``path`` (below the prefix) by their method, each with the id that stands in the path."""
    found: dict[str, tuple[Operation, str | None]] = {}
    for operation in offered:
        match = operation.pattern.fullmatch(path)
        if match and operation.method not in found:
            found[operation.method] = operation, match.groupdict().get("id")
    return found
