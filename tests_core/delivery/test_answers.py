"""What a partner says in the body of a 2xx counts, where rules say how to read it."""

import json

import pytest
from sync_governance.core.delivery.answers import judged, rules_of
from sync_governance.core.delivery.http import DeliveryResult
from sync_governance.core.faults import Fault

GRAPHQL = json.dumps(
    {
        "accepted": "data && !errors && !(data.*.userErrors[])",
        "throttled": "errors[?extensions.code == 'THROTTLED']",
        "failed": "errors[?extensions.code == 'INTERNAL_SERVER_ERROR']",
        "codes": "[errors[].extensions.code, data.*.userErrors[].code][]",
    }
)


def answer(body, *, status=200, fault=None, truncated=False):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DeliveryResult(status, {}, raw, 0.1, fault, truncated)


def code_of(body, rules=GRAPHQL, **values):
    fault = judged(answer(body, **values), rules_of(rules), place="shop.example").fault
    return fault and fault.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"data": {"fulfillmentCreate": {"fulfillment": {"id": "1"}, "userErrors": []}}}, None),
        ({"data": {"fulfillmentCreate": {"userErrors": [{"message": "no"}]}}}, "deliver.rejected"),
        ({"errors": [{"message": "Field is missing"}]}, "deliver.rejected"),
        ({"data": None, "errors": [{"extensions": {"code": "THROTTLED"}}]}, "deliver.throttled"),
        ({"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}, "deliver.server_error"),
        ({"errors": "[API] Invalid API key or access token"}, "deliver.rejected"),
        ({}, "deliver.rejected"),
        ([], "deliver.rejected"),
        (b"<html>Back soon</html>", "deliver.answer_unreadable"),
        (b"", "deliver.answer_unreadable"),
    ],
)
def test_an_answer_of_200_is_judged_by_what_it_says(body, code):
    assert code_of(body) == code


def test_an_answer_that_broke_off_is_not_believed():
    assert code_of({"data": {"x": {"userErrors": []}}}, truncated=True) == "deliver.answer_unreadable"


def test_the_status_of_a_refusal_stays_what_it_is():
    refused = Fault("deliver.gone", "gone")
    result = answer({"data": {}}, status=410, fault=refused)
    assert judged(result, rules_of(GRAPHQL), place="x").fault is refused


def test_without_rules_the_status_alone_decides():
    assert judged(answer(b"whatever"), rules_of(""), place="x").fault is None


def test_codes_are_named_and_sentences_are_not():
    body = {"data": {"a": {"userErrors": [{"code": "INVALID_QUANTITY"}, {"code": "Jane Doe is not known"}]}}}
    fault = judged(answer(body), rules_of(GRAPHQL), place="shop.example").fault
    assert "INVALID_QUANTITY" in fault.detail
    assert "Jane" not in fault.detail


def test_the_status_is_known_to_the_rules():
    assert code_of({}, '{"accepted": "@context.status == `202`"}', status=202) is None
    assert code_of({}, '{"accepted": "@context.status == `202`"}', status=200) == "deliver.rejected"


@pytest.mark.parametrize(
    "text", ["[", "[]", '{"failed": "a"}', '{"accepted": "a", "when": "b"}', '{"accepted": "a ||"}']
)
def test_rules_that_cannot_be_used_are_refused(text):
    with pytest.raises(Fault) as caught:
        rules_of(text)
    assert caught.value.code == "engine.configuration"
