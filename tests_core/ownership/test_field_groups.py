"""Field groups: what they name exists, and a document comes apart along them."""

import pytest
from sync_governance.core.canonical import catalogue, definitions
from sync_governance.core.ownership import covers, domains, parts, says, without

ORDER = {
    "type": "order.create",
    "number": "1001",
    "placed_at": "2026-03-01T10:00:00Z",
    "note": "Ring twice",
    "lines": [
        {"id": "1", "quantity": {"value": "1", "unit": "EA"}, "unit_price": "9.90"},
        {"id": "2", "quantity": {"value": "2", "unit": "EA"}, "unit_price": "3.10"},
    ],
    "gift": True,
}


def _names(schema):
    """Every name of a member anywhere in a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)


@pytest.mark.parametrize("group", [group for entry in domains().values() for group in entry.groups], ids=str)
def test_every_member_of_a_group_is_a_name_of_the_canonical_catalogue(group):
    known = {name for entry in catalogue().values() for name in _names(entry.schema)} | set(_names(definitions()))
    for member in group.members:
        assert set(member.split("/")) - {"*"} <= known, member


def test_a_member_belongs_to_one_group():
    for entry in domains().values():
        members = [member for group in entry.groups for member in group.members]
        assert len(members) == len(set(members)), entry.code


def test_a_document_has_the_parts_it_says_and_none_that_only_identify_it():
    assert parts("order", ORDER) == ["lines", "lines/*/unit_price", "note", "gift"]


def test_a_part_of_every_line_is_left_out_and_the_document_stays_as_it_was():
    rest = without(ORDER, ["lines/*/unit_price", "note"])
    assert [sorted(line) for line in rest["lines"]] == [["id", "quantity"]] * 2
    assert "note" not in rest and ORDER["note"] and says(ORDER, "lines/*/unit_price")


def test_an_object_from_which_everything_was_left_out_goes_too():
    assert without({"party": {"address": {"city": "Zug"}}, "number": "1"}, ["party/address"]) == {"number": "1"}


def test_what_a_path_leads_to_may_be_missing():
    assert not says({"lines": "none"}, "lines/*/unit_price")
    assert without({"a": 1}, ["b/c", "a/*/d"]) == {"a": 1}


def test_a_name_covers_itself_and_what_it_holds():
    assert covers("lines", "lines/*/unit_price") and covers("note", "note")
    assert not covers("line", "lines") and not covers("lines/*/unit_price", "lines")
