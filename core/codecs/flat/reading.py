"""From rows to documents, one at a time: whatever is wrong with a row is wrong with its document and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, BinaryIO

from ...faults import Fault
from ..lines import Lines, Slices
from ..origins import Origins
from ..parts import Part, Place
from .cells import SHOWN, Cells, is_blank, misplaced
from .layout import ANY, Check, Field, Layout, Record
from .rows import Row, at_line, rows
from .seen import Seen
from .values import EXACT

MOST_FAULTS = 100


@dataclass
class Frame:
    """What is learnt of a file while it is read: its character set, and the lines that every document of it needs.

    ``origins``, where somebody asks, is told where each object stood.
    """

    charset: str = ""
    lines: list[tuple[int, int]] = field(default_factory=list)
    origins: Origins | None = None

    def add(self, number: int, row: Row) -> None:
        """The row that begins on the line ``number`` is one of those."""
        self.lines.append((number, _last_line(number, row)))

    def bytes_of(self, stream: BinaryIO) -> bytes:
        """Those lines; ``stream`` is the file from its beginning."""
        slices = Slices(stream, self.charset)
        return b"".join([slices.take(first, last) for first, last in self.lines])


def split(layout: Layout, data: BinaryIO | bytes, frame: Frame | None = None) -> Iterator[Part]:
    """The documents of a flat file; what is wrong with the file as a whole comes as a part without a document.

    :param frame: is filled before the first document is given
    """
    return _split(layout, data, frame or Frame())


def split_piece(layout: Layout, data: bytes, place: Place, frame: Frame | None = None) -> Iterator[Part]:
    """The document that was taken out of its file together with the lines that it needs, numbered as in the file."""
    own = place.last - place.first + 1
    wide = place.charset.startswith("utf-16")
    end = b"\n" if b"\n" in data or wide else b"\r"
    lines = sum(1 for _line in Lines(data, [place.charset])) if wide else data.count(end) + (not data.endswith(end))
    there = lines - own
    layout = replace(layout, charsets=(place.charset,), skip_last=0, piece=True)
    return _split(layout, data, frame or Frame(), (there, place.first))


def _split(layout: Layout, data: BinaryIO | bytes, frame: Frame, jump: tuple[int, int] | None = None) -> Iterator[Part]:
    try:
        lines = Lines(data, layout.charsets, jump)
        frame.charset = lines.charset
        if layout.skip_lines:
            frame.lines.append((1, layout.skip_lines))
        found = rows(layout, lines)
        if layout.header:
            layout = _with_columns(layout, found, frame)
    except Fault as fault:
        yield Part(None, (fault,))
        return
    if layout.by == "line":
        yield from _each_row(layout, found, frame.origins)
    else:
        yield from _Assembly(layout, frame).parts(found)


def _last_line(number: int, row: Row) -> int:
    """The last line of the row that begins on the line ``number``: its cells hold its line breaks."""
    return number if isinstance(row, str) else number + sum([cell.count("\n") for cell in row])


def _with_columns(layout: Layout, found: Iterator[tuple[int, Row | Fault]], frame: Frame) -> Layout:
    """``layout`` with the places of its columns, which the first row that is not empty names."""
    number, row = next(((number, row) for number, row in found if row), (0, []))
    if isinstance(row, Fault):
        raise row
    if not row:
        raise Fault("decode.malformed", "The file is empty: not even its columns are named.", subject="empty")
    frame.add(number, row)
    names = [cell.strip() for cell in row]
    record = layout.records[ANY]
    if layout.open:
        fields = [_text_column(name, index) for index, name in enumerate(names)]
        wanted = names
    else:
        fields, wanted = list(record.fields), [each.column for each in record.fields if each.column]
    if "" in wanted:
        raise Fault("decode.malformed", f"Line {number}: column {names.index('') + 1} has no name.", subject="columns")
    for name in wanted:
        if names.count(name) != 1:
            problem = "is missing" if name not in names else "is there twice"
            raise Fault(
                "decode.malformed",
                f"Line {number}: the column {name} {problem}.",
                expected=name,
                found=", ".join(names)[:SHOWN],
                subject=f"column {name}",
            )
    placed = [replace(each, place=names.index(each.column)) if each.column else each for each in fields]
    if layout.open and (missing := [name for name in (*layout.key, *layout.head) if name not in names]):
        raise Fault("decode.malformed", f"Line {number}: the column {missing[0]} is missing.", subject="columns")
    return replace(layout, records={ANY: replace(record, fields=tuple(placed), width=len(names))})


def _text_column(name: str, index: int) -> Field:
    return Field(name, name, index, name, None, str, False, True, None, False, " ", True)


def _each_row(layout: Layout, found: Iterator[tuple[int, Row | Fault]], origins: Origins | None) -> Iterator[Part]:
    cells, trims, multiline = Cells(layout, layout.records[ANY]), layout.trims, layout.multiline
    for number, row in found:
        if isinstance(row, Fault):
            yield Part(None, (row,), position=number, extent=(number, number))
        elif not is_blank(row, trims):
            values, faults = cells(number, row)
            _stood(origins, values, number, layout.records[ANY])
            references = {name: str(values[name]) for name in layout.key if values.get(name) is not None}
            last = _last_line(number, row) if multiline else number
            extent = (number, last)
            yield Part(None if faults else values, tuple(faults), tuple(cells.findings()), references, number, extent)


def _stood(origins: Origins | None, held: dict[str, Any], number: int, record: Record) -> None:
    """``held``, or some of its members, was read from the row that begins on the line ``number``."""
    if origins:
        labels = {each.name: f", column {each.label}" for each in record.fields}
        origins.note(held, f"line {number}", lambda name: labels.get(name, ""))


# -- documents of several rows ---------------------------------------------------------------------------------------


class _Document:
    """A document that is being put together."""

    __slots__ = (
        "begin",
        "counts",
        "end",
        "ended",
        "faults",
        "findings",
        "head",
        "last",
        "lines",
        "position",
        "sums",
        "values",
    )

    def __init__(self, position: int) -> None:
        self.position = position
        self.begin = self.end = position
        self.values: dict[str, Any] = {}
        self.head: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.findings: list[Fault] = []
        self.last: dict[str, dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        self.sums: dict[tuple[str, str], Decimal] = {}
        self.lines = 0
        self.ended = False

    def note(self, findings: list[Fault]) -> None:
        """What is odd and stops nothing."""
        self.findings.extend(findings[: MOST_FAULTS - len(self.findings)])

    def blame(self, *faults: Fault) -> None:
        """The document is lost: only what is wrong with it is still of interest."""
        self.faults.extend(faults[: MOST_FAULTS - len(self.faults)])


class _Assembly:
    """Puts documents together, row by row; holds one at a time."""

    def __init__(self, layout: Layout, frame: Frame) -> None:
        self._layout = layout
        self._frame = frame
        self._row_end = self._unplaced_from = 0
        self._cells = {name: Cells(layout, record) for name, record in layout.records.items()}
        self._open: _Document | None = None
        self._key: tuple[Any, ...] | None = None
        fields = layout.records[ANY].fields if ANY in layout.records else ()
        self._key_is_first = [each.name for each in fields if each.place == 0] == list(layout.key)
        self._keys = Seen()
        self._into = (layout.records[ANY].into if ANY in layout.records else None) or "lines"
        self._unplaced: list[Fault] = []
        self._file = _Document(1)
        self._envelope: dict[str, Any] = {}
        self._seen: set[str] = set()
        self._misled: list[Fault] = []
        self._documents = 0
        self._lost = False

    def parts(self, found: Iterator[tuple[int, Row | Fault]]) -> Iterator[Part]:
        """:param found: the rows of the file"""
        layout, trims, multiline = self._layout, self._layout.trims, self._layout.multiline
        for number, row in found:
            if not isinstance(row, Fault) and is_blank(row, trims):
                if layout.by == "blank_line":
                    yield from self._close()
                continue
            self._file.lines += 1
            if isinstance(row, Fault):
                self._row_end = number
                yield from self._stray(number, row)
                continue
            self._row_end = _last_line(number, row) if multiline else number
            record = self._record_of(row)
            if record is None:
                yield from self._stray(number, self._unknown(number, row))
            elif record.name == ANY:
                yield from self._alike(number, row)
            else:
                yield from self._different(number, row, record)
        yield from self._close()
        yield from self._end()

    def _record_of(self, row: Row) -> Record | None:
        records = self._layout.records
        if ANY in records:
            return records[ANY]
        for record in records.values():
            place = record.place
            if isinstance(place, slice):
                if row[place] == record.tag:
                    return record
            elif place is not None and place < len(row) and row[place].strip() == record.tag:
                return record
        return None

    def _unknown(self, number: int, row: Row) -> Fault:
        known = ", ".join(record.tag for record in self._layout.records.values())
        shown = (row if isinstance(row, str) else row[0])[:20]
        return at_line(
            number,
            Fault(
                "decode.line_unreadable",
                f"no record of the layout begins with '{shown}' (there are {known})",
                expected=known,
                found=shown,
                subject="unknown record",
            ),
        )

    def _stray(self, number: int, fault: Fault) -> Iterator[Part]:
        """A line of which nobody knows where it belongs: to the document that is open, and perhaps to the next."""
        self._lost = True
        if self._layout.by == "key":
            self._unplaced_from = self._unplaced_from if self._unplaced else number
            self._unplaced.append(fault)
        if self._open is not None and self._open.ended:
            yield from self._close()
        if self._open is None:
            self._open = _Document(number)
        self._open.lines += 1
        self._open.end = self._row_end
        self._open.blame(fault)

    # -- rows that are all alike --

    def _alike(self, number: int, row: Row) -> Iterator[Part]:
        layout = self._layout
        values, faults = self._cells[ANY](number, row)
        if layout.by == "key":
            key = self._key_of(values)
            if key is None:
                for fault in faults:
                    yield from self._stray(number, fault)
                return
            if key != self._key:
                yield from self._next_key(number, key)
            else:
                self._unplaced.clear()  # it lay within this document, which has it already
        document = self._open = self._open or _Document(number)
        self._count(document, ANY, values, faults)
        if document.faults:
            return
        head = {name: values.pop(name) for name in layout.head if name in values}
        record = layout.records[ANY]
        _stood(self._frame.origins, values, number, record)
        if not document.values:
            document.values, document.head = {**head, self._into: []}, head
            _stood(self._frame.origins, document.values, number, record)
        elif head != document.head:
            self._agree(document, number, head)
        document.values[self._into].append(values)

    def _key_of(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The key of a row; None where nobody knows it.

        In a row with too many or too few cells any but the first may be another one: only what confirms the document
        that is open is believed.
        """
        try:
            key = tuple([values[name] for name in self._layout.key])
        except KeyError:
            return None
        if self._cells[ANY].is_misshapen and key != self._key and not self._key_is_first:
            return None
        return key

    def _next_key(self, number: int, key: tuple[Any, ...]) -> Iterator[Part]:
        """A new document begins; what could not be placed may be its first line."""
        unplaced, self._unplaced = self._unplaced, []
        orphan = self._key is None and self._open is not None
        if orphan and self._open is not None:
            unplaced, self._open = [], self._open
        else:
            yield from self._close()
            self._open = _Document(number)
            if unplaced:
                self._open.begin = self._unplaced_from
        assert self._open is not None  # noqa: S101  one of both
        self._open.blame(*unplaced)
        self._key = key
        if self._keys.add(key):
            said = " ".join(str(each) for each in key)
            self._open.blame(
                at_line(
                    number,
                    Fault(
                        "decode.line_unreadable",
                        f"lines of {said} stood further up already, and lines of others between them",
                        found=said[:SHOWN],
                        subject="lines of one document are scattered",
                    ),
                )
            )

    def _agree(self, document: _Document, number: int, head: dict[str, Any]) -> None:
        for name, value in head.items():
            if document.values.get(name) != value:
                document.blame(
                    at_line(
                        number,
                        Fault(
                            "decode.value_invalid",
                            f"the lines of one document disagree: {name} was '{document.values.get(name)}' "
                            f"and here is '{value}'",
                            expected=document.values.get(name),
                            found=value,
                            subject=f"column {name}",
                        ),
                        f", column {name}",
                    )
                )

    # -- rows that differ --

    def _different(self, number: int, row: Row, record: Record) -> Iterator[Part]:
        values, faults = self._cells[record.name](number, row)
        self._seen.add(record.name)
        if record.role in ("file_header", "file_trailer"):
            yield from self._around(number, record, values, faults)
            return
        if record.role == "header":
            yield from self._close()
            self._open = _Document(number)
        if self._open is None or self._open.ended:
            homeless = self._layout.by == "header" or (self._open is not None and self._layout.by == "blank_line")
            if homeless:
                fault = Fault("decode.line_unreadable", "it belongs to no header", subject="no header")
                yield from self._stray(number, at_line(number, fault))
                return
            yield from self._close()
            self._open = _Document(number)
        document = self._open
        self._count(document, record.name, values, faults)
        if not document.faults:
            self._same_key(document, number, record, values)
            self._place(document, number, record, values)
        if record.role == "trailer":
            self._check(document, number, record, values)
            document.ended = True

    def _same_key(self, document: _Document, number: int, record: Record, values: dict[str, Any]) -> None:
        if record.role == "header":
            return
        shared = {name: values[name] for name in self._layout.key if name in values and name in document.values}
        self._agree(document, number, shared)

    def _place(self, document: _Document, number: int, record: Record, values: dict[str, Any]) -> None:
        target, origins = document.values, self._frame.origins
        _stood(origins, values, number, record)
        if record.under:
            above = document.last.get(record.under)
            if above is None:
                text = f"no {record.under} stands above it"
                document.blame(misplaced(number, text, f"{record.name} without {record.under}"))
                return
            target = above
        if record.role == "detail":
            target.setdefault(record.into or record.name, []).append(values)
            document.last[record.name] = values
        elif record.into:
            if record.into in target:
                document.blame(misplaced(number, f"a second {record.name} in one document", f"second {record.name}"))
            target[record.into] = values
        elif taken := [name for name in values if name in target and document.counts.get(record.name, 0) > 1]:
            document.blame(misplaced(number, f"{taken[0]} was said further up already", f"second {record.name}"))
        else:
            target.update(values)
            _stood(origins, target, number, record)

    def _around(self, number: int, record: Record, values: dict[str, Any], faults: list[Fault]) -> Iterator[Part]:
        """The header or trailer of the file."""
        if record.role == "file_trailer":
            yield from self._close()
            self._check(self._file, number, record, values)
        else:
            self._envelope = {record.into or "file": values}
            self._misled = faults
            self._frame.lines.append((number, self._row_end))
        self._file.blame(*faults)

    # -- counting and closing --

    def _count(self, document: _Document, name: str, values: dict[str, Any], faults: list[Fault]) -> None:
        document.lines += 1
        document.end = self._row_end
        if odd := self._cells[name].findings():
            document.note(odd)
        if faults:
            self._lost = True
            document.blame(*faults)
        elif document.lines > self._layout.most_lines and not document.faults:
            document.blame(_too_many(self._layout.most_lines))
        for each in (document, self._file):
            each.counts[name] = each.counts.get(name, 0) + 1
            for summed in self._layout.sums:
                if summed[0] == name and values.get(summed[1]) is not None:
                    each.sums[summed] = EXACT.add(each.sums.get(summed, Decimal(0)), values[summed[1]])

    def _check(self, document: _Document, number: int, record: Record, values: dict[str, Any]) -> None:
        """Counts and sums of a trailer; nothing is said of sums when a line could not be read."""
        for check in record.checks:
            said, found = values.get(check.field), self._found(document, check)
            if said is None or said == found or (document.faults or self._lost):
                continue
            what = (
                f"there are {found} of {check.count}"
                if check.count
                else f"{'.'.join(check.sum or ())} adds up to {found}"
            )
            fault = at_line(
                number,
                Fault(
                    "decode.control_count",
                    f"{check.field} says {said}, and {what}",
                    expected=said,
                    found=found,
                    subject=f"{record.name} {check.field}",
                ),
            )
            if check.reported:
                document.findings.append(fault)
            else:
                document.blame(fault)

    def _found(self, document: _Document, check: Check) -> int | Decimal:
        if check.sum:
            return document.sums.get(check.sum, Decimal(0))
        if check.count == "documents":
            return self._documents
        return document.lines if check.count == "lines" else document.counts.get(check.count or "", 0)

    def _close(self) -> Iterator[Part]:
        """The document that is open, if there is one."""
        document, self._open, layout = self._open, None, self._layout
        if document is None:
            return
        self._documents += 1
        document.blame(*self._misled)  # what the header of the file says is part of each document
        for record in layout.records.values():
            if record.role == "trailer" and not record.optional and record.name not in document.counts:
                if not document.faults:
                    document.blame(_cut_off(document.position, f"document that begins on line {document.position}"))
        values = None if document.faults else {**self._envelope, **document.values}
        if values and self._frame.origins:
            self._frame.origins.became(document.values, values)
        references = {name: str(document.values[name]) for name in layout.key if document.values.get(name) is not None}
        if layout.by == "key" and self._key and not references:
            references = {name: str(value) for name, value in zip(layout.key, self._key, strict=True)}
        extent = (document.begin, document.end)
        yield Part(values, tuple(document.faults), tuple(document.findings), references, document.position, extent)

    def _end(self) -> Iterator[Part]:
        """What is wrong with the file as a whole."""
        if self._layout.piece:
            return
        for record in self._layout.records.values():
            if record.role in ("file_header", "file_trailer") and not record.optional and record.name not in self._seen:
                self._file.blame(_cut_off(self._file.lines, f"file (there is no {record.name})"))
        if not self._documents and not self._file.faults and not self._seen:
            self._file.blame(Fault("decode.malformed", "The file holds no document.", subject="empty"))
        if self._file.faults or self._file.findings:
            yield Part(None, tuple(self._file.faults), tuple(self._file.findings), position=1)


def _cut_off(number: int, what: str) -> Fault:
    return Fault(
        "decode.control_count",
        f"The {what} is not complete: a line that must be there is missing. It may have been cut off on the way.",
        subject="cut off",
    )


def _too_many(most: int) -> Fault:
    return Fault(
        "decode.too_large",
        f"One document has more than {most:,} lines.",
        expected=f"at most {most:,} lines",
        subject="lines of a document",
    )
