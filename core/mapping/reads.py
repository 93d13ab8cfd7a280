"""What an expression reads, told from its syntax tree: the ground for coverage and for impact analysis.

A pattern is a path from the root of the source with ``[]`` for "every item of the list": ``line_items[].price``.
Where syntax alone cannot say what comes out (a multi-select, most functions) everything that goes in counts as read.
A place of which only the existence matters has a ``?``: ``customer?``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["EXISTS", "ITEM", "Analysis", "Pattern", "Surroundings", "analyse", "pattern_text", "reads_text"]

ITEM = "[]"
EXISTS = "?"

# A pattern: names, "[]" for every item, "*" for every member.
Pattern = tuple[str, ...]

# Which patterns the current source, "root", "parent" and "group" stand for; what is missing is not followed.
Surroundings = Mapping[str, frozenset[Pattern]]

_PASSING = frozenset({"reverse", "sort", "sort_by", "not_null", "to_array", "merge"})
_PICKING = frozenset({"max_by", "min_by", "max", "min"})
_LOOKING = frozenset({"keys", "length", "type"})
_INDEXED = "at"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the value of an expression stands for, what is read on the way to it, and what only has to be there."""

    result: frozenset[Pattern]
    reads: frozenset[Pattern]
    tests: frozenset[Pattern]


def analyse(tree: Mapping[str, Any], around: Surroundings) -> Analysis:
    """The analysis of a syntax tree."""
    reader = _Reader(around)
    result = reader.visit(tree, around.get("current", frozenset()))
    return Analysis(frozenset(result), frozenset(reader.reads), frozenset(reader.tests))


def pattern_text(pattern: Pattern) -> str:
    """The pattern as text: ``line_items[].tax_lines[].rate``; the whole document is ``@``."""
    text = ""
    for name in pattern:
        text += name if name == ITEM else f".{name}" if text else name
    return text or "@"


def reads_text(reads: Iterable[Pattern], tests: Iterable[Pattern]) -> frozenset[str]:
    """What is read and what only has to be there, as text; the items of a list stand for the list."""
    texts = {pattern_text(_list_of(pattern)) for pattern in reads}
    return frozenset(texts | {pattern_text(_list_of(pattern)) + EXISTS for pattern in tests})


def _list_of(pattern: Pattern) -> Pattern:
    while pattern and pattern[-1] == ITEM:
        pattern = pattern[:-1]
    return pattern


def _items(patterns: Iterable[Pattern]) -> set[Pattern]:
    """The items of lists; what comes out of a filter or projection stands for items already."""
    return {pattern if pattern[-1:] == (ITEM,) else (*pattern, ITEM) for pattern in patterns}


def _below(patterns: Iterable[Pattern], name: str) -> set[Pattern]:
    return {(*pattern, name) for pattern in patterns}


class _Reader:
    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.reads: set[Pattern] = set()
        self.tests: set[Pattern] = set()

    def visit(self, node: Mapping[str, Any], current: Iterable[Pattern]) -> set[Pattern]:
        current = set(current)
        children = node["children"]
        kind = node["type"]
        if kind == "field":
            return _below(current, node["value"])
        if kind in ("current", "identity"):
            return current
        if kind == "pipe":
            # What a projection found is a list behind the bar: [0] is one of its items, and no item of an item.
            found = {p[:-1] if p[-1:] == (ITEM,) else p for p in self.visit(children[0], current)}
            return self.visit(children[1], found)
        if kind in ("subexpression", "index_expression"):
            for step in children:
                current = self.visit(step, current)
            return current
        if kind == "index":
            return _below(current, ITEM)
        if kind in ("slice", "flatten"):
            return self.visit(children[0], current) if kind == "flatten" else current
        if kind == "projection":
            return self.visit(children[1], _below(self.visit(children[0], current), ITEM))
        if kind == "value_projection":
            return self.visit(children[1], _below(self.visit(children[0], current), "*"))
        if kind == "filter_projection":
            items = _below(self.visit(children[0], current), ITEM)
            self.tests |= self.visit(children[2], items)
            return self.visit(children[1], items)
        if kind in ("or_expression", "and_expression"):
            return self.visit(children[0], current) | self.visit(children[1], current)
        if kind == "not_expression":
            self.tests |= self.visit(children[0], current)
            return set()
        if kind == "function_expression":
            return self._function(node["value"], children, current)
        # literals, comparisons, negations, multi-selects: read the parts, the result is a new value
        for part in children:
            if isinstance(part, dict):
                self.reads |= self.visit(part, current)
        return set()

    def _function(self, name: str, arguments: Iterable[Mapping[str, Any]], current: set[Pattern]) -> set[Pattern]:
        if name in ("root", "parent", "group"):
            return set(self._around.get(name, frozenset()))
        values = [argument for argument in arguments if argument["type"] != "expref"]
        results = [self.visit(value, current) for value in values]
        if name == _INDEXED and len(results) == 2:
            self.reads |= results[1]
            return _items(results[0])
        together: set[Pattern] = set().union(*results)
        for argument in arguments:
            if argument["type"] == "expref":
                self.reads |= self.visit(argument["children"][0], _items(together))
        if name in _LOOKING:
            self.tests |= together
            return set()
        if name in _PASSING:
            return together
        if name in _PICKING:
            return _items(together)
        self.reads |= together
        return set()
