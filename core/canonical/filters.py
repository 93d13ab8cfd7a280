"""Which documents somebody wants: a closed vocabulary over the members of canonical documents.

A filter is ``{"/currency": "EUR", "/lines/*/item/identifiers/*/value": ["A-1", "A-2"]}``: JSON pointers (RFC 6901)
with ``*`` for any entry of a list, each with the text or truth value it has, or a list of those it may have. All of
them must hold; for ``*`` one entry suffices. Nothing else can be said, so a filter costs little and can do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import Fault
from . import catalogue, definitions

MOST_MEMBERS = 10
MOST_VALUES = 100
LONGEST = 255
_DEFINITIONS = "urn:sync-governance:definitions#/$defs/"


def check(wanted: Any, document_type: str) -> None:
    """Whether ``wanted`` is a filter of documents of this type.

    :raises Fault: ``request.parameter_invalid``, with what is wrong in words
    """
    if not isinstance(wanted, Mapping) or not 1 <= len(wanted) <= MOST_MEMBERS:
        raise _invalid(f"A filter is an object with 1 to {MOST_MEMBERS} members.")
    schema = catalogue()[document_type].schema
    for pointer, values in wanted.items():
        if not isinstance(pointer, str) or len(pointer) > LONGEST or not pointer.startswith("/"):
            raise _invalid("A filter names members by JSON pointers: /currency.")
        if not any(_is_value(one) for one in _found_in(schema, schema, _steps(pointer))):
            raise _invalid(f"Documents of the type {document_type} have no text at {pointer[:80]}.")
        several = values if isinstance(values, list) else [values]
        if not 1 <= len(several) <= MOST_VALUES:
            raise _invalid(f"{pointer[:80]} is compared with 1 to {MOST_VALUES} values.")
        if not all(isinstance(one, (str, bool)) and len(str(one)) <= LONGEST for one in several):
            raise _invalid(f"{pointer[:80]} is compared with texts of at most {LONGEST} characters, true or false.")


def matches(wanted: Mapping[str, Any] | None, document: Any) -> bool:
    """Whether the document is wanted; without a filter all are."""
    return all(
        any(_equal(found, values) for found in _at(document, _steps(pointer)))
        for pointer, values in (wanted or {}).items()
    )


def _equal(found: Any, values: Any) -> bool:
    several = values if isinstance(values, list) else [values]
    return isinstance(found, (str, bool)) and any(type(found) is type(one) and found == one for one in several)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif isinstance(value, Mapping):
        if steps[0] in value:
            yield from _at(value[steps[0]], steps[1:])
    elif isinstance(value, list) and steps[0] == "*":
        for one in value:
            yield from _at(one, steps[1:])


def _found_in(schema: Any, root: Any, steps: list[str]) -> Iterator[Any]:
    """The schemas of what a document of ``schema`` may have at ``steps``; ``root`` is what its own references mean."""
    if not isinstance(schema, Mapping):
        return
    target = schema.get("$ref", "")
    if target.startswith(_DEFINITIONS):
        shared = definitions()
        yield from _found_in(shared["$defs"][target.removeprefix(_DEFINITIONS)], shared, steps)
    elif target.startswith("#/$defs/"):
        yield from _found_in(root["$defs"][target.removeprefix("#/$defs/")], root, steps)
    for combined in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(combined, ()):
            yield from _found_in(one, root, steps)
    if not steps:
        if not target:
            yield schema
    elif steps[0] == "*":
        yield from _found_in(schema.get("items"), root, steps[1:])
    else:
        yield from _found_in(schema.get("properties", {}).get(steps[0]), root, steps[1:])


def _is_value(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", "string" if {"enum", "const", "pattern", "format"} & set(schema) else None)
    return bool({"string", "boolean"} & set([kinds] if isinstance(kinds, str) else kinds or ()))


def _invalid(detail: str) -> Fault:
    return Fault("request.parameter_invalid", detail, subject="filter")
