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


SALESFORCE = json.dumps(
    {
        "accepted": "success",
        "throttled": "[?errorCode == 'REQUEST_LIMIT_EXCEEDED']",
        "failed": "[?errorCode == 'UNABLE_TO_LOCK_ROW']",
        "ambiguous": "@context.status == `300`",
        "codes": "[].errorCode",
    }
)
REJECTED, REDIRECTED = Fault("deliver.rejected", "No."), Fault("deliver.redirected", "Elsewhere.")


@pytest.mark.parametrize(
    ("status", "fault", "body", "code"),
    [
        (201, None, {"id": "001", "success": True, "created": True}, None),
        (200, None, {"success": False, "errors": []}, "deliver.rejected"),
        (403, REJECTED, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests"}], "deliver.throttled"),
        (403, REJECTED, [{"errorCode": "INSUFFICIENT_ACCESS"}], "deliver.rejected"),
        (400, REJECTED, [{"errorCode": "UNABLE_TO_LOCK_ROW"}], "deliver.server_error"),
        (400, REJECTED, {"success": True}, "deliver.rejected"),
        (400, REJECTED, b"<html>", "deliver.rejected"),
        (300, REDIRECTED, ["/services/data/v64.0/sobjects/Account/001A"], "deliver.ambiguous"),
        (302, REDIRECTED, {"success": True}, "deliver.redirected"),
        (302, REDIRECTED, b"", "deliver.redirected"),
        (503, Fault("deliver.server_error", "Down."), [{"errorCode": "X"}], "deliver.server_error"),
    ],
)
def test_what_is_only_for_now_is_told_from_what_is_for_good_in_refusals_too(status, fault, body, code):
    assert code_of(body, rules=SALESFORCE, status=status, fault=fault) == code


def test_the_codes_of_a_refusal_are_named():
    refused = answer([{"errorCode": "DUPLICATES_DETECTED", "message": "Jo Doe is there"}], status=400, fault=REJECTED)
    fault = judged(refused, rules_of(SALESFORCE), place="acme.example").fault
    assert "(DUPLICATES_DETECTED)" in fault.detail
    assert "Jo Doe" not in fault.detail
    assert fault.found == 400
