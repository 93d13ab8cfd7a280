"""Documents as the vendors publish them, where a collection of them stands beside the repository.

Beside each document stands what is known of it. It is imported with exactly these facts, or refused with a fault that
says why; something else must not come out.
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pack_reading import PACKS, decoded, packs, read_json

COLLECTION = Path(os.environ.get("SYNC_SAMPLES") or PACKS.parent.parent / "shared" / "samples") / "json"
INTERFACES = {
    "shopify_order": ("shopify", "shopify.order.create"),
    "stripe_payment_intent": ("stripe", "stripe.payment.received"),
    "woo_order": ("woocommerce", "woocommerce.order.create"),
    "easypost": ("carrier", "carrier.tracking.event"),
}
# Why a document is refused, and by what.
REFUSED = {
    "shopify_order_fulfilled.json": ("translate.not_taken_over", "fulfilled in the shop"),
    "stripe_payment_intent_succeeded.json": ("validate.contract", "order number is missing"),
    "easypost_tracker_pre_transit.json": ("validate.contract", "Result is missing"),
}
STATUSES = {"partially_refunded": "paid"}

pytestmark = pytest.mark.skipif(not COLLECTION.is_dir(), reason="no collection of vendors' documents here")


def documents() -> Iterator[Any]:
    for path in sorted(COLLECTION.glob("*.json")) if COLLECTION.is_dir() else []:
        interface = next((value for prefix, value in INTERFACES.items() if path.name.startswith(prefix)), None)
        if interface and not path.name.endswith(".expected.json"):
            yield pytest.param(path, *interface, id=path.name)


@pytest.mark.skipif(not (COLLECTION / "shopify_refund_list.json").exists(), reason="not in the collection")
def test_each_refund_of_a_list_is_the_money_that_went_back():
    path = COLLECTION / "shopify_refund_list.json"
    known = read_json(path.with_name(path.name + ".expected.json"))["documents"]
    sources = decoded(path)
    assert len(sources) == len(known)
    for source, facts in zip(sources, known, strict=True):
        faults, result = translated(path, "shopify", "shopify.refund.issued", source)
        assert [fault.detail for fault in faults] == []
        assert (result.document["number"], result.document["order_number"]) == (
            facts["external_id"],
            facts["order_external_id"],
        )
        money = sum(Decimal(each["amount"]) for each in facts["transactions"] if each["kind"] == "refund")
        assert Decimal(result.document["amount"]["amount"]) == money
        assert result.document.get("reason", {}).get("text") == facts["note"]


def translated(path: Path, pack_name: str, interface: str, source: Any = None):
    pack = packs()[pack_name]
    return pack.translate(pack.part("interfaces", interface), decoded(path) if source is None else source)


@pytest.mark.parametrize(("path", "pack_name", "interface"), documents())
def test_a_vendors_document_is_imported_with_its_facts_or_refused(path: Path, pack_name: str, interface: str):
    faults, result = translated(path, pack_name, interface)
    if path.name in REFUSED:
        code, words = REFUSED[path.name]
        assert code in {fault.code for fault in faults}
        assert words in " ".join(fault.detail for fault in faults)
        return
    assert [fault.detail for fault in faults] == []
    (facts,) = read_json(path.with_name(path.name + ".expected.json"))["documents"]
    kind = "woocommerce" if facts["source"] == "woocommerce" else facts["kind"]
    checks = {
        "order": check_order,
        "woocommerce": check_woocommerce,
        "tracking": check_tracking,
        "payment": check_payment,
    }
    checks[kind](facts, result.document)


@pytest.mark.skipif(not (COLLECTION / "stripe_payment_intent_succeeded.json").exists(), reason="not in the collection")
def test_the_payment_is_imported_once_it_names_its_order():
    path = COLLECTION / "stripe_payment_intent_succeeded.json"
    source = decoded(path)
    source["data"]["object"]["metadata"]["order_number"] = "#1001"
    faults, result = translated(path, "stripe", "stripe.payment.received", source)
    assert faults == []
    (facts,) = read_json(path.with_name(path.name + ".expected.json"))["documents"]
    check_payment(facts, result.document)


def check_woocommerce(facts: dict, document: dict) -> None:
    assert document["partner_reference"] == facts["external_id"]
    assert document["number"] == facts["number"]
    assert document["currency"] == facts["currency"]
    assert document["placed_at"] == facts["date"] + "+00:00"
    totals = document["totals"]
    for ours, theirs in (("grand_total", "total"), ("tax", "tax"), ("discounts", "discount"), ("shipping", "shipping")):
        assert Decimal(totals[ours]) == Decimal(facts["totals"][theirs])
    for line, known in zip(document["lines"], facts["lines"], strict=True):
        identifiers = {entry["scheme"]: entry["value"] for entry in line["item"]["identifiers"]}
        assert (line["id"], identifiers.get("sku")) == (known["external_id"], known["sku"])
        assert line["description"] == known["description"]
        quantity, price = Decimal(line["quantity"]["value"]), Decimal(line["unit_price"])
        assert (quantity, quantity * price) == (Decimal(known["qty"]), Decimal(known["subtotal"]))
        assert sum(Decimal(tax["amount"]) for tax in line["taxes"]) == Decimal(known["tax"])


def check_order(facts: dict, document: dict) -> None:
    assert document["partner_reference"] == facts["external_id"]
    assert document["number"] == facts["number"]
    assert document["currency"] == facts["currency"]
    assert document["placed_at"] == facts["date"]
    assert document["prices_include_tax"] == facts["taxes_included"]
    assert document["payment"]["status"] == STATUSES.get(facts["financial_status"], facts["financial_status"])
    totals = document["totals"]
    assert Decimal(totals["grand_total"]) == Decimal(facts["totals"]["total"])
    assert Decimal(totals["tax"]) == Decimal(facts["totals"]["tax"])
    assert Decimal(totals["discounts"]) == Decimal(facts["totals"]["discount"])
    shipping = [charge for charge in document["charges"] if charge["kind"] == "shipping"]
    assert [charge["description"] for charge in shipping] == [entry["title"] for entry in facts["shipping"]]
    assert [Decimal(charge["amount"]) for charge in shipping] == [
        Decimal(entry["amount"]) for entry in facts["shipping"]
    ]
    assert len(document["lines"]) == len(facts["lines"])
    for line, known in zip(document["lines"], facts["lines"], strict=True):
        check_line(known, line)
    for role in ("ship_to", "bill_to"):
        check_address(facts.get(role), document.get(role))


def check_line(facts: dict, line: dict) -> None:
    identifiers = {entry["scheme"]: entry["value"] for entry in line["item"]["identifiers"]}
    assert line["id"] == facts["external_id"]
    assert identifiers.get("sku") == facts["sku"]
    assert identifiers.get("partner") == facts["variant_id"]
    assert line["item"]["description"] == facts["description"]
    assert Decimal(line["quantity"]["value"]) == Decimal(facts["qty"])
    assert Decimal(line["unit_price"]) == Decimal(facts["price"])
    assert sum(Decimal(discount["amount"]) for discount in line["discounts"]) == Decimal(facts["discount"])
    taxes = [(tax["title"], Decimal(tax["amount"]), Decimal(tax["rate"])) for tax in line["taxes"]]
    assert taxes == [(tax["title"], Decimal(tax["amount"]), Decimal(tax["rate"])) for tax in facts["tax"]]


def check_address(facts: dict | None, party: dict | None) -> None:
    if facts is None:
        assert party is None
        return
    names = {"street": "street", "city": "city", "postal": "postal_code", "region": "region", "country": "country"}
    assert party["name"] == facts["name"]
    assert party["address"] == {ours: facts[theirs] for theirs, ours in names.items()}


def check_tracking(facts: dict, document: dict) -> None:
    assert document["tracking_number"] == facts["tracking"]
    assert document["carrier"]["code"] == facts["carrier"]
    assert document["status"] == facts["status"]
    assert document["event_id"] == facts["event_id"]
    assert document["occurred_at"] == facts["last_event"].replace("Z", "+00:00")
    assert document["expected_delivery_at"].startswith(facts["estimated_delivery"])


def check_payment(facts: dict, document: dict) -> None:
    assert document["number"] == facts["payment_id"]
    assert document["amount"] == {"amount": facts["amount"], "currency": facts["currency"]}
