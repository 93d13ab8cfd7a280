"""One row: its cells as values, and everything that is wrong with it."""

from __future__ import annotations

from typing import Any

from ...faults import Fault
from .layout import Field, Layout, Record
from .rows import Row, at_line
from .values import Reader, Unreadable, armed, has_check_digit

SHOWN = 60


class Cells:
    """Reads the cells of one kind of row."""

    def __init__(self, layout: Layout, record: Record) -> None:
        self._layout = layout
        self._record = record
        self._empty = frozenset(("", *layout.null))
        self._odd: list[Fault] = []
        self.is_misshapen = False
        self._plan = [(each.name, each.place, each.trim, self._reader(each), each) for each in record.fields]

    def _reader(self, field: Field) -> Reader | None:
        """What makes a value of a text that is not empty; None where it is the text itself."""
        if field.read is not None or field.fill == " " or not field.trim:
            return field.read or (armed if self._layout.safe else None)
        strip = str.lstrip if field.right else str.rstrip
        return lambda text: strip(text, field.fill) or None

    def __call__(self, number: int, row: Row) -> tuple[dict[str, Any], list[Fault]]:
        """The values by name, and what is wrong: then not all values are there."""
        fault = self._misshapen(number, row) if len(row) != self._record.width else None
        self.is_misshapen = fault is not None
        if fault:
            return self.partly(row), [fault]
        found: dict[str, Any] = {}
        faults: list[Fault] = []
        empty = self._empty
        for name, place, trim, read, field in self._plan:
            try:
                text = row[place]
            except IndexError:
                text = ""
            if trim:
                text = text.strip()
            if text in empty:
                found[name] = None
                if field.required:
                    faults.append(_missing(number, field))
                continue
            try:
                found[name] = text if read is None else read(text)
            except Unreadable as error:
                faults.append(_wrong(number, field, text, error))
            if field.check_digit and not has_check_digit(text):
                self._odd.append(_odd(number, field, text))
        return found, faults

    def findings(self) -> list[Fault]:
        """What was odd in the rows read since the last time."""
        if not self._odd:
            return self._odd
        odd, self._odd = self._odd, []
        return odd

    def partly(self, row: Row) -> dict[str, Any]:
        """The texts of a row that is not in order, as far as they stand where they should."""
        found = {}
        for name, place, _trim, _read, field in self._plan:
            if field.is_text and isinstance(row, list) and isinstance(place, int) and place < len(row):
                found[name] = row[place].strip() or None
        return found

    def _misshapen(self, number: int, row: Row) -> Fault | None:
        length, width = len(row), self._record.width
        if length == width or (length < width and self._layout.short_rows):
            return None
        if isinstance(row, str):
            if length > width and not self._layout.ignores_extra and row[width:].strip():
                return misplaced(
                    number, f"something stands behind position {width}, where the line should end", "length"
                )
            return None
        if length < width:
            return misplaced(number, f"there are {length} columns where {width} should be", "too few columns")
        if self._layout.ignores_extra or not any(cell.strip() for cell in row[width:]):
            return None
        return misplaced(number, f"there are {length} columns where {width} should be", "too many columns")


def misplaced(number: int, text: str, subject: str) -> Fault:
    """A line that is not as the layout says, or stands where it cannot belong."""
    return at_line(number, Fault("decode.line_unreadable", text, subject=subject))


def _missing(number: int, field: Field) -> Fault:
    fault = Fault("decode.value_missing", "a value must stand here", expected="a value", subject=f"column {field.name}")
    return at_line(number, fault, f", column {field.label}")


def _wrong(number: int, field: Field, text: str, error: Unreadable) -> Fault:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    fault = Fault(
        "decode.value_invalid",
        f"here should stand {error.args[0]}, found '{shown}'",
        expected=error.args[0],
        found=shown,
        subject=f"column {field.name}",
    )
    return at_line(number, fault, f", column {field.label}")


def _odd(number: int, field: Field, text: str) -> Fault:
    fault = Fault(
        "decode.value_invalid",
        f"'{text[:SHOWN]}' is no GTIN, GLN or SSCC: its check digit is wrong",
        found=text[:SHOWN],
        subject=f"check digit of {field.name}",
    )
    return at_line(number, fault, f", column {field.label}")


def is_blank(row: Row, trims: bool) -> bool:
    """Whether nothing stands in the row; ``trims``: spaces are nothing."""
    if isinstance(row, str):
        return not row.strip()
    return not any(row) or (trims and not any(cell.strip() for cell in row))
