"""In what two documents differ."""

from decimal import Decimal

from sync_governance.core.differences import differences


def said(then, now):
    return [str(difference) for difference in differences(then, now)]


def test_equal_documents_do_not_differ_and_numbers_are_compared_by_value():
    assert said({"a": [1, {"b": Decimal("12.50")}]}, {"a": [1, {"b": Decimal("12.5")}]}) == []


def test_each_place_is_named_with_what_stood_there_and_what_stands_there_now():
    then = {"number": "1001", "lines": [{"sku": "A"}, {"sku": "B"}], "note": None}
    now = {"number": "1001", "lines": [{"sku": "A-1"}], "note": "urgent", "a/b": True}
    assert said(then, now) == [
        "/lines/0/sku: A → A-1",
        "/lines/1: (1 entries) → —",
        "/note: empty → urgent",
        "/a~1b: — → True",
    ]


def test_true_is_not_one():
    assert said({"flag": 1}, {"flag": True}) == ["/flag: 1 → True"]
