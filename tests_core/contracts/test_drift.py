"""What valid documents hold that the contract does not speak of."""

from sync_governance.core.contracts import compile
from sync_governance.core.contracts.drift import declare, unknown

ORDER = {
    "type": "object",
    "properties": {
        "number": {"type": "string"},
        "status": {"anyOf": [{"enum": ["open", "paid"]}, {"type": "string"}]},
        "channel": {"type": "string", "x-known": ["web", "shop"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "notes": {"type": "object"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
}


def found(document, schema=ORDER):
    return [(each.kind, each.pointer, each.sample) for each in unknown(compile(schema), document)]


def test_a_document_of_what_is_declared_shows_nothing():
    assert found({"number": "1", "status": "open", "channel": "web", "lines": [{"sku": "A"}]}) == []


def test_a_field_that_is_not_declared_shows_once_whatever_it_holds():
    lines = [{"sku": "A", "colour": "red"}, {"sku": "B", "colour": {"name": "blue"}}]
    assert found({"gift": True, "lines": lines}) == [("field", "/gift", ""), ("field", "/lines/*/colour", "")]


def test_what_the_contract_leaves_free_is_no_drift():
    assert found({"notes": {"anything": 1}, "labels": {"a": "b"}}) == []


def test_a_value_that_an_open_list_does_not_name_shows():
    assert found({"status": "refunded", "channel": "kiosk"}) == [
        ("value", "/status", "refunded"),
        ("value", "/channel", "kiosk"),
    ]


def test_what_any_part_of_the_contract_declares_is_declared():
    schema = {
        "allOf": [{"properties": {"a": True}}],
        "anyOf": [{"properties": {"b": True}}, {"properties": {"c": True}}],
        "patternProperties": {"^x-": True},
    }
    assert found({"a": 1, "b": 1, "c": 1, "x-d": 1, "e": 1}, schema) == [("field", "/e", "")]


def test_a_field_is_declared_where_it_was_seen_and_the_original_stays():
    after = declare(declare(ORDER, "/gift"), "/lines/*/colour")
    assert after["properties"]["gift"] == {}
    assert after["$defs"]["line"]["properties"]["colour"] == {}
    assert "gift" not in ORDER["properties"]
    assert found({"gift": 1, "lines": [{"colour": "red"}]}, after) == []


def test_where_the_place_is_not_found_nothing_is_declared():
    assert declare(ORDER, "/unknown/deep/field") == ORDER
