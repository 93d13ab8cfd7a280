"""Which parts of a document the rules look at."""

from mapping_kit import mapping
from sync_governance.core.mapping import leaves, unread

SOURCE = {
    "id": 1,
    "customer": {"id": 7, "name": "Ann"},
    "lines": [{"sku": "A", "price": "1", "extra": {"x": 1}}, {"sku": "B", "price": "2", "gift": True}],
    "tags": ["a", "b"],
    "empty": None,
    "blank": "",
}
TRIAL = mapping(
    {"to": "id", "from": "id"},
    {"to": "known", "when": "customer", "value": True},
    {"to": "lines", "each": "lines[?price]", "rules": [{"to": "s", "from": "sku"}, {"to": "e", "from": "extra"}]},
    {"to": "tags", "each": "tags", "rules": [{"to": "t", "from": "@"}]},
)


def test_what_no_rule_looks_at_is_named():
    used = TRIAL.evaluate(SOURCE).used_paths
    assert unread(SOURCE, used) == ["customer.id", "customer.name", "lines[].gift"]


def test_only_rules_that_ran_count():
    conditional = mapping({"to": "a", "when": "id == `2`", "from": "customer.name"}, {"to": "a", "from": "id"})
    assert "customer.name" in conditional.reads
    assert conditional.evaluate(SOURCE).used_paths == {"id"}


def test_leaves_are_values_that_say_something():
    assert leaves(SOURCE) == {
        "id",
        "customer.id",
        "customer.name",
        "lines[].sku",
        "lines[].price",
        "lines[].extra.x",
        "lines[].gift",
        "tags[]",
    }


def test_the_whole_document_and_any_member():
    assert unread(SOURCE, ["@"]) == []
    assert unread({"a": {"x": 1, "y": 2}}, ["a.*"]) == []
