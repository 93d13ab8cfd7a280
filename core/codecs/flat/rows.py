"""From lines to rows: a row is a list of cells, or the line itself where cells stand at positions."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from itertools import islice

from ...faults import Fault
from ..lines import LONGEST_LINE, Lines
from .layout import Layout
from .values import plain

Row = list[str] | str
_BROKEN = {
    "unexpected end of data": "a quotation mark is opened and never closed",
    "field larger than field limit": "a value is longer than any value may be",
    "expected after": "a quotation mark stands inside a quoted value and is not doubled",
}


def rows(layout: Layout, lines: Lines) -> Iterator[tuple[int, Row | Fault]]:
    """The rows with the number of their first line; a :class:`Fault` where one cannot be read, the others go on.

    An empty line is an empty row. Lines and rows that the layout leaves out are left out.
    """
    for _ in range(layout.skip_lines):
        next(lines, None)
    found = _delimited(layout, lines) if layout.kind == "delimited" else _by_line(layout, lines)
    if not layout.skip_last:
        yield from found
        return
    held: deque[tuple[int, Row | Fault]] = deque()
    for row in found:
        held.append(row)
        if len(held) > layout.skip_last:
            yield held.popleft()


def at_line(number: int, fault: Fault, what: str = "") -> Fault:
    """``fault`` with its place in front: ``Line 7, column PRICE: ...``."""
    text = plain(fault)
    return Fault(
        fault.code,
        f"Line {number}{what}: {text}.",
        pointer=fault.pointer,
        expected=fault.expected,
        found=fault.found,
        subject=fault.subject,
    )


def _by_line(layout: Layout, lines: Lines) -> Iterator[tuple[int, Row | Fault]]:
    for line in lines:
        if isinstance(line, Fault):
            yield lines.number, at_line(lines.number, line)
        elif not (layout.comment and line.startswith(layout.comment)):
            yield lines.number, line if layout.kind == "fixed" else _tagged(layout, line)


def _tagged(layout: Layout, line: str) -> list[str]:
    """Tag and values of a line; an empty line has none."""
    if not line.strip():
        return []
    tag, _separator, rest = line.partition(layout.tag_separator)
    if layout.delimiter is None:
        return [tag.strip(), rest]
    return [tag.strip(), *rest.split(layout.delimiter)]


# -- delimited -------------------------------------------------------------------------------------------------------


class _Feeder:
    """Gives the csv reader the lines of one row at a time, so that a row that never ends takes no other with it."""

    def __init__(self, layout: Layout, lines: Lines) -> None:
        self._lines = lines
        self._comment = layout.comment
        self._end = "\n" if layout.multiline else ""
        self._multiline = layout.multiline
        self._length = 0
        self.taken: list[str] = []
        self.fault: Fault | None = None
        self.exhausted = False

    def __iter__(self) -> _Feeder:
        return self

    def __next__(self) -> str:
        taken = self.taken
        if taken and (not self._multiline or self._length > LONGEST_LINE):
            raise StopIteration
        while True:
            try:
                line = next(self._lines)
            except StopIteration:
                self.exhausted = not taken
                raise
            if isinstance(line, Fault):
                if taken:
                    self._lines.push_back([line])
                else:
                    self.fault = line
                raise StopIteration
            if taken or not (self._comment and line.startswith(self._comment)):
                break
        taken.append(line)
        self._length += len(line)
        return line + self._end if self._multiline else line

    def begin(self) -> None:
        self.taken, self.fault, self._length = [], None, 0


def _delimited(layout: Layout, lines: Lines) -> Iterator[tuple[int, Row | Fault]]:
    if layout.multiline or layout.comment:
        yield from _one_by_one(layout, lines)
        return
    while block := lines.block():
        first = lines.number - len(block) + 1
        try:
            found = list(csv.reader(block, strict=True, **layout.dialect))  # type: ignore[arg-type]
        except (csv.Error, TypeError):
            found = []
        if len(found) == len(block):
            yield from enumerate(found, first)
        else:  # something is wrong with one of them: which?
            lines.push_back(block)
            yield from islice(_one_by_one(layout, lines), len(block))


def _one_by_one(layout: Layout, lines: Lines) -> Iterator[tuple[int, Row | Fault]]:
    feeder = _Feeder(layout, lines)
    reader = csv.reader(feeder, strict=True, **layout.dialect)
    begin, multiline = feeder.begin, layout.multiline
    while True:
        begin()
        try:
            row = next(reader)
        except StopIteration:
            if feeder.exhausted:
                return
            yield lines.number, at_line(lines.number, feeder.fault or Fault("decode.line_unreadable", "it is empty"))
            continue
        except csv.Error as error:
            first = lines.number - len(feeder.taken) + 1
            lines.push_back(feeder.taken[1:])
            yield first, _broken(layout, first, feeder.taken[0], error)
            continue
        yield (lines.number - len(feeder.taken) + 1 if multiline else lines.number), row


def _broken(layout: Layout, number: int, line: str, error: csv.Error) -> Fault:
    reason = next((words for said, words in _BROKEN.items() if said in str(error)), f"it is not delimited ({error})")
    where = ""
    if "end of data" in str(error):
        # Read leniently, the cell that never ends is the last one.
        where = f", column {len(next(csv.reader([line], **layout.dialect), ()))}"
    return at_line(number, Fault("decode.line_unreadable", reason, subject=reason), where)
