"""One of two schemas that are compared: a node, where its references lead, and what can be said of it alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from referencing.jsonschema import DRAFT202012

from .compilation import Validator, resolver_of

ALL_TYPES = frozenset(("null", "boolean", "object", "array", "string", "integer", "fraction"))
NUMERIC = frozenset(("integer", "fraction"))
ANNOTATIONS = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$id", "$anchor")
    + ("$schema", "$defs", "definitions", "$vocabulary", "$dynamicAnchor")
    + ("contentEncoding", "contentMediaType", "contentSchema")
)
_IN_PLACE = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A schema (an object or a boolean) and the resolver of its references."""

    schema: Any
    resolver: Any

    def child(self, schema: Any) -> Side:
        """A subschema of this one."""
        if isinstance(schema, dict):
            return Side(schema, self.resolver.in_subresource(DRAFT202012.create_resource(schema)))
        return Side(schema, self.resolver)

    def children(self, keyword: str) -> list[Side]:
        """The subschemas in the list ``keyword``."""
        return [self.child(sub) for sub in self.schema.get(keyword, ())] if isinstance(self.schema, dict) else []

    def target(self) -> Side:
        """Where ``$ref`` leads."""
        found = self.resolver.lookup(self.schema["$ref"])
        return Side(found.contents, found.resolver)


@dataclass(frozen=True, slots=True)
class Flat:
    """A schema taken apart: ``base`` holds its own keywords, each of ``branches`` has to hold as well."""

    base: Side
    branches: tuple[Side, ...]


def root(validator: Validator) -> Side:
    """The whole of a compiled contract."""
    return Side(validator.schema, resolver_of(validator.schema))


def flat(side: Side) -> Flat:
    """``side`` without its references: what refers and says nothing else is what it refers to."""
    while isinstance(side.schema, dict) and set(side.schema) - ANNOTATIONS == {"$ref"}:
        side = side.target()
    if isinstance(side.schema, bool):
        side = Side({} if side.schema else {"not": {}}, side.resolver)
    schema = side.schema
    base = {name: schema[name] for name in schema if name not in ANNOTATIONS and name not in ("$ref", "allOf")}
    branches = [*([side.target()] if "$ref" in schema else []), *side.children("allOf")]
    if not any(name in schema for name in _IN_PLACE):
        _evaluated(base, "unevaluatedProperties", "additionalProperties")
        _evaluated(base, "unevaluatedItems", "items")
    return Flat(Side(base, side.resolver), tuple(branches))


def _keywords(schema: dict[str, Any]) -> set[str]:
    """What of a schema decides about documents; ``x-`` members are notes."""
    return {name for name in schema if name not in ANNOTATIONS and not name.startswith("x-")}


def _evaluated(base: dict[str, Any], unevaluated: str, additional: str) -> None:
    """Without other schemas for the same value, what is not evaluated is what is additional."""
    if unevaluated in base and not (unevaluated == "unevaluatedItems" and "contains" in base):
        value = base.pop(unevaluated)
        base.setdefault(additional, value)


def types(side: Side) -> frozenset[str]:
    """The kinds of value that may be valid, of :data:`ALL_TYPES`; never too few."""
    schema = side.schema
    if isinstance(schema, bool):
        return ALL_TYPES if schema else frozenset()
    found = declared(schema)
    if (values := finite(schema)) is not None:
        found &= frozenset(type_of(value) for value in values)
    if "$ref" in schema:
        found &= types(side.target())
    for branch in side.children("allOf"):
        found &= types(branch)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            found &= frozenset().union(*(types(branch) for branch in side.children(keyword)))
    return found


def declared(schema: dict[str, Any]) -> frozenset[str]:
    """What the keyword ``type`` allows."""
    names = schema.get("type")
    if names is None:
        return ALL_TYPES
    names = {names} if isinstance(names, str) else set(names)
    return frozenset(names - {"number"}) | (NUMERIC if "number" in names else frozenset())


def type_of(value: Any) -> str:
    """The kind of a value, of :data:`ALL_TYPES`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, Decimal)):
        return "integer" if value == int(value) else "fraction"
    return {str: "string", dict: "object", list: "array"}[type(value)]


def finite(schema: dict[str, Any]) -> list[Any] | None:
    """The only values there can be, of ``enum`` and ``const``; None: there is no such list."""
    if "const" in schema:
        values = [schema["const"]]
        return [v for v in values if "enum" not in schema or any(equals(v, other) for other in schema["enum"])]
    return list(schema["enum"]) if "enum" in schema else None


def same(one: Side, other: Side, _met: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Whether two schemas say the same, word for word apart from notes, whatever their references are called."""
    one, other = _followed(one), _followed(other)
    pair = (id(one.schema), id(other.schema))
    if pair in _met:
        return True
    if isinstance(one.schema, bool) or isinstance(other.schema, bool):
        return one.schema is other.schema
    names = _keywords(one.schema)
    if names != _keywords(other.schema):
        return False
    met = _met | {pair}
    return all(_same_value(name, one, other, met) for name in names)


def _followed(side: Side) -> Side:
    while isinstance(side.schema, dict) and "$ref" in side.schema and _keywords(side.schema) == {"$ref"}:
        side = side.target()
    return side


def _same_value(name: str, one: Side, other: Side, met: frozenset[tuple[int, int]]) -> bool:
    if name == "$ref":
        return same(one.target(), other.target(), met)
    mine, theirs = one.schema[name], other.schema[name]
    if name in ("properties", "patternProperties", "dependentSchemas"):
        return mine.keys() == theirs.keys() and all(
            same(one.child(mine[key]), other.child(theirs[key]), met) for key in mine
        )
    if name in ("allOf", "anyOf", "oneOf", "prefixItems"):
        return len(mine) == len(theirs) and all(
            same(one.child(a), other.child(b), met) for a, b in zip(mine, theirs, strict=True)
        )
    if name == "$dynamicRef":
        return False
    if name in _SINGLE:
        return same(one.child(mine), other.child(theirs), met)
    return equals(mine, theirs)


_SINGLE = frozenset(
    ("additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else")
    + ("unevaluatedProperties", "unevaluatedItems")
)


def equals(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; numbers by value, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equals(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equals(a, b) for a, b in zip(one, other, strict=True))
    return type_of(one) == type_of(other) and bool(one == other)


def disjoint(one: Side, other: Side, depth: int = 3) -> bool:
    """Whether no value can be valid under both; False when that is not seen easily."""
    both = types(one) & types(other)
    if not both:
        return True
    mine, theirs = (finite(flat(side).base.schema) for side in (one, other))
    if mine is not None and theirs is not None:
        return not any(equals(a, b) for a in mine for b in theirs)
    if both != {"object"} or not depth:
        return False
    return _apart(one, other, depth) or _apart(other, one, depth)


def _apart(one: Side, other: Side, depth: int) -> bool:
    """Whether a member that ``one`` requires is another one, or none, in ``other``."""
    for name in {name for part in conjuncts(one) for name in part.schema.get("required", ())}:
        mine, theirs = (list(_members(side, name)) for side in (one, other))
        if any(theirs_one.schema is False for theirs_one in theirs):
            return True
        if any(disjoint(a, b, depth - 1) for a in mine for b in theirs):
            return True
    return False


def conjuncts(side: Side) -> Iterator[Side]:
    """The parts of a schema that all have to hold, each with keywords of its own only."""
    taken = flat(side)
    yield taken.base
    for branch in taken.branches:
        yield from conjuncts(branch)


def _members(side: Side, name: str) -> Iterator[Side]:
    for part in conjuncts(side):
        schema = part.schema
        if name in schema.get("properties", {}):
            yield part.child(schema["properties"][name])
        elif schema.get("additionalProperties") is False and not schema.get("patternProperties"):
            yield part.child(False)
