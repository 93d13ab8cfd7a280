"""What may be asked of Odoo's business, without a server."""

from datetime import datetime

import pytest
from sync_governance.core.api import business, openapi
from sync_governance.core.api.resources import find, operations
from sync_governance.core.canonical import catalogue
from sync_governance.core.faults import Fault

ALL = business.readable(catalogue())


def test_each_read_has_an_address_of_its_own_beside_what_is_sent_and_given():
    assert set(business.ADDRESSES) <= set(catalogue())
    offered = operations(catalogue(), catalogue(), ALL)
    places = [(operation.method, operation.path) for operation in offered]
    assert len(places) == len(set(places))
    assert len({operation.id for operation in offered}) == len(offered)
    for operation in ALL:
        found = find(offered, operation.path.replace("{id}", "7"))
        assert found[operation.method][0] == operation


def test_what_is_not_named_has_no_address():
    assert business.readable(()) == business.readable({"order.create"}) == ()
    assert {operation.path for operation in business.readable({"invoice.posted"})} == {"/orders/{id}/invoices"}


def test_the_description_of_the_reads_holds_together():
    text = openapi.describe(operations((), (), ALL), {}, "https://odoo.example", "api_key", 1000)
    assert "/sync/v1/availability:query" in text["paths"]
    components = text["components"]["schemas"]
    assert not [name for name in openapi.references(text) if name not in components]
    for methods in text["paths"].values():
        for operation in methods.values():
            assert {"401", "403"} & set(operation["responses"])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("2026-03-05T14:30:00Z", datetime(2026, 3, 5, 14, 30)),
        ("2026-03-05t14:30:00.123456789z", datetime(2026, 3, 5, 14, 30)),
        ("2026-03-05T14:30:00+01:00", datetime(2026, 3, 5, 13, 30)),
    ],
)
def test_a_moment_is_read_with_its_offset(text, moment):
    assert business.since(text) == moment


@pytest.mark.parametrize("text", ["", "x", "2026-03-05", "2026-03-05T14:30:00", "2026-02-30T00:00:00Z",
                                  "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-05T14:30:00 01:00",
                                  "2026-03-05T14:30:00Z\n", "٢٠٢٦-03-05T14:30:00Z"])  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(Fault, match="changed_since"):
        business.since(text)


def test_a_question_names_each_item_once():
    item = {"scheme": "sku", "value": "A"}
    asked = business.question({"items": [item, item, {"scheme": "gtin", "value": "1"}], "locations": ["W", "W"]})
    assert asked == business.Question((("sku", "A"), ("gtin", "1")), ("W",))


@pytest.mark.parametrize("document", [None, [], "x", {}, {"items": []}, {"items": [1]}, {"items": [{"scheme": "sku"}]},
                                      {"items": [{"scheme": 1, "value": "A"}]}, {"items": {"scheme": "sku"}},
                                      {"items": [{"scheme": "sku", "value": "A"}], "locations": [None]},
                                      {"items": [{"scheme": "sku", "value": "A", "more": "B"}]},
                                      {"items": [{"scheme": "sku", "value": "A\0"}]},
                                      {"items": [{"scheme": "sku", "value": "x" * 129}]}])  # fmt: skip
def test_what_is_no_question_is_refused(document):
    with pytest.raises(Fault) as caught:
        business.question(document)
    assert caught.value.code == "request.parameter_invalid"
