"""The mapping document as written: its shape checked, every rule with the place it stands at.

A mapping document::

    {"mapping": "shopify.order.create", "target": "order.create", "extends": "name of a base",
     "fragments": {"address": [rule, ...]}, "rules": [rule, ...]}

A rule names the member it makes (``to``, dotted) and says where the value comes from:

* a value: ``from`` (an expression) or ``value`` (a constant), ``convert``, ``default``, ``required``
* an object: ``in`` (the source of its own rules) and ``rules``
* a list: ``each`` (the source of its items) and ``rules``, with ``where`` and either ``group_by`` (several items of the
  source become one) or ``split`` (one becomes several); or ``parts``, several of these one after the other
* ``when`` makes any of them conditional; several rules for one member are alternatives, the first that holds wins
* a check: ``check`` (its name), ``when``, ``say`` (a sentence for people) and ``effect``: ``refuse`` the document, the
  default, or only take ``notice``; it is removed or replaced as ``check:<name>``
* ``use`` brings in the rules of a fragment; ``remove`` and ``extend`` change the rules of the base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..faults import taxonomy
from .problems import MappingError, Problem, child

__all__ = ["Document", "RawRule", "read_document", "split_path"]

Form = Literal["value", "object", "list", "check", "remove", "extend"]

CHECK_EFFECTS = ("refuse", "notice")

_DOCUMENT_MEMBERS = {"mapping", "title", "description", "source", "target", "extends", "fragments", "rules"}
_COMMON = {"to", "when", "required", "note"}
_MEMBERS: dict[Form, set[str]] = {
    "value": _COMMON | {"from", "value", "convert", "default"},
    "object": _COMMON | {"in", "rules", "use"},
    "list": _COMMON | {"each", "where", "group_by", "split", "rules", "use", "parts", "keep_empty"},
    "check": {"check", "when", "say", "effect", "code", "note"},
    "remove": {"remove", "note"},
    "extend": {"extend", "rules", "note"},
}
_PART_MEMBERS = {"each", "when", "where", "group_by", "split", "rules", "use", "note"}


@dataclass(frozen=True, slots=True)
class RawRule:
    """A rule as written: which document, where in it, its form, and the rules inside."""

    mapping: str
    pointer: str
    form: Form
    data: Mapping[str, Any]
    rules: tuple[RawRule, ...] = ()
    parts: tuple[RawRule, ...] = ()

    @property
    def to(self) -> str:
        """The member it makes, or the one it removes or extends; a check has a name of its own."""
        if self.form == "check":
            return f"check:{self.data['check']}"
        return self.data.get("to") or self.data.get("remove") or self.data.get("extend") or ""

    def problem(self, message: str, *members: str | int) -> Problem:
        """A problem at a member of this rule."""
        return Problem(self.mapping, child(self.pointer, *members), message)

    def having(self, rules: tuple[RawRule, ...]) -> RawRule:
        """This rule with other rules inside."""
        return replace(self, rules=rules)


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping document whose shape is right."""

    name: str
    target: str
    extends: str | None
    title: str
    rules: tuple[RawRule, ...]
    fragments: Mapping[str, tuple[RawRule, ...]] = field(default_factory=dict)


def split_path(path: str) -> tuple[str, ...]:
    """The names of a dotted target path; ``\\.`` is a dot inside a name."""
    return tuple(part.replace("\0", ".") for part in path.replace("\\.", "\0").split("."))


def read_document(data: Any) -> Document:
    """Check the shape of ``data``; raises :class:`MappingError` with every problem."""
    if not isinstance(data, Mapping):
        raise MappingError([Problem("mapping", "", "a mapping is an object")])
    name = data["mapping"] if isinstance(data.get("mapping"), str) and data["mapping"] else "mapping"
    reader = _Reader(name)
    document = reader.document(data)
    if reader.problems:
        raise MappingError(reader.problems)
    return document


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def complain(self, pointer: str, message: str) -> None:
        self.problems.append(Problem(self.name, pointer, message))

    def document(self, data: Mapping[str, Any]) -> Document:
        self.members(data, _DOCUMENT_MEMBERS, "")
        for member in ("mapping", "target"):
            if not (isinstance(data.get(member), str) and data[member]):
                self.complain(child("", member), f"a mapping has a {member}: the name")
        if not isinstance(data.get("extends", ""), str):
            self.complain("/extends", "the name of the mapping that this one extends")
        fragments = data.get("fragments", {})
        if not isinstance(fragments, Mapping):
            self.complain("/fragments", "an object of lists of rules")
            fragments = {}
        return Document(
            name=self.name,
            target=str(data.get("target", "")),
            extends=data.get("extends"),
            title=str(data.get("title", self.name)),
            rules=tuple(self.rules(data.get("rules", []), "/rules")),
            fragments={
                fragment: tuple(self.rules(rules, child("/fragments", fragment)))
                for fragment, rules in fragments.items()
            },
        )

    def rules(self, data: Any, pointer: str) -> Iterator[RawRule]:
        if not isinstance(data, list):
            self.complain(pointer, "a list of rules")
            return
        for index, entry in enumerate(data):
            rule = self.rule(entry, child(pointer, index))
            if rule is not None:
                yield rule

    def rule(self, data: Any, pointer: str) -> RawRule | None:
        if not isinstance(data, Mapping):
            self.complain(pointer, "a rule is an object")
            return None
        form = _form(data)
        self.members(data, _MEMBERS[form], pointer)
        if form == "check":
            return self.check(data, pointer)
        target = "to" if form in ("value", "object", "list") else form
        if not (isinstance(data.get(target), str) and all(split_path(data[target]))):
            self.complain(child(pointer, target), "the member it is about: a name, or names joined by dots")
            return None
        for flag in ("required", "keep_empty"):
            if not isinstance(data.get(flag, False), bool):
                self.complain(child(pointer, flag), "true or false")
        if form == "value":
            self.value_rule(data, pointer)
        parts = tuple(self.parts(data, pointer)) if form == "list" else ()
        if {"group_by", "split"} <= set(data):
            self.complain(child(pointer, "split"), "either group_by or split")
        inner = tuple(self.rules(data["rules"], child(pointer, "rules"))) if "rules" in data else ()
        if form in ("object", "list") and not parts and not inner and "use" not in data:
            self.complain(pointer, "it makes nothing: say rules, or use a fragment")
        return RawRule(self.name, pointer, form, data, inner, parts)

    def value_rule(self, data: Mapping[str, Any], pointer: str) -> None:
        if "from" in data and "value" in data:
            self.complain(pointer, "either from or value")
        elif not {"from", "value", "convert", "default"} & set(data):
            self.complain(pointer, "it says neither from, nor value, each, in, nor a default")
        for member in ("value", "default"):
            if _has_float(data.get(member)):
                self.complain(child(pointer, member), "a decimal number is written as text: '0.5'")
        if "value" in data and ("convert" in data or "default" in data):
            self.complain(pointer, "a constant has neither convert nor default")

    def check(self, data: Mapping[str, Any], pointer: str) -> RawRule | None:
        before = len(self.problems)
        for member in ("check", "when", "say"):
            if not (isinstance(data.get(member), str) and data[member]):
                self.complain(child(pointer, member), "a check has a name (check), a condition (when) and words (say)")
        if data.get("effect", "refuse") not in CHECK_EFFECTS:
            self.complain(child(pointer, "effect"), f"one of {', '.join(CHECK_EFFECTS)}")
        code = data.get("code", "translate.value_unknown")
        if code not in taxonomy() or not code.startswith("translate."):
            self.complain(child(pointer, "code"), "the code of a fault of translation")
        return RawRule(self.name, pointer, "check", data) if len(self.problems) == before else None

    def parts(self, data: Mapping[str, Any], pointer: str) -> Iterator[RawRule]:
        if "parts" not in data:
            return
        if {"each", "where", "group_by", "split", "rules", "use"} & set(data):
            self.complain(pointer, "either parts, or each with its rules")
        if not isinstance(data["parts"], list) or not data["parts"]:
            self.complain(child(pointer, "parts"), "a list of parts, each with each and rules")
            return
        for index, part in enumerate(data["parts"]):
            where = child(pointer, "parts", index)
            if not isinstance(part, Mapping) or "each" not in part:
                self.complain(where, "a part says each, the source of its items")
                continue
            self.members(part, _PART_MEMBERS, where)
            if {"group_by", "split"} <= set(part):
                self.complain(child(where, "split"), "either group_by or split")
            inner = tuple(self.rules(part.get("rules", []), child(where, "rules")))
            if not inner and "use" not in part:
                self.complain(where, "it makes nothing: say rules, or use a fragment")
            yield RawRule(self.name, where, "list", part, inner)

    def members(self, data: Mapping[str, Any], allowed: set[str], pointer: str) -> None:
        for member in data:
            if member not in allowed:
                known = ", ".join(sorted(allowed))
                self.complain(child(pointer, member), f"there is no member {member!r} here; known are {known}")


def _form(data: Mapping[str, Any]) -> Form:
    if "check" in data:
        return "check"
    if "remove" in data:
        return "remove"
    if "extend" in data:
        return "extend"
    if "each" in data or "parts" in data:
        return "list"
    return "object" if "in" in data or "rules" in data or "use" in data else "value"


def _has_float(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_float, value.values()))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)
