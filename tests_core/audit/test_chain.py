"""The chain: nothing changes, goes missing or comes in between unseen, and the place is named."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.audit import GENESIS, Break, Chain, NotCanonical, canonical, digest


def linked(count=5):
    chain = Chain()
    return [
        chain.add({"id": 10 + number, "kind": "change", "changes": {"name": [None, f"n{number}"]}})
        for number in range(count)
    ]


def breaks(entries, **start):
    return list(Chain(**start).verify(entries))


def test_what_was_linked_holds():
    entries = linked()
    assert breaks(entries) == []
    assert [entry["position"] for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0]["previous_hash"] == GENESIS


def test_the_hash_is_sha256_over_the_link_and_the_canonical_form():
    expected = hashlib.sha256(b"0" * 64 + b'\n{"a":1,"position":1}').hexdigest()
    assert Chain().add({"a": 1})["hash"] == expected


def test_a_part_of_a_chain_holds_behind_its_own_beginning():
    entries = linked()[2:]
    assert breaks(entries, position=2, head=entries[0]["previous_hash"]) == []
    assert breaks(entries, position=2, head=None) == []


@pytest.mark.parametrize("place", range(5))
def test_a_changed_entry_is_shown_exactly(place):
    entries = linked()
    entries[place]["changes"]["name"][1] = "another"
    assert breaks(entries) == [Break(place + 1, "its content was changed after it was written", 10 + place)]


def test_a_change_with_a_new_hash_breaks_at_the_entry_that_follows():
    entries = linked()
    entries[2]["kind"] = "access"
    entries[2]["hash"] = digest(entries[2]["previous_hash"], entries[2])
    assert [found.position for found in breaks(entries)] == [4]


@pytest.mark.parametrize(("gone", "told"), [([2], "entry 3 is missing"), ([1, 2], "entries 2 to 3 are missing")])
def test_what_is_missing_is_named(gone, told):
    found = breaks([entry for number, entry in enumerate(linked()) if number not in gone])
    assert len(found) == 1
    assert found[0].position == 4
    assert told in found[0].reason


def test_an_entry_that_was_put_in_between_is_shown():
    entries = linked()
    entries.insert(2, {**entries[1], "id": 99})
    assert [(found.position, found.entry_id) for found in breaks(entries)] == [(2, 99)]


def test_an_exchange_of_two_entries_is_shown():
    entries = linked()
    one, other = entries[1], entries[2]
    one["id"], other["id"] = other["id"], one["id"]
    assert [found.position for found in breaks(entries)] == [2, 3]


def test_an_entry_without_links_or_with_a_fraction_is_broken_and_no_error():
    entries = linked()
    del entries[1]["previous_hash"]
    entries[3]["changes"] = {"rate": [1.5, 2]}
    assert [found.position for found in breaks(entries)] == [2, 4]


@pytest.mark.parametrize("value", [1.5, {1: 2}, 2**53, object(), [float("nan")]])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical({"value": value})


def test_the_canonical_form_is_sorted_short_and_utf8():
    assert canonical({"b": [True, None, -1], "ä": "x\n", "a": {}}) == '{"a":{},"b":[true,null,-1],"ä":"x\\n"}'.encode()


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_a_value_that_was_kept_as_json_has_the_same_canonical_form(value):
    form = canonical(value)
    if "\\ud" not in form.decode():  # a lone surrogate is no text that could be kept
        assert canonical(json.loads(form)) == form


@given(st.lists(st.dictionaries(st.sampled_from("abc"), plain, max_size=3), min_size=1, max_size=6), st.data())
def test_whatever_is_changed_the_chain_does_not_hold(contents, data):
    chain = Chain()
    entries = [chain.add(content) for content in contents]
    victim = data.draw(st.integers(0, len(entries) - 1))
    new = data.draw(plain)
    if entries[victim].get("a", "absent") != new or type(entries[victim].get("a")) is not type(new):
        before = canonical({k: v for k, v in entries[victim].items()})
        entries[victim]["a"] = new
        if canonical(entries[victim]) != before:
            assert [found.position for found in breaks(entries)] == [victim + 1]
