"""Addresses that depend on the document: a value stays one value wherever it stands."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery.request_lines import request_line
from sync_governance.core.faults import Fault

BASE = "https://acme.example.com:8443/services/data/v64.0/sobjects/"
UPSERT = "Account/Odoo_Number__c/{number}"


def test_a_value_of_the_document_is_one_segment():
    line = request_line("PATCH", UPSERT)
    assert line.method == "PATCH"
    assert line.address(BASE, {"number": "C 100/ä?x=1#y%2F"}) == (
        BASE + "Account/Odoo_Number__c/C%20100%2F%C3%A4%3Fx%3D1%23y%252F"
    )


def test_an_expression_chooses_between_two_objects():
    line = request_line("PATCH", "{kind == 'company' && 'Account' || 'Contact'}/Number__c/{number}?updateOnly=true")
    assert line.address(BASE, {"kind": "company", "number": "7"}) == f"{BASE}Account/Number__c/7?updateOnly=true"
    assert line.address(BASE, {"kind": "person", "number": "7"}) == f"{BASE}Contact/Number__c/7?updateOnly=true"


def test_a_parameter_of_the_address_stays_and_a_value_adds_none():
    line = request_line("DELETE", "labels?id={number}")
    assert line.address("https://x.example/v1?site=a", {"number": "1&all=yes"}) == (
        "https://x.example/v1/labels?site=a&id=1%26all%3Dyes"
    )


def test_posting_to_the_address_itself_needs_no_line():
    assert request_line("", "") is None
    assert request_line("POST", "") is None
    assert request_line("PUT", "").address(BASE, {}) == BASE


@pytest.mark.parametrize("value", ["", " ", None, True, [], {}, [None], [["a"]], ".", "..", "x" * 501, "\ud800"])
def test_what_is_no_value_of_an_address_is_a_fault(value):
    with pytest.raises(Fault) as caught:
        request_line("PATCH", UPSERT).address(BASE, {"number": value})
    assert caught.value.code == "translate.mapping_failed"
    assert "x" * 20 not in caught.value.detail


@pytest.mark.parametrize(
    "path",
    ["/absolute", "//other.example/x", "a//b", "../up", "a/../b", "a/./b", "a b", "a{", "a}", "{}", "{number", "a#b",
     "?only=query", "a%2e", "{numb(}"],
)  # fmt: skip
def test_what_is_no_path_below_the_address_is_refused(path):
    with pytest.raises(Fault) as caught:
        request_line("POST", path)
    assert caught.value.code == "engine.configuration"


def test_a_method_that_sends_nothing_is_refused():
    with pytest.raises(Fault):
        request_line("GET", "orders")


@given(st.text(min_size=1, max_size=60))
def test_no_document_leads_elsewhere(text):
    """What really goes on the wire, as the library writes it."""
    line = request_line("PATCH", "Account/{number}/x?key={number}&last=1")
    try:
        address = line.address(BASE, {"number": text})
    except Fault:
        return
    sent = requests.Request("PATCH", address).prepare().url
    parts = urlsplit(sent)
    assert (parts.scheme, parts.netloc) == ("https", "acme.example.com:8443")
    segments = parts.path.split("/")
    assert segments[:6] == ["", "services", "data", "v64.0", "sobjects", "Account"]
    assert (unquote(segments[6]), segments[7:]) == (text, ["x"])
    assert parse_qsl(parts.query, keep_blank_values=True) == [("key", text), ("last", "1")]


BODY = "merge(record, known && {Number__c: key} || `{}`)"


def test_a_list_is_several_segments_each_of_them_one():
    line = request_line("PATCH", "{known && [object, known] || [object, 'Number__c', key]}")
    assert line.address(BASE, {"object": "Account", "known": "001/x"}) == f"{BASE}Account/001%2Fx"
    assert line.address(BASE, {"object": "Contact", "key": "7"}) == f"{BASE}Contact/Number__c/7"
    for bad in ({"object": "..", "known": "1"}, {"object": "A", "known": True}, {"object": ["A"], "known": "1"}):
        with pytest.raises(Fault):
            line.address(BASE, bad)


def test_a_body_is_what_is_sent_and_the_rest_stays_here():
    line = request_line("PATCH", "{key}", BODY)
    assert line.sent({"record": {"Name": "Acme"}, "known": "001", "key": "7"}) == {"Name": "Acme", "Number__c": "7"}
    assert line.sent({"record": {"Name": "Acme"}, "key": "7"}) == {"Name": "Acme"}
    assert request_line("PUT", "x").sent({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(("body", "document"), [("record", {"key": "7"}), (BODY, {"record": "no object"})])
def test_a_document_of_which_nothing_is_sent_is_a_fault(body, document):
    with pytest.raises(Fault) as caught:
        request_line("PATCH", "x", body).sent(document)
    assert caught.value.code == "translate.mapping_failed"


def test_a_body_that_cannot_be_read_is_refused():
    with pytest.raises(Fault):
        request_line("PATCH", "x", "merge(")
