"""Documents as the partners of the first flow send them; our own writing after the vendors' documentation."""

from decimal import Decimal

SHOP_SECRET = "hush-hush-shop-secret"
THREEPL_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
CARRIER_SECRET = "carrier-secret-of-the-test"
GATEWAY_SECRET = "whsec_gateway_secret_of_the_test"
FINANCE_SECRET = "whsec_ZmluYW5jZS1maW5hbmNlLWZpbmFuY2UtZmluYW5jZQ=="


def money(value):
    """Two decimals, as text."""
    return str(Decimal(value).quantize(Decimal("0.01")))


def shopify_line(line_id, sku, quantity, price, *, discount="0.00", rate="0.15", title=None):
    """One line item; ``price`` per unit without tax, ``discount`` for the whole line."""
    net = Decimal(price) * quantity - Decimal(discount)
    line = {
        "id": line_id,
        "variant_id": 880000 + line_id,
        "title": title or f"Article {sku}",
        "quantity": quantity,
        "sku": sku,
        "name": title or f"Article {sku}",
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "fulfillable_quantity": quantity,
        "price": money(price),
        "total_discount": "0.00",
        "discount_allocations": [],
        "tax_lines": [{"title": "VAT", "price": money(net * Decimal(rate)), "rate": float(rate)}],
        "properties": [],
    }
    if Decimal(discount):
        line["discount_allocations"] = [{"amount": money(discount), "discount_application_index": 0}]
    return line


def shopify_order(number, lines, *, order_id=None, shipping="4.90", rate="0.15", currency="USD", **changes):
    """An ``orders/create`` document whose totals add up; ``changes`` replace members of the root."""
    order_id = order_id or 5_500_000_000_000 + int("".join(filter(str.isdigit, number)))
    subtotal = sum(
        Decimal(line["price"]) * line["quantity"] - sum(Decimal(d["amount"]) for d in line["discount_allocations"])
        for line in lines
    )
    discounts = sum(Decimal(d["amount"]) for line in lines for d in line["discount_allocations"])
    shipping_tax = Decimal(money(Decimal(shipping) * Decimal(rate)))
    tax = sum(Decimal(t["price"]) for line in lines for t in line["tax_lines"]) + shipping_tax
    total = subtotal + Decimal(shipping) + tax
    address = {
        "first_name": "Marta",
        "last_name": "Lindqvist",
        "name": "Marta Lindqvist",
        "address1": "12 Harbour Street",
        "address2": "2nd floor",
        "city": "Portland",
        "zip": "97201",
        "province": "Oregon",
        "province_code": "OR",
        "country": "United States",
        "country_code": "US",
        "phone": "+1 503 555 0142",
        "company": None,
    }
    document = {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": number,
        "order_number": int("".join(filter(str.isdigit, number))),
        "email": "marta.lindqvist@example.com",
        "created_at": "2026-11-20T14:05:09+01:00",
        "updated_at": "2026-11-20T14:05:10+01:00",
        "processed_at": "2026-11-20T14:05:08+01:00",
        "cancelled_at": None,
        "currency": currency,
        "presentment_currency": currency,
        "taxes_included": False,
        "financial_status": "pending",
        "fulfillment_status": None,
        "test": False,
        "note": "Please ring twice.",
        "tags": "web",
        "subtotal_price": money(subtotal),
        "total_discounts": money(discounts),
        "total_line_items_price": money(subtotal + discounts),
        "total_tax": money(tax),
        "total_price": money(total),
        "customer": {
            "id": 7_100_000_001,
            "email": "marta.lindqvist@example.com",
            "first_name": "Marta",
            "last_name": "Lindqvist",
            "phone": "+1 503 555 0142",
        },
        "billing_address": address,
        "shipping_address": address,
        "line_items": lines,
        "shipping_lines": [
            {
                "id": 1,
                "title": "Standard",
                "code": "STD",
                "price": money(shipping),
                "discounted_price": money(shipping),
                "discount_allocations": [],
                "tax_lines": [{"title": "VAT", "price": money(shipping_tax), "rate": float(rate)}],
            }
        ],
        "discount_applications": [],
        "discount_codes": [],
        "payment_gateway_names": ["stripe"],
        "note_attributes": [],
        "refunds": [],
        "fulfillments": [],
    }
    document.update(changes)
    return document


def shopify_headers(event_id, *, topic="orders/create"):
    """The headers that Shopify sends beside the signature."""
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "nordlicht.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": f"webhook-{event_id}",
        "X-Shopify-Event-Id": f"event-{event_id}",
        "X-Shopify-Triggered-At": "2026-11-20T13:05:10Z",
    }


def threepl_shipped(shipment_id, request_number, products, tracking, *, final, shipped_at="2026-11-20T17:30:00+00:00"):
    """The 3PL's ``order.shipped``: ``products`` are (external_line_id, sku, quantity[, lots])."""
    return {
        "type": "order.shipped",
        "timestamp": shipped_at,
        "data": {
            "shipment_id": shipment_id,
            "reference_id": request_number,
            "shipped_at": shipped_at,
            "is_final": final,
            "carrier": "nordpost",
            "tracking_numbers": [tracking],
            "products": [
                {
                    "external_line_id": product[0],
                    "sku": product[1],
                    "quantity": product[2],
                    **({"lots": product[3]} if len(product) > 3 else {}),
                }
                for product in products
            ],
        },
    }


def easypost_event(event_id, tracking, status, when, *, scanned_before=None):
    """EasyPost's ``tracker.updated``; ``scanned_before`` is when the carrier took the parcel over."""

    def scan(status, moment):
        return {
            "object": "TrackingDetail",
            "message": status.replace("_", " ").title(),
            "status": status,
            "status_detail": status,
            "datetime": moment,
            "source": "Nordpost",
            "carrier_code": None,
            "tracking_location": {
                "object": "TrackingLocation",
                "city": "Portland",
                "state": "OR",
                "country": "US",
                "zip": "97201",
            },
        }

    return {
        "id": event_id,
        "object": "Event",
        "mode": "production",
        "description": "tracker.updated",
        "previous_attributes": {"status": "unknown"},
        "pending_urls": [],
        "completed_urls": [],
        "created_at": when,
        "updated_at": when,
        "status": "pending",
        "result": {
            "id": f"trk_{tracking}",
            "object": "Tracker",
            "mode": "production",
            "tracking_code": tracking,
            "status": status,
            "status_detail": status,
            "carrier": "Nordpost",
            "signed_by": None,
            "weight": None,
            "est_delivery_date": None,
            "shipment_id": None,
            "created_at": when,
            "updated_at": when,
            "tracking_details": [scan("in_transit", scanned_before)] * bool(scanned_before) + [scan(status, when)],
        },
    }


def stripe_succeeded(event_id, order_number, amount_minor, *, currency="usd", payment_id=None):
    """Stripe's ``payment_intent.succeeded``; the amount in the currency's minor unit."""
    payment_id = payment_id or f"pi_{event_id}"
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-06-30",
        "created": 1_795_190_000,
        "type": "payment_intent.succeeded",
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {
            "object": {
                "id": payment_id,
                "object": "payment_intent",
                "amount": amount_minor,
                "amount_received": amount_minor,
                "currency": currency,
                "created": 1_795_189_990,
                "status": "succeeded",
                "latest_charge": f"ch_{event_id}",
                "payment_method_types": ["card"],
                "metadata": {"order_number": order_number},
            }
        },
    }
