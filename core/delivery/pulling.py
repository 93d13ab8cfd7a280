"""Lists that a partner offers over HTTPS: page by page, from where the last look ended. Pure; asking is the caller's.

A look goes from ``begin`` through pages to ``end``. Between two pages its state says where to go on; only once the last
page is taken over does the watermark move, to the newest change seen and never past the moment at which the look began.
So nothing is left out that a page in between would have brought, and what is asked for twice is recognised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from ..codecs import codec
from ..contracts.pointer import at
from ..faults import Fault

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
MOST_PAGES = 100_000
NOW = "now"
"""As ``start``: what changes from the first look on, and nothing of before."""
SINCE = "{since}"
"""Where in an address the watermark stands."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a partner's list is read.

    ``items`` is the JSON pointer to the list (empty: the answer is the list), ``whole`` says that the answer is one
    document of any kind. ``paging``: ``none``, ``cursor`` (found at ``cursor_at``, sent as ``parameter``), ``address``
    (of the next page, found at ``cursor_at``), ``link`` (the header Link, rel="next"), ``page`` (numbers, sent as
    ``parameter``, until a page is empty). ``since`` is the parameter that is sent the watermark, which is the newest
    value found at ``changed_at`` of the entries, less ``overlap_seconds``; ``start`` is the first one, or ``now``.
    ``{since}`` in the address is the watermark as well, for partners that are asked in a language of queries.
    """

    url: str
    whole: bool = False
    items: str = ""
    paging: str = "none"
    parameter: str = ""
    cursor_at: str = ""
    first_page: int = 1
    since: str = ""
    changed_at: str = ""
    overlap_seconds: float = 0.0
    start: str = ""


@dataclass(slots=True)
class Page:
    """What one answer held: bodies of documents, each with where it stood, and how the look goes on."""

    documents: list[tuple[str, bytes]]
    state: dict[str, Any]
    is_last: bool


def begin(rules: Rules, state: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """The state of a look that begins or goes on; ``now`` is aware."""
    state = dict(state or {})
    if "next" not in state:
        if rules.start == NOW and not state.get("watermark"):
            state["watermark"] = now.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        state |= {"began": now.isoformat(), "high": None, "page": rules.first_page, "next": None}
    return state


def address(rules: Rules, state: Mapping[str, Any]) -> str:
    """The address of the next page."""
    if rules.paging in ("link", "address") and state["next"]:
        return state["next"]
    given = {}
    watermark = state.get("watermark") or rules.start
    since = less(watermark, rules.overlap_seconds) if watermark else ""
    if rules.since and since:
        given[rules.since] = since
    if rules.paging == "cursor" and state["next"]:
        given[rules.parameter] = state["next"]
    if rules.paging == "page":
        given[rules.parameter] = str(state["page"])
    parts = urlsplit(rules.url.replace(SINCE, quote(since, safe="")))
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()]), fragment=""))


def conditions(state: Mapping[str, Any], url: str) -> dict[str, str]:
    """The headers that ask for an answer only where it has changed since the last one of the same address."""
    known = state.get("known") or {}
    if known.get("url") != url:
        return {}
    found = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("modified")}
    return {name: value for name, value in found.items() if value}


def unchanged(rules: Rules, state: Mapping[str, Any]) -> Page:
    """The partner says that nothing has changed: the look is over."""
    return Page([], _ended(rules, dict(state)), True)


def read(rules: Rules, state: Mapping[str, Any], url: str, body: bytes, headers: Mapping[str, str]) -> Page:
    """Take an answer apart.

    :param headers: of the answer, names in small letters
    :raises Fault: ``receive.page_unreadable``
    """
    state = dict(state)
    first = state["next"] is None and state["page"] == rules.first_page
    if rules.whole:
        state["known"] = _known(url, headers)
        return Page([("", body)] if body.strip() else [], _ended(rules, state), True)
    answer = _loaded(body)
    entries = at(answer, rules.items)
    if not isinstance(entries, list):
        raise _unreadable(f"has no list at {rules.items or 'its top'}")
    documents = []
    for number, entry in enumerate(entries):
        documents.append((f"{rules.items}/{number}", codec("json", "").encode(entry)))
        if rules.changed_at:
            state["high"] = newest(state["high"], _text(at(entry, rules.changed_at)))
    following = _following(rules, state, url, answer, headers, len(entries))
    if following is None:
        # Only what came as one page is asked for anew by its mark: of others the first says nothing of the rest.
        state["known"] = _known(url, headers) if first else None
        return Page(documents, _ended(rules, state), True)
    state["next"] = following
    state["page"] += 1
    return Page(documents, state, False)


def _following(rules: Rules, state, url, answer, headers, count) -> str | None:
    """Where the next page is, in the words of the paging; None after the last one."""
    found = None
    if rules.paging == "cursor":
        found = _text(at(answer, rules.cursor_at))
    elif rules.paging == "address":
        found = same_server(url, _text(at(answer, rules.cursor_at)))
    elif rules.paging == "link":
        found = next_link(url, headers.get("link", ""))
    elif rules.paging == "page" and count:
        found = str(state["page"] + 1)
    if found is None:
        return None
    if found == state["next"] or state["page"] - rules.first_page > MOST_PAGES:
        raise _unreadable("leads to itself as the next page")
    return found


def next_link(url: str, header: str) -> str | None:
    """The next page of a header Link (RFC 8288), at the same server.

    :raises Fault: ``deliver.address_refused`` when it leads to another one, which would be shown our credential
    """
    for target, parameters in _LINK.findall(header):
        relations = " ".join(quoted or bare for quoted, bare in _NEXT.findall(parameters))
        if "next" not in relations.lower().split():
            continue
        return same_server(url, target)
    return None


def same_server(url: str, target: str | None) -> str | None:
    """Where ``target`` leads from ``url``; None for none.

    :raises Fault: ``deliver.address_refused`` when it is another server, which would be shown our credential
    """
    if target is None:
        return None
    found = urljoin(url, target)
    if urlsplit(found)[:2] != urlsplit(url)[:2]:
        raise Fault(
            "deliver.address_refused",
            f"The next page of {urlsplit(url).netloc} is at another server, where our credential is not shown.",
            subject=urlsplit(url).netloc,
        )
    return found


def _ended(rules: Rules, state: dict[str, Any]) -> dict[str, Any]:
    """The state after the last page: the watermark moves, never back and never past the beginning of the look."""
    found = {"watermark": state.get("watermark"), "known": state.get("known")}
    high = state.get("high")
    if high:
        began = datetime.fromisoformat(state["began"])
        when = _moment(high)
        if when is not None and when > began:
            high = _like(high, began)
        found["watermark"] = newest(found["watermark"], high)
    return {name: value for name, value in found.items() if value}


# -- watermarks --------------------------------------------------------------------------------------------------------


def newest(one: str | None, other: str | None) -> str | None:
    """The later of two values: times, numbers, or else texts."""
    if one is None or other is None:
        return one if other is None else other
    return other if _rank(other) > _rank(one) else one


def less(watermark: str, seconds: float) -> str:
    """A time so many seconds earlier, in the form it has; numbers and texts stay what they are."""
    when = _moment(watermark)
    return watermark if when is None or not seconds else _like(watermark, when - timedelta(seconds=seconds))


def _rank(text: str) -> tuple[int, Any]:
    when = _moment(text)
    if when is not None:
        return 2, when
    return (1, Decimal(text)) if re.fullmatch(r"-?\d+(\.\d+)?", text) else (0, text)


def _moment(text: str) -> datetime | None:
    """``text`` as an aware time; one without offset is taken as UTC; None when it is none."""
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        return None
    tidy = re.sub(r"\.(\d{1,6})\d*", lambda part: "." + part[1].ljust(6, "0"), text.replace("Z", "+00:00"))
    tidy = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", tidy) if len(tidy) > 19 else tidy
    try:
        when = datetime.fromisoformat(tidy)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _like(text: str, when: datetime) -> str:
    """``when`` in the form of ``text``: with its offset, its Z, or neither."""
    given = _moment(text)
    when = when.astimezone(given.tzinfo if given else timezone.utc)
    shown = when.isoformat(sep=text[10], timespec="milliseconds" if "." in text else "seconds")
    if text.endswith("Z"):
        return shown.replace("+00:00", "Z")
    return shown if re.search(r"[+-]\d\d:?\d\d$", text) else shown[:-6]


# -- answers -----------------------------------------------------------------------------------------------------------


def _known(url: str, headers: Mapping[str, str]) -> dict[str, str] | None:
    marks = {"etag": headers.get("etag"), "modified": headers.get("last-modified")}
    found = {name: value for name, value in marks.items() if value}
    return {"url": url, **found} if found else None


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _unreadable("is not JSON") from error


def _text(value: Any) -> str | None:
    if value in (None, "", False, True) or isinstance(value, (dict, list)):
        return None
    return str(value)


def _unreadable(why: str) -> Fault:
    return Fault("receive.page_unreadable", f"The partner's answer {why}.")
