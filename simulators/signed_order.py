"""Orders of the shop as signed webhooks, one call each: for whoever sends many and needs no running shop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from . import shopify_order, signing
from .configuration import Article


def body(number: int, articles: Sequence[Article], *, customer: Mapping[str, Any], shop_domain: str) -> bytes:
    """The webhook of order ``number``: one of each of ``articles``, with shipping and tax, in euros."""
    order = shopify_order.Order(
        order_id=number,
        number=number,
        placed_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        shop_domain=shop_domain,
        currency="EUR",
        customer=dict(customer),
        lines=tuple(shopify_order.OrderedArticle(article, 1) for article in articles),
        shipping=Decimal("4.90"),
        shipping_tax_rate=Decimal("0.19"),
        discount=Decimal("0"),
        taxes_included=False,
        tax_title="VAT",
    )
    return json.dumps(shopify_order.document(order), default=str).encode()


def headers(content: bytes, *, key: str, shop_domain: str, secret: str) -> dict[str, str]:
    """What the shop sends with ``content``; ``key`` is the webhook's id and the event's."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": shop_domain,
        "X-Shopify-Webhook-Id": key,
        "X-Shopify-Event-Id": key,
        "X-Shopify-Hmac-Sha256": signing.shopify(content, secret),
    }
