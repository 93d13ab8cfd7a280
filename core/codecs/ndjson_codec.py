"""JSON lines: one JSON document on each line. One line that is no JSON stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from ..faults import Fault
from .json_codec import JsonCodec
from .lines import Lines, Slices
from .one_document import only_part
from .parts import Part, Piece, Place, Source

_JSON = JsonCodec()


class NdjsonCodec:
    """The codec ``ndjson``: a file carries one document on each line."""

    name = "ndjson"
    media_type = "application/x-ndjson"

    def decode(self, data: bytes, *, charset: str = "utf-8") -> Any:
        """The document of a file with one line; see :class:`~sync_governance.core.codecs.Codec`."""
        return only_part(self.split(data, {"charset": charset})).document

    def encode(self, document: Any) -> bytes:
        """See :class:`~sync_governance.core.codecs.Codec`; a list gives one line for each entry, anything else one."""
        return b"".join(self.write(document if isinstance(document, list) else [document]))

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`; of the options ``charset`` counts."""
        return _split(data, (options or {}).get("charset", "utf-8"))

    def part_of(self, data: bytes, place: Place | None = None) -> Part:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`."""
        if place is None:
            return only_part(_split(data, "utf-8"))
        return only_part(_split(data, place.charset or "utf-8", (0, place.first)))

    def pieces(self, source: Source) -> Iterator[Piece]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`: one for each line that is not empty."""
        with source() as stream, source() as bytes_of_it:
            try:
                lines = Lines(stream, ["utf-8"])
            except Fault as fault:
                yield Piece(None, Place(1, 1), faults=(fault,))
                return
            slices = Slices(bytes_of_it, lines.charset)
            for part in _parts(lines):
                first, last = part.extent or (1, 1)
                raw = slices.take(first, last)
                yield Piece(raw, Place(first, last, lines.charset), f"line {first}", part.document, part.faults)

    # pylint: disable-next=method-required-super
    def write(self, documents: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """One line for each document."""
        for document in documents:
            yield _JSON.encode(document) + b"\n"


def _split(data: BinaryIO | bytes, charset: str, jump: tuple[int, int] | None = None) -> Iterator[Part]:
    try:
        lines = Lines(data, [charset], jump)
    except Fault as fault:
        yield Part(None, (fault,))
        return
    yield from _parts(lines)


def _parts(lines: Lines) -> Iterator[Part]:
    for line in lines:
        extent = (lines.number, lines.number)
        if isinstance(line, Fault):
            yield Part(None, (_at_line(lines.number, line),), position=lines.number, extent=extent)
        elif line.strip():
            yield _part(lines.number, line, extent)


def _part(number: int, line: str, extent: tuple[int, int]) -> Part:
    try:
        return Part(_JSON.decode(line.encode("utf-8")), position=number, extent=extent)
    except Fault as fault:
        return Part(None, (_at_line(number, fault),), position=number, extent=extent)


def _at_line(number: int, fault: Fault) -> Fault:
    detail = fault.detail.replace("at line 1, column", "at column")
    return Fault(
        fault.code,
        f"Line {number}: {detail.rstrip('.')}.",
        expected=fault.expected,
        found=fault.found,
        subject=fault.subject,
    )
