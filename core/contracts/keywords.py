"""JSON Schema 2020-12 as this addon reads it: decimals are exact, and each difference is one error at its own place.

Four things differ from the library's defaults, none from the specification:

* numbers are :class:`~decimal.Decimal` or int, never binary floating point;
* a missing and an unexpected member are errors *at that member*, one each, so that a pointer can name it;
* patterns follow ECMA 262 where Python differs: ``$`` does not match before a final line feed, ``\\d`` is ASCII;
* only the formats of :mod:`.formats` are checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

_EXACT = Context(prec=250)
_ECMA_DOLLAR = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@lru_cache(maxsize=1024)
def ecma_pattern(pattern: str) -> re.Pattern[str]:
    """``pattern`` compiled with the meaning it has in JSON Schema; raises :class:`re.error`."""
    python = _ECMA_DOLLAR.sub(lambda match: r"\Z" if match.group() == "$" else match.group(), pattern)
    return re.compile(python, re.ASCII)


def _is_integer(_checker: TypeChecker, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value())


def _is_number(_checker: TypeChecker, value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _required(validator: Any, required: list[str], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name in required:
            if name not in instance:
                yield ValidationError("is missing", path=[name])


def _dependent_required(validator: Any, dependent: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name, others in dependent.items():
            for other in others if name in instance else ():
                if other not in instance:
                    yield ValidationError(f"is missing beside {name}", path=[other])


def _below(
    validator: Any, value: Any, schema: Any, path: str | int, schema_path: str | int
) -> Iterator[ValidationError]:
    """The errors of a member or entry. The library forgets the place of one that the schema ``false`` forbids."""
    if schema is False:
        yield ValidationError(
            "must not be there", path=[path], validator="false", validator_value=False, instance=value, schema=schema
        )
    else:
        yield from validator.descend(value, schema, path=path, schema_path=schema_path)


def _properties(validator: Any, properties: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name, subschema in properties.items():
            if name in instance:
                yield from _below(validator, instance[name], subschema, name, name)


def _prefix_items(validator: Any, prefix: list[Any], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "array"):
        for index, (entry, subschema) in enumerate(zip(instance, prefix, strict=False)):
            yield from _below(validator, entry, subschema, index, index)


def _additional_properties(validator: Any, additional: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    patterns = [ecma_pattern(pattern) for pattern in schema.get("patternProperties", ())]
    known = schema.get("properties", ())
    for name, value in instance.items():
        if name in known or any(pattern.search(name) for pattern in patterns):
            continue
        if additional is False:
            yield ValidationError("is not known", path=[name])
        else:
            yield from validator.descend(value, additional, path=name)


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not ecma_pattern(pattern).search(instance):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if ecma_pattern(pattern).search(name):
                    yield from _below(validator, value, subschema, name, pattern)


def is_multiple(value: int | Decimal, divisor: int | Decimal) -> bool:
    """Whether ``value`` is a whole multiple of ``divisor``, computed exactly."""
    return not _EXACT.remainder(Decimal(value), Decimal(divisor))


def _multiple_of(validator: Any, divisor: int | Decimal, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and not is_multiple(instance, divisor):
        yield ValidationError("is no multiple")


KEYWORDS: Mapping[str, Any] = {
    "properties": _properties,
    "prefixItems": _prefix_items,
    "required": _required,
    "dependentRequired": _dependent_required,
    "additionalProperties": _additional_properties,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "multipleOf": _multiple_of,
}

SchemaValidator = extend(
    Draft202012Validator,
    validators=dict(KEYWORDS),
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_integer, "number": _is_number}),
)
