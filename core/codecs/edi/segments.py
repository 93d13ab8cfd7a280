"""From bytes to segments, and from segments to text: the layer that X12 and EDIFACT share.

Bytes are looked at as ISO 8859-1, where each byte is one character: separators are single bytes in every character set
of EDI, and values are decoded by the real character set when their segment is taken apart. A file is read in blocks;
no more than one block and one segment is held.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

__all__ = ["Delimiters", "Element", "Segment", "SegmentSource", "SegmentTooLong", "take_apart"]

BLOCK = 1 << 16
SEGMENT_LIMIT = 1 << 18
_BLANK = "\r\n\t \0\x1a"

# A value, or its repetitions, each a list of components.
Element = str | list[list[str]]


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators of an interchange; ``repetition`` and ``release`` are empty where there are none.

    ``line_end`` is what the sender puts after each terminator so that people can read the file.
    """

    element: str
    component: str
    segment: str
    repetition: str = ""
    release: str = ""
    decimal: str = "."
    line_end: str = ""


@dataclass(slots=True)
class Segment:
    """One segment. ``elements[0]`` is the first element after the tag; ``number`` counts from 1 in the file."""

    tag: str
    elements: list[Element]
    number: int
    in_message: int = 0

    def value(self, element: int, component: int = 1) -> str:
        """The text of an element's component, counted from 1; empty if there is none."""
        if element > len(self.elements):
            return ""
        held = self.elements[element - 1]
        if isinstance(held, str):
            return held if component == 1 else ""
        parts = held[0]
        return parts[component - 1] if component <= len(parts) else ""


class SegmentTooLong(Exception):
    """No terminator within :data:`SEGMENT_LIMIT` characters."""


class SegmentSource:
    """Reads a file piece by piece. Characters are bytes, see the module."""

    def __init__(self, data: BinaryIO | bytes) -> None:
        self._file: BinaryIO = BytesIO(data) if isinstance(data, (bytes, bytearray, memoryview)) else data
        self._buffer = ""
        self._start = 0
        self._mark = 0
        self._ended = False
        self._recode: Callable[[bytes], bytes] | None = None
        self.number = 0
        self.byte_order_mark = False
        self.wide = False
        self._begin()

    def _begin(self) -> None:
        """Take a byte order mark away; a file of two-byte characters is read as if it were UTF-8."""
        head = self._file.read(4)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or (
            len(head) == 4 and (head[1::2] == b"\0\0" or head[::2] == b"\0\0")
        ):
            name = "utf-16" if head[:1] in (b"\xff", b"\xfe") else "utf-16-le" if head[1] == 0 else "utf-16-be"
            decoder = codecs.getincrementaldecoder(name)("replace")
            self._recode = lambda block: decoder.decode(block, not block).encode("utf-8", "replace")
            self.wide = True
            head = self._recode(head) if head else head
        elif head[:3] == b"\xef\xbb\xbf":
            self.byte_order_mark = True
            head = head[3:]
        self._buffer = head.decode("latin-1").replace("\0", "\x1a")

    def _more(self) -> bool:
        if self._ended:
            return False
        block = self._file.read(BLOCK)
        self._ended = not block
        if self._recode:
            block = self._recode(block)
        # No database keeps a NUL; another control character in its place is found where it stands.
        text = block.decode("latin-1").replace("\0", "\x1a")
        self._buffer = self._buffer[self._start :] + text
        self._start = 0
        return not self._ended

    def peek(self, length: int) -> str:
        """Up to ``length`` characters that come next, after blanks; they stay where they are."""
        while True:
            while self._start < len(self._buffer) and self._buffer[self._start] in _BLANK:
                self._start += 1
            if len(self._buffer) - self._start >= length or not self._more():
                return self._buffer[self._start : self._start + length]

    def skip(self, length: int) -> str:
        """Take the next ``length`` characters away, which :meth:`peek` has shown."""
        taken = self._buffer[self._start : self._start + length]
        self._start += length
        return taken

    def abandon(self) -> None:
        """Read no further: what follows cannot be told apart."""
        self._ended, self._buffer, self._start = True, "", 0

    def line_end(self) -> str:
        """The line break that comes next, or nothing; it stays where it is."""
        while len(self._buffer) - self._start < 2 and self._more():
            pass
        ahead = self._buffer[self._start : self._start + 2]
        return ahead if ahead == "\r\n" else ahead[:1] if ahead[:1] in ("\n", "\r") else ""

    def next_text(self, delimiters: Delimiters) -> str | None:
        """The text of the next segment that is not blank, or None at the end of the file."""
        while True:
            text = self._next(delimiters)
            if text is None:
                return None
            text = text.lstrip(_BLANK)
            if delimiters.segment in "\r\n":
                text = text.rstrip("\r\n")
            if text:
                self.number += 1
                return text

    def unread(self) -> None:
        """Put the segment that was just read back: it is to be read with other separators."""
        self._start = self._mark
        self.number -= 1

    def _next(self, delimiters: Delimiters) -> str | None:
        terminator, release = delimiters.segment, delimiters.release
        search = self._start
        while True:
            end = self._buffer.find(terminator, search)
            if end >= 0:
                if release and end > self._start and self._buffer[end - 1] == release and self._escaped(end, release):
                    search = end + 1
                    continue
                text = self._buffer[self._start : end]
                self._mark, self._start = self._start, end + 1
                return text
            waiting = len(self._buffer) - self._start
            if waiting > SEGMENT_LIMIT:
                raise SegmentTooLong
            if not self._more():
                self._mark, self._start = self._start, len(self._buffer)
                return self._buffer[self._mark :].rstrip(_BLANK) or None
            search = waiting

    def _escaped(self, place: int, release: str) -> bool:
        first = place
        while first > self._start and self._buffer[first - 1] == release:
            first -= 1
        return (place - first) % 2 == 1


def take_apart(
    text: str, delimiters: Delimiters, decode: Callable[[str], str] | None = None
) -> tuple[str, list[Element]]:
    """The tag and the elements of a segment's text; ``decode`` turns a value of bytes into text."""
    release = delimiters.release
    if release and release in text:
        return _released(text, delimiters, decode)
    component, repetition = delimiters.component, delimiters.repetition
    pieces: list = text.split(delimiters.element)
    if component in text or (repetition and repetition in text):
        for place, piece in enumerate(pieces):
            if component in piece or (repetition and repetition in piece):
                copies = piece.split(repetition) if repetition else [piece]
                pieces[place] = [copy.split(component) for copy in copies]
    if decode and not text.isascii():
        pieces = [_decoded(piece, decode) for piece in pieces]
    tag = pieces[0] if isinstance(pieces[0], str) else pieces[0][0][0]
    return tag, pieces[1:]


def _decoded(piece: Element, decode: Callable[[str], str]) -> Element:
    if isinstance(piece, str):
        return decode(piece)
    return [[decode(part) for part in copy] for copy in piece]


def _released(text: str, delimiters: Delimiters, decode: Callable[[str], str] | None) -> tuple[str, list[Element]]:
    release, component, repetition = delimiters.release, delimiters.component, delimiters.repetition

    def plain(part: str) -> str:
        if release in part:
            part = _unescaped(part, release)
        return decode(part) if decode and not part.isascii() else part

    pieces: list[Element] = []
    for piece in _split(text, delimiters.element, release):
        copies = _split(piece, repetition, release) if repetition else [piece]
        parts = [[plain(part) for part in _split(copy, component, release)] for copy in copies]
        pieces.append(parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 else parts)
    tag = pieces[0] if isinstance(pieces[0], str) else pieces[0][0][0]
    return tag, pieces[1:]


def _split(text: str, separator: str, release: str) -> list[str]:
    """``text`` at each separator that no release character marks as text."""
    if separator not in text:
        return [text]
    pieces: list[str] = []
    held: list[str] = []
    for piece in text.split(separator):
        held.append(piece)
        if (len(piece) - len(piece.rstrip(release))) % 2 == 0:
            pieces.append(separator.join(held))
            held = []
    if held:
        pieces.append(separator.join(held))
    return pieces


def _unescaped(text: str, release: str) -> str:
    """``text`` without release characters; one at the very end marks nothing and is dropped."""
    out, marked = [], False
    for character in text:
        if marked or character != release:
            out.append(character)
            marked = False
        else:
            marked = True
    return "".join(out)
