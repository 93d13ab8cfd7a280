"""Members of objects: open, partly open and closed content models.

A content model is open when nothing is said of members that are not named, closed when these are refused, partly open
when something is asked of them. Whether a member may leave depends on the model of the new version, whether one may be
added on that of the old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .keywords import ecma_pattern
from .shapes import Path, shape
from .sides import Side, same

if TYPE_CHECKING:
    from .comparison import Comparison, Difference


@dataclass(frozen=True, slots=True)
class Members:
    """What a schema says about the members of an object."""

    side: Side
    named: dict[str, Any]
    patterns: dict[str, Any]
    rest: Any
    required: frozenset[str]

    @classmethod
    def of(cls, side: Side) -> Members:
        schema = side.schema
        return cls(
            side,
            schema.get("properties", {}),
            schema.get("patternProperties", {}),
            schema.get("additionalProperties", True),
            frozenset(schema.get("required", ())),
        )

    def open(self, name: str) -> bool:
        """Whether a member of this name that is not declared may hold anything."""
        return self.rest in (True, {}) and not self.matching(name)

    def matching(self, name: str) -> list[Side]:
        """The schemas of the patterns that the name fits."""
        return [self.side.child(sub) for pattern, sub in self.patterns.items() if ecma_pattern(pattern).search(name)]

    def beside(self, name: str) -> list[Side]:
        """What holds for a member that is not named: the patterns it fits, or what is said of the rest."""
        return self.matching(name) or [self.side.child(self.rest)]

    def all_of(self, name: str) -> list[Side]:
        """Everything that holds for a member of this name."""
        if name not in self.named:
            return self.beside(name)
        return [self.side.child(self.named[name]), *self.matching(name)]


def compare(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    """The differences between the members that two schemas declare, require and let pass."""
    before, after = Members.of(old), Members.of(new)
    gone, fresh = [], []
    for name in dict.fromkeys((*before.named, *after.named)):
        place = (*path, name)
        if name not in after.named:
            gone.append(name)
            yield _removed(task, before, after, name, place)
        elif name not in before.named:
            fresh.append(name)
            yield _added(task, before, after, name, place)
        else:
            yield from task.between(before.side.child(before.named[name]), after.side.child(after.named[name]), place)
            yield from _patterns_met(task, before, after, name, place)
    yield from _required(task, before, after, fresh, path)
    yield from _renamed(task, before, after, gone, fresh, path)
    yield from _pattern_members(task, before, after, path)
    yield from _rest(task, before, after, path)
    yield from _names(task, before, after, path)
    yield from _dependent(task, old, new, path)


def _removed(task: Comparison, before: Members, after: Members, name: str, place: Path) -> Difference:
    was = before.side.child(before.named[name])
    told = f"required, {shape(was)}" if name in before.required else f"optional, {shape(was)}"
    if after.open(name):
        return task.told("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", place, True, told, "passed over")
    if after.rest is False and not after.matching(name):
        if was.schema is False:
            return task.told("PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", place, True, told, "not allowed")
        return task.told("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", place, False, told, "not allowed")
    covered = all(_implied(task, before.all_of(name), now) for now in after.beside(name))
    kind = "IS" if covered else "NOT"
    return task.told(
        f"PROPERTY_REMOVED_{kind}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        place,
        covered,
        told,
        "one of the other fields" if covered else "not as the other fields have to be",
    )


def _added(task: Comparison, before: Members, after: Members, name: str, place: Path) -> Difference:
    now = after.side.child(after.named[name])
    required = name in after.required and name not in before.required
    told = f"{'required' if required else 'optional'}, {shape(now)}"
    kind = "REQUIRED_PROPERTY" if required else "OPTIONAL_PROPERTY"
    if before.open(name):
        if now.schema in (True, {}) and not required:
            return task.told("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", place, True, "open", told)
        ok = task.tolerant and not required
        return task.told(f"{kind}_ADDED_TO_OPEN_CONTENT_MODEL", place, ok, "not declared", told)
    if before.rest is False and not before.matching(name):
        return task.told(f"{kind}_ADDED_TO_UNOPEN_CONTENT_MODEL", place, not required, "not allowed", told)
    covered = all(_implied(task, before.beside(name), wanted) for wanted in after.all_of(name))
    kind = "IS" if covered else "NOT"
    return task.told(
        f"PROPERTY_ADDED_{kind}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        place,
        covered and not required,
        "one of the other fields",
        told,
    )


def _patterns_met(task: Comparison, before: Members, after: Members, name: str, place: Path) -> Iterator[Difference]:
    """A member that both declare may fit a pattern of the new version as well."""
    for wanted in after.matching(name):
        if not _implied(task, before.all_of(name), wanted):
            yield task.told("PATTERN_PROPERTY_NARROWED", place, False, "free of this rule", f"also {shape(wanted)}")


def _required(task: Comparison, before: Members, after: Members, fresh: list[str], path: Path) -> Iterator[Difference]:
    for name in sorted(after.required - before.required):
        if name not in fresh:  # of a new member its addition says so
            yield task.told("REQUIRED_ATTRIBUTE_ADDED", (*path, name), False, "optional", "required")
    for name in sorted(before.required - after.required):
        if name in after.named or name not in before.named:
            yield task.told("REQUIRED_ATTRIBUTE_REMOVED", (*path, name), True, "required", "optional")


def _renamed(
    task: Comparison, before: Members, after: Members, gone: list[str], fresh: list[str], path: Path
) -> Iterator[Difference]:
    """One optional member left and one like it came: perhaps it got another name, and what is sent is lost silently."""
    for name in gone:
        was = before.side.child(before.named[name])
        for other in fresh:
            if name in before.required or other in after.required or was.schema in (True, False, {}):
                continue
            if same(was, after.side.child(after.named[other])):
                yield task.told(
                    "PROPERTY_PERHAPS_RENAMED", (*path, other), True, f"perhaps called '{name}'", f"called '{other}'"
                )


def _pattern_members(task: Comparison, before: Members, after: Members, path: Path) -> Iterator[Difference]:
    for pattern in dict.fromkeys((*before.patterns, *after.patterns)):
        place = (*path, f"({pattern})")
        if pattern not in after.patterns:
            was = before.side.child(before.patterns[pattern])
            ok = task.accepts(was, after.side.child(after.rest))
            kind = "PATTERN_PROPERTY_REMOVED" if ok else "PATTERN_PROPERTY_REMOVED_NOT_COVERED"
            yield task.told(kind, place, ok, shape(was), "one of the other fields" if ok else "not allowed as it was")
            continue
        now = after.side.child(after.patterns[pattern])
        if pattern in before.patterns:
            yield from task.between(before.side.child(before.patterns[pattern]), now, place)
            continue
        others = [before.side.child(sub) for sub in (*before.patterns.values(), before.rest)]
        ok = all(task.accepts(other, now) for other in others)
        yield task.told("PATTERN_PROPERTY_ADDED", place, ok, "one of the other fields", shape(now))


def _rest(task: Comparison, before: Members, after: Members, path: Path) -> Iterator[Difference]:
    """Members that nothing names."""
    was, now = before.side.child(before.rest), after.side.child(after.rest)
    if was.schema is not False and now.schema is False:
        yield task.told("ADDITIONAL_PROPERTIES_REMOVED", path, False, "open to further fields", "closed to them")
    elif was.schema is False and now.schema is not False:
        yield task.told("ADDITIONAL_PROPERTIES_ADDED", path, True, "closed to further fields", "open to them")
    elif not same(was, now):
        ok = task.accepts(was, now)
        kind = "ADDITIONAL_PROPERTIES_EXTENDED" if ok else "ADDITIONAL_PROPERTIES_NARROWED"
        yield task.told(kind, path, ok, f"further fields: {shape(was)}", f"further fields: {shape(now)}")


def _names(task: Comparison, before: Members, after: Members, path: Path) -> Iterator[Difference]:
    was, now = (members.side.schema.get("propertyNames", True) for members in (before, after))
    if now is True and was is True:
        return
    left, right = before.side.child(was), after.side.child(now)
    if not same(left, right):
        ok = task.accepts(left, right)
        kind = "PROPERTY_NAMES_EXTENDED" if ok else "PROPERTY_NAMES_NARROWED"
        yield task.told(kind, path, ok, "one rule for names of fields", "another one")


def _dependent(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    o, n = old.schema.get("dependentRequired", {}), new.schema.get("dependentRequired", {})
    for name in dict.fromkeys((*o, *n)):
        was, now = set(o.get(name, ())), set(n.get(name, ()))
        if was == now:
            continue
        change = "REMOVED" if not now else "ADDED" if not was else "NARROWED" if now < was else "CHANGED"
        ok = now <= was | set(old.schema.get("required", ()))
        told = [f"with {', '.join(sorted(names))}" if names else "alone" for names in (was, now)]
        yield task.told(f"DEPENDENCY_ARRAY_{change}", (*path, name), ok, *told)
    o, n = old.schema.get("dependentSchemas", {}), new.schema.get("dependentSchemas", {})
    for name in dict.fromkeys((*o, *n)):
        if name not in n:
            yield task.told("DEPENDENCY_SCHEMA_REMOVED", (*path, name), True, "bound to conditions", "free of them")
        elif not task.accepts(old.child(o.get(name, True)), new.child(n[name])):
            kind = "DEPENDENCY_SCHEMA_CHANGED" if name in o else "DEPENDENCY_SCHEMA_ADDED"
            yield task.told(kind, (*path, name), False, "bound to other conditions", "bound to these conditions")


def _implied(task: Comparison, known: list[Side], wanted: Side) -> bool:
    """Whether one of what holds already is enough for ``wanted``."""
    return any(task.accepts(each, wanted) for each in known)
