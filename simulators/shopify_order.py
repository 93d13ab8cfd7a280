"""An order as Shopify's Admin API documents it for the webhook ``orders/create``.

Amounts are text with the currency's decimals; each one is repeated in a ``*_set`` with the shop's and the customer's
currency (the same here). Taxes are rounded per line. A discount code is spread over the lines as
``discount_allocations``, while ``total_discount`` of a line stays zero, as in the vendor's own documents.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .configuration import Article

_DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3}


@dataclass(frozen=True)
class OrderedArticle:
    article: Article
    quantity: int


@dataclass(frozen=True)
class Order:
    """What makes one order; :func:`document` writes it down as Shopify does."""

    order_id: int
    number: int
    placed_at: str
    shop_domain: str
    currency: str
    customer: dict[str, Any]
    lines: tuple[OrderedArticle, ...]
    shipping: Decimal
    shipping_tax_rate: Decimal
    discount: Decimal
    taxes_included: bool
    tax_title: str
    note: str | None = None

    @property
    def name(self) -> str:
        return f"#{self.number}"


def document(order: Order) -> dict[str, Any]:
    """The body of the webhook."""
    money = _Money(order.currency)
    amounts = [money.rounded(line.article.price * line.quantity) for line in order.lines]
    allocations = _spread(order.discount, amounts, money)
    lines = [
        _line(order, position, line, allocation, money)
        for position, (line, allocation) in enumerate(zip(order.lines, allocations, strict=True))
    ]
    shipping_lines = [_shipping_line(order, money)] if order.shipping else []
    taxes = _summed_taxes([*lines, *shipping_lines], money)
    total_tax = sum((Decimal(tax["price"]) for tax in taxes), Decimal())
    line_total = sum(amounts, Decimal())
    subtotal = line_total - order.discount
    total = subtotal + order.shipping + (Decimal() if order.taxes_included else total_tax)
    address = _address(order.customer)
    return {
        "id": order.order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "app_id": 580111,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": None,
        "checkout_id": order.order_id + 5,
        "checkout_token": None,
        "client_details": None,
        "closed_at": None,
        "confirmation_number": f"SG{order.number % 10**7:07d}",
        "confirmed": True,
        "contact_email": order.customer["email"],
        "created_at": order.placed_at,
        "currency": order.currency,
        **money.both("current_subtotal_price", subtotal),
        "current_total_additional_fees_set": None,
        **money.both("current_total_discounts", order.discount),
        "current_total_duties_set": None,
        **money.both("current_total_price", total),
        **money.both("current_total_tax", total_tax),
        "customer_locale": "en",
        "device_id": None,
        "discount_codes": _discount_codes(order, money),
        "duties_included": False,
        "email": order.customer["email"],
        "estimated_taxes": False,
        "financial_status": "authorized",
        "fulfillment_status": None,
        "landing_site": None,
        "landing_site_ref": None,
        "location_id": None,
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://{order.shop_domain}/orders/{order.order_id}",
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "payment_gateway_names": ["stripe"],
        "phone": None,
        "po_number": None,
        "presentment_currency": order.currency,
        "processed_at": order.placed_at,
        "reference": None,
        "referring_site": None,
        "source_identifier": None,
        "source_name": "web",
        "source_url": None,
        **money.both("subtotal_price", subtotal),
        "tags": "",
        "tax_exempt": False,
        "tax_lines": taxes,
        "taxes_included": order.taxes_included,
        "test": False,
        "token": f"{order.order_id:032x}",
        **money.both("total_discounts", order.discount),
        **money.both("total_line_items_price", line_total),
        "total_outstanding": money.text(total),
        **money.both("total_price", total),
        "total_shipping_price_set": money.set(order.shipping),
        **money.both("total_tax", total_tax),
        "total_tip_received": money.text(Decimal()),
        "total_weight": sum(500 * line.quantity for line in order.lines),
        "updated_at": order.placed_at,
        "user_id": None,
        "billing_address": address,
        "customer": _customer(order, address),
        "discount_applications": _discount_applications(order, money),
        "fulfillments": [],
        "line_items": lines,
        "payment_terms": None,
        "refunds": [],
        "shipping_address": address,
        "shipping_lines": shipping_lines,
    }


class _Money:
    """Amounts of one currency as text."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.unit = Decimal(1).scaleb(-_DECIMALS.get(currency, 2))

    def rounded(self, amount: Decimal) -> Decimal:
        return amount.quantize(self.unit, ROUND_HALF_UP)

    def text(self, amount: Decimal) -> str:
        return format(self.rounded(amount), "f")

    def set(self, amount: Decimal) -> dict[str, Any]:
        money = {"amount": self.text(amount), "currency_code": self.currency}
        return {"shop_money": money, "presentment_money": dict(money)}

    def both(self, name: str, amount: Decimal) -> dict[str, Any]:
        return {name: self.text(amount), f"{name}_set": self.set(amount)}


def _line(order: Order, position: int, line: OrderedArticle, allocation: Decimal, money: _Money) -> dict[str, Any]:
    article, line_id = line.article, order.order_id * 100 + position
    taxed = money.rounded(article.price * line.quantity) - allocation
    allocations = [{**money.both("amount", allocation), "discount_application_index": 0}] if allocation else []
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "attributed_staffs": [],
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 500,
        "name": article.title,
        **money.both("price", article.price),
        "product_exists": True,
        "product_id": article.variant_id + 1_000_000,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": True,
        "sku": article.sku,
        "taxable": bool(article.tax_rate),
        "title": article.title,
        **money.both("total_discount", Decimal()),
        "variant_id": article.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": None,
        "vendor": None,
        "tax_lines": _tax_lines(order, taxed, article.tax_rate, money),
        "duties": [],
        "discount_allocations": allocations,
    }


def _shipping_line(order: Order, money: _Money) -> dict[str, Any]:
    return {
        "id": order.order_id * 100 + 99,
        "carrier_identifier": None,
        "code": "standard",
        **money.both("discounted_price", order.shipping),
        "is_removed": False,
        "phone": None,
        **money.both("price", order.shipping),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": "Standard shipping",
        "tax_lines": _tax_lines(order, order.shipping, order.shipping_tax_rate, money),
        "discount_allocations": [],
    }


def _tax_lines(order: Order, amount: Decimal, rate: Decimal, money: _Money) -> list[dict[str, Any]]:
    if not rate:
        return []
    tax = amount * rate / (1 + rate) if order.taxes_included else amount * rate
    return [{"channel_liable": False, **money.both("price", tax), "rate": float(rate), "title": order.tax_title}]


def _summed_taxes(lines: list[dict[str, Any]], money: _Money) -> list[dict[str, Any]]:
    sums: dict[tuple[str, float], Decimal] = {}
    for tax in (tax for line in lines for tax in line["tax_lines"]):
        key = (tax["title"], tax["rate"])
        sums[key] = sums.get(key, Decimal()) + Decimal(tax["price"])
    return [
        {**money.both("price", amount), "rate": rate, "title": title, "channel_liable": False}
        for (title, rate), amount in sums.items()
    ]


def _spread(discount: Decimal, amounts: list[Decimal], money: _Money) -> list[Decimal]:
    """``discount`` over the lines by their amounts; the last one takes what rounding leaves."""
    total, left, shares = sum(amounts, Decimal()), discount, []
    for amount in amounts[:-1]:
        share = money.rounded(discount * amount / total)
        shares.append(share)
        left -= share
    return [*shares, left]


def _discount_codes(order: Order, money: _Money) -> list[dict[str, Any]]:
    if not order.discount:
        return []
    return [{"code": "WELCOME", "amount": money.text(order.discount), "type": "fixed_amount"}]


def _discount_applications(order: Order, money: _Money) -> list[dict[str, Any]]:
    if not order.discount:
        return []
    return [
        {
            "target_type": "line_item",
            "type": "discount_code",
            "value": money.text(order.discount),
            "value_type": "fixed_amount",
            "allocation_method": "across",
            "target_selection": "all",
            "code": "WELCOME",
        }
    ]


def _address(person: dict[str, Any]) -> dict[str, Any]:
    return {
        "first_name": person["first_name"],
        "address1": person["address1"],
        "phone": person["phone"],
        "city": person["city"],
        "zip": person["zip"],
        "province": person["province"],
        "country": person["country"],
        "last_name": person["last_name"],
        "address2": person["address2"],
        "company": person["company"],
        "latitude": None,
        "longitude": None,
        "name": f"{person['first_name']} {person['last_name']}",
        "country_code": person["country_code"],
        "province_code": None,
    }


def _customer(order: Order, address: dict[str, Any]) -> dict[str, Any]:
    person = order.customer
    customer_id = 207_000_000 + zlib.crc32(person["email"].encode()) % 1_000_000
    default = {
        "id": customer_id,
        "customer_id": customer_id,
        **{name: value for name, value in address.items() if name not in ("latitude", "longitude")},
        "country_name": person["country"],
        "default": True,
    }
    return {
        "id": customer_id,
        "email": person["email"],
        "created_at": order.placed_at,
        "updated_at": order.placed_at,
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "phone": None,
        "tags": "",
        "currency": order.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        "default_address": default,
    }
