"""Problem documents (RFC 9457), made of the one taxonomy of faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ..faults import taxonomy

TYPE = "urn:sync-governance:problem:"
MOST_ERRORS = 100


def problem_of(code: str, detail: str | None, *, status: int | None = None) -> dict[str, Any]:
    """The problem document of a fault by its code: beside the members of the RFC who can fix it and whether the same
    request may succeed later.
    """
    entry = taxonomy()[code]
    document = {
        "type": TYPE + code,
        "title": entry.title,
        "status": status or entry.http_status,
        "detail": detail,
        "code": code,
        "fixer": entry.fixer,
        "retryable": entry.retryable,
    }
    return {name: value for name, value in document.items() if value is not None}


def errors_of(faults: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every single fault in what an attempt has written down (see ``Fault.as_dict``), with its place in the document
    as a JSON pointer in a URI fragment (RFC 6901, 6).
    """
    single = []
    for fault in faults:
        single += fault.get("causes") or [fault]
    found = []
    for fault in single[:MOST_ERRORS]:
        error = {name: fault[name] for name in ("detail", "code", "expected", "found") if name in fault}
        if "pointer" in fault:
            error["pointer"] = "#" + quote(fault["pointer"], safe="/~!$&'()*+,;=:@")
        found.append(error)
    return found


def is_ours(code: str) -> bool:
    """Whether a fault is about ourselves: its text may name settings, and tells a caller nothing that helps him."""
    return code.startswith("engine.")


def published() -> list[dict[str, Any]]:
    """The codes that callers may meet: code, title, meaning, who can fix it, and whether to come again."""
    return [
        {
            "type": TYPE + entry.code,
            "code": entry.code,
            "status": entry.http_status,
            "title": entry.title,
            "meaning": entry.meaning,
            "fixer": entry.fixer,
            "retryable": entry.retryable,
        }
        for entry in taxonomy().values()
        if not is_ours(entry.code)
    ]
