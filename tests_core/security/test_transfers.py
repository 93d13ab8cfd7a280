"""Personal data across regions: what is refused, and what of a document goes."""

from datetime import date, timedelta

import pytest
from sync_governance.core.canonical import catalogue
from sync_governance.core.contracts import definitions
from sync_governance.core.security.masking import MASK, carries_personal, mask_document, pointer_problem
from sync_governance.core.security.transfers import Crossing

TODAY = date(2026, 3, 1)
ORDER = {
    "number": "S-1",
    "ship_to": {"name": "Ada Lovelace", "street": "Main 1", "city": "Ulm", "password": "x", "country": "DE"},
    "lines": [{"sku": "A", "recipient": {"name": "Ben", "email": "ben@example.com"}}, {"sku": "B", "recipient": None}],
    "email": "ada@example.com",
}


def crossing(**values):
    return Crossing(**{"interface": "wms", "source": "eea", "target": "us", "outbound": True, "until": TODAY} | values)


def test_on_its_last_day_an_approval_is_valid_and_then_no_more():
    assert crossing().refusal(TODAY) is None
    refused = crossing().refusal(TODAY + timedelta(days=1))
    assert (refused.code, "ended on 2026-03-01" in refused.detail) == ("deliver.transfer_not_approved", True)


@pytest.mark.parametrize(
    "values", [{"until": None}, {"source": None}, {"target": None}, {"until": None, "target": None}]
)
def test_what_is_not_known_is_not_allowed(values):
    assert crossing(**values).refusal(TODAY).code == "deliver.transfer_not_approved"
    assert crossing(**values, outbound=False).refusal(TODAY).code == "receive.transfer_not_approved"


def test_without_a_rule_nothing_personal_goes():
    shown = crossing().shown(ORDER)
    assert shown["number"] == "S-1"
    assert shown["lines"][0]["sku"] == "A"
    assert (shown["email"], shown["ship_to"]["name"], shown["ship_to"]["city"]) == (MASK, MASK, MASK)
    assert "ada" not in str(shown).lower()


def test_only_what_the_rule_names_goes():
    shown = crossing(kept=("/ship_to", "/lines/*/recipient/name")).shown(ORDER)
    assert shown["ship_to"] == {**ORDER["ship_to"], "password": MASK}, "a secret is nobody's to keep"
    assert [line["recipient"] for line in shown["lines"]] == [{"name": "Ben", "email": MASK}, None]
    assert shown["email"] == MASK
    assert ORDER["email"] == "ada@example.com", "the document itself is left alone"


@pytest.mark.parametrize("kept", ["/nowhere", "/lines/9", "/number/deeper", "/lines/x", "/ship_to/name/first"])
def test_a_place_that_is_not_there_keeps_nothing(kept):
    assert mask_document(ORDER, kept=[kept]) == mask_document(ORDER)


def test_what_arrives_is_left_as_it_is():
    assert crossing(outbound=False).shown(ORDER) == ORDER


@pytest.mark.parametrize("text", ["", "ship_to", "/", "#/ship_to"])
def test_a_place_is_written_as_a_pointer(text):
    assert pointer_problem(text)
    assert pointer_problem("/ship_to") is None


def test_the_catalogue_says_which_documents_carry_personal_data():
    found = {code: carries_personal(entry.schema, definitions()["$defs"]) for code, entry in catalogue().items()}
    assert all(found[code] for code in ("order.create", "invoice.posted", "fulfilment.request", "customer.changed"))
    assert not any(found[code] for code in ("price.changed", "acknowledgement", "product.changed"))


def test_what_examples_hold_the_schemas_tell():
    """Whatever masking finds in an example, the look at the schema has found before."""
    for code, entry in catalogue().items():
        if any(mask_document(example) != example for example in entry.examples):
            assert carries_personal(entry.schema, definitions()["$defs"]), code


def test_an_identifier_is_personal_by_its_scheme():
    party = {"identifiers": [{"scheme": "VAT", "value": "DE1"}, {"scheme": "own", "value": "7"}, {"scheme": "vat"}]}
    assert mask_document(party)["identifiers"] == [
        {"scheme": "VAT", "value": MASK}, {"scheme": "own", "value": "7"}, {"scheme": "vat"},
    ]  # fmt: skip
    assert mask_document(party, personal=False) == party


def test_a_schema_that_leads_to_itself_ends():
    schema = {"$defs": {"a": {"properties": {"next": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"}
    assert not carries_personal(schema, {})
    schema["$defs"]["a"]["properties"]["buyer"] = {"properties": {"name": {}}}
    assert carries_personal(schema, {})
