"""A layout: how one partner's flat files are laid out. Data of a form of its own, checked when it is stored.

What a layout may say stands in ``layout.schema.json``. :func:`compiled` also finds what no schema can: a key that no
record has, two cells at the same place, a date that lacks its year.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ...contracts import validate
from ...faults import Fault
from ..limits import charset_name
from . import values
from .values import Reader, Writer

MOST_LINES = 250_000
ANY = "*"


@dataclass(frozen=True, slots=True)
class Field:
    """One cell: ``place`` is its index in a row or its slice of a fixed line, None until the header line is read."""

    name: str
    label: str
    place: int | slice | None
    column: str | None
    read: Reader | None
    write: Writer
    required: bool
    trim: bool
    width: int | None
    right: bool
    fill: str
    is_text: bool
    check_digit: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A trailer's ``field`` says how many ``count`` there are, or the sum of ``sum`` (record, field)."""

    field: str
    count: str | None
    sum: tuple[str, str] | None
    reported: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of row; ``place`` and ``tag`` tell it from the others."""

    name: str
    role: str
    place: int | slice | None
    tag: str
    fields: tuple[Field, ...]
    into: str | None
    under: str | None
    optional: bool
    checks: tuple[Check, ...]
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled layout."""

    kind: str
    charsets: tuple[str, ...]
    line_end: str
    skip_lines: int
    skip_last: int
    comment: str
    null: tuple[str, ...]
    trim: bool
    dialect: Mapping[str, Any]
    delimiter: str | None
    tag_separator: str
    multiline: bool
    header: bool
    safe: bool
    ignores_extra: bool
    short_rows: bool
    most_lines: int
    records: Mapping[str, Record]
    by: str
    key: tuple[str, ...]
    head: tuple[str, ...]
    sums: tuple[tuple[str, str], ...] = field(default=())
    piece: bool = False
    """Whether what is read is one document that was taken out of its file: the file itself is not judged."""

    @property
    def trims(self) -> bool:
        """Whether cells of nothing but spaces are empty."""
        return all(each.trim for record in self.records.values() for each in record.fields)

    @property
    def open(self) -> bool:
        """Whether the columns are those that each file names, all of them text."""
        return ANY in self.records and not self.records[ANY].fields


def compiled(layout: Mapping[str, Any]) -> Layout:
    """``layout`` ready for use; the same content again costs nothing.

    :raises Fault: ``engine.configuration`` with everything that is wrong with it as causes
    """
    try:
        text = json.dumps(layout)
    except (TypeError, ValueError) as error:
        raise _unusable([f"it is no plain JSON ({error})"]) from error
    return _compiled(text)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a layout."""
    return json.loads(Path(__file__).with_name("layout.schema.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=128)
def _compiled(text: str) -> Layout:
    layout = json.loads(text)
    if faults := validate(schema(), layout, code="engine.configuration"):
        raise _unusable([fault.detail.rstrip(".") for fault in faults])
    problems: list[str] = []
    records = {name: _record(layout, name, entry, problems) for name, entry in _entries(layout).items()}
    documents = layout.get("documents", {})
    quote, escape = layout.get("quote", '"'), layout.get("escape")
    result = Layout(
        kind=layout["kind"],
        charsets=_charsets(layout.get("charset", "utf-8"), problems),
        line_end=layout.get("line_end", "\r\n"),
        skip_lines=layout.get("skip_lines", 0),
        skip_last=layout.get("skip_last", 0),
        comment=layout.get("comment", ""),
        null=tuple(layout.get("null", ())),
        trim=layout.get("trim", True),
        dialect={
            "delimiter": layout.get("delimiter", ","),
            "quotechar": quote,
            "escapechar": escape,
            "doublequote": escape is None,
            "quoting": csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL,
        },
        delimiter=layout.get("delimiter"),
        tag_separator=layout.get("tag_separator", ":"),
        multiline=layout.get("multiline", False),
        header=layout["kind"] == "delimited" and layout.get("header", "records" not in layout),
        safe=layout.get("spreadsheet_safe", False),
        ignores_extra=layout.get("extra_columns") == "ignore",
        short_rows=layout.get("short_rows", layout["kind"] != "delimited"),
        most_lines=layout.get("most_lines", MOST_LINES),
        records=records,
        by=documents.get("by", _by(layout)),
        key=tuple(documents.get("key", ())),
        head=tuple(documents.get("head", documents.get("key", ()))),
        sums=tuple({check.sum for record in records.values() for check in record.checks if check.sum}),
    )
    problems += _problems(result, layout)
    if problems:
        raise _unusable(problems)
    return result


def _by(layout: Mapping[str, Any]) -> str:
    roles = {entry["role"] for entry in layout.get("records", {}).values()}
    return "header" if "header" in roles else "file" if roles else "line"


def _entries(layout: Mapping[str, Any]) -> dict[str, Any]:
    """The records; rows that are all alike are one record for any row."""
    if "records" in layout:
        return layout["records"]
    lines = layout.get("documents", {}).get("lines", "lines")
    return {ANY: {"role": "detail", "fields": layout.get("fields", []), "into": lines}}


def _charsets(declared: str | Sequence[str], problems: list[str]) -> tuple[str, ...]:
    names = (declared,) if isinstance(declared, str) else tuple(declared)
    for name in names:
        try:
            charset_name(name)
        except Fault as fault:
            problems.append(fault.detail.rstrip("."))
    return names


# -- records and their fields ----------------------------------------------------------------------------------------


def _record(layout: Mapping[str, Any], name: str, entry: Mapping[str, Any], problems: list[str]) -> Record:
    of = "" if name == ANY else f"record {name}: "
    match, role = entry.get("match", {}), entry["role"]
    tag, kind = match.get("value", ""), layout["kind"]
    if kind == "fixed":
        start = match.get("start", 1) - 1
        place: int | slice | None = slice(start, start + len(tag)) if tag else None
    else:
        place = match.get("column", 1) - 1 if tag else None
    declared = entry.get("fields", ())
    # Fields without a place follow the tag where that is the first cell.
    behind = 1 if kind == "tagged" or place == 0 else 0
    fields = tuple(_field(layout, each, number + behind, of, problems) for number, each in enumerate(declared))
    ends = [each.place.stop if isinstance(each.place, slice) else (each.place or 0) + 1 for each in fields]
    checks = tuple(
        Check(
            check["field"],
            check.get("count"),
            tuple(check["sum"].split(".", 1)) if "sum" in check else None,
            check.get("mismatch") == "report",
        )
        for check in entry.get("checks", ())
    )
    default = {"detail": name, "trailer": "trailer", "file_header": "file", "file_trailer": None}.get(role)
    return Record(
        name=name,
        role=role,
        place=place,
        tag=tag,
        fields=fields,
        into=entry.get("into", default),
        under=entry.get("under"),
        optional=entry.get("optional", False),
        checks=checks,
        width=max([*ends, place + 1 if isinstance(place, int) else 0, 0]),
    )


def _field(layout: Mapping[str, Any], entry: Mapping[str, Any], index: int, of: str, problems: list[str]) -> Field:
    name, kind = entry["name"], layout["kind"]
    column, place, label = entry.get("column"), None, name
    shift = 0 if kind == "tagged" else 1
    if kind == "fixed":
        if "start" not in entry or "length" not in entry:
            problems.append(f"{of}the field {name} of a fixed line needs start and length")
        start = entry.get("start", 1) - 1
        place = slice(start, start + entry.get("length", 1))
        label = f"{name} (position {start + 1})"
    elif isinstance(column, int):
        place, label = column - shift, f"{column} ({name})"
    elif layout.get("header", "records" not in layout) and kind == "delimited":
        column = column or name
        label = column
    elif column is not None:
        problems.append(f"{of}the column of {name} is told by a name, and no line names the columns")
    else:
        place, label = index, f"{index + shift} ({name})"
    read, write = _conversion(layout, entry, of, problems)
    if read and entry.get("check_digit"):
        problems.append(f"{of}{name} has a check digit, so it is a text and no number")
    numeric = entry.get("type") in ("integer", "decimal")
    return Field(
        name=name,
        label=label,
        place=place,
        column=column if isinstance(column, str) else None,
        read=read,
        write=write,
        required=entry.get("required", False),
        trim=entry.get("trim", layout.get("trim", True)),
        width=entry.get("length") if kind == "fixed" else None,
        right=entry.get("align", "right" if numeric else "left") == "right",
        fill=entry.get("fill", " "),
        is_text=read is None,
        check_digit=entry.get("check_digit", False),
    )


def _conversion(
    layout: Mapping[str, Any], entry: Mapping[str, Any], of: str, problems: list[str]
) -> tuple[Reader | None, Writer]:
    kind = entry.get("type", "text")
    if kind in ("integer", "decimal"):
        mark, thousands = layout.get("decimal_mark", "."), layout.get("thousands_mark", "")
        if mark == thousands:
            problems.append("decimal mark and thousands mark are the same")
        implied, whole = entry.get("implied_decimals", 0), kind == "integer"
        return (
            values.number_reader(mark, thousands, implied, whole=whole),
            values.number_writer(mark, implied, entry.get("decimals"), whole=whole),
        )
    if kind in ("date", "time", "datetime"):
        form = entry.get("format", {"date": "YYYY-MM-DD", "time": "HH:mm:ss", "datetime": "YYYY-MM-DDTHH:mm:ssZ"}[kind])
        forms = [form] if isinstance(form, str) else form
        for each in forms:
            if problem := values.format_problem(kind, each):
                problems.append(f"{of}the format {each} of {entry['name']} is no {kind}: {problem}")
                return None, values.text_writer
        return values.moment_reader(kind, forms), values.moment_writer(kind, forms[0])
    if kind == "boolean":
        yes, no = entry.get("true", ["true"]), entry.get("false", ["false"])
        words = {**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}
        if len({word.casefold() for word in words}) < len(yes) + len(no):
            problems.append(f"{of}a word of {entry['name']} means both yes and no, or stands there twice")
        return values.word_reader(words, f"one of {', '.join(words)}"), values.truth_writer(yes[0], no[0])
    return None, values.text_writer


# -- what no schema can see ------------------------------------------------------------------------------------------


def _problems(layout: Layout, source: Mapping[str, Any]) -> list[str]:
    problems = []
    if "records" in source and "fields" in source:
        problems.append("either all rows are alike (fields) or they differ (records), not both")
    if layout.kind == "tagged" and "records" not in source:
        problems.append("tagged lines need records: one for each tag")
    if layout.kind == "fixed" and "records" not in source and "fields" not in source:
        problems.append("fixed lines need fields")
    marks = [layout.dialect["delimiter"], layout.dialect["quotechar"], layout.dialect["escapechar"]]
    used = [mark for mark in marks if mark]
    if layout.kind == "delimited" and len(set(used)) < len(used):
        problems.append("delimiter, quote and escape must differ")
    if layout.kind == "delimited" and layout.multiline and layout.dialect["quotechar"] is None:
        problems.append("without a quote no cell can hold a line break")
    if layout.kind == "delimited" and not layout.header and "fields" not in source and "records" not in source:
        problems.append("the file does not name its columns, so the layout must: fields are missing")
    problems += _problems_of_records(layout)
    return problems + _problems_of_documents(layout)


def _problems_of_records(layout: Layout) -> list[str]:
    problems, tags = [], set()
    for record in layout.records.values():
        of = "" if record.name == ANY else f"record {record.name}: "
        names = [each.name for each in record.fields]
        problems += [
            f"{of}the field {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
        ]
        places = sorted((each.place.start, each.place.stop, each.name) for each in record.fields if each.width)
        for (_start, end, name), (start, _end, after) in zip(places, places[1:], strict=False):
            if start < end:
                problems.append(f"{of}{name} and {after} stand at the same place")
        spot = (str(record.place), record.tag)
        if spot in tags:
            problems.append(f"{of}another record is recognised by {record.tag} too")
        tags.add(spot)
        if record.under and (record.under not in layout.records or layout.records[record.under].role != "detail"):
            problems.append(f"{of}it stands under {record.under}, which is no detail record")
        if record.under and _circular(layout, record):
            problems.append(f"{of}it stands under itself")
        problems += _problems_of_checks(layout, record, of, names)
    return problems


def _circular(layout: Layout, record: Record) -> bool:
    seen, above = {record.name}, record.under
    while above in layout.records:
        if above in seen:
            return True
        seen.add(above)
        above = layout.records[above].under
    return False


def _problems_of_checks(layout: Layout, record: Record, of: str, names: Sequence[str]) -> list[str]:
    problems = []
    if record.checks and record.role not in ("trailer", "file_trailer"):
        problems.append(f"{of}only a trailer can check counts and sums")
    for check in record.checks:
        if check.field not in names:
            problems.append(f"{of}it has no field {check.field} to check")
        if check.count and check.count not in (*layout.records, "lines", "documents"):
            problems.append(f"{of}there is no record {check.count} to count")
        if check.sum:
            of_record, name = check.sum
            summed = layout.records.get(of_record)
            if summed is None or name not in {each.name for each in summed.fields if not each.is_text}:
                problems.append(f"{of}there is no number {of_record}.{name} to sum")
    return problems


def _problems_of_documents(layout: Layout) -> list[str]:
    problems, known = [], {each.name for record in layout.records.values() for each in record.fields}
    if not layout.open:
        problems += [f"no record has the field {name} of the key" for name in layout.key if name not in known]
        problems += [f"no record has the field {name} of the head" for name in layout.head if name not in known]
    headers = [record.name for record in layout.records.values() if record.role == "header"]
    if layout.by == "header" and len(headers) != 1:
        problems.append("documents begin with their header, so exactly one record must be a header")
    if layout.by == "key" and not layout.key:
        problems.append("documents end where the key changes, so the key must be named")
    if layout.by == "line" and ANY not in layout.records:
        problems.append("only where all rows are alike a line can be a document")
    if layout.by in ("key", "line") and ANY not in layout.records:
        problems.append("where records differ a document is told by its header, by empty lines or by the file")
    return problems


def _unusable(problems: Sequence[str]) -> Fault:
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return Fault(
        "engine.configuration",
        f"The layout cannot be used: {problems[0]}.{more}",
        subject="layout",
        causes=[Fault("engine.configuration", f"{problem[0].upper()}{problem[1:]}.") for problem in problems],
    )
