"""Alternatives, exclusions and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from .shapes import Path, shape
from .sides import Side, disjoint, same

if TYPE_CHECKING:
    from .comparison import Comparison, Difference


def compare(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    """The differences between what two schemas say by combining others."""
    for keyword in ("anyOf", "oneOf"):
        yield from _alternatives(task, old, new, keyword, path)
    yield from _excluded(task, old, new, path)
    yield from _condition(task, old, new, path)


def _alternatives(task: Comparison, old: Side, new: Side, keyword: str, path: Path) -> Iterator[Difference]:
    after = new.children(keyword)
    known = next((name for name in (keyword, "anyOf", "oneOf") if name in old.schema), None)
    if not after:
        if keyword in old.schema and not any(name in new.schema for name in ("anyOf", "oneOf")):
            yield task.told("SUM_TYPE_REMOVED", path, True, "alternatives", "any of them and more")
        return
    before = old.children(known) if known else []
    if known == keyword and len(before) == len(after) and all(map(same, before, after)):
        return
    if known is None:
        fits = any(task.accepts(old, branch) for branch in after)
        kind = "COMBINED_TYPE_EXTENDED" if fits else "COMBINED_TYPE_CHANGED"
        yield task.told(kind, path, fits, shape(old), f"one of {len(after)} alternatives")
    else:
        yield from _matched(task, before, after, path)
    if keyword == "oneOf" and not all(disjoint(a, b) for a, b in combinations(after, 2)):
        yield task.told("SUM_TYPE_MAY_OVERLAP", path, False, "other alternatives", "alternatives that may overlap")


def _matched(task: Comparison, before: list[Side], after: list[Side], path: Path) -> Iterator[Difference]:
    lost = [branch for branch in before if not any(task.accepts(branch, other) for other in after)]
    if not lost:
        if len(after) > len(before):
            yield task.told(
                "SUM_TYPE_EXTENDED", path, True, f"{len(before)} alternatives", f"{len(after)} alternatives"
            )
        return
    if len(before) == len(after):
        # The same number of alternatives: what changed in each is told.
        for branch, other in zip(before, after, strict=True):
            if branch in lost:
                yield from (each for each in task.between(branch, other, path) if not each.compatible)
        return
    kind = "SUM_TYPE_NARROWED" if len(after) < len(before) else "COMBINED_TYPE_SUBSCHEMAS_CHANGED"
    for branch in lost:
        yield task.told(kind, path, False, f"{shape(branch)} as an alternative", "no such alternative")


def _excluded(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    if "not" not in new.schema:
        if "not" in old.schema:
            yield task.told("NOT_TYPE_REMOVED", path, True, "something excluded", "nothing excluded")
        return
    if "not" not in old.schema:
        if not disjoint(old, new.child(new.schema["not"])):
            yield task.told("NOT_TYPE_ADDED", path, False, "nothing excluded", "something excluded")
        return
    was, now = old.child(old.schema["not"]), new.child(new.schema["not"])
    if not same(was, now):
        # What is excluded now has to be excluded before; of what is excluded nothing may be taken for granted.
        ok = task.strictly().accepts(now, was)
        kind = "NOT_TYPE_NARROWED" if ok else "NOT_TYPE_EXTENDED"
        yield task.told(kind, path, ok, "one thing excluded", "less excluded" if ok else "another thing excluded")


def _condition(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    if "if" not in new.schema:
        if "if" in old.schema:
            yield task.told("CONDITION_REMOVED", path, True, "bound to a condition", "free of it")
        return
    always = {"if": True, **{name: old.schema[name] for name in ("if", "then", "else") if name in old.schema}}
    held = "if" in old.schema and same(old.child(always["if"]), new.child(new.schema["if"]))
    for name in ("then", "else"):
        now = new.child(new.schema.get(name, True))
        was = old.child(old.schema.get(name, True)) if held else old.child(True)
        if not task.accepts(was, now) and not (not held and task.accepts(old, now)):
            kind = "CONDITION_CHANGED" if "if" in old.schema else "CONDITION_ADDED"
            yield task.told(kind, path, False, "under another condition", f"under a condition ({name})")
