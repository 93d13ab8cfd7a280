"""The catalogue: every document type is described, closed, and shown by examples that hold."""

import copy
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from sync_governance.core import canonical
from sync_governance.core.canonical import DocumentType, catalogue, definitions, validator
from sync_governance.core.contracts import DEFINITIONS, validate
from sync_governance.core.contracts.keywords import SchemaValidator
from sync_governance.core.faults import Domain

TYPES = list(catalogue().values())
EXAMPLES = [(entry.type, example) for entry in TYPES for example in entry.examples]
BUILDING_BLOCKS = definitions()["$defs"]
FLOW_TYPES = {
    "order.create",
    "fulfilment.request",
    "shipment.confirmed",
    "shipment.dispatched",
    "tracking.event",
    "invoice.posted",
    "payment.received",
}


def schemas_in(schema):
    """``schema`` and every schema below it, with the member that it describes."""
    waiting = [("", schema)]
    while waiting:
        name, current = waiting.pop()
        yield name, current
        waiting.extend(current.get("properties", {}).items())
        if "items" in current:
            waiting.append(("", current["items"]))


def values_in(value, name=""):
    """Every value of a document with the name of the member that holds it."""
    yield name, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from values_in(member, key)
    elif isinstance(value, list):
        for entry in value:
            yield from values_in(entry, name)


def test_each_file_is_named_after_its_type():
    names = {path.stem for path in (Path(canonical.__file__).parent / "types").iterdir()}
    assert names == set(catalogue())


def test_the_first_flow_has_its_types():
    assert FLOW_TYPES <= set(catalogue())


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.type)
def test_a_type_says_what_it_is_and_who_cares(entry: DocumentType):
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", entry.type)
    assert entry.domain in get_args(Domain)
    assert entry.title and entry.description.endswith(".")
    assert (entry.schema["title"], entry.schema["description"]) == (entry.title, entry.description)
    assert entry.schema["$id"].endswith(":" + entry.type)
    assert entry.examples


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.type)
def test_a_document_names_its_own_type_and_allows_extensions_at_its_root(entry: DocumentType):
    assert entry.schema["properties"]["type"]["const"] == entry.type
    assert "type" in entry.schema["required"]
    assert "extensions" in entry.schema["properties"]


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.type)
def test_every_field_of_a_type_is_described(entry: DocumentType):
    for name, schema in schemas_in(entry.schema):
        if name:
            target = schema.get("$ref", "").rpartition("/")[2]
            assert "description" in schema or "description" in BUILDING_BLOCKS[target], name


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.type)
def test_every_object_of_a_type_is_closed(entry: DocumentType):
    for name, schema in schemas_in(entry.schema):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name


def test_every_building_block_is_described_and_closed():
    for block, definition in BUILDING_BLOCKS.items():
        assert "description" in definition, block
        for name, schema in schemas_in(definition):
            if name:
                target = schema.get("$ref", "").rpartition("/")[2]
                assert "description" in schema or "description" in BUILDING_BLOCKS[target], (block, name)
            if schema.get("type") == "object" and block != "extensions":
                assert schema["additionalProperties"] is False, (block, name)


def test_every_building_block_is_a_correct_schema():
    SchemaValidator.check_schema(definitions())


def test_every_building_block_is_used():
    text = json.dumps([entry.schema for entry in TYPES]) + json.dumps(definitions(), default=str)
    for block in BUILDING_BLOCKS:
        assert f'"{DEFINITIONS}#/$defs/{block}"' in text, block


def test_examples_of_building_blocks_hold():
    for block, definition in BUILDING_BLOCKS.items():
        for example in definition.get("examples", ()):
            faults = validate({"$ref": f"{DEFINITIONS}#/$defs/{block}"}, example)
            assert not faults, (block, [fault.detail for fault in faults])


@pytest.mark.parametrize(("type_", "example"), EXAMPLES, ids=[name for name, _example in EXAMPLES])
def test_an_example_is_valid(type_, example):
    assert [fault.detail for fault in validator(type_).faults(example)] == []


@pytest.mark.parametrize(("type_", "example"), EXAMPLES, ids=[name for name, _example in EXAMPLES])
def test_an_example_with_an_unknown_field_is_not(type_, example):
    document = {**copy.deepcopy(example), "surprise": 1}
    assert [fault.pointer for fault in validator(type_).faults(document)] == ["/surprise"]
    document["extensions"] = {**document.get("extensions", {}), "surprise": document.pop("surprise")}
    assert validator(type_).faults(document) == []


@pytest.mark.parametrize(("type_", "example"), EXAMPLES, ids=[name for name, _example in EXAMPLES])
def test_an_example_carries_no_binary_floating_point_and_no_null(type_, example):
    assert not [name for name, value in values_in(example) if value is None or isinstance(value, float)]


@pytest.mark.parametrize(("type_", "example"), EXAMPLES, ids=[name for name, _example in EXAMPLES])
def test_identifiers_of_gs1_in_examples_have_the_right_check_digit(type_, example):
    for _name, value in values_in(example):
        if isinstance(value, dict) and value.get("scheme") in ("gtin", "gln"):
            assert check_digit_is_right(value["value"]), value
        if isinstance(value, dict) and "sscc" in value:
            assert check_digit_is_right(value["sscc"]), value


def check_digit_is_right(digits: str) -> bool:
    """GS1 General Specifications, section 7.9.1."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


@pytest.mark.parametrize("example", catalogue()["order.create"].examples, ids=lambda example: example["number"])
def test_an_order_in_an_example_adds_up(example):
    lines = sum(Decimal(line["unit_price"]) * Decimal(line["quantity"]["value"]) for line in example["lines"])
    discounts = sum(Decimal(cut["amount"]) for line in example["lines"] for cut in line["discounts"])
    charges = sum(Decimal(charge["amount"]) for charge in example["charges"])
    tax = sum(Decimal(tax["amount"]) for part in example["lines"] + example["charges"] for tax in part["taxes"])
    totals = example["totals"]
    assert lines == Decimal(totals["lines"])
    assert tax == Decimal(totals["tax"])
    total = lines - discounts + charges + (0 if example["prices_include_tax"] else tax)
    assert total == Decimal(totals["grand_total"])


@pytest.mark.parametrize("type_", ["invoice.posted", "credit_note.posted", "supplier_invoice.received"])
def test_an_invoice_in_an_example_adds_up(type_):
    for example in catalogue()[type_].examples:
        totals = {name: Decimal(value) for name, value in example["totals"].items()}
        assert sum(Decimal(line["net_amount"]) for line in example["lines"]) == totals["net"]
        assert sum(Decimal(tax["amount"]) for line in example["lines"] for tax in line["taxes"]) == totals["tax"]
        assert totals["net"] + totals["tax"] == totals["gross"]


def test_a_payout_and_a_ledger_batch_in_an_example_add_up():
    for payout in catalogue()["payout.paid"].examples:
        assert sum(Decimal(line["net"]) for line in payout["lines"]) == Decimal(payout["amount"]["amount"])
        for line in payout["lines"]:
            assert Decimal(line["gross"]) - Decimal(line["fee"]) == Decimal(line["net"])
    for batch in catalogue()["ledger_batch.posted"].examples:
        for entry in batch["entries"]:
            assert sum(Decimal(line["debit"]) - Decimal(line["credit"]) for line in entry["lines"]) == 0


def test_a_catalogue_entry_that_does_not_exist_has_no_validator():
    with pytest.raises(KeyError):
        validator("order.imagine")


@pytest.mark.parametrize(
    ("block", "good", "bad"),
    [
        ("decimal", ["0", "-3", "12.50", "0.001"], ["", "01", "1.", ".5", "1e3", "1,5", "+1", "12\n", "٣", 12]),
        ("non_negative_decimal", ["0", "7.25"], ["-1", "-0", " 1"]),
        ("currency", ["EUR", "CHF"], ["eur", "EURO", "€"]),
        ("timestamp", ["2026-03-05T14:30:00Z", "2026-03-05T14:30:00.25+01:00"], ["2026-03-05T14:30:00", "2026-03-05"]),
        ("date", ["2026-02-28"], ["2026-02-30", "20260228", "2026-02-28T00:00:00Z"]),
        ("identifier", [{"scheme": "sku", "value": "A"}], [{"scheme": "gln", "value": "123"}, {"value": "A"}]),
        ("country", ["DE"], ["de", "DEU"]),
        ("party", [{"name": "Lieve"}], [{}, {"name": "Lieve", "age": 40}]),
    ],
)
def test_a_building_block_takes_the_good_and_refuses_the_bad(block, good, bad):
    schema = {"$ref": f"{DEFINITIONS}#/$defs/{block}"}
    assert [value for value in good if validate(schema, value)] == []
    assert [value for value in bad if not validate(schema, value)] == []
