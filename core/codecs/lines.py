"""The lines of a file of any size: bytes in, numbered text out, in bounded memory.

The character set is the first of those declared in which the whole file can be read; a byte order mark at its
beginning decides at once. Nothing is guessed. A line ends at LF or CR LF; at CR where the file has no LF.
"""

from __future__ import annotations

import codecs
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
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
    :param jump: (``after``, ``to``): behind the line ``after`` come those from ``to`` on, for what lay between them in
        the file was left out
    :raises Fault: ``decode.charset`` when the file is in none of them
    """

    def __init__(self, data: BinaryIO | bytes, charsets: Sequence[str], jump: tuple[int, int] | None = None) -> None:
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
        self._jump = jump
        self._waiting: list[str | Fault] = []  # the next one last
        self._blocks = self._split(stream, head)

    def __iter__(self) -> Iterator[str | Fault]:
        return self

    def __next__(self) -> str | Fault:
        while not self._waiting:
            self._waiting = next(self._blocks)[::-1]
        self._leap()
        self.number += 1
        return self._waiting.pop()

    def block(self) -> list[str | Fault]:
        """The next lines, as many as are at hand; none at the end."""
        while not self._waiting:
            block = next(self._blocks, None)
            if block is None:
                return []
            self._waiting = block[::-1]
        self._leap()
        take = len(self._waiting) if self._jump is None else min(self._jump[0] - self.number, len(self._waiting))
        block = self._waiting[-take:][::-1]
        del self._waiting[-take:]
        self.number += len(block)
        return block

    def _leap(self) -> None:
        if self._jump is not None and self.number == self._jump[0]:
            self.number, self._jump = self._jump[1] - 1, None

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


class Slices:
    """The bytes of runs of lines of a file, each with its end: as the file has them, mark and all.

    Read from front to back; a run may begin before the end of the one taken last.

    :param stream: the file, at its beginning
    :param charset: as :class:`Lines` found it
    """

    def __init__(self, stream: BinaryIO, charset: str) -> None:
        self._held: deque[bytes] = deque()
        self._first = 1
        self._lines = _raw_lines(stream, charset)

    def take(self, first: int, last: int) -> bytes:
        """The lines from ``first`` to ``last``, counted from 1; fewer where the file ends before."""
        while self._first < first and self._held:
            self._held.popleft()
            self._first += 1
        while self._first < first and next(self._lines, None) is not None:
            self._first += 1
        missing = last - self._first + 1 - len(self._held)
        self._held.extend(islice(self._lines, max(missing, 0)))
        return b"".join(islice(self._held, last - first + 1))


def _raw_lines(stream: BinaryIO, charset: str) -> Iterator[bytes]:
    """The lines of a file as bytes, with their ends, told apart as :class:`Lines` does."""
    chunk = _read(stream, CHUNK)
    wide = charset.startswith("utf-16")
    line_feed, carriage_return = "\n".encode(charset), "\r".encode(charset)
    head = chunk
    for mark, _name in _MARKS:
        head = head.removeprefix(mark)
    end = line_feed if line_feed in head or carriage_return not in head else carriage_return
    width, rest, endless = len(line_feed), b"", b""
    while chunk:
        rest += chunk
        chunk = _read(stream, CHUNK)
        cut = _last(rest, end, width) if wide else rest.rfind(end)
        if cut < 0:
            if len(rest) > LONGEST_LINE * width:  # of a line that nobody reads, enough to see that it is too long
                endless, rest = endless or rest[: (LONGEST_LINE + 1) * width], b""
            continue
        whole, rest = rest[: cut + width], rest[cut + width :]
        if endless:
            begin = whole.index(end) if not wide else _wide_ends(whole, end, width)[0] - width
            whole, endless = endless + whole[begin:], b""
        if wide:
            ends = _wide_ends(whole, end, width)
            yield from (whole[begin:stop] for begin, stop in zip([0, *ends], ends, strict=False))
        else:
            yield from (line + end for line in whole[:-width].split(end))
    if endless or rest:
        yield endless or rest


def _wide_ends(data: bytes, end: bytes, width: int) -> list[int]:
    """Behind each line end of wide characters."""
    found, at = [], data.find(end)
    while at >= 0:
        if at % width == 0:
            found.append(at + width)
        at = data.find(end, at + 1)
    return found


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
