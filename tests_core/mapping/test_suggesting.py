"""Rules are suggested for a new partner's document."""

import json

from sync_governance.core.canonical import catalogue
from sync_governance.core.mapping import Mapping
from sync_governance.core.mapping.suggesting import Known, known_from, suggest, with_rule

SCHEMA = catalogue()["order.create"].schema
DOCUMENT = {
    "orderNo": "A-17",
    "createdAt": "2026-03-01T10:00:00+01:00",
    "ccy": "EUR",
    "remark": "Ring twice",
    "loyaltyTier": "gold",
    "customer": {"email": "nora@example.com", "address": {"zip": "9000", "town": "Gent", "country": "BE"}},
    "positions": [
        {"articleNo": "LAMP", "ean": "4006381333931", "qty": 2, "unitPrice": "40.00", "uom": "EA"},
        {"articleNo": "DESK", "ean": "4006381333931", "qty": 1, "unitPrice": "99.00", "uom": "EA"},
    ],
}


def found(document=None, known=()):
    return {each.target: each for each in suggest([document or DOCUMENT], SCHEMA, known)}


def test_names_and_shapes_lead_to_rules():
    rules = {target: (each.source, each.rule.get("convert")) for target, each in found().items()}
    assert rules["number"] == ("orderNo", ["text", "trim"])
    assert rules["placed_at"] == ("createdAt", ["datetime"])
    assert rules["currency"] == ("ccy", ["currency"])
    assert rules["note"] == ("remark", ["text", "trim"])
    assert rules["buyer.email"][0] == "customer.email"
    assert rules["buyer.address.city"][0] == "customer.address.town"
    assert rules["lines[].quantity.value"] == ("positions[].qty", ["decimal"])
    assert rules["lines[].quantity.unit"] == ("positions[].uom", ["unit"])
    assert rules["lines[].unit_price"] == ("positions[].unitPrice", ["decimal"])
    assert "loyaltyTier" not in {each.source for each in found().values()}


def test_a_value_of_another_shape_is_not_suggested():
    assert "currency" not in found({"currency": "euro coins", "orderNo": "1"})
    assert "placed_at" not in found({"createdAt": "yesterday"})


def test_every_suggestion_says_why_and_how_sure():
    for each in found().values():
        assert 0.5 <= each.confidence <= 0.95
        assert each.reason
    assert "ccy is called like it; every value is a currency" in found()["currency"].reason


def test_what_another_partner_does_counts_most():
    known = [Known("acme.order.create", "order_no", "partner_reference")]
    each = found(known=known)["partner_reference"]
    assert (each.source, each.confidence) == ("orderNo", 0.95)
    assert each.reason == "acme.order.create reads order_no for it"


def test_plain_members_of_a_mapping_are_known():
    rules = [
        {"to": "number", "from": "head.no"},
        {"to": "lines", "each": "items", "rules": [{"to": "quantity.value", "from": "qty"}]},
        {"to": "buyer", "in": "who", "rules": [{"to": "name", "from": "full || short"}]},
    ]
    assert known_from({"mapping": "m", "target": "order.create", "rules": rules}) == [
        Known("m", "no", "number"),
        Known("m", "qty", "lines[].quantity.value"),
    ]


def test_rules_that_are_taken_make_a_mapping_that_works():
    document = {"mapping": "new.order.create", "target": "order.create", "rules": []}
    for each in suggest([DOCUMENT], SCHEMA):
        document = with_rule(document, each)
    again = document
    for each in suggest([DOCUMENT], SCHEMA):
        again = with_rule(again, each)
    assert again == document, "a target that has a rule keeps it"
    result = Mapping.parse(json.loads(json.dumps(document))).evaluate(DOCUMENT)
    assert not result.faults
    assert result.document["number"] == "A-17"
    line = result.document["lines"][1]
    assert line["quantity"] == {"value": "1", "unit": "EA"}
    assert {"scheme": "gtin", "value": "4006381333931"} in line["item"]["identifiers"]


def test_what_an_object_is_made_of_is_left_to_its_rule():
    email = found()["buyer.email"]
    document = {"mapping": "m", "target": "order.create", "rules": [{"to": "buyer", "in": "who", "rules": [{}]}]}
    assert with_rule(document, email) == document
    quantity = found()["lines[].quantity.value"]
    for lines in (
        {"to": "lines", "parts": [{"each": "positions", "rules": [{"to": "id", "from": "n"}]}]},
        {"to": "lines", "each": "other", "rules": [{"to": "id", "from": "n"}]},
        {"to": "lines", "each": "positions", "rules": [{"to": "quantity", "in": "amounts", "rules": [{}]}]},
    ):
        taken = {**document, "rules": [lines]}
        assert with_rule(taken, quantity) == taken
