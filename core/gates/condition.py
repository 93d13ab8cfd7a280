"""A gate's condition is JSON of a closed vocabulary, so that it can be checked, explained and never runs code.

{"all": [condition, …]}      every one
{"any": [condition, …]}      at least one
{"not": condition}
{"milestone": "shipped", "of": "process" | "shipment" | "invoice"}
{"field": "order.state", "equals": "sale"}
{"field": "order.state", "in": ["sale", "done"]}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

FIELDS: Mapping[str, str] = {
    "order.state": "the order's state",
    "order.delivery_status": "the order's delivery",
    "order.invoice_status": "the order's invoicing",
    "invoice.within_delivered": "the invoice stays within what was delivered",
}
SUBJECTS: Mapping[str, str] = {"process": "the process", "shipment": "the shipment", "invoice": "the invoice"}

_CODE = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_DEPTH_LIMIT = 8


def problems(condition: Any) -> list[str]:
    """Everything that is wrong with ``condition``, each with its place; empty if it can be used."""
    return list(_problems(condition, "", 0))


def _problems(condition: Any, place: str, depth: int) -> Iterator[str]:
    where = place or "the condition"
    if depth > _DEPTH_LIMIT:
        yield f"{where}: nested more than {_DEPTH_LIMIT} deep"
        return
    if not isinstance(condition, dict):
        yield f"{where}: must be an object"
        return
    members = set(condition)
    if members in ({"all"}, {"any"}):
        (word,) = members
        parts = condition[word]
        if not isinstance(parts, list) or not parts:
            yield f"{where}: “{word}” needs a list of conditions"
            return
        for index, part in enumerate(parts):
            yield from _problems(part, f"{place}/{word}/{index}", depth + 1)
    elif members == {"not"}:
        yield from _problems(condition["not"], f"{place}/not", depth + 1)
    elif members == {"milestone", "of"}:
        if not isinstance(condition["milestone"], str) or not _CODE.fullmatch(condition["milestone"]):
            yield f"{where}: “milestone” must be the code of a milestone"
        if condition["of"] not in SUBJECTS:
            yield f"{where}: “of” must be one of {', '.join(SUBJECTS)}"
    elif members in ({"field", "equals"}, {"field", "in"}):
        yield from _field_problems(condition, where)
    else:
        yield (
            f"{where}: must be one of all, any, not, milestone with of, field with equals or in; "
            f"found {', '.join(sorted(map(str, members))) or 'nothing'}"
        )


def _field_problems(condition: Mapping[str, Any], where: str) -> Iterator[str]:
    if condition["field"] not in FIELDS:
        yield f"{where}: “field” must be one of {', '.join(FIELDS)}"
    if "in" in condition:
        values = condition["in"]
        if not isinstance(values, list) or not values or not all(isinstance(value, (str, bool)) for value in values):
            yield f"{where}: “in” needs a list of texts"
    elif not isinstance(condition["equals"], (str, bool)):
        yield f"{where}: “equals” needs a text, true or false"


def milestones(condition: Mapping[str, Any]) -> set[str]:
    """The codes of all milestones that a valid ``condition`` names."""
    if "milestone" in condition:
        return {condition["milestone"]}
    if "not" in condition:
        return milestones(condition["not"])
    parts = condition.get("all") or condition.get("any") or []
    return {code for part in parts for code in milestones(part)}


def describe(condition: Mapping[str, Any], name: Callable[[str], str] = str) -> str:
    """A valid ``condition`` as a sentence part; ``name`` turns a milestone's code into its name."""
    if "milestone" in condition:
        return f"{SUBJECTS[condition['of']]} has reached “{name(condition['milestone'])}”"
    if "field" in condition:
        label = FIELDS[condition["field"]]
        if "equals" in condition:
            if isinstance(condition["equals"], bool):
                return label if condition["equals"] else f"not: {label}"
            return f"{label} is “{condition['equals']}”"
        return f"{label} is one of " + ", ".join(f"“{value}”" for value in condition["in"])
    if "not" in condition:
        return f"not ({describe(condition['not'], name)})"
    word, parts = next(iter(condition.items()))
    described = [describe(part, name) for part in parts]
    if len(described) == 1:
        return described[0]
    joined = (" and " if word == "all" else " or ").join(
        f"({text})" if set(part) & {"all", "any"} else text for part, text in zip(parts, described, strict=True)
    )
    return joined
