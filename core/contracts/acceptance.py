"""The quick yes: a schema compiled to closures that only say whether a document is valid.

Nearly every document is valid, and for those nobody reads an explanation. The explaining validator takes
milliseconds for an order; this takes a fiftieth of that. It decides exactly as
:data:`~sync_governance.core.contracts.keywords.SchemaValidator` does (a property test holds both together), and a
schema that uses a keyword it does not know is simply left to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from referencing.jsonschema import DRAFT202012

from .formats import CHECKS
from .keywords import SchemaValidator, ecma_pattern, is_multiple

Check = Callable[[Any], bool]

_DELEGATED = frozenset(
    ("$dynamicRef", "contains", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "uniqueItems")
)
_PYTHON_TYPES: Mapping[str, type] = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


class _Delegated(Exception):
    """The schema uses something that only the explaining validator decides."""


def acceptance(schema: dict[str, Any], resolver: Any) -> Check | None:
    """A function that says whether a document is valid, or None if the schema goes beyond what is decided here.

    :param schema: a checked schema whose references all resolve
    :param resolver: the ``referencing`` resolver at the root of ``schema``
    """
    try:
        return _Compiler().check(schema, resolver)
    except _Delegated:
        return None


class _Compiler:
    """Compiles each subschema once; a reference back to one that is being compiled goes through its slot."""

    def __init__(self) -> None:
        self._compiled: dict[int, list[Check]] = {}

    def check(self, schema: Any, resolver: Any) -> Check:
        if isinstance(schema, bool):
            return lambda value: schema
        slot = self._compiled.get(id(schema))
        if slot is not None:
            return slot[0] if slot else lambda value: slot[0](value)
        slot = self._compiled[id(schema)] = []
        resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
        checks = [check for check in self._checks(schema, resolver) if check is not None]
        slot.append(_all(checks))
        return slot[0]

    def _checks(self, schema: dict[str, Any], resolver: Any) -> list[Check | None]:
        if any(_uses(schema, keyword) for keyword in _DELEGATED):
            raise _Delegated
        return [
            *(_SIMPLE[keyword](schema[keyword]) for keyword in _SIMPLE if keyword in schema),
            _size(schema, str, "minLength", "maxLength"),
            _size(schema, list, "minItems", "maxItems"),
            _size(schema, dict, "minProperties", "maxProperties"),
            self._members(schema, resolver),
            self._entries(schema, resolver),
            *self._in_place(schema, resolver),
        ]

    def _members(self, schema: dict[str, Any], resolver: Any) -> Check | None:
        """``properties``, ``patternProperties``, ``additionalProperties`` and ``propertyNames`` in one pass."""
        if not schema.keys() & {"properties", "patternProperties", "additionalProperties", "propertyNames"}:
            return None
        named = {name: self.check(sub, resolver) for name, sub in schema.get("properties", {}).items()}
        patterns = [
            (ecma_pattern(pattern), self.check(sub, resolver))
            for pattern, sub in schema.get("patternProperties", {}).items()
        ]
        additional = self.check(schema.get("additionalProperties", True), resolver)
        names = self.check(schema.get("propertyNames", True), resolver)

        def members(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name, member in value.items():
                if not names(name):
                    return False
                check = named.get(name)
                known = check is not None
                if check is not None and not check(member):
                    return False
                for pattern, pattern_check in patterns:
                    if pattern.search(name):
                        known = True
                        if not pattern_check(member):
                            return False
                if not known and not additional(member):
                    return False
            return True

        return members

    def _entries(self, schema: dict[str, Any], resolver: Any) -> Check | None:
        if not schema.keys() & {"items", "prefixItems"}:
            return None
        first = [self.check(sub, resolver) for sub in schema.get("prefixItems", ())]
        rest = self.check(schema.get("items", True), resolver)

        def entries(value: Any) -> bool:
            if not isinstance(value, list):
                return True
            return all(check(entry) for check, entry in zip(first, value, strict=False)) and all(
                rest(entry) for entry in value[len(first) :]
            )

        return entries

    def _in_place(self, schema: dict[str, Any], resolver: Any) -> list[Check]:
        checks: list[Check] = []
        if "$ref" in schema:
            target = resolver.lookup(schema["$ref"])
            checks.append(self.check(target.contents, target.resolver))
        branches = {
            keyword: [self.check(sub, resolver) for sub in schema[keyword]]
            for keyword in ("allOf", "anyOf", "oneOf")
            if keyword in schema
        }
        checks.extend(branches.get("allOf", ()))
        if "anyOf" in branches:
            checks.append(lambda value, any_of=branches["anyOf"]: any(check(value) for check in any_of))
        if "oneOf" in branches:
            checks.append(lambda value, one_of=branches["oneOf"]: sum(check(value) for check in one_of) == 1)
        if "not" in schema:
            denied = self.check(schema["not"], resolver)
            checks.append(lambda value: not denied(value))
        if "if" in schema:
            condition, then, otherwise = (
                self.check(schema.get(keyword, True), resolver) for keyword in ("if", "then", "else")
            )
            checks.append(lambda value: then(value) if condition(value) else otherwise(value))
        return checks


def _uses(schema: dict[str, Any], keyword: str) -> bool:
    return keyword in schema and keyword in SchemaValidator.VALIDATORS


def _all(checks: list[Check]) -> Check:
    if not checks:
        return lambda value: True
    if len(checks) == 1:
        return checks[0]

    def every(value: Any) -> bool:
        for check in checks:
            if not check(value):
                return False
        return True

    return every


# ------------------------------------------------------------------------------------------ single keywords


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and value == int(value)


def _type(types: str | list[str]) -> Check:
    names = [types] if isinstance(types, str) else types
    plain = tuple(_PYTHON_TYPES[name] for name in names if name in _PYTHON_TYPES)
    if "number" in names:
        return lambda value: isinstance(value, plain) or _is_number(value)
    if "integer" in names:
        return lambda value: isinstance(value, plain) or _is_integer(value)
    return lambda value: isinstance(value, plain)


def _enum(values: list[Any]) -> Check:
    equals = [_const(value) for value in values]
    if all(isinstance(value, str) for value in values):
        texts = frozenset(values)
        return lambda value: isinstance(value, str) and value in texts
    return lambda value: any(equal(value) for equal in equals)


def _const(constant: Any) -> Check:
    if constant is None or isinstance(constant, bool):
        return lambda value: value is constant
    if isinstance(constant, str):
        return lambda value: isinstance(value, str) and value == constant
    if _is_number(constant):
        return lambda value: _is_number(value) and value == constant
    raise _Delegated


def _pattern(pattern: str) -> Check:
    search = ecma_pattern(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _format(name: str) -> Check | None:
    check = CHECKS.get(name)
    if check is None:
        return None

    def well_formed(value: Any) -> bool:
        try:
            return not isinstance(value, str) or check(value)
        except ValueError:
            return False

    return well_formed


def _required(names: list[str]) -> Check:
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _dependent_required(dependent: dict[str, list[str]]) -> Check:
    return lambda value: (
        not isinstance(value, dict)
        or all(other in value for name, others in dependent.items() if name in value for other in others)
    )


def _size(schema: dict[str, Any], kind: type, minimum: str, maximum: str) -> Check | None:
    if minimum not in schema and maximum not in schema:
        return None
    low, high = schema.get(minimum, 0), schema.get(maximum)
    if high is None:
        return lambda value: not isinstance(value, kind) or len(value) >= low
    return lambda value: not isinstance(value, kind) or low <= len(value) <= high


def _numeric(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Check]:
    return lambda limit: lambda value: not _is_number(value) or compare(value, limit)


_SIMPLE: Mapping[str, Callable[[Any], Check | None]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "dependentRequired": _dependent_required,
    "pattern": _pattern,
    "format": _format,
    "minimum": _numeric(lambda value, limit: value >= limit),
    "maximum": _numeric(lambda value, limit: value <= limit),
    "exclusiveMinimum": _numeric(lambda value, limit: value > limit),
    "exclusiveMaximum": _numeric(lambda value, limit: value < limit),
    "multipleOf": _numeric(is_multiple),
}
