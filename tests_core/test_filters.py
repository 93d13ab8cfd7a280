"""A filter says which documents are wanted, in words of the catalogue and no others."""

import pytest
from sync_governance.core.canonical import catalogue
from sync_governance.core.canonical.filters import MOST_MEMBERS, MOST_VALUES, check, matches
from sync_governance.core.faults import Fault

INVOICE = catalogue()["invoice.posted"].examples[0]
SHIPMENT = catalogue()["shipment.dispatched"].examples[0]


def test_no_filter_wants_everything():
    assert matches(None, INVOICE) and matches({}, INVOICE)


def test_all_members_must_hold_and_one_of_the_values_suffices():
    number = INVOICE["number"]
    assert matches({"/number": number}, INVOICE)
    assert matches({"/number": ["x", number]}, INVOICE)
    assert matches({"/number": number, "/type": "invoice.posted"}, INVOICE)
    assert not matches({"/number": number, "/type": "x"}, INVOICE)
    assert not matches({"/number": []}, INVOICE)
    assert not matches({"/nothing/there": "x"}, INVOICE)


def test_a_star_is_any_entry_of_a_list():
    document = {"lines": [{"sku": "A"}, {"sku": "B"}], "flag": True}
    assert matches({"/lines/*/sku": "B"}, document)
    assert not matches({"/lines/*/sku": "C"}, document)
    assert not matches({"/lines/0/sku": "A"}, document), "places are not named"
    assert matches({"/flag": True}, document) and not matches({"/flag": "True"}, document)
    assert not matches({"/lines": "A"}, document)


@pytest.mark.parametrize(
    ("document_type", "wanted"),
    [
        ("invoice.posted", {"/number": "INV/1"}),
        ("invoice.posted", {"/lines/*/item/identifiers/*/value": ["A-1", "A-2"]}),
        ("shipment.dispatched", {"/remaining": True}),
        ("fulfilment.request", {"/ship_to/address/country": ["BE", "NL"]}),
    ],
)
def test_members_of_the_catalogue_can_be_named(document_type, wanted):
    check(wanted, document_type)


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        {},
        [],
        "x",
        {"number": "x"},
        {"/nothing": "x"},
        {"/lines": "x"},
        {"/lines/0/item": "x"},
        {"/number": {"$ne": "x"}},
        {"/number": 7},
        {"/number": []},
        {"/number": ["x"] * (MOST_VALUES + 1)},
        {"/number": "x" * 256},
        {f"/number{n}": "x" for n in range(MOST_MEMBERS + 1)},
        {"/number' OR 1=1 --": "x"},
    ],
)
def test_anything_else_is_refused(wanted):
    with pytest.raises(Fault) as caught:
        check(wanted, "invoice.posted")
    assert caught.value.code == "request.parameter_invalid"
