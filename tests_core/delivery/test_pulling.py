"""Lists over pages: nothing is left out, whatever dies between two pages, and the watermark is never ahead."""

import json
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery import pulling
from sync_governance.core.delivery.pulling import Rules
from sync_governance.core.faults import Fault

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=timezone.utc)
URL = "https://shop.example/orders?limit=2"


def entry(number, minute):
    return {"id": number, "price": 1.5, "updated_at": f"2026-05-01T10:{minute:02d}:00Z"}


class Shop:
    """Answers pages of two entries, in any of the ways; ``asked`` are the addresses."""

    def __init__(self, entries, paging):
        self.entries, self.paging, self.asked = entries, paging, []

    def answer(self, url):
        self.asked.append(url)
        given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        found = [one for one in self.entries if one["updated_at"] >= given.get("since", "")]
        at = int(given.get("at", 1))
        page, more = found[2 * at - 2 : 2 * at], len(found) > 2 * at
        headers = {"link": f'</orders?at={at + 1}>; rel="next"'} if more and self.paging == "link" else {}
        following = f"/orders?at={at + 1}" if self.paging == "address" else str(at + 1)
        body = {"data": page, "next": following if more else None}
        return json.dumps(body).encode(), headers


def rules(paging, **more):
    given = {"url": URL, "items": "/data", "paging": paging, "parameter": "at", "cursor_at": "/next"}
    return Rules(**{**given, "since": "since", "changed_at": "/updated_at", **more})


def look(shop, given, state, pages=99):
    """(ids, state) of one look, which dies after so many pages."""
    ids, state = [], pulling.begin(given, state, NOW)
    for _page in range(pages):
        url = pulling.address(given, state)
        page = pulling.read(given, state, url, *shop.answer(url))
        ids += [json.loads(body)["id"] for _at, body in page.documents]
        state = page.state
        if page.is_last:
            break
    return ids, json.loads(json.dumps(state))


@pytest.mark.parametrize("paging", ["cursor", "address", "link", "page"])
@pytest.mark.parametrize("deaths", [1, 2, 3, 99])
def test_every_entry_is_seen_and_the_watermark_moves_at_the_end_only(paging, deaths):
    shop, state, seen, given = Shop([entry(n, 59 - n) for n in range(7)], paging), None, [], rules(paging)
    for _look in range(10):
        ids, state = look(shop, given, state, deaths)
        seen += ids
        if "next" not in state:
            break
        assert not state.get("watermark"), "the newest comes first: the older pages would be lost"
    assert set(seen) == set(range(7))
    assert state["watermark"] == "2026-05-01T10:59:00Z"
    assert shop.asked[0].startswith(URL), "what stands in the address stays"


def test_the_next_look_asks_for_what_changed_since_with_the_overlap():
    shop, given = Shop([entry(1, 30)], "cursor"), rules("cursor", overlap_seconds=300)
    _ids, state = look(shop, given, None)
    shop.entries.append(entry(2, 28))  # written down late
    ids, state = look(shop, given, state)
    assert parse_qs(urlsplit(shop.asked[-1]).query)["since"] == ["2026-05-01T10:25:00Z"]
    assert (set(ids), state["watermark"]) == ({1, 2}, "2026-05-01T10:30:00Z")


def test_the_first_look_begins_where_it_is_told_and_an_empty_one_moves_nothing():
    shop, given = Shop([entry(1, 1)], "cursor"), rules("cursor", start="2026-05-01T10:10:00Z")
    assert look(shop, given, None) == ([], {})
    assert look(shop, given, {"watermark": "2026-05-01T10:30:00Z"}) == ([], {"watermark": "2026-05-01T10:30:00Z"})


def test_a_change_in_the_future_does_not_carry_the_watermark_there():
    shop = Shop([{"id": 1, "updated_at": "2031-01-01T00:00:00Z"}], "none")
    assert look(shop, rules("none"), None)[1]["watermark"] == "2026-05-01T12:00:00Z"


@pytest.mark.parametrize(
    ("watermark", "seconds", "expected"),
    [
        ("2026-05-01T10:00:00Z", 60, "2026-05-01T09:59:00Z"),
        ("2026-05-01T10:00:00.123Z", 60, "2026-05-01T09:59:00.123Z"),
        ("2026-05-01T10:00:00+02:00", 60, "2026-05-01T09:59:00+02:00"),
        ("2026-05-01 10:00:00", 60, "2026-05-01 09:59:00"),
        ("2026-05-01T10:00:00.1234567Z", 0, "2026-05-01T10:00:00.1234567Z"),
        ("4711", 60, "4711"),
        ("abc", 60, "abc"),
    ],
)
def test_the_overlap_keeps_the_form_of_the_partner(watermark, seconds, expected):
    assert pulling.less(watermark, seconds) == expected


def test_the_newest_is_by_time_or_number_and_not_by_spelling():
    assert pulling.newest("2026-05-01T10:00:00+02:00", "2026-05-01T09:00:00Z") == "2026-05-01T09:00:00Z"
    assert pulling.newest("9", "10") == "10"
    assert pulling.newest(None, "x") == pulling.newest("x", None) == "x"


@given(st.text(max_size=40), st.text(max_size=40), st.floats(0, 1e6))
def test_no_text_of_a_partner_breaks_the_watermark(one, other, seconds):
    assert pulling.newest(one, other) in (one, other)
    assert isinstance(pulling.less(one, seconds), str)


def test_the_credential_is_not_carried_to_another_server():
    for target in (
        "https://evil.example/orders",
        "http://shop.example/orders",
        "//evil.example/",
        "https://shop.example:8443/",
    ):
        with pytest.raises(Fault) as refused:
            pulling.next_link(URL, f'<{target}>; rel="next"')
        assert refused.value.code == "deliver.address_refused"
    assert pulling.next_link(URL, '</a>; rel="prev", <?page=2>; rel=next') == "https://shop.example/orders?page=2"
    assert pulling.next_link(URL, "") is pulling.next_link(URL, "garbage <<>>;;") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[", b'{"data": 1}', b"[1, 2", b"null", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_a_fault_and_not_the_end_of_the_list(body):
    state = pulling.begin(rules("none"), None, NOW)
    with pytest.raises(Fault) as refused:
        pulling.read(rules("none"), state, URL, body, {})
    assert refused.value.code == "receive.page_unreadable"


def test_a_page_that_leads_to_itself_is_not_followed_for_ever():
    given, state = rules("cursor"), pulling.begin(rules("cursor"), None, NOW)
    body = json.dumps({"data": [], "next": "same"}).encode()
    state = pulling.read(given, state, URL, body, {}).state
    with pytest.raises(Fault, match="leads to itself"):
        pulling.read(given, state, URL, body, {})


def test_what_has_not_changed_is_asked_for_by_its_mark_and_only_at_the_same_address():
    given = Rules(url=URL)
    page = pulling.read(given, pulling.begin(given, None, NOW), URL, b"[1]", {"etag": 'W/"7"'})
    state = pulling.begin(given, page.state, NOW)
    assert pulling.conditions(state, URL) == {"If-None-Match": 'W/"7"'}
    assert pulling.conditions(state, URL + "&since=1") == {}
    assert pulling.unchanged(given, state).state == page.state


def test_amounts_stay_what_they_are():
    given = Rules(url=URL)
    page = pulling.read(
        given, pulling.begin(given, None, NOW), URL, b'[{"price": 1.10, "n": 12345678901234567890}]', {}
    )
    assert b"1.10" in page.documents[0][1] and b"12345678901234567890" in page.documents[0][1]


def test_an_address_in_the_answer_leads_to_no_other_server():
    given = rules("address")
    state = pulling.begin(given, None, NOW)
    body = json.dumps({"data": [entry(1, 1)], "next": "https://elsewhere.example/orders?at=2"}).encode()
    with pytest.raises(Fault) as caught:
        pulling.read(given, state, URL, body, {})
    assert caught.value.code == "deliver.address_refused"


def test_a_query_has_the_watermark_where_it_says():
    url = "https://crm.example/query?q=SELECT Id FROM Account WHERE Changed >= {since} ORDER BY Changed"
    given = rules("address", url=url, since="", start="2026-01-01T00:00:00Z", overlap_seconds=300)
    asked = pulling.address(given, pulling.begin(given, None, NOW))
    assert parse_qs(urlsplit(asked).query)["q"] == [
        "SELECT Id FROM Account WHERE Changed >= 2025-12-31T23:55:00Z ORDER BY Changed"
    ]
    body = json.dumps({"data": [{"updated_at": "2026-05-01T10:30:00.000+0000"}], "next": None}).encode()
    page = pulling.read(given, pulling.begin(given, None, NOW), asked, body, {})
    asked = pulling.address(given, pulling.begin(given, page.state, NOW))
    assert "Changed >= 2026-05-01T10:25:00.000+00:00 ORDER" in parse_qs(urlsplit(asked).query)["q"][0]


def test_from_now_on_leaves_out_what_was_before_and_keeps_that_moment_through_empty_looks():
    given, shop = rules("cursor", start="now"), Shop([entry(1, 30)], "cursor")
    ids, state = look(shop, given, None)
    assert (ids, state["watermark"]) == ([], "2026-05-01T12:00:00Z")
    assert parse_qs(urlsplit(shop.asked[0]).query)["since"] == ["2026-05-01T12:00:00Z"]
    shop.entries.append({"id": 2, "updated_at": "2026-05-01T12:00:01Z"})
    later = pulling.begin(given, state, NOW.replace(hour=14))
    assert "since=2026-05-01T12%3A00%3A00Z" in pulling.address(given, later)
