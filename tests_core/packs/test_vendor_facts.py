"""Documents of vendors that no pack takes: a few rules of the mapping language give the facts that people wrote down.

The documents are not part of the repository; where they are not beside it, these tests are skipped.
"""

from typing import Any

import pytest
from pack_reading import decoded, packs, read_json
from sync_governance.core.mapping import Mapping
from test_vendor_documents import COLLECTION, INTERFACES

TEXT = ["text"]


def rule(to: str, source: str, *convert: Any) -> dict[str, Any]:
    return {"to": to, "from": source, "convert": list(convert or TEXT), "required": True}


RULES = {
    "amazon_vendor_purchase_order": [
        {"to": "source", "value": "amazon_vendor"},
        {"to": "kind", "value": "order"},
        rule("number", "payload.purchaseOrderNumber"),
        rule("state", "payload.purchaseOrderState"),
        rule("date", "payload.orderDetails.purchaseOrderDate"),
        rule("ship_window", "payload.orderDetails.shipWindow", {"split": {"separator": "--"}}),
        {
            "to": "parties",
            "each": "payload.orderDetails.[{role: 'buyer', is: buyingParty}, {role: 'seller', is: sellingParty},"
            " {role: 'ship_to', is: shipToParty}, {role: 'bill_to', is: billToParty}][]",
            "rules": [rule("role", "role"), rule("id", "is.partyId")],
        },
        rule("currency", "payload.orderDetails.items[0].netCost.currencyCode", "currency"),
        {
            "to": "lines",
            "each": "payload.orderDetails.items",
            "rules": [
                rule("line", "itemSequenceNumber"),
                rule("asin", "amazonProductIdentifier"),
                rule("sku", "vendorProductIdentifier"),
                rule("qty", "orderedQuantity.amount"),
                rule("uom", "orderedQuantity.unitOfMeasure"),
                rule("price", "netCost.amount"),
            ],
        },
    ],
    "shipbob_create_order_request": [
        {"to": "source", "value": "shipbob"},
        {"to": "kind", "value": "warehouse_order"},
        rule("number", "order_number"),
        rule("reference", "reference_id"),
        rule("shipping_method", "shipping_method"),
        {"to": "lines", "each": "products", "rules": [rule("sku", "reference_id"), rule("qty", "quantity")]},
    ],
    "shopify_fulfillment": [
        {"to": "source", "value": "shopify"},
        {"to": "kind", "value": "shipment"},
        rule("external_id", "id"),
        rule("order_external_id", "order_id"),
        rule("status", "status"),
        rule("carrier", "tracking_company"),
        rule("tracking", "tracking_numbers", "unique"),
        rule("location", "location_id"),
        {"to": "lines", "each": "line_items", "rules": [rule("sku", "sku"), rule("qty", "quantity")]},
    ],
    "shopify_inventory_level_update": [
        {"to": "source", "value": "shopify"},
        {"to": "kind", "value": "inventory"},
        {"to": "topic", "value": "inventory_levels/update"},
        {
            "to": "lines",
            "each": "[@]",
            "rules": [
                rule("inventory_item", "inventory_item_id"),
                rule("location", "location_id"),
                rule("available", "available"),
            ],
        },
        rule("updated_at", "updated_at"),
    ],
    "stripe_charge_failed": [
        {"to": "source", "value": "stripe"},
        {"to": "kind", "value": "payment_failed"},
        rule("event_id", "id"),
        rule("event", "type"),
        rule("api_version", "api_version"),
        rule("created", "created", "integer"),
        rule("livemode", "livemode", "boolean"),
        rule("amount", "data.object.amount", {"decimal": {"minor_units_of": "data.object.currency"}}),
        rule("currency", "data.object.currency", "currency"),
        rule("failure", "data.object.failure_code"),
    ],
}

pytestmark = pytest.mark.skipif(not COLLECTION.is_dir(), reason="no collection of vendors' documents here")


@pytest.mark.parametrize("name", RULES)
def test_a_document_that_no_pack_takes_gives_its_facts(name: str):
    path = COLLECTION / f"{name}.json"
    mapping = Mapping.parse({"mapping": f"facts.{name}", "target": "facts", "rules": RULES[name]})
    result = mapping.evaluate(decoded(path))
    assert [fault.detail for fault in result.faults] == []
    (facts,) = read_json(path.with_name(path.name + ".expected.json"))["documents"]
    assert result.document == facts


def test_no_document_of_the_collection_is_left_out():
    names = [each.stem for each in COLLECTION.glob("*.json") if not each.name.endswith(".expected.json")]
    known = (*INTERFACES, *RULES, "shopify_refund_list")
    assert [name for name in names if not name.startswith(known)] == []


def test_a_charge_that_failed_is_no_payment():
    """Nothing of the pack takes it: it is turned away as a kind that was not agreed on."""
    topics = {line.get("topic") for line in packs()["stripe"].data["interfaces"]}
    assert decoded(COLLECTION / "stripe_charge_failed.json")["type"] not in topics
