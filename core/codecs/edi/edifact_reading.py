"""The envelope of EDIFACT (ISO 9735, syntax versions 1 to 4): UNA, UNB, UNG, UNH and their trailers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .charset import Charset, charset_of_syntax, known_charset
from .problems import EdiFault, Place
from .receiving import InterchangeReader, number_of
from .report import EdiPart
from .segments import Delimiters, Segment, take_apart
from .values import clock, moment

__all__ = ["EdifactReader"]

_HEADER_LIMIT = 2_000
_GLN = "14"


class EdifactReader(InterchangeReader):
    """Reads one EDIFACT interchange, UNA or UNB to UNZ."""

    standard = "edifact"
    begins = ("UNA", "UNB")

    def open(self) -> bool:
        signs = ":+.? '"
        announced = self.source.peek(3) == "UNA"
        if announced:
            signs = self.source.peek(9)[3:]
            self.source.skip(9)
            signs += self.source.line_end()
        component, element, decimal, release, reserved, terminator = signs.ljust(6)[:6]
        release = "" if release == " " else release
        head = self.source.peek(_HEADER_LIMIT)
        place = Place(self.source.number + 1, "UNB")
        separators = [component, element, terminator, *([release] if release else [])]
        if len(set(separators)) < len(separators) or any(sign.isalnum() or sign == " " for sign in separators):
            return self._unreadable("the service string advice UNA does not tell the separators", place)
        if not head.startswith(f"UNB{element}"):
            return self._unreadable("the header UNB is missing", place)
        version = _syntax_version(head, element, component)
        repetition = ""
        if version >= "4":
            repetition = reserved if announced else "*"
            repetition = "" if repetition in (" ", *separators) else repetition
        delimiters = Delimiters(element, component, terminator, repetition, release, decimal)
        self.delimiters = delimiters
        text = self.source.next_text(delimiters) or ""
        self.header_text = f"UNA{signs}{text}" if announced else text
        tag, elements = take_apart(text, delimiters)
        self.segment = Segment(tag, elements, self.source.number)
        if not self._take_charset():
            return self._unreadable(f"the character set {self.segment.value(1)!r} is not known", place, "charset")
        self.segment = Segment("UNB", take_apart(text, delimiters, self.charset.decode)[1], self.source.number)
        if line_end := self.source.line_end():
            self.delimiters = Delimiters(element, component, terminator, repetition, release, decimal, line_end)
        self.report.header = self._header(announced)
        self._look_at_header(reserved if announced and version < "4" else " ")
        return True

    def _unreadable(self, words: str, place: Place, kind: str = "envelope_broken") -> bool:
        self.blame(kind, words, place=place)
        self.source.abandon()
        return False

    def _take_charset(self) -> bool:
        pinned = self.options.charset
        declared = "utf-8" if self.source.wide else charset_of_syntax(self.segment.value(1))
        if declared is None and not pinned:
            return False
        self.charset = Charset(declared or "ascii", known_charset(pinned) if pinned else None)
        return True

    def _header(self, announced: bool) -> dict[str, Any]:
        """The header as an object, without UNB06: it may hold a password."""
        value = self.segment.value
        delimiters = self.delimiters
        day = value(4, 1)
        header: dict[str, Any] = {
            "standard": "edifact",
            "syntax": value(1, 1),
            "syntax_version": value(1, 2),
            "sender": _party(value(2, 1), value(2, 2), value(2, 3)),
            "receiver": _party(value(3, 1), value(3, 2), value(3, 3)),
            "date": moment(day, "102" if len(day) == 8 else "101")[0],
            "time": clock(value(4, 2)),
            "reference": value(5),
        }
        for name, element in (("application", 7), ("priority", 8), ("agreement", 10)):
            if value(element):
                header[name] = value(element)
        header["acknowledge"] = value(9) == "1"
        header["test"] = value(11) == "1"
        header["delimiters"] = {
            "element": delimiters.element,
            "component": delimiters.component,
            "segment": delimiters.segment + delimiters.line_end,
            "decimal": delimiters.decimal,
            "release": delimiters.release,
            "announced": announced,
        }
        if delimiters.repetition:
            header["delimiters"]["repetition"] = delimiters.repetition
        return header

    def _look_at_header(self, reserved: str) -> None:
        for element, name in ((2, "sender"), (3, "receiver")):
            party = self.segment.value(element, 1)
            if self.segment.value(element, 2) == _GLN and not (len(party) == 13 and party.isdecimal()):
                self.blame("bad_code", f"the {name} is no GLN of 13 digits", element=element, found=party)
        if reserved != " ":
            words = f"UNA announces the repetition separator {reserved!r}, which this syntax version does not have"
            self.blame("envelope_unusual", words, place=Place(self.segment.number, "UNA"))
        if self.source.byte_order_mark:
            self.source.byte_order_mark = False
            self.blame("charset_other", "a byte order mark stands before the interchange")
        if self.charset.odd:
            self._odd_charset(self.charset.odd)
            self.charset.odd = ""

    # -- the segments of the envelope --------------------------------------------------------------------------------

    def envelope(self, segment: Segment) -> Iterator[EdiPart] | None:
        known = {"UNG": self._ung, "UNH": self._unh, "UNT": self._unt, "UNE": self._une, "UNZ": self._unz}
        found = known.get(segment.tag)
        return found(segment) if found else None

    def trailers(self) -> list[str]:
        sign = self.delimiters.element
        group = [f"UNE{sign}1{sign}{self._marked(self.group.reference)}"] if self.group.header else []
        return [*group, f"UNZ{sign}1{sign}{self._marked(self.report.reference)}"]

    def _marked(self, text: str) -> str:
        """A reference as it came, with its separators marked."""
        held = self.delimiters
        signs = held.element + held.component + held.segment + held.release + held.repetition
        raw = text.encode(self.charset.pinned or self.charset.declared, "replace").decode("latin-1")
        return "".join(held.release + sign if sign in signs else sign for sign in raw)

    def _cut(self, tag: str) -> Iterator[EdiPart]:
        if self.message:
            yield self.cut_message(f"{tag} follows")

    def _ung(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("UNG")
        self._close_group()
        value = segment.value
        day = value(4, 1)
        header: dict[str, Any] = {
            "kind": value(1),
            "sender": _party(value(2, 1), value(2, 2)),
            "receiver": _party(value(3, 1), value(3, 2)),
            "date": moment(day, "102" if len(day) == 8 else "101")[0],
            "time": clock(value(4, 2)),
            "reference": value(5),
            "agency": value(6),
            "version": value(7, 1),
            "release": value(7, 2),
        }
        if value(7, 3):
            header["association"] = value(7, 3)
        group = self.begin_group(header["reference"], header)
        if group.reference and not self._new("group", "", group.reference):
            words = f"the reference {group.reference} came before"
            self.blame("group_duplicate", words, element=5, into=group.faults)

    def _unh(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("UNH")
        value = segment.value
        header = {
            "type": value(2, 1),
            "reference": value(1),
            "version": value(2, 2),
            "release": value(2, 3),
            "agency": value(2, 4),
        }
        if value(2, 5):
            header["association"] = value(2, 5)
        if value(3):
            header["access_reference"] = value(3)
        version = f"{value(2, 2)}.{value(2, 3)}"
        self.begin_message(value(2, 1), value(1), version, value(2, 5), header)
        application = self.report.header.get("application", "")
        if application != value(2, 1) and self.options.guides("edifact", application, version, "") is not None:
            words = f"UNB announces {application} and the message is {value(2, 1)}"
            self.blame("envelope_unusual", words, element=2, expected=application, found=value(2, 1))

    def _unt(self, segment: Segment) -> Iterator[EdiPart]:
        if not self.message:
            self.blame("segment_outside", "UNT stands without UNH", into=self.report.faults)
            return
        self._check("message", segment, self.message.reference, segment.in_message)
        yield self.end_message()

    def _une(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("UNE")
        group = self.group
        if not group or not group.header:
            self.blame("segment_outside", "UNE stands without UNG", into=self.report.faults)
            return
        group.counted = number_of(segment.value(1)) or 0
        self._check("group", segment, group.reference, group.received)
        self.group = None

    def _unz(self, segment: Segment) -> Iterator[EdiPart]:
        yield from self._cut("UNZ")
        self._close_group()
        groups = [group for group in self.report.groups if group.header]
        counted = len(groups) if groups else sum(group.received for group in self.report.groups)
        self._check("interchange", segment, self.report.reference, counted)
        self.report.closed = True

    def _check(self, level: str, segment: Segment, header: str, counted: int) -> None:
        count = number_of(segment.value(1))
        self.check_trailer(level, segment.value(2).strip(), count, header=header, counted=counted)

    def _close_group(self) -> None:
        if self.group and self.group.header and self.group.counted is None:
            place = Place(self.segment.number, self.segment.tag)
            words = f"the group {self.group.reference} has no trailer"
            self.group.faults.append(EdiFault("group_unclosed", place, words))
        self.group = None


def _syntax_version(head: str, element: str, component: str) -> str:
    """The syntax version that UNB declares, read before it can be taken apart."""
    syntax = head[4:].split(element, 1)[0].split(component)
    return syntax[1] if len(syntax) > 1 else ""


def _party(name: str, qualifier: str, routing: str = "") -> dict[str, str]:
    party = {"id": name, "qualifier": qualifier, "routing": routing}
    return {key: value for key, value in party.items() if value}
