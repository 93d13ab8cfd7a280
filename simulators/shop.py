"""The shop: sells, and tells by Shopify's webhook ``orders/create``.

Control:

``orders``   place an order; all arguments are optional: ``lines`` [{sku, quantity}], ``customer`` (number of a person),
             ``shipping``, ``discount``, ``note``, ``fault`` (one of :data:`FAULTS`)
``resend``   deliver the webhook of the order ``name`` once more, same ids, same bytes
"""

from __future__ import annotations

import copy
import json
import random
import time
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import shopify_order, signing
from .configuration import Article, Configuration, ShopSettings
from .outbox import Delivery
from .partner import ControlError, Partner, run

API_VERSION = "2026-10"
TOPIC = "orders/create"
FAULTS = ("duplicate", "wrong_signature", "broken_json", "unknown_sku", "wrong_total", "unknown_currency")
PEOPLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("people.json").read_text(encoding="utf-8"))
# ISO 4217 keeps this code for tests: no shop and no bank uses it.
_NO_CURRENCY = "XTS"
_NUMBERS_SINCE = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass
class PlacedOrder:
    """An order with the webhook that told of it."""

    name: str
    order_id: int
    total: str
    currency: str
    fault: str | None
    lines: list[dict[str, Any]]
    body: bytes
    webhook_id: str
    event_id: str
    triggered_at: str

    def shown(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "id": self.order_id,
            "total": self.total,
            "currency": self.currency,
            "fault": self.fault,
            "lines": self.lines,
            "webhook_id": self.webhook_id,
            "event_id": self.event_id,
        }


class Shop(Partner):
    name = "shop"

    def __init__(self, settings: ShopSettings) -> None:
        super().__init__(settings.port)
        self.settings = settings
        self.orders: dict[str, PlacedOrder] = {}
        self._catalogue = {article.sku: article for article in settings.catalogue}
        # Numbers go on after a restart, since Odoo remembers the earlier ones.
        since = int((datetime.now(timezone.utc) - _NUMBERS_SINCE).total_seconds()) // 5
        self._next_number = settings.first_order_number or 1001 + since

    def state(self) -> dict[str, Any]:
        with self.lock:
            return {"orders": [order.shown() for order in self.orders.values()]} | super().state()

    def control_orders(
        self,
        *,
        lines: list[dict[str, Any]] | None = None,
        customer: int | None = None,
        shipping: str | None = None,
        discount: str = "0",
        note: str | None = None,
        fault: str | None = None,
    ) -> dict[str, Any]:
        if fault is not None and fault not in FAULTS:
            raise ControlError(f"the faults are {', '.join(FAULTS)}")
        order = shopify_order.Order(
            order_id=time.time_ns() // 1_000_000,
            number=self._number(),
            placed_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            shop_domain=self.settings.shop_domain,
            currency=_NO_CURRENCY if fault == "unknown_currency" else self.settings.currency,
            customer=PEOPLE[customer % len(PEOPLE)] if customer is not None else random.choice(PEOPLE),
            lines=self._ordered(lines, fault),
            shipping=self.settings.shipping_price if shipping is None else Decimal(shipping),
            shipping_tax_rate=self.settings.catalogue[0].tax_rate,
            discount=Decimal(discount),
            taxes_included=self.settings.taxes_included,
            tax_title=self.settings.tax_title,
            note=note,
        )
        document = shopify_order.document(order)
        if Decimal(document["subtotal_price"]) < 0:
            raise ControlError("the discount is more than the goods cost")
        placed = self._placed(order, _with_wrong_total(document) if fault == "wrong_total" else document, fault)
        with self.lock:
            self.keep(self.orders, placed.name, placed)
        delivery = self._deliver(placed)
        if fault == "duplicate":
            delivery = self._deliver(placed)
        return placed.shown() | _told(delivery)

    def control_resend(self, *, name: str) -> dict[str, Any]:
        with self.lock:
            placed = self.orders.get(name)
        if placed is None:
            raise ControlError(f"there is no order {name}", 404)
        return placed.shown() | _told(self._deliver(placed))

    def _number(self) -> int:
        with self.lock:
            self._next_number += 1
            return self._next_number - 1

    def _ordered(
        self, lines: list[dict[str, Any]] | None, fault: str | None
    ) -> tuple[shopify_order.OrderedArticle, ...]:
        if lines is None:
            articles = random.sample(self.settings.catalogue, k=min(len(self.settings.catalogue), random.randint(1, 3)))
            lines = [{"sku": article.sku, "quantity": random.randint(1, 4)} for article in articles]
        if not lines:
            raise ControlError("an order has lines")
        ordered = [
            shopify_order.OrderedArticle(self._article(line["sku"]), _whole(line.get("quantity", 1))) for line in lines
        ]
        if fault == "unknown_sku":
            stranger = replace(ordered[0].article, sku=f"NEW-{random.randint(100, 999)}", title="Brand new article")
            ordered[0] = replace(ordered[0], article=replace(stranger, variant_id=stranger.variant_id + 500_000))
        return tuple(ordered)

    def _article(self, sku: str) -> Article:
        if sku not in self._catalogue:
            raise ControlError(f"the shop does not sell {sku}")
        return self._catalogue[sku]

    def _placed(self, order: shopify_order.Order, document: dict[str, Any], fault: str | None) -> PlacedOrder:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return PlacedOrder(
            name=order.name,
            order_id=order.order_id,
            total=document["total_price"],
            currency=order.currency,
            fault=fault,
            lines=[{"sku": line.article.sku, "quantity": line.quantity} for line in order.lines],
            body=body[: len(body) // 2] if fault == "broken_json" else body,
            webhook_id=str(uuid.uuid4()),
            event_id=str(uuid.uuid4()),
            triggered_at=datetime.now(timezone.utc).isoformat(timespec="microseconds"),
        )

    def _deliver(self, placed: PlacedOrder) -> Delivery:
        wrong = placed.fault == "wrong_signature"
        secret = f"not {self.settings.secret}" if wrong else self.settings.secret
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": TOPIC,
            "X-Shopify-Hmac-Sha256": signing.shopify(placed.body, secret),
            "X-Shopify-Shop-Domain": self.settings.shop_domain,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": placed.webhook_id,
            "X-Shopify-Event-Id": placed.event_id,
            "X-Shopify-Triggered-At": placed.triggered_at,
        }
        return self.outbox.send(
            self.settings.intake_url,
            placed.body,
            lambda: headers,
            webhook_id=placed.webhook_id,
            topic=TOPIC,
            reference=placed.name,
            # The shop would go on for hours; somebody who forges a signature does not.
            retry=not wrong,
        )


def _with_wrong_total(document: dict[str, Any]) -> dict[str, Any]:
    """The same order, one unit of its currency dearer than its parts."""
    document = copy.deepcopy(document)
    wrong = format(Decimal(document["total_price"]) + 1, "f")
    for name in ("total_price", "current_total_price"):
        document[name] = wrong
        for money in document[f"{name}_set"].values():
            money["amount"] = wrong
    document["total_outstanding"] = wrong
    return document


def _told(delivery: Delivery) -> dict[str, Any]:
    return {"status": delivery.status, "accepted": delivery.accepted}


def _whole(quantity: Any) -> int:
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise ControlError("a quantity is a whole number from 1")
    return quantity


def make(configuration: Configuration) -> Shop:
    return Shop(configuration.shop)


if __name__ == "__main__":
    run(make)
