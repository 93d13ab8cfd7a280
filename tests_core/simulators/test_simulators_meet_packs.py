"""What the simulators send passes the contract and the mapping of its pack, and they accept what the packs make."""

import json
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sync_governance.core import canonical, contracts
from sync_governance.core.codecs import codec
from sync_governance.core.mapping import Mapping, NoReferences
from sync_governance.simulators.carrier import STEPS, Carrier
from sync_governance.simulators.finance import Finance
from sync_governance.simulators.gateway import Gateway
from sync_governance.simulators.shop import Shop
from sync_governance.simulators.threepl import Threepl

PACKS = Path(__file__).resolve().parents[2] / "packs"
LINES = [{"sku": "LAMP", "quantity": 3}, {"sku": "BOOK", "quantity": 1}, {"sku": "CELL", "quantity": 2}]
CONTEXT = {"environment": "test", "occurred_at": "2026-03-01T10:00:00Z"}


def pack_file(place):
    return json.loads((PACKS / place).read_text(encoding="utf-8"), parse_float=Decimal)


def taken_over(body, contract, mapping):
    """The canonical document of a partner's body, through every check of the way in."""
    document = codec("json").decode(body)
    assert [fault.detail for fault in contracts.validate(pack_file(contract), document)] == []
    result = Mapping.parse(pack_file(mapping)).evaluate(document, lookup=NoReferences(), context=CONTEXT)
    assert [fault.detail for fault in result.faults] == []
    shape = canonical.validator(result.document["type"])
    assert [fault.detail for fault in contracts.validate(shape, result.document)] == []
    return result.document


def handed_out(document_type, contract, mapping):
    """A partner's document made from the catalogue's own example, through every check of the way out."""
    example = canonical.catalogue()[document_type].examples[0]
    result = Mapping.parse(pack_file(mapping)).evaluate(example, lookup=NoReferences(), context=CONTEXT)
    assert [fault.detail for fault in result.faults] == []
    assert [fault.detail for fault in contracts.validate(pack_file(contract), result.document)] == []
    return json.loads(codec("json").encode(result.document))


@pytest.mark.parametrize("discount", ["0", "7.77"])
@pytest.mark.parametrize("taxes_included", [False, True])
def test_an_order_of_the_shop_is_understood_to_the_cent(started, odoo, discount, taxes_included):
    shop = started(Shop)
    object.__setattr__(shop.settings, "taxes_included", taxes_included)
    order = shop.control_orders(lines=LINES, discount=discount, customer=3)
    document = taken_over(
        odoo.received[0]["body"], "shopify/contracts/order.json", "shopify/mappings/order.create.json"
    )
    assert (document["number"], document["totals"]["grand_total"]) == (order["name"], order["total"])
    assert document["prices_include_tax"] is taxes_included
    parts = sum(Decimal(line["unit_price"]) * Decimal(line["quantity"]["value"]) for line in document["lines"])
    parts += sum(Decimal(charge["amount"]) for charge in document["charges"]) - Decimal(discount)
    taxes = [tax for part in (*document["lines"], *document["charges"]) for tax in part["taxes"]]
    on_top = Decimal() if taxes_included else sum(Decimal(tax["amount"]) for tax in taxes)
    assert parts + on_top == Decimal(order["total"])


def test_every_scan_of_the_carrier_is_understood(started, odoo):
    carrier = started(Carrier)
    for step in STEPS:
        carrier.control_scan(tracking_number="DP1", step=step)
    place = ("carrier/contracts/tracker.updated.json", "carrier/mappings/tracking.event.json")
    statuses = [taken_over(received["body"], *place)["status"] for received in odoo.received]
    assert statuses == [
        "announced", "accepted", "in_transit", "out_for_delivery", "delivered", "exception", "returning"
    ]  # fmt: skip


def test_a_payment_is_understood(started, odoo):
    payment = started(Gateway).control_payments(order_number="#1001", amount="204.75")
    place = ("stripe/contracts/payment_intent.succeeded.json", "stripe/mappings/payment.received.json")
    document = taken_over(odoo.received[0]["body"], *place)
    assert document["amount"] == {"amount": "204.75", "currency": "EUR"}
    assert (document["order_number"], document["number"]) == ("#1001", payment["payment_id"])


def test_the_3pl_takes_our_requests_and_we_its_confirmations(started, odoo):
    request = handed_out(
        "fulfilment.request",
        "threepl/contracts/fulfillment_request.created.json",
        "threepl/mappings/fulfilment.request.json",
    )
    threepl = started(Threepl)
    assert odoo.send("threepl-requests", threepl.url, request, message_id="m1").status == 202
    reference = request["data"]["reference_id"]
    threepl.control_confirm(reference_id=reference)
    place = ("threepl/contracts/order.shipped.json", "threepl/mappings/shipment.confirmed.json")
    document = taken_over(odoo.received[0]["body"], *place)
    assert (document["request_number"], document["final"]) == (reference, True)
    asked = [(product["external_line_id"], str(product["quantity"])) for product in request["data"]["products"]]
    assert [(line["request_line_id"], line["quantity"]["value"]) for line in document["lines"]] == asked
    assert datetime.fromisoformat(document["shipped_at"].replace("Z", "+00:00")) <= datetime.now(timezone.utc)


def test_finance_books_our_invoices(started, odoo):
    invoice = handed_out(
        "invoice.posted", "finance/contracts/sales_document.posted.json", "finance/mappings/invoice.posted.json"
    )
    finance = started(Finance)
    assert odoo.send("finance-invoices", finance.url, invoice, message_id="m1").status == 200
    assert finance.state()["bookings"][0]["number"] == invoice["data"]["document_number"]
