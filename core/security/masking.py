"""What is kept or shown of headers and documents without the parts that are nobody's business.

Which names those are is data, ``masking.json``. Masking keeps the shape: what was empty stays empty, what was there
is still seen to have been there, so that an error can be understood from a masked document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

MASK = "•••"
_DEEPEST = 100


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` with the values of credentials and signatures hidden; the scheme of an authorization stays."""
    return {name: _masked_header(name, value) for name, value in headers.items()}


def mask_document(document: Any, *, pointers: Iterable[str] = ()) -> Any:
    """A copy of ``document`` with personal fields and secrets hidden.

    :param pointers: further places to hide, JSON pointers in which ``*`` stands for every member of one level
    """
    masked = _masked(document, is_person=False, depth=0)
    for pointer in pointers:
        if not pointer.startswith("/"):
            raise ValueError(f"not a JSON pointer into a document: {pointer!r}")
        _hide(masked, [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]])
    return masked


def _masked_header(name: str, value: str) -> str:
    rules = _rules()
    lower = name.lower()
    if lower not in rules["headers"]["exact"] and not any(part in lower for part in rules["headers"]["containing"]):
        return value
    scheme, separator, _credentials = str(value).partition(" ")
    known = separator and scheme.lower() in rules["schemes"]
    return f"{scheme} {MASK}" if known else _mask(value)


def _masked(value: Any, *, is_person: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        return {name: _masked_member(str(name), member, is_person, depth) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, is_person=is_person, depth=depth + 1) for item in value]
    return value


def _masked_member(name: str, value: Any, is_person: bool, depth: int) -> Any:
    fields = _rules()["fields"]
    lower = name.lower()
    if isinstance(value, (Mapping, list, tuple)):
        return _masked(value, is_person=is_person or lower in fields["people"], depth=depth + 1)
    return _mask(value) if lower in fields["anywhere"] or (is_person and lower in fields["of_people"]) else value


def _hide(document: Any, tokens: list[str]) -> None:
    """Hide what ``tokens`` lead to, in place; a path that leads nowhere hides nothing."""
    token, rest = tokens[0], tokens[1:]
    if isinstance(document, dict):
        places = list(document) if token == "*" else [token] if token in document else []
    elif isinstance(document, list):
        places = [number for number in range(len(document)) if token in ("*", str(number))]
    else:
        return
    for place in places:
        if rest:
            _hide(document[place], rest)
        else:
            document[place] = _mask_all(document[place])


def _mask_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _mask_all(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_mask_all(item) for item in value]
    return _mask(value)


def _mask(value: Any) -> Any:
    return value if value is None or value == "" or isinstance(value, bool) else MASK


@cache
def _rules() -> dict[str, Any]:
    """The rules with their lists as sets; every message asks them many times."""
    return json.loads(
        Path(__file__).with_name("masking.json").read_text(encoding="utf-8"),
        object_hook=lambda part: {
            name: frozenset(value) if isinstance(value, list) else value for name, value in part.items()
        },
    )
