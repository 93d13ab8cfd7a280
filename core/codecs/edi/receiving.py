"""What reading X12 and reading EDIFACT have in common: messages one by one, each isolated from the others."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from .charset import Charset
from .problems import EdiFault, Place
from .reading import MessageReader
from .report import EdiPart, GroupReport, InterchangeReport, MessageReport, ReadOptions, is_refused
from .segments import Delimiters, Segment, SegmentSource, SegmentTooLong, take_apart

__all__ = ["InterchangeReader"]

# So that no interchange, however long, fills the memory: beyond these of a group, messages are only counted (those
# with a fault beyond ten times as many), and references are not compared any more.
REMEMBERED = 1_000
SEEN = 50_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What is odd about an envelope and leaves no doubt about its documents.
_MINOR = frozenset({"bad_character", "bad_code", "charset_other", "element_missing", "envelope_unusual"})


class InterchangeReader(ABC):
    """Reads one interchange from where the source stands. Subclasses know the segments of the envelope.

    An instance is used once: :meth:`parts` yields each message as it ends, then the end of the interchange.
    """

    standard = ""
    begins: tuple[str, ...] = ()

    def __init__(self, source: SegmentSource, options: ReadOptions) -> None:
        self.source, self.options = source, options
        self.delimiters = Delimiters("", "", "")
        self.charset = Charset("utf-8")
        self.report = InterchangeReport(self.standard, {})
        self.group: GroupReport | None = None
        self.message: MessageReport | None = None
        self.reader: MessageReader | None = None
        self.segment = Segment("", [], 0)
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._in_message = 0
        self._text = ""
        # The texts of the header, of the group's header and of the open message, as they came.
        self.header_text = self.group_text = ""
        self._texts: list[str] = []

    # -- to be told by subclasses ------------------------------------------------------------------------------------

    @abstractmethod
    def open(self) -> bool:
        """Read the header of the interchange; False where it cannot be read."""

    @abstractmethod
    def envelope(self, segment: Segment) -> Iterator[EdiPart] | None:
        """What a segment of the envelope yields; None for a segment of a message."""

    @abstractmethod
    def trailers(self) -> list[str]:
        """The texts of the trailers of a group, if there is one, and of an interchange with one message."""

    # -- reading -----------------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[EdiPart]:
        self.report.position = self.source.number + 1
        if not self.open():
            yield self._end()
            return
        try:
            while not self.report.closed:
                segment = self._next()
                if segment is None:
                    break
                found = self.envelope(segment)
                if found is None:
                    self._body(segment)
                else:
                    yield from found
        except SegmentTooLong:
            self.blame("envelope_broken", "the segment never ends", place=Place(self.source.number + 1))
            if self.message:
                yield self.cut_message("the segment that follows never ends")
            self.source.abandon()
        if self.message:
            yield self.cut_message("the file ends")
        if not self.report.closed:
            self._cut_envelope()
        yield self._end()

    def _next(self) -> Segment | None:
        text = self.source.next_text(self.delimiters)
        if text is None:
            return None
        if text[:3] in ("ISA", "UNA", "UNB") and self._begins_another(text):
            self.source.unread()
            return None
        charset = self.charset
        self._text = text
        tag, elements = take_apart(text, self.delimiters, charset.decode)
        self._in_message += 1
        segment = self.segment = Segment(tag.strip(), elements, self.source.number, self._in_message)
        if charset.odd:
            self._odd_charset(charset.odd)
            charset.odd = ""
        if not text.isprintable() and _CONTROL.search(text):
            # An escape sequence changes the character set (ISO 2022): what follows would be read as something else.
            escape = "\x1b" in text
            self.blame("charset" if escape else "bad_character", "a control character stands in the text")
        return segment

    def _begins_another(self, text: str) -> bool:
        return text.startswith(self.begins) and not text[3:4].isalnum()

    def _odd_charset(self, odd: str) -> None:
        name = self.charset.pinned or self.charset.declared
        faults = self.message.faults if self.message else self.report.faults
        kind = "charset" if odd == "broken" else "charset_other"
        if any(fault.kind == kind for fault in faults):
            return
        if odd == "broken":
            words = f"the bytes are not valid in the character set {name}"
        else:
            words = f"the bytes are {odd.upper()} although the interchange is in {name}"
        self.blame(kind, words, expected=name)

    def _body(self, segment: Segment) -> None:
        if not self.reader:
            self.blame("segment_outside", f"{segment.tag} stands outside of a message", into=self.report.faults)
        elif segment.in_message > self.options.segment_limit:
            if not any(fault.kind == "message_too_long" for fault in self.message.faults):
                self.blame("message_too_long", f"the message has more than {self.options.segment_limit} segments")
        else:
            self.reader.feed(segment)
            if self.options.raw:
                self._texts.append(self._text)

    # -- messages ----------------------------------------------------------------------------------------------------

    def begin_message(self, kind: str, reference: str, version: str, association: str, header: dict[str, Any]) -> None:
        """A message begins with the current segment."""
        if self.options.first:
            self.source.number = self.segment.number = self.options.first
        self.segment.in_message = self._in_message = 1
        group = self.group or self.begin_group("", {})
        self.message = MessageReport(kind, reference, version, header, self.segment.number)
        group.messages.append(self.message)
        self._texts = [self._text]
        guide = self.options.guides(self.standard, kind, version, association)
        self.reader = MessageReader(guide, self.delimiters, self.message.faults.append, self.options.origins)
        self.must_be_new("message", group.reference, reference)

    def end_message(self, *, cut: bool = False) -> EdiPart:
        """The message that the current segment ends, with its document if it is usable; ``cut``: it has no end."""
        message, reader, self.message, self.reader = self.message, self.reader, None, None
        body = reader.finish()
        group = self.group
        document: dict[str, Any] | None = {"interchange": self.report.header}
        if group.header:
            document["group"] = group.header
        document |= {"message": message.header, **body}
        if self.options.origins:
            self.options.origins.became(body, document)
        message.number = _at(body, reader.guide.number) if reader.guide and reader.guide.number else ""
        self._repeated_document(message)
        faults = tuple(fault for fault in message.faults if is_refused(fault, self.options))
        findings = tuple(fault for fault in message.faults if fault not in faults)
        message.refused = bool(faults)
        if len(group.messages) > (10 * REMEMBERED if message.faults else REMEMBERED):
            group.messages.pop()
            if message.refused:
                group.unlisted_refused += 1
            else:
                group.unlisted += 1
        return EdiPart(
            None if faults else document,
            faults,
            findings,
            self.references(message),
            message.position,
            (message.position, self.segment.number - cut),
            message=message,
            raw=self._raw(cut) if self.options.raw else b"",
        )

    def _raw(self, cut: bool) -> bytes:
        """The message that ends, as an interchange of its own."""
        texts = [self.header_text, *([self.group_text] if self.group.header else []), *self._texts]
        if not cut:
            texts.append(self._text)
        terminator = self.delimiters.segment + self.delimiters.line_end
        return "".join(text + terminator for text in [*texts, *self.trailers()]).encode("latin-1")

    def cut_message(self, why: str) -> EdiPart:
        """The open message has no trailer, for the reason given."""
        self.blame("message_unclosed", f"the message {self.message.reference} has no trailer: {why}")
        return self.end_message(cut=True)

    def _repeated_document(self, message: MessageReport) -> None:
        if message.number and not self._new(f"{message.type} number", "", message.number):
            words = f"the document number {message.number} came before in this interchange"
            place = Place(message.position, "", 1)
            message.faults.append(EdiFault("document_repeated", place, words, found=message.number))

    def references(self, message: MessageReport) -> dict[str, str]:
        header, group = self.report.header, self.group
        found = {
            "standard": self.standard,
            "type": message.type,
            "version": message.version,
            "number": message.number,
            "interchange": self.report.reference,
            "group": group.reference if group else "",
            "message": message.reference,
            "sender": _party(header.get("sender")),
            "receiver": _party(header.get("receiver")),
            "test": "1" if header.get("test") else "",
        }
        return {name: value for name, value in found.items() if value}

    # -- envelopes ---------------------------------------------------------------------------------------------------

    def begin_group(self, reference: str, header: dict[str, Any]) -> GroupReport:
        self.group = GroupReport(reference, header, position=self.segment.number)
        self.group_text = self._text
        self.report.groups.append(self.group)
        return self.group

    def must_be_new(self, level: str, scope: str, reference: str) -> None:
        """A reference that occurs twice is a finding of its message or group."""
        if reference and not self._new(level, scope, reference):
            self.blame(f"{level}_duplicate", f"the reference {reference} came before", found=reference)

    def _new(self, level: str, scope: str, reference: str) -> bool:
        seen = self._seen.setdefault((level, scope), set())
        if reference in seen:
            return False
        if len(seen) < SEEN:
            seen.add(reference)
        return True

    def check_trailer(self, level: str, reference: str, count: int | None, *, header: str, counted: int) -> None:
        """Compare a trailer's reference and count with what came; EDI pads numbers on one side only."""
        segment, faults = self.segment, self._faults_of(level)
        if not same_reference(reference, header):
            place = Place(segment.number, segment.tag, segment.in_message, 2)
            words = f"the reference is {reference or 'empty'}, that of the header is {header or 'empty'}"
            faults.append(EdiFault(f"{level}_reference", place, words, expected=header, found=reference))
        if count != counted:
            place = Place(segment.number, segment.tag, segment.in_message, 1)
            said = "no number" if count is None else count
            words = f"the trailer counts {said}, and {counted} came"
            faults.append(EdiFault(f"{level}_count", place, words, expected=counted, found=str(said)))

    def _faults_of(self, level: str) -> list[EdiFault]:
        if level == "message" and self.message:
            return self.message.faults
        return self.group.faults if level == "group" and self.group else self.report.faults

    def _cut_envelope(self) -> None:
        last = Place(self.source.number, self.segment.tag)
        if self.group and self.group.reference and self.group.counted is None:
            self.group.faults.append(EdiFault("group_unclosed", last, "the group has no trailer"))
        self.report.faults.append(EdiFault("interchange_unclosed", last, "the interchange has no trailer"))

    def _end(self) -> EdiPart:
        report = self.report
        header = report.header
        references = {
            "standard": self.standard,
            "interchange": report.reference,
            "sender": _party(header.get("sender")),
            "receiver": _party(header.get("receiver")),
        }
        references = {name: value for name, value in references.items() if value}
        faults = tuple(fault for fault in report.all_faults if fault.kind not in _MINOR)
        findings = tuple(fault for fault in report.all_faults if fault.kind in _MINOR)
        return EdiPart(None, faults, findings, references, report.position, interchange=report)

    def blame(
        self,
        kind: str,
        words: str,
        *,
        element: int = 0,
        into: list | None = None,
        place: Place | None = None,
        **more: Any,
    ) -> None:
        """Note a problem at the current segment, with the message that is open, else with the interchange."""
        segment = self.segment
        place = place or Place(segment.number, segment.tag, segment.in_message if self.message else 0, element)
        if into is None:
            into = self.message.faults if self.message else self.report.faults
        if len(into) < 1_000:
            into.append(EdiFault(kind, place, words, **more))


def same_reference(one: str, other: str) -> bool:
    """Whether two references are the same; of numbers, leading zeros do not count."""
    if one.isdecimal() and other.isdecimal():
        return one.lstrip("0") == other.lstrip("0")
    return one.strip() == other.strip()


def number_of(text: str) -> int | None:
    """A count of a trailer, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _party(party: dict[str, Any] | None) -> str:
    if not party:
        return ""
    return f"{party['qualifier']}:{party.get('id', '')}" if party.get("qualifier") else party.get("id", "")


def _at(document: Any, path: str) -> str:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""
