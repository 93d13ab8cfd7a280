"""What is kept or shown of headers and documents without the parts that are nobody's business.

Which names those are is data, ``masking.json``. Masking keeps the shape: what was empty stays empty, what was there
is still seen to have been there, so that an error can be understood from a masked document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

MASK = "•••"
_DEEPEST = 100
_SCHEMAS_WITHIN = ("items", "prefixItems", "additionalProperties", "allOf", "anyOf", "oneOf", "then", "else")


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` with the values of credentials and signatures hidden; the scheme of an authorization stays."""
    return {name: _masked_header(name, value) for name, value in headers.items()}


def mask_document(
    document: Any,
    *,
    pointers: Iterable[str] = (),
    kept: Iterable[str] = (),
    personal: bool = True,
    commercial: bool = False,
) -> Any:
    """A copy of ``document`` with secrets hidden, and what is asked for besides.

    :param pointers: further places to hide, JSON pointers in which ``*`` stands for every member of one level
    :param kept: places, written alike, that keep what is personal in them and below; never a secret
    :param personal: hide what says who somebody is, where he lives, how he is reached
    :param commercial: hide prices, amounts, conditions
    """
    masked = _masked(document, _Rule(personal, commercial), is_person=False, depth=0)
    places = [_tokens(pointer) for pointer in kept]
    if places:
        whole = _masked(document, _Rule(False, commercial), is_person=False, depth=0)
        for tokens in places:
            _restore(masked, whole, tokens)
    for pointer in pointers:
        _hide(masked, _tokens(pointer))
    return masked


def carries_personal(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether documents of this JSON Schema can say who somebody is, by the names of their members.

    What the schema marks with ``"x-personal": false`` is about companies only, and not looked into.

    :param definitions: what references outside the schema lead to, by the name at their end
    """
    seen: set[tuple[str, bool]] = set()
    waiting: list[tuple[Any, bool]] = [(schema, False)]
    fields = _rules()["fields"]
    while waiting:
        part, is_person = waiting.pop()
        if isinstance(part, (list, tuple)):
            waiting += [(item, is_person) for item in part]
        if not isinstance(part, Mapping) or part.get("x-personal") is False:
            continue
        reference = part.get("$ref")
        if isinstance(reference, str) and (reference, is_person) not in seen:
            seen.add((reference, is_person))
            name = reference.rpartition("/")[2]
            own = schema.get("$defs", {}) if reference.startswith("#") else definitions
            waiting.append((own.get(name), is_person))
        for name, member in dict(part.get("properties") or {}).items():
            lower = name.lower()
            if lower in fields["anywhere"] or (is_person and lower in fields["of_people"]):
                return True
            waiting.append((member, is_person or lower in fields["people"]))
        waiting += [(part.get(word), is_person) for word in _SCHEMAS_WITHIN]
    return False


def pointer_problem(pointer: str) -> str | None:
    """Why ``pointer`` is no place in a document (a JSON pointer, ``*`` for every member of a level); None if it is."""
    if not pointer.startswith("/") or pointer == "/":
        return "is not written like /ship_to or /lines/*/recipient"
    return None


def _tokens(pointer: str) -> list[str]:
    if not pointer.startswith("/"):
        raise ValueError(f"not a JSON pointer into a document: {pointer!r}")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _restore(masked: Any, whole: Any, tokens: list[str]) -> None:
    """Put back, in place, what ``tokens`` lead to in ``whole``; both have one shape."""
    token, rest = tokens[0], tokens[1:]
    if isinstance(masked, dict):
        places = list(masked) if token == "*" else [token] if token in masked else []
    elif isinstance(masked, list):
        places = [number for number in range(len(masked)) if token in ("*", str(number))]
    else:
        return
    for place in places:
        if rest:
            _restore(masked[place], whole[place], rest)
        else:
            masked[place] = whole[place]


def is_personal(name: str) -> bool:
    """Whether a member or field of this name is personal or secret wherever it stands."""
    fields = _rules()["fields"]
    return name.lower() in fields["anywhere"] or name.lower() in fields["secrets"]


def mask_fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    """A fault (as :meth:`~sync_governance.core.faults.Fault.as_dict` tells it) without the personal values it found.

    Its pointer says what stood there; the sentence that repeats the value is masked with it, and so are the causes.
    """
    masked = dict(fault)
    causes = [mask_fault(cause) for cause in fault.get("causes") or ()]
    if causes:
        masked["causes"] = causes
    for single in _singles(fault):
        found = single.get("found")
        if found is None or not is_personal(str(single.get("pointer") or "").rpartition("/")[2]):
            continue
        for name in ("detail", "found"):
            text = masked.get(name)
            value = str(found).strip("'")
            if isinstance(text, str) and value and value in text:
                masked[name] = text.replace(value, MASK)
    return masked


def _singles(fault: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield fault
    for cause in fault.get("causes") or ():
        yield from _singles(cause)


class _Rule(NamedTuple):
    personal: bool
    commercial: bool


def _masked_header(name: str, value: str) -> str:
    rules = _rules()
    lower = name.lower()
    if lower not in rules["headers"]["exact"] and not any(part in lower for part in rules["headers"]["containing"]):
        return value
    scheme, separator, _credentials = str(value).partition(" ")
    known = separator and scheme.lower() in rules["schemes"]
    return f"{scheme} {MASK}" if known else _mask(value)


def _masked(value: Any, rule: _Rule, *, is_person: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        masked = {name: _masked_member(str(name), member, rule, is_person, depth) for name, member in value.items()}
        if rule.personal and _is_personal_identifier(value):
            masked["value"] = _mask(value["value"])
        return masked
    if isinstance(value, (list, tuple)):
        return [_masked(item, rule, is_person=is_person, depth=depth + 1) for item in value]
    return value


def _is_personal_identifier(value: Mapping[str, Any]) -> bool:
    """Whether it says what is personal by its scheme: ``{"scheme": "vat", "value": "DE987654328"}``."""
    scheme = value.get("scheme")
    plain = isinstance(scheme, str) and not isinstance(value.get("value"), (Mapping, list, tuple))
    return plain and "value" in value and scheme.lower() in _rules()["fields"]["anywhere"]


def _masked_member(name: str, value: Any, rule: _Rule, is_person: bool, depth: int) -> Any:
    fields = _rules()["fields"]
    lower = name.lower()
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return [_masked_member(name, item, rule, is_person, depth) for item in value]
    if isinstance(value, (Mapping, list, tuple)):
        if rule.personal and lower in fields["reached_by"]:
            value = _unreachable(value)
        return _masked(value, rule, is_person=is_person or lower in fields["people"], depth=depth + 1)
    hidden = (
        lower in fields["secrets"]
        or (rule.personal and (lower in fields["anywhere"] or (is_person and lower in fields["of_people"])))
        or (rule.commercial and _is_commercial(lower))
    )
    return _mask(value) if hidden else value


def _unreachable(value: Any) -> Any:
    """Ways to reach somebody, as EDI tells them (``{"qualifier": "TE", "number": ...}``), without the numbers."""
    if isinstance(value, (list, tuple)):
        return [_unreachable(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _mask(member) if str(name).lower() == "number" else member for name, member in value.items()}
    return value


def _is_commercial(lower: str) -> bool:
    fields = _rules()["fields"]
    return lower in fields["commercial"] or any(word in lower for word in fields["commercial_words"])


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
