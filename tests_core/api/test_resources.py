"""Addresses, cursors, media types and the description, without a server."""

import pytest
from sync_governance.core.api import asyncapi, openapi, paging
from sync_governance.core.api.negotiation import JSON, answer_type, body_type
from sync_governance.core.api.problems import errors_of, problem_of, published
from sync_governance.core.api.resources import READ_AT, SENT_TO, find, operations
from sync_governance.core.canonical import catalogue
from sync_governance.core.faults import Fault

ALL = operations(catalogue(), catalogue(), fed=catalogue())


def test_every_kind_of_document_has_an_address_of_its_own():
    assert set(SENT_TO) | set(READ_AT) <= set(catalogue())
    places = [(operation.method, operation.path) for operation in ALL]
    assert len(places) == len(set(places)) == 5 + 2 + 4 + 3 * len(catalogue())
    assert len({operation.id for operation in ALL}) == len(ALL)


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_address_leads_to_its_operation(operation):
    found = find(ALL, operation.path.replace("{id}", "evt_1-A"))
    assert found[operation.method] == (operation, "evt_1-A" if "{id}" in operation.path else None)


@pytest.mark.parametrize("path", ["", "/", "/messages", "/messages/", "/messages/a/b", "/messages/a%2Fraw", "/orders/",
                                  "//orders", "/messages/" + "x" * 65, "/openapi_json", "/orders\n"])  # fmt: skip
def test_what_is_no_address_leads_nowhere(path):
    assert find(operations({"order.create"}, {"invoice.posted"}), path) == {}


def test_what_is_not_carried_has_no_address():
    assert {operation.document_type for operation in operations((), ())} == {None}


def test_a_cursor_leads_back_to_its_position_and_no_other_text_is_one():
    for position in (1, 77, 2**31 - 1):
        assert paging.position(paging.cursor(position)) == position
    assert paging.position(None) is None
    for text in ("", "x", "MTox=", "MTow", paging.cursor(2**31), paging.cursor(5) + "=", " " + paging.cursor(5), "é"):
        with pytest.raises(Fault):
            paging.position(text)


def test_a_page_has_a_size_within_bounds():
    assert (paging.page_size(None), paging.page_size("1"), paging.page_size("200")) == (50, 1, 200)
    for text in ("0", "201", "-1", "1.0", "", "٣", "1e1"):
        with pytest.raises(Fault):
            paging.page_size(text)


def test_the_kind_of_a_body():
    for text in (JSON, "Application/JSON; charset=utf-8", 'application/json; charset="UTF-8"; version=1'):
        assert body_type(text) == JSON
    for text in (None, "", "text/json", "application/json; version=9", "application/vnd.sync-governance.v9+json", "\n"):
        with pytest.raises(Fault):
            body_type(text)


def test_the_kind_of_an_answer():
    assert answer_type(None) == answer_type("") == answer_type("*/*") == answer_type("text/html, */*;q=0.1") == JSON
    assert answer_type("application/vnd.sync-governance.v1+json").endswith("v1+json")
    for text in ("text/html", "application/json;q=0, */*", "application/json;version=2", "*/*;q=0", ",", "x" * 5000):
        if text == "application/json;q=0, */*":
            assert answer_type(text).endswith("v1+json")
        else:
            with pytest.raises(Fault):
                answer_type(text)


def test_errors_are_the_single_ones_with_their_places():
    causes = [
        {"code": "validate.contract", "detail": "A.", "pointer": "/a b/c~1d/0", "title": "T"},
        {"code": "validate.contract", "detail": "B.", "expected": "1", "found": None},
    ]
    assert errors_of([{"code": "validate.contract", "detail": "Both.", "causes": causes}]) == [
        {"detail": "A.", "code": "validate.contract", "pointer": "#/a%20b/c~1d/0"},
        {"detail": "B.", "code": "validate.contract", "expected": "1", "found": None},
    ]
    assert len(errors_of([{"code": "x", "detail": "y"}] * 500)) == 100


def test_a_problem_says_who_can_fix_it_and_whether_to_come_again():
    problem = problem_of("request.in_progress", "It runs.")
    assert (problem["status"], problem["fixer"], problem["retryable"]) == (409, "nobody", True)
    assert problem["type"] == "urn:sync-governance:problem:request.in_progress"


def test_nothing_of_our_own_machinery_is_published():
    assert not [one for one in published() if one["code"].startswith("engine.")]


def test_the_description_of_everything_holds_together():
    contracts = {name: ("1.0.0", entry.schema) for name, entry in catalogue().items()}
    text = openapi.describe(ALL, contracts, "https://odoo.example", "api_key", 1000)
    components = text["components"]["schemas"]
    assert set(catalogue()) <= set(components)
    assert not [name for name in openapi.references(text) if name not in components]


def test_local_references_of_a_contract_stay_its_own():
    contract = {
        "$id": "urn:x",
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"type": "null"}},
    }
    offered = operations({"order.create"}, ())
    text = openapi.describe(offered, {"order.create": ("2.0.0", contract)}, "https://odoo.example", "basic", 1000)
    moved = text["components"]["schemas"]["contract.order.create"]
    assert moved["properties"]["a"] == {"$ref": "#/components/schemas/contract.order.create/$defs/a"}
    assert "$id" not in moved


def test_the_channels_are_those_of_what_is_exchanged_and_every_reference_leads_somewhere():
    orders, invoices = (catalogue()[name].schema for name in ("order.create", "invoice.posted"))
    text = asyncapi.describe(
        {"order.create": ("1", orders)}, {"invoice.posted": ("2", invoices)}, "odoo.example", "https"
    )
    actions = {name: operation["action"] for name, operation in text["operations"].items()}
    assert actions == {"receive.order.create": "receive", "send.invoice.posted": "send"}
    assert text["channels"]["receive.order.create"]["address"] == "/sync/v1/orders"
    assert text["channels"]["send.invoice.posted"]["address"] is None
    assert not [name for name in openapi.references(text) if name not in text["components"]["schemas"]]
    for operation in text["operations"].values():
        channel = text["channels"][operation["channel"]["$ref"].removeprefix("#/channels/")]
        for message in channel["messages"].values():
            assert message["$ref"].removeprefix("#/components/messages/") in text["components"]["messages"]
