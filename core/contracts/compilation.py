"""From a JSON Schema to a :class:`Validator`: checked, self-contained, cached by its content.

A contract is data that people write, so everything that can be wrong with it is found here and not in the middle of
the night: keywords against the meta-schema, references that lead nowhere (nothing is ever fetched: a reference goes
into the schema itself or to ``urn:sync-governance:definitions#/$defs/...``), patterns that do not compile, and
references that go round in a circle. Each is a :class:`Fault` ``engine.configuration``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema_specifications import REGISTRY as META_SCHEMAS
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from ..faults import Fault
from .acceptance import acceptance
from .formats import format_checker
from .keywords import SchemaValidator, ecma_pattern
from .pointer import pointer
from .wording import as_faults

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFINITIONS = "urn:sync-governance:definitions"
FAULT_LIMIT = 200
DEPTH_LIMIT = 64

_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_IN_PLACE_SINGLES = ("not", "if", "then", "else")


@cache
def definitions() -> dict[str, Any]:
    """The shared definitions of the canonical catalogue, which every schema may refer to."""
    path = Path(__file__).parent.parent / "canonical" / "definitions.json"
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


@cache
def _registry() -> Registry[Any]:
    """What references can lead to: the meta-schemas and the shared definitions. It cannot retrieve anything."""
    return META_SCHEMAS.with_resource(DEFINITIONS, DRAFT202012.create_resource(definitions()))


def resolver_of(schema: dict[str, Any]) -> Any:
    """The ``referencing`` resolver at the root of ``schema``; it fetches nothing."""
    return _registry().resolver_with_root(DRAFT202012.create_resource(schema))


def validator_at(schema: Any, resolver: Any) -> Any:
    """A validator of a part of a checked schema, which only says whether a value ``is_valid``."""
    return SchemaValidator(schema, registry=_registry(), _resolver=resolver, format_checker=format_checker())


class Validator:
    """A compiled schema. Safe to share between threads; made by :func:`compile_schema`.

    ``digest`` is the SHA-256 of the schema's content, whatever the order of its members.
    """

    __slots__ = ("_accepts", "_explaining", "digest", "schema")

    def __init__(self, schema: dict[str, Any], digest: str) -> None:
        self.schema = schema
        self.digest = digest
        self._accepts = acceptance(schema, resolver_of(schema))
        self._explaining = SchemaValidator(schema, registry=_registry(), format_checker=format_checker())

    def faults(self, document: Any, *, code: str = "validate.contract") -> list[Fault]:
        """Everything in which ``document`` differs from the schema, at most :data:`FAULT_LIMIT`; never raises."""
        try:
            if self._accepts is not None and self._accepts(document):
                return []
            errors: list[ValidationError] = list(islice(self._explaining.iter_errors(document), FAULT_LIMIT))
        except RecursionError:
            return [Fault(code, "The document is nested more deeply than this contract can check.", pointer="")]
        return as_faults(errors, code)[:FAULT_LIMIT]


def compile_schema(schema: Mapping[str, Any]) -> Validator:
    """A validator of ``schema`` (JSON Schema 2020-12); compiling the same content again costs nothing.

    :raises Fault: ``engine.configuration`` if the schema cannot be used, with the reason
    """
    try:
        text = json.dumps(schema, ensure_ascii=False, default=_number, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _unusable(f"it is not plain JSON ({error})") from error
    return _compiled(text)


@lru_cache(maxsize=512)
def _compiled(text: str) -> Validator:
    # Reading the text back gives a copy of our own, with exact numbers, that no caller can change any more.
    schema = json.loads(text, parse_float=Decimal)
    if not isinstance(schema, dict):
        raise _unusable("it is not an object")
    if schema.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        raise _unusable(f"it is written in {schema['$schema']}, and only {DIALECT} is understood")
    if _depth(schema) > DEPTH_LIMIT:
        raise _unusable(f"it is nested deeper than {DEPTH_LIMIT} levels")
    try:
        SchemaValidator.check_schema(schema)
    except SchemaError as error:
        raise _unusable(f"{error.message} at {pointer(error.absolute_path) or 'the root'}") from error
    _check_references(schema)
    canonical = json.dumps(schema, sort_keys=True, ensure_ascii=False, default=_number)
    return Validator(schema, hashlib.sha256(canonical.encode()).hexdigest())


def _check_references(schema: dict[str, Any]) -> None:
    """Follow every reference once; raise for one that leads nowhere, a broken pattern, or a circle."""
    root = DRAFT202012.create_resource(schema)
    waiting = [(root, _registry().resolver_with_root(root))]
    in_place: dict[int, list[int]] = {}
    while waiting:
        resource, resolver = waiting.pop()
        contents = resource.contents
        if id(contents) in in_place or not isinstance(contents, dict):
            continue
        edges = in_place[id(contents)] = [id(child) for child in _in_place(contents)]
        for pattern in (contents.get("pattern"), *contents.get("patternProperties", ())):
            _check_pattern(pattern)
        for keyword in ("$ref", "$dynamicRef"):
            if keyword not in contents:
                continue
            try:
                resolved = resolver.lookup(contents[keyword])
                if not contents[keyword].startswith(DEFINITIONS + "#"):
                    # It may go to a place that the check of the whole schema does not take for a schema.
                    SchemaValidator.check_schema(resolved.contents)
            except (Unresolvable, ValueError, TypeError) as error:
                raise _unusable(f"the reference {contents[keyword]!r} leads nowhere") from error
            except SchemaError as error:
                raise _unusable(f"the reference {contents[keyword]!r} leads to no schema") from error
            edges.append(id(resolved.contents))
            waiting.append((DRAFT202012.create_resource(resolved.contents), resolved.resolver))
        for child in resource.subresources():
            waiting.append((child, resolver.in_subresource(child)))
    _check_circles(in_place)


def _in_place(contents: dict[str, Any]) -> Iterator[Any]:
    """The subschemas that look at the same value as ``contents`` itself."""
    for keyword in _IN_PLACE_LISTS:
        yield from contents.get(keyword, ())
    for keyword in _IN_PLACE_SINGLES:
        if keyword in contents:
            yield contents[keyword]
    yield from contents.get("dependentSchemas", {}).values()


def _check_circles(edges: dict[int, list[int]]) -> None:
    """Raise if a schema leads back to itself without ever looking deeper into the document."""
    finished: set[int] = set()
    for start in edges:
        path: list[tuple[int, Iterator[int]]] = [(start, iter(edges[start]))]
        on_path = {start}
        while path:
            node, children = path[-1]
            child = next((child for child in children if child in edges and child not in finished), None)
            if child is None:
                path.pop()
                on_path.discard(node)
                finished.add(node)
            elif child in on_path:
                raise _unusable("a reference leads back to itself")
            else:
                on_path.add(child)
                path.append((child, iter(edges[child])))


def _check_pattern(pattern: str | None) -> None:
    if pattern is None:
        return
    try:
        ecma_pattern(pattern)
    except re.error as error:
        raise _unusable(f"the pattern {pattern!r} is not understood ({error})") from error


def _depth(value: Any) -> int:
    """How deeply lists and objects contain each other."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _number(value: Any) -> float | int:
    """Decimals of a schema, for its canonical text."""
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unusable(reason: str) -> Fault:
    return Fault("engine.configuration", f"The contract cannot be used: {reason}.", subject="contract schema")
