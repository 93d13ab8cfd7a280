"""What a reader of the feed says is taken as it is meant, or refused."""

from datetime import datetime

import pytest
from sync_governance.core.api.feeds import MOST_IDS, Mark, acknowledged, mark_of, moment_of, types_of, written
from sync_governance.core.faults import Fault

MARK = Mark(7, "0123456789abcdef")


def refused(function, *arguments):
    with pytest.raises(Fault) as caught:
        function(*arguments)
    assert caught.value.code == "request.parameter_invalid"


def test_a_mark_comes_back_as_it_was_given():
    assert mark_of(written(MARK)) == MARK
    assert "7" not in written(MARK), "opaque"


@pytest.mark.parametrize("text", ["", "x", "MTow", "MTo3", "Mjo3Og", "Mjo3OnggPT0", "é", "=" * 8, "A" * 10_000])
def test_what_is_no_mark_is_refused(text):
    refused(mark_of, text)


def test_a_mark_that_was_written_otherwise_is_refused():
    refused(mark_of, written(MARK) + "=")
    refused(mark_of, written(Mark(2**31, MARK.reader)))


def test_types_are_among_those_of_the_feed():
    assert types_of(None, {"b", "a"}) == ["a", "b"]
    assert types_of("b,b,a", {"a", "b", "c"}) == ["a", "b"]
    for text in ("", "a,", "a, b", "z"):
        refused(types_of, text, {"a", "b"})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12)),
        ("2026-01-31t12:00:00.25+02:00", datetime(2026, 1, 31, 10, 0, 0, 250000)),
        ("2026-01-31T12:00:00.123456z", datetime(2026, 1, 31, 12, 0, 0, 123456)),
        (None, None),
    ],
)
def test_a_moment_is_utc(text, moment):
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "text", ["", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "now"]
)
def test_what_is_no_moment_is_refused(text):
    refused(moment_of, text)


def test_ids_are_taken_once_each():
    assert acknowledged({"ids": ["evt_2", "evt_1", "evt_2"]}) == (["evt_2", "evt_1"], None)
    assert acknowledged({"cursor": written(MARK)}) == ([], MARK)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"ids": []},
        {"ids": "evt_1"},
        {"ids": [1]},
        {"ids": ["a b"]},
        {"ids": ["x"] * (MOST_IDS + 1)},
        {"ids": ["x"], "cursor": written(MARK)},
        {"cursor": 7},
        {"cursor": "x"},
    ],
)
def test_what_says_neither_is_refused(body):
    refused(acknowledged, body)
