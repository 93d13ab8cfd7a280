"""In what two JSON Schemas differ, and whether each difference matters to a document written under the first of them.

Kinds of difference carry the names of Confluent's schema registry. What is called compatible here is proved: a document
that is valid under the first schema is valid under the second. What cannot be proved is breaking, so a difference may
be called breaking that no document would ever meet.

In three things this differs from Confluent's registry, because here the contract is what refuses a document:
a default does not stand in for a required member, a format is checked, and a list of alternatives of which exactly one
may hold (``oneOf``) takes further ones only if they cannot overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import arrays, combined, objects
from .compilation import validator_at
from .formats import CHECKS
from .shapes import LIMITS, Path, limit_words, listed, place_words, pointer_of, shape, type_words
from .sides import (
    ANNOTATIONS,
    NUMERIC,
    Flat,
    Side,
    declared,
    equals,
    finite,
    flat,
    same,
    types,
)

MOST_STEPS = 20_000
_NOTED = {"$id": "ID", "title": "TITLE", "description": "DESCRIPTION", "default": "DEFAULT"}
assert set(_NOTED) <= ANNOTATIONS


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two contracts differ.

    ``pointer`` is the place in the document, ``*`` for every entry of a list; ``kind`` what happened to it, in the
    words of Confluent's registry; ``compatible`` whether every document written under the first is still valid there.
    """

    pointer: str
    kind: str
    compatible: bool
    text: str


class Comparison:
    """Compares what is written under one schema with what is read under another.

    :param tolerant: a document holds nothing that its own contract does not declare, though it might; so a member may
        be added to an open object without regard to what it may have held before
    :param writer: what the first version is called in sentences, ``reader`` the second
    """

    def __init__(self, *, tolerant: bool = False, writer: str = "the old version", reader: str = "the new version"):
        self.tolerant = tolerant
        self.writer = writer
        self.reader = reader
        self._steps = 0
        self._open: set[tuple[int, int]] = set()

    def between(self, old: Side, new: Side, path: Path = ()) -> list[Difference]:
        """All differences, in the order of the document."""
        if isinstance(old.schema, bool) and isinstance(new.schema, bool) and old.schema is new.schema:
            return []
        if old.schema is False:
            return [self.told("SCHEMA_FALSE_REPLACED", path, True, "not allowed", shape(new))]
        if new.schema is False:
            return [self.told("SCHEMA_CHANGED_TO_FALSE", path, False, shape(old), "not allowed")]
        pair = (id(old.schema), id(new.schema))
        if pair in self._open:
            return []  # further down in the document the same question, which is being answered
        self._steps += 1
        if self._steps > MOST_STEPS:
            return [self.told("TOO_COMPLEX", path, False, "too much", "too much to be compared")]
        self._open.add(pair)
        try:
            found = self._direct(old, new, path)
            if not all(each.compatible for each in found) and self._proved_otherwise(old, new):
                return [each for each in found if each.compatible]
            return found
        finally:
            self._open.discard(pair)

    def strictly(self) -> Comparison:
        """The same, and nothing is taken for granted that a contract does not say."""
        if not self.tolerant:
            return self
        strict = Comparison(writer=self.writer, reader=self.reader)
        strict._steps = self._steps
        return strict

    def accepts(self, old: Side, new: Side) -> bool:
        """Whether whatever is valid under ``old`` is valid under ``new``, as far as can be seen."""
        return all(each.compatible for each in self.between(old, new))

    # -- one schema --------------------------------------------------------------------------------------------------

    def _direct(self, old: Side, new: Side, path: Path) -> list[Difference]:
        before, after = flat(old), flat(new)
        found = list(self._notes(old, new, path))
        if any(name in after.base.schema for name in ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef")):
            if not same(old, new):
                found.append(
                    self.told("UNEVALUATED_PROPERTIES_CHANGED", path, False, "one thing", "another about the rest")
                )
            return found
        found += self._base(types(old), before, after, path)
        parts = [before.base, *before.branches]
        for index, branch in enumerate(after.branches):
            if any(self.accepts(part, branch) for part in parts):
                continue
            counterpart = before.branches[index] if index < len(before.branches) else before.base
            if index >= len(before.branches):
                found.append(self.told("PRODUCT_TYPE_EXTENDED", path, False, "fewer conditions", "a further condition"))
            found += [each for each in self.between(counterpart, branch, path) if not each.compatible]
        if len(after.branches) < len(before.branches):
            found.append(self.told("PRODUCT_TYPE_NARROWED", path, True, "more conditions", "fewer conditions"))
        return found

    def _proved_otherwise(self, old: Side, new: Side) -> bool:
        """By a part of ``old`` alone, by each of its alternatives, or by each of the few values there can be."""
        before = flat(old)
        values = finite(before.base.schema)
        if values is not None:
            check = validator_at(new.schema, new.resolver)
            return all(check.is_valid(value) for value in values)
        if any(self.accepts(branch, new) for branch in before.branches):
            return True
        return any(
            keyword in before.base.schema and all(self.accepts(branch, new) for branch in before.base.children(keyword))
            for keyword in ("anyOf", "oneOf")
        )

    def _base(self, old_types: frozenset[str], before: Flat, after: Flat, path: Path) -> Iterator[Difference]:
        old, new = before.base, after.base
        o, n = old.schema, new.schema
        yield from self._types(old_types, o, n, path)
        living = old_types & declared(n)
        yield from self._values(living, o, n, path)
        if "string" in living:
            yield from self._bounds(("minLength", "maxLength"), o, n, path)
            yield from self._texts(o, n, path)
        if living & NUMERIC:
            yield from self._numbers(o, n, path)
        if "array" in living:
            yield from self._bounds(("minItems", "maxItems"), o, n, path)
            yield from arrays.compare(self, old, new, path)
        if "object" in living:
            yield from self._bounds(("minProperties", "maxProperties"), o, n, path)
            yield from objects.compare(self, old, new, path)
        yield from combined.compare(self, old, new, path)

    # -- what any value may have -------------------------------------------------------------------------------------

    def _notes(self, old: Side, new: Side, path: Path) -> Iterator[Difference]:
        if isinstance(old.schema, dict) and isinstance(new.schema, dict):
            for name, kind in _NOTED.items():
                was, now = old.schema.get(name), new.schema.get(name)
                if not equals(was, now):
                    yield self.told(f"{kind}_CHANGED", path, True, f"{name} {listed([was])}", f"{name} {listed([now])}")

    def _types(self, old_types: frozenset[str], o: dict, n: dict, path: Path) -> Iterator[Difference]:
        new_types, before = declared(n), declared(o)
        if not old_types <= new_types:
            kind = "TYPE_NARROWED" if new_types & old_types else "TYPE_CHANGED"
            yield self.told(kind, path, False, type_words(old_types), type_words(new_types))
        elif before < new_types:
            yield self.told("TYPE_EXTENDED", path, True, type_words(before), type_words(new_types))

    def _values(self, living: frozenset[str], o: dict, n: dict, path: Path) -> Iterator[Difference]:
        was, now = finite(o), finite(n)
        if now is None:
            if was is not None:
                yield self.told("ENUM_ARRAY_REMOVED", path, True, f"one of {listed(was)}", "any value of its kind")
            return
        if was is None and living <= {"null", "boolean"}:
            was = [None] * ("null" in living) + [True, False] * ("boolean" in living)
        if was is None:
            yield self.told("ENUM_ARRAY_ADDED", path, False, "any value of its kind", f"one of {listed(now)}")
            return
        gone = [value for value in was if not any(equals(value, other) for other in now)]
        fresh = [value for value in now if not any(equals(value, other) for other in was)]
        if gone:
            kind = "ENUM_ARRAY_CHANGED" if fresh else "ENUM_ARRAY_NARROWED"
            yield self.told(kind, path, False, f"{listed(gone)} allowed", "not allowed")
        elif fresh:
            yield self.told("ENUM_ARRAY_EXTENDED", path, True, f"{listed(fresh)} not allowed", "allowed")

    def _bounds(self, keywords: Iterable[str], o: dict, n: dict, path: Path) -> Iterator[Difference]:
        for keyword in keywords:
            was, now = o.get(keyword), n.get(keyword)
            if was == now:
                continue
            low = keyword.startswith("min")
            if now is None:
                change, ok = "REMOVED", True
            elif was is None:
                change, ok = "ADDED", low and now <= 0
            else:
                change, ok = ("INCREASED", not low) if now > was else ("DECREASED", low)
            kind = f"{LIMITS[keyword][0]}_{change}"
            yield self.told(kind, path, ok, limit_words(keyword, was), limit_words(keyword, now))

    def _texts(self, o: dict, n: dict, path: Path) -> Iterator[Difference]:
        for keyword in ("pattern", "format"):
            was, now = o.get(keyword), n.get(keyword)
            if keyword == "format":
                was, now = (name if name in CHECKS else None for name in (was, now))
            if was != now:
                change = "REMOVED" if now is None else "ADDED" if was is None else "CHANGED"
                kind = f"{keyword.upper()}_{change}"
                yield self.told(kind, path, now is None, *(f"{keyword} {x}" if x else "any text" for x in (was, now)))

    def _numbers(self, o: dict, n: dict, path: Path) -> Iterator[Difference]:
        for low in (True, False):
            for keyword in ("minimum", "exclusiveMinimum") if low else ("maximum", "exclusiveMaximum"):
                was, now = o.get(keyword), n.get(keyword)
                if was == now:
                    continue
                if now is None:
                    change = "REMOVED"
                else:
                    change = "ADDED" if was is None else "INCREASED" if now > was else "DECREASED"
                ok = now is None or _implied(o, keyword, now, low)
                kind = f"{LIMITS[keyword][0]}_{change}"
                yield self.told(kind, path, ok, limit_words(keyword, was), limit_words(keyword, now))
        was, now = o.get("multipleOf"), n.get("multipleOf")
        if was != now:
            divides = now is not None and was is not None and was % now == 0
            change = "REMOVED" if now is None else "ADDED" if was is None else "REDUCED" if divides else "CHANGED"
            ok = now is None or divides
            yield self.told(
                f"MULTIPLE_OF_{change}", path, ok, limit_words("multipleOf", was), limit_words("multipleOf", now)
            )

    def told(self, kind: str, path: Path, ok: bool, was: str, now: str) -> Difference:
        """A difference at ``path``: what stood there, and what stands there now."""
        place = place_words(path)
        sentence = f"{place[0].upper()}{place[1:]}: {was} in {self.writer}, {now} in {self.reader}."
        return Difference(pointer_of(path), kind, ok, sentence)


def _implied(o: dict[str, Any], keyword: str, limit: Any, low: bool) -> bool:
    """Whether the bounds of ``o`` already keep every number within the bound ``keyword``: ``limit``."""
    inclusive, exclusive = ("minimum", "exclusiveMinimum") if low else ("maximum", "exclusiveMaximum")
    for name in (inclusive, exclusive):
        bound = o.get(name)
        if bound is None:
            continue
        if (bound > limit if low else bound < limit) or (bound == limit and keyword in (inclusive, name)):
            return True
    return False
