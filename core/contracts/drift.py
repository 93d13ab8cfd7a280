"""What a valid document holds that its contract does not speak of: fields that are not declared, values of open lists.

A list of values is open where the contract names values and lets others pass all the same: ``x-known``, or an
``anyOf`` of which one alternative is an ``enum``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .compilation import Validator
from .keywords import ecma_pattern
from .pointer import pattern_of
from .sides import Side, conjuncts, equals, finite, root

_MOST = 200
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Unknown:
    """``kind`` is ``field`` or ``value``; ``pointer`` the place with ``*`` for each entry of a list; ``sample`` the
    value, of a field nothing.
    """

    kind: str
    pointer: str
    sample: str = ""


def unknown(contract: Validator, document: Any) -> list[Unknown]:
    """Each thing once, in the order of the document, at most 200. The document is valid under the contract."""
    found: dict[Unknown, None] = {}
    for each in _walk([root(contract)], document, ()):
        found[each] = None
        if len(found) >= _MOST:
            break
    return list(found)


def _walk(sides: list[Side], value: Any, path: tuple[Any, ...]) -> Iterator[Unknown]:
    parts = [part for side in sides for part in _applicable(side)]
    if isinstance(value, dict):
        described = any("properties" in part.schema for part in parts)
        for name, item in value.items():
            below = [sub for part in parts for sub in _members(part, name)]
            if below:
                yield from _walk(below, item, (*path, name))
            elif described:
                yield Unknown("field", pattern_of((*path, name)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            below = [sub for part in parts for sub in _entries(part, index)]
            if below:
                yield from _walk(below, item, (*path, index))
    elif isinstance(value, str):
        lists = [names for part in parts for names in (finite(part.schema), part.schema.get("x-known")) if names]
        if lists and not any(equals(value, known) for names in lists for known in names):
            yield Unknown("value", pattern_of(path), value[:_LONGEST])


def _applicable(side: Side, depth: int = 0) -> Iterator[Side]:
    """The parts of a schema that may speak of the value itself, in whatever way they are combined."""
    if isinstance(side.schema, bool) or depth > 8:
        return
    for part in conjuncts(side):
        yield part
        for keyword in ("anyOf", "oneOf"):
            for branch in part.children(keyword):
                yield from _applicable(branch, depth + 1)
        for keyword in ("then", "else"):
            if keyword in part.schema:
                yield from _applicable(part.child(part.schema[keyword]), depth + 1)


def _members(part: Side, name: str) -> list[Side]:
    schema = part.schema
    found = [schema["properties"][name]] if name in schema.get("properties", ()) else []
    found += [sub for pattern, sub in schema.get("patternProperties", {}).items() if ecma_pattern(pattern).search(name)]
    rest = schema.get("additionalProperties")
    if not found and isinstance(rest, dict) and rest:
        found = [rest]
    return [part.child(sub) for sub in found]


def _entries(part: Side, index: int) -> list[Side]:
    first = part.schema.get("prefixItems", ())
    if index < len(first):
        return [part.child(first[index])]
    return [part.child(part.schema["items"])] if "items" in part.schema else []


def declare(schema: dict[str, Any], pointer: str) -> dict[str, Any]:
    """A copy of ``schema`` that declares the field at ``pointer``, which may hold anything; a plain copy where its
    place cannot be found simply.
    """
    result = copy.deepcopy(schema)
    *way, name = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    node: Any = result
    for part in way:
        node = _resolved(result, node)
        node = node.get("items") if part == "*" else node.get("properties", {}).get(part)
        if not isinstance(node, dict):
            return result
    node = _resolved(result, node)
    node.setdefault("properties", {}).setdefault(name, {})
    return result


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Where a reference into the schema's own definitions leads."""
    for _hop in range(8):
        reference = node.get("$ref", "")
        if not reference.startswith("#/$defs/"):
            break
        node = schema["$defs"][reference.removeprefix("#/$defs/")]
    return node
