"""The lines of a file of any size: bytes in, numbered text out, in bounded memory.

The character set is the first of those declared in which the whole file can be read; a byte order mark at its
beginning decides at once. Nothing is guessed. A line ends at LF or CR LF; at CR where the file has no LF.
"""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

from ..faults import Fault
from .limits import charset_name

CHUNK = 1 << 18
LONGEST_LINE = 1 << 20
_IN_MEMORY = 1 << 22
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Lines:
    """The lines of one file, each without its end.

    Iterating gives texts, or a :class:`Fault` where a line cannot be read; the lines behind it go on. ``number`` is
    the number of the line given last, from 1. ``push_back`` makes lines come again, the first of them as ``number``.

    :param data: the bytes, or a binary stream from which is read on demand
    :param charsets: by name, the most likely first; a single-byte one reads anything and so comes last
    :raises Fault: ``decode.charset`` when the file is in none of them
    """

    def __init__(self, data: BinaryIO | bytes, charsets: Sequence[str]) -> None:
        stream = _seekable(data) if len(charsets) > 1 else BytesIO(data) if isinstance(data, bytes) else data
        head = _read(stream, CHUNK)
        mark = next((pair for pair in _MARKS if head.startswith(pair[0])), None)
        if mark:
            self.charset, head = mark[1], head[len(mark[0]) :]
        elif len(charsets) > 1:
            self.charset = _fitting(stream, [_without_mark(each) for each in charsets])
            stream.seek(0)
            head = _read(stream, CHUNK)
        else:
            self.charset = _without_mark(charsets[0])
        self.number = 0
        self._waiting: list[str | Fault] = []  # the next one last
        self._blocks = self._split(stream, head)

    def __iter__(self) -> Iterator[str | Fault]:
        return self

    def __next__(self) -> str | Fault:
        while not self._waiting:
            self._waiting = next(self._blocks)[::-1]
        self.number += 1
        return self._waiting.pop()

    def block(self) -> list[str | Fault]:
        """The next lines, as many as are at hand; none at the end."""
        while not self._waiting:
            block = next(self._blocks, None)
            if block is None:
                return []
            self._waiting = block[::-1]
        block, self._waiting = self._waiting[::-1], []
        self.number += len(block)
        return block

    def push_back(self, lines: Sequence[str | Fault]) -> None:
        """Let ``lines``, which were the last ones given, come again."""
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)

    def _split(self, stream: BinaryIO, chunk: bytes) -> Iterator[list[str | Fault]]:
        wide = self.charset.startswith("utf-16")
        line_feed, carriage_return = ("\n".encode(self.charset), "\r".encode(self.charset))
        end = line_feed if line_feed in chunk or carriage_return not in chunk else carriage_return
        width, rest, skipping = len(line_feed), b"", False
        while chunk:
            rest += chunk
            chunk = _read(stream, CHUNK)
            cut = _last(rest, end, width) if wide else rest.rfind(end)
            if cut < 0:
                if len(rest) > LONGEST_LINE * width:
                    rest, skipping = b"", True
                continue
            whole, rest = rest[:cut], rest[cut + width :]
            lines = self._texts(whole, end, width)
            if skipping:
                lines[0], skipping = _too_long(), False
            yield lines
        if skipping:
            yield [_too_long()]
        elif rest:
            yield self._texts(rest, end, width)

    def _texts(self, whole: bytes, end: bytes, width: int) -> list[str | Fault]:
        """The lines of ``whole``; each by itself only where one of them is not in the character set."""
        try:
            lines: list[str | Fault] = list(_unended(whole.decode(self.charset), end.decode(self.charset)))
        except UnicodeDecodeError:
            if width > 1:
                text = whole.decode(self.charset, "replace")
                lines = [
                    _bad_character(self.charset, None) if "\ufffd" in line else line
                    for line in _unended(text, end.decode(self.charset))
                ]
            else:
                lines = [self._text(line.removesuffix(b"\r")) for line in whole.split(end)]
        if len(whole) > LONGEST_LINE or b"\0" in whole:
            return [_checked(line) for line in lines]
        return lines

    def _text(self, line: bytes) -> str | Fault:
        try:
            return line.decode(self.charset)
        except UnicodeDecodeError as error:
            return _bad_character(self.charset, error)


def _without_mark(charset: str) -> str:
    """The name of a character set as it is once the byte order mark is off; UTF-16 without one is little-endian."""
    name = charset_name(charset)
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(name, name)


def _checked(line: str | Fault) -> str | Fault:
    if isinstance(line, str) and len(line) > LONGEST_LINE:
        return _too_long()
    if isinstance(line, str) and "\0" in line:
        return Fault("decode.charset", "the line holds a NUL, which no text can contain", subject="character")
    return line


def _unended(text: str, end: str) -> Iterator[str]:
    lines = text.split(end)
    return (line.removesuffix("\r") for line in lines) if end == "\n" and "\r" in text else iter(lines)


def _last(data: bytes, end: bytes, width: int) -> int:
    """Where the last line end of wide characters begins, or -1."""
    cut = data.rfind(end)
    while cut > 0 and cut % width:
        cut = data.rfind(end, 0, cut + width - 1)
    return cut


def _read(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a stream may give less at a time."""
    pieces, wanted = [], size
    while wanted and (piece := stream.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _seekable(data: BinaryIO | bytes) -> BinaryIO:
    if isinstance(data, bytes):
        return BytesIO(data)
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed when nobody reads it any more
    while piece := data.read(CHUNK):
        copy.write(piece)
    copy.seek(0)
    return copy


def _fitting(stream: BinaryIO, names: Sequence[str]) -> str:
    """The first character set in which all of the stream can be read."""
    for name in names:
        decoder = codecs.getincrementaldecoder(name)()
        stream.seek(0)
        try:
            while piece := stream.read(CHUNK):
                decoder.decode(piece)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            continue
        return name
    raise Fault(
        "decode.charset",
        f"The file is written in none of the agreed character sets ({', '.join(names)}).",
        expected=", ".join(names),
        subject="charset",
    )


def _bad_character(charset: str, error: UnicodeDecodeError | None) -> Fault:
    where = f"the byte at position {error.start + 1} of the line" if error else "a character"
    hint = ""
    if error and charset == "utf-8":
        # What most senders of such files write; only said, never taken.
        character = error.object[error.start : error.start + 1].decode("cp1252", "replace")
        hint = f"; in windows-1252 it would be '{character}'" if character.isprintable() else ""
    return Fault(
        "decode.charset",
        f"{where} is not valid in the character set {charset}{hint}",
        expected=charset,
        found=f"0x{error.object[error.start]:02x}" if error else None,
        subject=f"charset {charset}",
    )


def _too_long() -> Fault:
    return Fault(
        "decode.too_large",
        f"the line is longer than {LONGEST_LINE:,} characters",
        expected=f"at most {LONGEST_LINE:,} characters",
        subject="length of a line",
    )
