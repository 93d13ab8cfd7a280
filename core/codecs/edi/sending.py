"""Documents -> an interchange: headers, trailers, control numbers and counts around what :mod:`.writing` makes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...faults import Fault
from .charset import LEVEL_A, LEVEL_B, charset_of_syntax, known_charset, unsendable
from .envelope import Envelope
from .guide import Guide
from .guidebook import nearest
from .values import moment_text
from .writing import MessageWriter, raised
from .x12_reading import GROUPS

__all__ = ["group_kind", "write_interchange", "written_pieces"]

_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
Guides = Callable[[str, str, str, str], "Guide | None"]


def write_interchange(
    documents: Iterable[Mapping[str, Any]], envelope: Envelope | None = None, *, guides: Guides = nearest
) -> bytes:
    """One interchange with ``documents``; without an envelope, in that of the first document.

    Raises :class:`Fault` ``encode.*`` that names every value that cannot be written.
    """
    return b"".join(written_pieces(documents, envelope, guides=guides))


def written_pieces(
    documents: Iterable[Mapping[str, Any]], envelope: Envelope | None = None, *, guides: Guides = nearest
) -> Iterator[bytes]:
    """As :func:`write_interchange`, message by message: no more than one is held."""
    waiting = iter(documents)
    first = next(waiting, None)
    if first is None:
        raise Fault("encode.value", "There is no document to write.", subject="value documents")
    envelope = envelope or Envelope.of(first)
    kinds = {"x12": _X12, "edifact": _Edifact}
    if envelope.standard not in kinds:
        raise _missing("standard", "x12 or edifact")
    sender = kinds[envelope.standard](envelope, guides)
    yield sender.begin()
    yield sender.message(first)
    for document in waiting:
        yield sender.message(document)
    yield sender.end()


def group_kind(kind: str) -> str:
    """The functional group (GS01) in which the X12 set ``kind`` travels; ``ZZ`` for one that is not known."""
    return next((group for group, kinds in GROUPS.items() if kind in kinds), "ZZ")


def _missing(name: str, expected: str) -> Fault:
    words = f"The interchange does not say its {name.replace('_', ' ')}."
    return Fault(
        "encode.value", words, pointer=f"/interchange/{name}", expected=expected, subject=f"value interchange {name}"
    )


class _Sender(ABC):
    """What both standards share. ``charset`` is the one that the bytes are in."""

    def __init__(self, envelope: Envelope, guides: Guides) -> None:
        self.envelope, self.guides = envelope, guides
        self.header = dict(envelope.interchange)
        self.delimiters = envelope.delimiters
        signs = [sign for sign in (self.delimiters.element, self.delimiters.component, self.delimiters.segment) if sign]
        if len(set(signs)) < 3 or any(sign.isalnum() or len(sign) > 1 or ord(sign) > 0xFF for sign in signs):
            raise _missing("delimiters", "three different signs")
        self.charset, repertoire = self.charset_and_repertoire()
        self.unsendable = unsendable(self.charset, repertoire)
        self.group: Mapping[str, Any] | None = None
        self.groups = self.in_group = self.count = 0
        for name in ("sender", "receiver", "reference", "date", "time"):
            if not self.header.get(name):
                raise _missing(name, "a value")

    @abstractmethod
    def charset_and_repertoire(self) -> tuple[str, frozenset[str] | None]:
        """The character set of the bytes, and the characters of it that may be sent, None for all."""

    def lines(self, *texts: str) -> bytes:
        terminator = self.delimiters.segment + self.delimiters.line_end
        return "".join(text + terminator for text in texts).encode(self.charset)

    def texts(self, document: Mapping[str, Any], standard: str, message: Mapping[str, Any], version: str) -> list[str]:
        kind = str(message.get("type", ""))
        if not kind:
            words = "The document does not say what message it is."
            raise Fault("encode.value", words, pointer="/message/type", subject="value message type")
        guide = self.guides(standard, kind, version, str(message.get("association", "")))
        if guide is None and "segments" not in document:
            words = f"There is no guide for the message {kind}, and the document has no segments."
            raise Fault("encode.value", words, pointer="/segments", found=kind, subject=f"guide of {kind}")
        if guide is not None and set(document) - {"interchange", "group", "message"} == {"segments"}:
            guide = None
        writer = MessageWriter(guide, self.delimiters, self.unsendable, strict=self.envelope.strict)
        texts = writer.segments(document)
        raised(writer.faults)
        return texts

    def joined(self, tag: str, *elements: Any) -> str:
        """A segment of the envelope; elements may be lists of components."""
        texts = []
        for at, element in enumerate(elements):
            where = f"/interchange ({tag}{at + 1:02d})"
            parts = element if isinstance(element, list) else [element]
            shown = [self.envelope_text("" if part is None else str(part), where) for part in parts]
            while shown and not shown[-1]:
                shown.pop()
            texts.append(self.delimiters.component.join(shown))
        while texts and not texts[-1]:
            texts.pop()
        return self.delimiters.element.join([tag, *texts])

    def envelope_text(self, text: str, where: str) -> str:
        writer = MessageWriter(None, self.delimiters, self.unsendable)
        shown = writer._text(text, where)
        raised(writer.faults)
        return shown


class _X12(_Sender):
    def charset_and_repertoire(self) -> tuple[str, frozenset[str] | None]:
        return known_charset(self.envelope.charset), None

    def begin(self) -> bytes:
        header, sender, receiver = self.header, self.header["sender"], self.header["receiver"]
        version = str(header.get("version", "00401"))
        delimiters = self.delimiters
        eleventh = delimiters.repetition or ("U" if version < "00402" or header.get("delimiters") else "^")
        values = [
            ("00", 2),
            ("", 10),
            ("00", 2),
            ("", 10),
            (sender.get("qualifier", "ZZ"), 2),
            (sender.get("id", ""), 15),
            (receiver.get("qualifier", "ZZ"), 2),
            (receiver.get("id", ""), 15),
            (moment_text(str(header["date"]), "101"), 6),
            (clock_text(str(header["time"]))[:4], 4),
            (eleventh, 1),
            (version, 5),
            (str(header["reference"]).rjust(9, "0"), 9),
            ("1" if header.get("acknowledge") else "0", 1),
            ("T" if header.get("test") else "P", 1),
        ]
        texts = ["ISA"]
        for at, (value, length) in enumerate(values):
            if len(str(value)) > length:
                words = f"ISA{at + 1:02d} has room for {length} characters, and {value!r} has {len(str(value))}."
                raise Fault(
                    "encode.value", words, pointer="/interchange", found=str(value), subject=f"value ISA{at + 1:02d}"
                )
            shown = str(value) if at == 10 else self.envelope_text(str(value), f"/interchange (ISA{at + 1:02d})")
            texts.append(shown.ljust(length))
        return self.lines(delimiters.element.join([*texts, delimiters.component]))

    def message(self, document: Mapping[str, Any]) -> bytes:
        message = document.get("message") or {}
        kind = str(message.get("type", ""))
        if kind == "TA1":
            return self._ta1(document)
        wanted = {**self.envelope.group, **(document.get("group") or {})}
        wanted.setdefault("kind", group_kind(kind))
        wanted.setdefault("version", message.get("version") or "004010")
        pieces = []
        if wanted != self.group:
            pieces = [*self.group_end(), self.group_begin(wanted)]
        self.in_group += 1
        reference = str(message.get("reference") or f"{self.in_group:04d}")
        body = self.texts(document, "x12", message, str(wanted["version"]))
        pieces += [
            self.joined("ST", kind, reference, message.get("convention")),
            *body,
            self.joined("SE", len(body) + 2, reference),
        ]
        return self.lines(*pieces)

    def _ta1(self, document: Mapping[str, Any]) -> bytes:
        """The interchange acknowledgment: in front of the first group, and counted by nobody."""
        answered = document.get("answered_interchange") or {}
        if self.groups or not answered.get("reference") or answered.get("status") not in ("A", "E", "R"):
            words = "TA1 names an interchange and its verdict (A, E or R), and stands in front of all groups."
            raise Fault("encode.value", words, pointer="/answered_interchange", subject="value TA1")
        return self.lines(
            self.joined(
                "TA1",
                str(answered["reference"]).rjust(9, "0"),
                moment_text(str(answered.get("date") or self.header["date"]), "101"),
                clock_text(str(answered.get("time") or self.header["time"]))[:4],
                answered["status"],
                answered.get("code") or "000",
            )
        )

    def group_begin(self, wanted: Mapping[str, Any]) -> str:
        self.group, self.in_group = wanted, 0
        self.groups += 1
        header = self.header
        day = str(wanted.get("date") or header["date"])
        number = str(header["reference"])
        counted = str(int(number) + self.groups - 1) if number.isdecimal() else str(self.groups)
        self.group_reference = str(wanted.get("reference") or counted)
        return self.joined(
            "GS",
            wanted["kind"],
            wanted.get("sender") or header["sender"].get("id", ""),
            wanted.get("receiver") or header["receiver"].get("id", ""),
            moment_text(day, "102"),
            clock_text(str(wanted.get("time") or header["time"])),
            self.group_reference,
            wanted.get("agency", "X"),
            wanted["version"],
        )

    def group_end(self) -> list[str]:
        return [self.joined("GE", self.in_group, self.group_reference)] if self.group is not None else []

    def end(self) -> bytes:
        reference = str(self.header["reference"]).rjust(9, "0")
        return self.lines(*self.group_end(), self.joined("IEA", self.groups, reference))


class _Edifact(_Sender):
    def charset_and_repertoire(self) -> tuple[str, frozenset[str] | None]:
        syntax = str(self.header.setdefault("syntax", "UNOC"))
        charset = charset_of_syntax(syntax)
        if charset is None or syntax in ("UNOX", "UNOY"):
            raise _missing("syntax", "UNOA to UNOL or UNOW")
        repertoire = {"UNOA": LEVEL_A, "UNOB": LEVEL_B}.get(syntax) if self.envelope.strict else None
        return (charset if self.envelope.strict or charset != "ascii" else "utf-8"), repertoire

    def begin(self) -> bytes:
        header, delimiters = self.header, self.delimiters
        version = str(header.get("syntax_version") or "3")
        layout = "102" if version >= "4" else "101"
        unb = self.joined(
            "UNB",
            [header["syntax"], version],
            _party(header["sender"]),
            _party(header["receiver"]),
            [moment_text(str(header["date"]), layout), clock_text(str(header["time"]))[:4]],
            header["reference"],
            "",
            header.get("application"),
            header.get("priority"),
            "1" if header.get("acknowledge") else "",
            header.get("agreement"),
            "1" if header.get("test") else "",
        )
        usual = (":", "+", ".", "?", "'") == (
            delimiters.component,
            delimiters.element,
            delimiters.decimal,
            delimiters.release,
            delimiters.segment,
        ) and delimiters.repetition in ("", "*")
        if usual and not (header.get("delimiters") or {}).get("announced"):
            return self.lines(unb)
        una = f"UNA{delimiters.component}{delimiters.element}{delimiters.decimal}{delimiters.release or ' '}"
        return self.lines(una + (delimiters.repetition or " "), unb)

    def message(self, document: Mapping[str, Any]) -> bytes:
        message = document.get("message") or {}
        wanted = document.get("group") or self.envelope.group or None
        pieces = []
        if wanted != self.group:
            pieces = [*self.group_end(), *([self.group_begin(wanted)] if wanted else [])]
            self.group = wanted
        self.in_group += 1
        self.count += 1
        reference = str(message.get("reference") or self.count)
        version = str(message.get("version") or "D")
        release = str(message.get("release") or "96A")
        body = self.texts(document, "edifact", message, f"{version}.{release}")
        kind = [message.get("type"), version, release, message.get("agency") or "UN", message.get("association")]
        pieces += [
            self.joined("UNH", reference, kind, message.get("access_reference")),
            *body,
            self.joined("UNT", len(body) + 2, reference),
        ]
        return self.lines(*pieces)

    def group_begin(self, wanted: Mapping[str, Any]) -> str:
        self.in_group = 0
        self.groups += 1
        header = self.header
        layout = "102" if str(header.get("syntax_version") or "3") >= "4" else "101"
        self.group_reference = str(wanted.get("reference") or self.groups)
        return self.joined(
            "UNG",
            wanted.get("kind"),
            _party(wanted.get("sender") or {}),
            _party(wanted.get("receiver") or {}),
            [
                moment_text(str(wanted.get("date") or header["date"]), layout),
                clock_text(str(wanted.get("time") or header["time"])),
            ],
            self.group_reference,
            wanted.get("agency") or "UN",
            [wanted.get("version"), wanted.get("release"), wanted.get("association")],
        )

    def group_end(self) -> list[str]:
        return [self.joined("UNE", self.in_group, self.group_reference)] if self.group is not None else []

    def end(self) -> bytes:
        counted = self.groups or self.count
        return self.lines(*self.group_end(), self.joined("UNZ", counted, self.header["reference"]))


def _party(party: Mapping[str, Any]) -> list[Any]:
    return [party.get("id"), party.get("qualifier"), party.get("routing")]


def clock_text(text: str) -> str:
    """``17:19`` or ``17:19:30`` without colons, or the text as it is."""
    match = _CLOCK.fullmatch(text)
    return "".join(part for part in match.groups() if part) if match else text
