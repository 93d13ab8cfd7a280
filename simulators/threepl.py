"""The 3PL: takes fulfilment requests and confirms shipments, in the manner of ShipBob, by Standard Webhooks.

A request is answered 202 with the 3PL's own id. ``reference_id`` is unique: a second request under it is the same one.

Control:

``confirm``  ship goods of the request ``reference_id``: ``part`` is ``first`` (about half), ``rest`` or ``all``;
             ``over`` adds so many pieces more than were asked for; ``final`` overrides whether it was the last parcel
``resend``   deliver the confirmation of ``shipment_id`` once more
``mode``     behave as ``mode`` (see :mod:`.receiving`), with ``retry_after`` and ``count``
"""

from __future__ import annotations

import itertools
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from . import signing
from .configuration import Configuration, ThreeplSettings
from .outbox import Delivery
from .partner import Answer, ControlError, Partner, run
from .receiving import Reception

REQUEST, SHIPPED = "fulfillment_request.created", "order.shipped"


@dataclass
class Line:
    line_id: str
    sku: str
    asked: Decimal
    lots: list[dict[str, Any]]
    shipped: Decimal = Decimal()

    @property
    def left(self) -> Decimal:
        return max(self.asked - self.shipped, Decimal())


@dataclass
class Shipment:
    """A parcel that left, with the webhook that tells of it."""

    shipment_id: str
    document: dict[str, Any]
    webhook_id: str

    @property
    def tracking_numbers(self) -> list[str]:
        return self.document["data"]["tracking_numbers"]


@dataclass
class FulfilmentRequest:
    own_id: str
    reference_id: str
    order_number: str
    customer_order_number: str
    received_at: str
    lines: list[Line]
    shipments: list[Shipment] = field(default_factory=list)

    @property
    def state(self) -> str:
        if not any(line.left for line in self.lines):
            return "shipped"
        return "partly_shipped" if self.shipments else "open"

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.own_id,
            "reference_id": self.reference_id,
            "order_number": self.order_number,
            "customer_order_number": self.customer_order_number,
            "received_at": self.received_at,
            "state": self.state,
            "lines": [
                {"line_id": line.line_id, "sku": line.sku, "asked": str(line.asked), "shipped": str(line.shipped)}
                for line in self.lines
            ],
            "shipments": [
                {"shipment_id": shipment.shipment_id, "tracking_numbers": shipment.tracking_numbers}
                for shipment in self.shipments
            ],
        }


class Threepl(Partner):
    name = "threepl"

    def __init__(self, settings: ThreeplSettings) -> None:
        super().__init__(settings.port)
        self.settings = settings
        self.requests: dict[str, FulfilmentRequest] = {}
        self.reception = Reception(settings.secret_in, self._take)
        self.at_stop.append(self.reception.stop)
        self._numbers = itertools.count(random.randrange(10**5, 10**6))

    def receive(self, body: bytes, headers: Any) -> Answer:
        return self.reception.receive(body, headers)

    def state(self) -> dict[str, Any]:
        with self.lock:
            requests = [request.shown() for request in self.requests.values()]
        return {"requests": requests, **self.reception.shown(), **super().state()}

    def control_mode(self, *, mode: str, retry_after: int = 5, count: int = 0) -> dict[str, Any]:
        return self.reception.set_mode(mode, retry_after=retry_after, count=count)

    def control_confirm(
        self, *, reference_id: str, part: str = "all", over: int = 0, final: bool | None = None
    ) -> dict[str, Any]:
        with self.lock:
            request = self.requests.get(reference_id)
            if request is None:
                raise ControlError(f"there is no request {reference_id}", 404)
            quantities = _quantities(request, part)
            if over:
                quantities[0] += Decimal(over)
            if not any(quantities):
                raise ControlError(f"nothing is left to ship of {reference_id}")
            shipment = self._ship(request, quantities, final)
        return self._told(shipment, self._deliver(shipment))

    def control_resend(self, *, shipment_id: str) -> dict[str, Any]:
        with self.lock:
            shipments = [shipment for request in self.requests.values() for shipment in request.shipments]
        for shipment in shipments:
            if shipment.shipment_id == shipment_id:
                return self._told(shipment, self._deliver(shipment))
        raise ControlError(f"there is no shipment {shipment_id}", 404)

    def _take(self, document: dict[str, Any], _webhook_id: str) -> Answer:
        if document["type"] != REQUEST:
            return Answer(422, {"error": f"type {document['type']} is not known"})
        data = document["data"]
        reference = str(data["reference_id"])
        lines = [
            Line(
                line_id=str(product["external_line_id"]),
                sku=str(product["reference_id"]),
                asked=Decimal(str(product["quantity"])),
                lots=list(product.get("lots") or []),
            )
            for product in data["products"]
        ]
        if not lines or any(line.asked <= 0 for line in lines):
            return Answer(422, {"error": "a request has products with quantities above zero"})
        if not data["recipient"]["name"] or not data["recipient"]["address"]:
            return Answer(422, {"error": "a request has a recipient with name and address"})
        with self.lock:
            if reference not in self.requests:
                request = FulfilmentRequest(
                    own_id=f"FUL-{next(self._numbers)}",
                    reference_id=reference,
                    order_number=str(data.get("order_number") or ""),
                    customer_order_number=str(data.get("customer_order_number") or ""),
                    received_at=_now(),
                    lines=lines,
                )
                self.keep(self.requests, reference, request)
            request = self.requests[reference]
        return Answer(202, {"id": request.own_id, "reference_id": reference, "status": "Processing"})

    def _ship(self, request: FulfilmentRequest, quantities: list[Decimal], final: bool | None) -> Shipment:
        number = next(self._numbers)
        products = []
        for line, quantity in zip(request.lines, quantities, strict=True):
            if quantity:
                products.append(
                    {
                        "external_line_id": line.line_id,
                        "sku": line.sku,
                        "quantity": _number(quantity),
                        "lots": self._lots(line, quantity),
                    }
                )
                line.shipped += quantity
        document = {
            "type": SHIPPED,
            "timestamp": _now(),
            "data": {
                "shipment_id": f"SHP-{number}",
                "reference_id": request.reference_id,
                "shipped_at": _now(),
                "is_final": not any(line.left for line in request.lines) if final is None else final,
                "carrier": "DemoPost",
                "tracking_numbers": [f"DP{random.randrange(10**11, 10**12)}"],
                "products": products,
            },
        }
        shipment = Shipment(document["data"]["shipment_id"], document, f"msg_{uuid.uuid4().hex}")
        request.shipments.append(shipment)
        return shipment

    def _lots(self, line: Line, quantity: Decimal) -> list[dict[str, Any]]:
        """The lots that were picked: those asked for, in their order, else the one on the shelf."""
        picked, gone = [], line.shipped
        for lot in line.lots:
            asked = Decimal(str(lot["quantity"]))
            taken = min(max(asked - gone, Decimal()), quantity)
            gone = max(gone - asked, Decimal())
            quantity -= taken
            if taken:
                picked.append({"lot_number": str(lot["lot_number"]), "quantity": _number(taken)})
        on_the_shelf = self.settings.lots.get(line.sku) or next((str(lot["lot_number"]) for lot in line.lots), None)
        if quantity and on_the_shelf:
            picked.append({"lot_number": on_the_shelf, "quantity": _number(quantity)})
        return picked

    def _deliver(self, shipment: Shipment) -> Delivery:
        body = json.dumps(shipment.document, separators=(",", ":")).encode()
        return self.outbox.send(
            self.settings.intake_url,
            body,
            lambda: {
                "Content-Type": "application/json",
                "x-webhook-topic": SHIPPED,
                **signing.standard_webhooks(body, self.settings.secret_out, message_id=shipment.webhook_id),
            },
            webhook_id=shipment.webhook_id,
            topic=SHIPPED,
            reference=shipment.shipment_id,
        )

    @staticmethod
    def _told(shipment: Shipment, delivery: Delivery) -> dict[str, Any]:
        return {
            "shipment_id": shipment.shipment_id,
            "tracking_numbers": shipment.tracking_numbers,
            "shipped_at": shipment.document["data"]["shipped_at"],
            "is_final": shipment.document["data"]["is_final"],
            "status": delivery.status,
            "accepted": delivery.accepted,
        }


def _quantities(request: FulfilmentRequest, part: str) -> list[Decimal]:
    """What leaves of each line."""
    left = [line.left for line in request.lines]
    if part in ("rest", "all"):
        return left
    if part != "first":
        raise ControlError("part is first, rest or all")
    halves = [max(quantity // 2, Decimal()) for quantity in left]
    if any(halves):
        return halves
    # Single pieces only: the first of them leaves, the others stay.
    return [quantity if position == 0 else Decimal() for position, quantity in enumerate(left)]


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def make(configuration: Configuration) -> Threepl:
    return Threepl(configuration.threepl)


if __name__ == "__main__":
    run(make)
