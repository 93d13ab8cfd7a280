"""The envelope of X12: ISA, GS, ST and their trailers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .charset import AnyCharset
from .problems import EdiFault, Place
from .receiving import InterchangeReader, number_of
from .report import EdiPart, MessageReport
from .segments import Delimiters, Segment
from .values import clock, moment

__all__ = ["GROUPS", "X12Reader"]

ISA_LENGTH = 106
_ISA_SEPARATORS = 16
_ISA_AT_MOST = 260
# What a repetition separator can be: a sign that does not occur in numbers, dates and names. Partners fill ISA11 with
# U, as before 4020, or with a hyphen, and mean no separator.
_REPETITION = frozenset('^!|~`\\{}[]@%;:<>=+_?"\x1c\x1d\x1e\x1f')
# Functional group -> the sets that belong in it (GS01, ST01).
GROUPS = {
    "FA": {"997", "999"},
    "GF": {"990"},
    "IB": {"846"},
    "IN": {"810"},
    "OW": {"940"},
    "PC": {"860"},
    "PO": {"850"},
    "PR": {"855"},
    "QM": {"214"},
    "RA": {"820"},
    "SH": {"856"},
    "SW": {"945"},
}
_GROUP_OF = {kind: group for group, kinds in GROUPS.items() for kind in kinds}


class X12Reader(InterchangeReader):
    """Reads one X12 interchange, ISA to IEA."""

    standard = "x12"
    begins = ("ISA",)

    def open(self) -> bool:
        head = self.source.peek(_ISA_AT_MOST)
        separator = head[3:4]
        place = Place(self.source.number + 1, "ISA")
        ends = _nth(head, separator, _ISA_SEPARATORS) if separator and not separator.isalnum() else -1
        if ends < 0 or ends + 2 >= len(head):
            self.blame("envelope_broken", "the header ISA is cut off or has too few elements", place=place)
            self.source.abandon()
            return False
        component, terminator = head[ends + 1], head[ends + 2]
        if len({separator, component, terminator}) < 3 or component.isalnum() or terminator.isalnum():
            self.blame("envelope_broken", "the header ISA does not tell the separators", place=place)
            self.source.abandon()
            return False
        self.header_text = self.source.skip(ends + 3)[: ends + 2]
        values = self.header_text.split(separator)
        self.source.number += 1
        self.segment = Segment("ISA", list(values[1:]), self.source.number)
        line_end = self.source.line_end() if terminator not in "\r\n" else ""
        if terminator == "\r" and self.source.line_end() == "\n":
            line_end = "\n"
        repetition = _repetition(values[11], values[12], (separator, component, terminator))
        self.delimiters = Delimiters(separator, component, terminator, repetition, line_end=line_end)
        self.charset = AnyCharset(self.options.charset)
        self.report.header = self._header(values)
        if ends + 3 != ISA_LENGTH:
            self.blame("envelope_unusual", f"ISA has {ends + 3} characters and should have {ISA_LENGTH}")
        if self.source.byte_order_mark:
            self.source.byte_order_mark = False
            self.blame("charset_other", "a byte order mark stands before the interchange", element=0)
        return True

    def _header(self, values: list[str]) -> dict[str, Any]:
        """The header as an object, without ISA02 and ISA04: they may hold a password."""
        held = [self.charset.decode(value).strip() for value in values]
        self.charset.odd = ""
        delimiters = self.delimiters
        header = {
            "standard": "x12",
            "sender": {"qualifier": held[5], "id": held[6]},
            "receiver": {"qualifier": held[7], "id": held[8]},
            "date": moment(held[9], "101")[0],
            "time": clock(held[10]),
            "version": held[12],
            "reference": held[13],
            "acknowledge": held[14] == "1",
            "test": held[15] == "T",
            "delimiters": {
                "element": delimiters.element,
                "component": delimiters.component,
                "segment": delimiters.segment + delimiters.line_end,
            },
        }
        if delimiters.repetition:
            header["delimiters"]["repetition"] = delimiters.repetition
        return header

    # -- the segments of the envelope --------------------------------------------------------------------------------

    def envelope(self, segment: Segment) -> Iterator[EdiPart] | None:
        if segment.tag == "TA1" and not self.message:
            return iter((self._ta1(segment),))
        known = {"GS": self._gs, "ST": self._st, "SE": self._se, "GE": self._ge, "IEA": self._iea}.get(segment.tag)
        return known(segment) if known else None

    def _ta1(self, segment: Segment) -> EdiPart:
        """The interchange acknowledgment stands outside of groups: a document of its own, which nobody counts."""
        value = segment.value
        answered = {
            "reference": value(1).strip(),
            "date": moment(value(2), "101")[0],
            "time": clock(value(3)),
            "status": value(4).strip(),
            "code": value(5).strip(),
        }
        header = {"type": "TA1", "reference": answered["reference"], "version": self.report.header["version"]}
        message = MessageReport("TA1", answered["reference"], header["version"], header, segment.number)
        document = {"interchange": self.report.header, "message": header, "answered_interchange": answered}
        raw = b""
        if self.options.raw:
            sign = self.delimiters.element
            texts = [self.header_text, self._text, f"IEA{sign}0{sign}{self.report.reference}"]
            terminator = self.delimiters.segment + self.delimiters.line_end
            raw = "".join(text + terminator for text in texts).encode("latin-1")
        extent = (segment.number, segment.number)
        return EdiPart(document, (), (), self.references(message), segment.number, extent, message=message, raw=raw)

    def trailers(self) -> list[str]:
        sign = self.delimiters.element
        group = [f"GE{sign}1{sign}{self.group.reference}"] if self.group.header else []
        return [*group, f"IEA{sign}1{sign}{self.report.reference}"]

    def _cut(self, tag: str) -> Iterator[EdiPart]:
        if self.message:
            yield self.cut_message(f"{tag} follows")

    def _gs(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("GS")
        self._close_group()
        value = segment.value
        header = {
            "kind": value(1),
            "sender": value(2).strip(),
            "receiver": value(3).strip(),
            "date": moment(value(4), "102" if len(value(4)) == 8 else "101")[0],
            "time": clock(value(5)),
            "reference": value(6).strip(),
            "agency": value(7),
            "version": value(8).strip(),
        }
        group = self.begin_group(header["reference"], header)
        if not header["reference"]:
            self.blame("element_missing", "the group has no control number", element=6, into=group.faults)
        elif not self._new("group", "", header["reference"].lstrip("0")):
            words = f"the control number {header['reference']} came before"
            self.blame("group_duplicate", words, element=6, into=group.faults)

    def _st(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("ST")
        if not self.group:
            self.begin_group("", {})
            self.blame("segment_outside", "ST stands outside of a group", into=self.report.faults)
        group = self.group.header
        kind, reference = segment.value(1).strip(), segment.value(2).strip()
        version = group.get("version", "")
        header = {"type": kind, "reference": reference, "version": version}
        if segment.value(3):
            header["convention"] = segment.value(3)
        self.begin_message(kind, reference, version, "", header)
        right = _GROUP_OF.get(kind)
        if right and group.get("kind") not in ("", right):
            found = group.get("kind", "")
            words = f"set {kind} belongs in a group {right}, and this one is {found or 'not named'}"
            self.blame("group_kind", words, expected=right, found=found)

    def _se(self, segment: Segment) -> Iterator[EdiPart]:
        if not self.message:
            self.blame("segment_outside", "SE stands without ST", into=self.report.faults)
            return
        self._check("message", segment, self.message.reference, segment.in_message)
        yield self.end_message()

    def _ge(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("GE")
        group = self.group
        if not group or group.counted is not None:
            self.blame("segment_outside", "GE stands without GS", into=self.report.faults)
            return
        group.counted = number_of(segment.value(1)) or 0
        self._check("group", segment, group.reference, group.received)
        self.group = None

    def _iea(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("IEA")
        self._close_group()
        self._check("interchange", segment, self.report.reference, len(self.report.groups))
        self.report.closed = True

    def _check(self, level: str, segment: Segment, header: str, counted: int) -> None:
        count = number_of(segment.value(1))
        self.check_trailer(level, segment.value(2).strip(), count, header=header, counted=counted)

    def _close_group(self) -> None:
        if self.group and self.group.counted is None:
            place = Place(self.segment.number, self.segment.tag)
            if self.group.header:
                words = f"the group {self.group.reference} has no trailer"
                self.group.faults.append(EdiFault("group_unclosed", place, words))
            self.group = None


def _repetition(sign: str, version: str, taken: tuple[str, ...]) -> str:
    """The repetition separator that ISA11 declares in ``version``, or nothing."""
    return sign if version >= "00402" and len(sign) == 1 and sign in _REPETITION and sign not in taken else ""


def _nth(text: str, sign: str, count: int) -> int:
    """Where the ``count``-th ``sign`` stands, or -1."""
    at = -1
    for _turn in range(count):
        at = text.find(sign, at + 1)
        if at < 0:
            return -1
    return at
