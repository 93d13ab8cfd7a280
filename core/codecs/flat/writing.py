"""From documents to the lines of a flat file: what is written can be read, and gives the same documents."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ...faults import Fault
from ..lines import LONGEST_LINE
from .layout import ANY, Field, Layout, Record
from .values import EXACT, Unwritable, disarmed

_ORDER = ("file_header", "header", "part", "detail", "trailer", "file_trailer")


def write(layout: Layout, documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The file in pieces, one for each document and those around them.

    :raises Fault: ``encode.value`` or ``encode.character``, naming the field
    """
    if layout.skip_lines or layout.skip_last:
        raise Fault("engine.configuration", "A layout that leaves lines out cannot write them.", subject="layout")
    writer = _Writer(layout)
    if layout.header:
        yield writer.columns()
    first = True
    for document in documents:
        if not isinstance(document, Mapping):
            raise _unfit("here should stand an object", "document")
        if first:
            yield writer.around("file_header", document)
        elif layout.by == "blank_line":
            yield writer.line("")
        first = False
        yield writer.document(document)
        writer.documents += 1
    yield writer.around("file_trailer", {})


class _Writer:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._charset = layout.charsets[0]
        self._encoder = "utf-16-le" if self._charset.lower().replace("-", "").startswith("utf16") else self._charset
        self._quoting = _Quoting(layout) if layout.kind == "delimited" else None
        self._counts: dict[str, int] = {}
        self._sums: dict[tuple[str, str], Decimal] = {}
        self._of_file: tuple[dict[str, int], dict[tuple[str, str], Decimal]] = ({}, {})
        self.documents = 0

    def line(self, text: str) -> bytes:
        return (text + self._layout.line_end).encode(self._encoder)

    def columns(self) -> bytes:
        """The line that names the columns."""
        record = self._layout.records[ANY]
        if not record.fields:
            raise Fault(
                "engine.configuration", "A layout that writes a file must name its columns: fields are missing."
            )
        assert self._quoting is not None  # noqa: S101  only delimited files name their columns
        return self.line(self._quoting.row([each.column or each.name for each in record.fields]))

    def around(self, role: str, document: Mapping[str, Any]) -> bytes:
        """The header or the trailer of the file, where the layout has one."""
        pieces = []
        for record in self._layout.records.values():
            if record.role == role:
                values = dict(document.get(record.into or "file") or {})
                self._count(record, values)
                counts, sums = self._of_file
                pieces.append(self._row(record, self._checked(record, values, counts, sums)))
        return b"".join(pieces)

    def document(self, document: Mapping[str, Any]) -> bytes:
        """All lines of one document."""
        self._counts, self._sums = {}, {}
        records = self._layout.records
        if ANY not in records:
            return b"".join(self._below(None, document))
        if self._layout.by == "line":
            return self._row(records[ANY], document)
        lines = document.get(records[ANY].into or "lines")
        if not isinstance(lines, list) or not lines or not all(isinstance(line, Mapping) for line in lines):
            raise _unfit("here should stand at least one object", records[ANY].into or "lines")
        head = {name: document.get(name) for name in self._layout.head}
        return b"".join(self._row(records[ANY], {**head, **line}) for line in lines)

    def _below(self, under: str | None, values: Mapping[str, Any]) -> Iterator[bytes]:
        """The rows that belong to the document or to one of its rows: by role, else in the order of the layout."""
        for record in sorted(self._layout.records.values(), key=lambda record: _ORDER.index(record.role)):
            if record.under != under or record.role in ("file_header", "file_trailer"):
                continue
            for row in self._rows_of(record, values):
                self._count(record, row)
                if record.role == "trailer":
                    row = self._checked(record, row, self._counts, self._sums)
                yield self._row(record, row)
                if record.role == "detail":
                    yield from self._below(record.name, row)

    def _rows_of(self, record: Record, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if record.role == "detail":
            rows = values.get(record.into or record.name) or []
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise _unfit("here should stand a list of objects", record.into or record.name)
            return rows
        if record.into:
            row = values.get(record.into)
            return [row] if row else [{}] if record.role == "trailer" and not record.optional else []
        own = {each.name: values.get(each.name) for each in record.fields}
        return [own] if record.role == "header" or any(value is not None for value in own.values()) else []

    def _count(self, record: Record, row: Mapping[str, Any]) -> None:
        for counts, sums in ((self._counts, self._sums), self._of_file):
            counts[record.name] = counts.get(record.name, 0) + 1
            counts["lines"] = counts.get("lines", 0) + 1
            for summed in self._layout.sums:
                if summed[0] == record.name and row.get(summed[1]) is not None:
                    sums[summed] = EXACT.add(sums.get(summed, Decimal(0)), Decimal(row[summed[1]]))

    def _checked(self, record: Record, row: Mapping[str, Any], counts: Mapping, sums: Mapping) -> dict[str, Any]:
        """The trailer with its counts and sums as they are."""
        found = dict(row)
        for check in record.checks:
            if check.sum:
                found[check.field] = sums.get(check.sum, Decimal(0))
            else:
                found[check.field] = self.documents if check.count == "documents" else counts.get(check.count, 0)
        return found

    # -- one row --

    def _row(self, record: Record, values: Mapping[str, Any]) -> bytes:
        if not isinstance(values, Mapping):
            raise _unfit("here should stand an object", record.name)
        cells = [(each, self._cell(each, values.get(each.name))) for each in record.fields]
        for number, (field, text) in enumerate(cells):
            self._encodable(field, text)
            if field.width is None and ("\n" in text or "\r" in text):
                cells[number] = (field, self._broken(field, text))
        if self._layout.kind == "fixed":
            return self.line(_fixed(record, cells))
        row = self._spread(record, cells)
        if self._layout.kind == "tagged":
            return self.line(self._tagged(record, row, cells))
        assert self._quoting is not None  # noqa: S101  it is delimited
        text = self._quoting.row(row)
        if len(text) > LONGEST_LINE:
            raise _unfit(f"the line is longer than {LONGEST_LINE:,} characters", record.name)
        if not any(row) or (self._layout.comment and text.startswith(self._layout.comment)):
            raise _unfit("its line would be read as an empty one or as a comment", record.fields[0].name)
        return self.line(text)

    def _broken(self, field: Field, text: str) -> str:
        if not self._layout.multiline:
            raise _unfit("a text with a line break has no place in this file", field.name)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _cell(self, field: Field, value: Any) -> str:
        null = self._layout.null
        if value is None or value == "":
            if field.required:
                raise _unfit("a value must stand here", field.name)
            return null[0] if null else ""
        try:
            text = field.write(value)
        except Unwritable as error:
            raise _unfit(str(error.args[0]), field.name) from error
        if field.is_text:
            if text in null or (field.trim and text != text.strip()) or "\0" in text:
                raise _unfit("this text would not be read as it is: it means nothing here, or its spaces", field.name)
            text = disarmed(text) if self._layout.safe else text
        return text

    def _encodable(self, field: Field, text: str) -> None:
        try:
            text.encode(self._encoder)
        except UnicodeEncodeError as error:
            character = text[error.start]
            raise Fault(
                "encode.character",
                f"The character '{character}' of {field.name} is not in the character set {self._charset}.",
                pointer=f"/{field.name}",
                expected=self._charset,
                found=character,
                subject=f"character in {field.name}",
            ) from error

    def _spread(self, record: Record, cells: list[tuple[Field, str]]) -> list[str]:
        """The cells of a row at their places, the tag at its own."""
        if self._layout.header:
            return [text for _field, text in cells]
        row = [""] * max(record.width, 1)
        for field, text in cells:
            row[field.place] = text  # type: ignore[index]
        if isinstance(record.place, int):
            row[record.place] = record.tag
        return row

    def _tagged(self, record: Record, row: list[str], cells: list[tuple[Field, str]]) -> str:
        delimiter = self._layout.delimiter
        for field, text in cells:
            if delimiter and delimiter in text:
                raise _unfit(f"a text with '{delimiter}' has no place in this file", field.name)
        return f"{record.tag}{self._layout.tag_separator}{(delimiter or '').join(row[1:])}"


class _Quoting:
    """The csv module's writer for one line at a time."""

    def __init__(self, layout: Layout) -> None:
        self._line = ""
        # Which characters end a line says also which must be quoted.
        self._writer = csv.writer(self, lineterminator="\r\n", strict=True, **layout.dialect)

    # pylint: disable-next=method-required-super
    def write(self, text: str) -> None:
        self._line = text

    def row(self, cells: list[str]) -> str:
        try:
            self._writer.writerow(cells)
        except csv.Error as error:
            raise _unfit(f"a text needs quotes, and the file has none ({error})", "row") from error
        return self._line.removesuffix("\r\n")


def _fixed(record: Record, cells: list[tuple[Field, str]]) -> str:
    line = [" "] * record.width
    for field, text in cells:
        place = field.place
        assert isinstance(place, slice) and field.width  # noqa: S101  as the layout was checked
        if not text and field.trim:
            continue  # blanks: filled with zeros, nothing would become a number
        if len(text) > field.width:
            raise _unfit(f"'{text[:40]}' is longer than {field.width} characters", field.name)
        if "\n" in text or "\r" in text:
            raise _unfit("a text with a line break has no place in this file", field.name)
        if field.is_text and field.fill != " " and text and text[0 if field.right else -1] == field.fill:
            raise _unfit(f"'{text[:40]}' ends in what fills the cell up", field.name)
        sign = "-" if field.right and field.fill == "0" and not field.is_text and text.startswith("-") else ""
        padded = text.removeprefix(sign).rjust(field.width - len(sign), field.fill)
        line[place] = sign + padded if field.right else text.ljust(field.width, field.fill)
    if isinstance(record.place, slice):
        line[len(line) :] = " " * (record.place.stop - len(line))
        line[record.place] = record.tag
    return "".join(line)


def _unfit(reason: str, name: str) -> Fault:
    return Fault(
        "encode.value",
        f"{name} cannot be written: {reason}.",
        pointer=f"/{name}",
        subject=f"{name}: {reason.split(chr(39))[0].strip()}",
    )
