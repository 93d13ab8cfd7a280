"""The segments of one message -> a document, by a guide; without a guide, a list of segments.

Segments are placed greedily and forgivingly: where the guide expects one next, else where it may still come further
out, else where it should have come before (with a finding); one that belongs nowhere is kept under ``other`` of the
loop that was open. So a document holds all that came, whatever its guide knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..origins import Origins
from .guide import Guide, Loop, Node
from .problems import EdiFault, Place
from .segments import Delimiters, Segment
from .shaping import element_of, generic, shaped

__all__ = ["MessageReader"]

TREE_DEPTH = 12
FAULT_LIMIT = 100
# Problems whose value may be repeated: numbers, dates and codes. A text of another kind may be a person's name.
_SHOWN = frozenset({"bad_code", "bad_date", "bad_time", "not_a_number"})


def said(segment: Segment) -> str:
    """A segment as people find it."""
    return f"segment {segment.number} ({segment.tag})"


class _Level:
    """One open instance of a loop."""

    __slots__ = ("counts", "cursor", "document", "loop", "node", "segment")

    def __init__(self, loop: Loop, node: Node | None, document: dict[str, Any], segment: Segment | None) -> None:
        self.loop, self.node, self.document, self.segment = loop, node, document, segment
        self.cursor = 0
        self.counts = [0] * len(loop.content)


class MessageReader:
    """Takes the segments of one message one by one and gives its document.

    :param guide: None reads generically: ``{"segments": [{"tag": ..., "elements": [...]}]}``
    :param found: is told every problem, at most :data:`FAULT_LIMIT` of them
    :param origins: is told where each object of the document stood
    """

    def __init__(
        self,
        guide: Guide | None,
        delimiters: Delimiters,
        found: Callable[[EdiFault], None],
        origins: Origins | None = None,
    ) -> None:
        self.guide, self.delimiters, self._found, self._origins = guide, delimiters, found, origins
        self.document: dict[str, Any] = {}
        self._stack: list[_Level] = []
        self._trees: dict[int, dict[str, tuple[dict, int]]] = {}
        self._segment: Segment | None = None
        self._count = 0
        if guide:
            self._stack.append(_Level(guide.root, None, self.document, None))
        else:
            self.document["segments"] = []

    def feed(self, segment: Segment) -> None:
        """The next segment between header and trailer."""
        self._segment = segment
        if not self.guide:
            self.document["segments"].append(generic(segment))
            return
        tag = segment.tag
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            for place in level.loop.by_tag.get(tag, ()):
                if place >= level.cursor and level.counts[place] < level.loop.content[place].most:
                    level.cursor = place
                    self._put(depth, place, segment)
                    return
        self._put_anyway(segment)

    def finish(self) -> dict[str, Any]:
        """The document, after the last segment."""
        while self._stack:
            self._close(self._stack.pop())
        return self.document

    # -- where a segment belongs -------------------------------------------------------------------------------------

    def _put_anyway(self, segment: Segment) -> None:
        """A segment that the guide does not expect now: where it should have been, or under ``other``."""
        for depth in range(len(self._stack) - 1, -1, -1):
            level = self._stack[depth]
            for place in level.loop.by_tag.get(segment.tag, ()):
                node = level.loop.content[place]
                if not node.many and level.counts[place]:
                    continue
                if level.counts[place] < node.most:
                    self._complain("segment_misplaced", f"{segment.tag} stands in the wrong place")
                else:
                    kind = "loop_too_often" if node.loop else "segment_too_often"
                    self._complain(kind, f"{segment.tag} comes more than {node.most} times")
                self._put(depth, place, segment)
                return
        level = self._stack[-1]
        if segment.tag in self.guide.tags:
            self._complain("segment_misplaced", f"{segment.tag} does not belong here")
        else:
            self._complain("segment_unknown", f"{segment.tag} is not known")
        kept = generic(segment)
        if level.loop.content:
            kept["after"] = level.loop.content[level.cursor].tag
        level.document.setdefault("other", []).append(kept)

    def _put(self, depth: int, place: int, segment: Segment) -> None:
        level = self._stack[depth]
        node = level.loop.content[place]
        level.counts[place] += 1
        if node.loop:
            while len(self._stack) > depth + 1:
                self._close(self._stack.pop())
            self._open(level, node, segment)
            return
        while place >= level.cursor and len(self._stack) > depth + 1:
            self._close(self._stack.pop())
        values = shaped(segment, node.shape, self._complain_at, self.delimiters)
        if node.name == ".":
            for name in [name for name in values if name.startswith("surplus")]:
                values[f"{name}_{node.tag}"] = values.pop(name)
            level.document.update(values)
            self._stood(level.document, segment, node)
        elif node.many:
            level.document.setdefault(node.name, []).append(values)
        else:
            level.document[node.name] = values
        if node.name != ".":
            self._stood(values, segment, node)

    def _stood(self, held: dict[str, Any], segment: Segment, node: Node) -> None:
        if self._origins:
            self._origins.note(held, said(segment), partial(element_of, node.shape))

    def _open(self, above: _Level, node: Node, segment: Segment) -> None:
        first = node.loop.content[0]
        values = shaped(segment, first.shape, self._complain_at, self.delimiters)
        instance = values if first.name == "." else {first.name: values}
        self._stood(values, segment, first)
        if instance is not values and self._origins:
            self._origins.note(instance, said(segment))
        level = _Level(node.loop, node, instance, segment)
        level.counts[0] = 1
        if node.loop.tree:
            self._hang(above, node, instance)
        else:
            above.document.setdefault(node.name, []).append(instance)
        self._stack.append(level)

    def _hang(self, above: _Level, node: Node, instance: dict[str, Any]) -> None:
        """Put an instance under the parent that it names."""
        tree = node.loop.tree
        known = self._trees.setdefault(id(node), {})
        parent = instance.get(tree.parent)
        held, depth = known.get(str(parent), (None, 0)) if parent is not None else (None, 0)
        if parent is not None and held is None:
            self._complain("parent_unknown", f"the parent {parent} has not come before", 2)
        if depth >= TREE_DEPTH:
            self._complain("message_too_deep", f"more than {TREE_DEPTH} levels hang below each other")
            held, depth = None, 0
        if held is not None:
            held.setdefault(tree.member(instance), []).append(instance)
        else:
            name = tree.member(instance) if tree.kind else node.name
            above.document.setdefault(name, []).append(instance)
        own = instance.get(tree.number)
        if own is not None:
            if str(own) in known:
                self._complain("parent_unknown", f"the number {own} comes twice", 1)
            known[str(own)] = (instance, depth + 1)

    def _close(self, level: _Level) -> None:
        """What the guide demands of the instance and did not come."""
        for place, node in enumerate(level.loop.content):
            if level.counts[place] < node.least:
                where = self._segment or Segment("", [], 0)
                at = Place(where.number, node.tag, where.in_message)
                words = f"{node.tag} is missing"
                if level.segment:
                    words += f" in the loop {level.node.name} that begins at segment {level.segment.number}"
                kind = "segment_missing" if level.segment or place else "beginning_missing"
                self._tell(EdiFault(kind, at, words))

    # -- what is wrong -----------------------------------------------------------------------------------------------

    def _complain_at(self, kind: str, words: str, element: int, component: int, found: str) -> None:
        segment = self._segment
        place = Place(segment.number, segment.tag, segment.in_message, element, component)
        self._tell(EdiFault(kind, place, words, found=found if found and kind in _SHOWN else None))

    def _complain(self, kind: str, words: str, element: int = 0) -> None:
        self._complain_at(kind, words, element, 0, "")

    def _tell(self, fault: EdiFault) -> None:
        self._count += 1
        if self._count <= FAULT_LIMIT or fault.kind == "message_too_deep":
            self._found(fault)
