"""Guides: what a message is made of, as data.

A guide is a JSON file of ``guides/<standard>/<version>/<message>.json``; a partner's deviation is an overlay of a few
lines, see :mod:`.overlay`. How both are written is told in ``docs/formats.md``. Here they become nodes and slots.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...faults import Fault

__all__ = ["ENDLESS", "Guide", "Kind", "Loop", "Node", "Shape", "Slot", "Tree", "compiled"]

ENDLESS = 1 << 30
_SLOT = re.compile(r"([a-z][a-z0-9_]*|\.|-)(!?)(?:\*(\d+)|\^(\d+))?(?: (\S+(?: \d+(?:/\d+)?)?))?")
_EDIFACT_KIND = re.compile(r"(an|a|n|date|country)(?:(\.\.)?(\d+))?")
_X12_KIND = re.compile(r"(AN|ID|R|DT|TM|N\d)(?: (\d+)(?:/(\d+))?)?")
_NODE = re.compile(r"([A-Z][A-Z0-9]{1,2}) ([a-z][a-z0-9_]*|\.) ([01])\.\.(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: ``text``, ``number`` (with ``scale`` implied decimals), ``date``, ``time`` or ``moment`` (a
    date in the format that its neighbour names); ``shortest`` and ``longest`` count characters, of numbers digits."""

    name: str
    shortest: int = 0
    longest: int = ENDLESS
    scale: int = 0
    letters: str = ""
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Slot:
    """One element, composite or run of elements of a segment, or one component of a composite.

    ``name`` is ``.`` for a composite whose components belong to the segment itself and ``-`` for what is not kept.
    ``times`` consecutive places make a list; so do ``repeats`` repetitions. ``parts`` are the components of a
    composite, or the elements of each turn of a run.
    """

    name: str
    must: bool
    place: int
    width: int
    times: int = 0
    repeats: int = 0
    kind: Kind | None = None
    parts: tuple[Slot, ...] = ()
    run: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The slots of a segment and the conditions between its elements (X12: ``P0304`` and the like)."""

    tag: str
    slots: tuple[Slot, ...]
    width: int
    conditions: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def names(self) -> list[str]:
        """The members that the segment gives an object."""
        return [
            name
            for slot in self.slots
            for name in ([part.name for part in slot.parts] if slot.name == "." else [slot.name])
            if name != "-"
        ]


@dataclass(frozen=True, slots=True)
class Tree:
    """Instances of a loop that name their parent: which members hold the own number and the parent's, and in which
    member of the parent an instance is put (``into``, or by the code in member ``kind``)."""

    number: str
    parent: str
    into: str
    kind: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def member(self, instance: Mapping[str, Any]) -> str:
        return self.names.get(instance.get(self.kind, ""), self.into) if self.kind else self.into

    @property
    def members(self) -> list[str]:
        return [*dict.fromkeys([*self.names.values(), self.into])]


@dataclass(slots=True)
class Node:
    """A segment or a loop in its place; ``name`` is ``.`` for a segment whose values belong to the loop itself."""

    tag: str
    name: str
    least: int
    most: int
    shape: Shape | None = None
    loop: Loop | None = None

    @property
    def many(self) -> bool:
        return self.most > 1 or self.loop is not None


@dataclass(slots=True)
class Loop:
    """What follows each other; of a repeated loop the first node is the segment that begins it."""

    content: list[Node]
    tree: Tree | None = None
    by_tag: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places: dict[str, list[int]] = {}
        for place, node in enumerate(self.content):
            places.setdefault(node.tag, []).append(place)
        self.by_tag = {tag: tuple(found) for tag, found in places.items()}


@dataclass(slots=True)
class Guide:
    """A message: ``standard`` is ``x12`` or ``edifact``; ``version`` of the guide, which may read others too.

    :param group: X12's functional group of the message, else empty
    :param number: dotted path of the member by which people call the document
    """

    standard: str
    version: str
    message: str
    title: str
    root: Loop
    group: str = ""
    number: str = ""
    tags: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.standard}/{self.version}/{self.message}"


def compiled(raw: Mapping[str, Any], segments: Mapping[str, Any], name: str) -> Guide:
    """The guide of a JSON file and its segments; raises :class:`Fault` ``engine.configuration`` where it is wrong."""
    return _Compiler(raw, segments, name).guide()


class _Compiler:
    def __init__(self, raw: Mapping[str, Any], segments: Mapping[str, Any], name: str) -> None:
        self.raw, self.name = raw, name
        self.segments = {**segments, **raw.get("segments", {})}
        self.codes: Mapping[str, Any] = raw.get("codes", {})
        self.shapes: dict[str, Shape] = {}

    def wrong(self, words: str) -> Fault:
        return Fault("engine.configuration", f"Guide {self.name}: {words}.", subject=f"guide {self.name}")

    def guide(self) -> Guide:
        root = self.loop(self.raw["content"], None, "")
        self.distinct(root, "the message", repeated=False)
        standard, version, message = self.name.split("/")
        return Guide(
            standard,
            version,
            message,
            self.raw.get("title", message),
            root,
            self.raw.get("group", ""),
            self.raw.get("number", ""),
            frozenset(self.segments),
        )

    def loop(self, content: Sequence[Any], tree: Tree | None, path: str) -> Loop:
        return Loop([self.node(entry, path) for entry in content], tree)

    def node(self, entry: Any, path: str) -> Node:
        said = entry if isinstance(entry, str) else entry.get("loop", "")
        match = _NODE.fullmatch(said)
        if not match:
            raise self.wrong(f"{said!r} is not like 'REF references 0..*'")
        tag, name, least, most = match.groups()
        node = Node(tag, name, int(least), ENDLESS if most == "*" else int(most))
        if isinstance(entry, str):
            node.shape = self.shape(tag)
            return node
        held = entry.get("tree")
        tree = Tree(**held) if held else None
        node.loop = self.loop(entry["content"], tree, f"{path}{name}.")
        if not node.loop.content or node.loop.content[0].tag != tag or node.loop.content[0].loop:
            raise self.wrong(f"the loop {name} must begin with its segment {tag}")
        self.distinct(node.loop, f"the loop {name}", repeated=True)
        return node

    def distinct(self, loop: Loop, where: str, *, repeated: bool) -> None:
        """No two things of one object have one name."""
        names: list[str] = ["other", *(loop.tree.members if loop.tree else ())]
        if not repeated:
            names += ["interchange", "group", "message"]
        for node in loop.content:
            if node.shape and node.name == ".":
                names += node.shape.names
            elif node.loop and node.loop.tree and node.loop.tree.kind:
                names += node.loop.tree.members
            else:
                names.append(node.name)
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice:
            raise self.wrong(f"{where} has two members {twice!r}")

    def shape(self, tag: str) -> Shape:
        if tag not in self.shapes:
            if tag not in self.segments:
                raise self.wrong(f"there is no segment {tag}")
            held = self.segments[tag]
            elements = self.changed(tag, held["elements"] if isinstance(held, Mapping) else held)
            slots = self.slots(elements, tag)
            conditions = [
                (rule[0], tuple(int(rule[at : at + 2]) for at in range(1, len(rule), 2)))
                for rule in (held.get("conditions", ()) if isinstance(held, Mapping) else ())
            ]
            shape = Shape(tag, slots, sum(slot.width for slot in slots), tuple(conditions))
            if len(set(shape.names)) < len(shape.names):
                raise self.wrong(f"segment {tag} has two elements of one name")
            self.shapes[tag] = shape
        return self.shapes[tag]

    def changed(self, tag: str, elements: Sequence[Any]) -> Sequence[Any]:
        """The elements of a segment with those that the guide tells anew: ``PO1.4`` is its fourth."""
        anew = {said: entry for said, entry in self.raw.get("elements", {}).items() if said.split(".")[0] == tag}
        if not anew:
            return elements
        made = []
        place = 1
        for slot, entry in zip(self.slots(elements, tag), elements, strict=True):
            made.append(anew.pop(f"{tag}.{place}", entry))
            place += slot.width
        if anew:
            last = min(anew)
            if last != f"{tag}.{place}":
                raise self.wrong(f"{last} is no element that can be told anew")
            made.append(anew.pop(last))
        return made

    def slots(self, entries: Sequence[Any], where: str) -> tuple[Slot, ...]:
        slots: list[Slot] = []
        place = 0
        for entry in entries:
            slot = self.slot(entry, place, f"{where}.{place + 1}")
            slots.append(slot)
            place += slot.width
        return tuple(slots)

    def slot(self, entry: Any, place: int, where: str) -> Slot:
        if isinstance(entry, str):
            name, must, times, repeats, kind = self.said(entry)
            return Slot(name, must, place, times or 1, times, repeats, self.kind(kind, where))
        if isinstance(entry, Mapping):
            (said, elements), *_rest = entry.items()
            name, must, times, _repeats, _kind = self.said(said)
            parts = self.slots(elements, where)
            return Slot(name, must, place, times * sum(part.width for part in parts), times, 0, None, parts, True)
        name, must, times, repeats, _kind = self.said(entry[0])
        return Slot(name, must, place, times or 1, times, repeats, None, self.slots(entry[1:], where))

    def said(self, text: str) -> tuple[str, bool, int, int, str]:
        match = _SLOT.fullmatch(text)
        if not match:
            raise self.wrong(f"{text!r} is not like 'number! AN 1/22'")
        name, must, times, repeats, kind = match.groups()
        return name, bool(must), int(times or 0), int(repeats or 0), kind or ""

    def kind(self, said: str, where: str) -> Kind:
        codes = frozenset(self.codes.get(where, ()))
        if match := _X12_KIND.fullmatch(said):
            word, least, most = match.groups()
            shortest = int(least or 0)
            longest = int(most or least or ENDLESS)
            if word[0] == "N" or word == "R":
                return Kind("number", shortest, longest, int(word[1:] or 0) if word[0] == "N" else -1)
            names = {"DT": "date", "TM": "time"}
            return Kind(names.get(word, "text"), shortest, longest, codes=codes)
        match = _EDIFACT_KIND.fullmatch(said)
        if not match:
            raise self.wrong(f"{said!r} at {where} is no kind of value")
        word, upto, length = match.groups()
        longest = int(length or ENDLESS)
        shortest = longest if length and not upto else 0
        if word == "n":
            return Kind("number", shortest, longest, -1)
        return Kind("moment" if word == "date" else "text", shortest, longest, letters=word, codes=codes)
