"""Delimited, fixed-width and tagged-line files, by a layout that is data: see :mod:`.layout` and docs/files.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from ...faults import Fault
from ..lines import Slices
from ..one_document import only_part
from ..origins import Origins
from ..parts import Part, Piece, Place, Source
from . import reading, writing
from .layout import Layout, compiled, schema

__all__ = ["FlatCodec", "compiled", "schema"]


class FlatCodec:
    """The codec ``flat``; ``options`` is the layout.

    :raises Fault: ``engine.configuration`` for a layout that cannot be used
    """

    name = "flat"
    media_type = "text/csv"

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self._layout = compiled(options) if options is not None else None

    def decode(self, data: bytes, *, charset: str | None = None) -> dict[str, Any]:
        """The one document of a file; several must be split. The layout says the character set."""
        return only_part(self.split(data)).document

    def encode(self, document: Any) -> bytes:
        """A file with one document.

        :raises Fault: ``encode.value`` or ``encode.character`` for what the layout has no place for
        """
        return b"".join(self.write([document]))

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`."""
        return reading.split(self._in_force(options), data)

    def part_of(self, data: bytes, place: Place | None = None) -> Part:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`."""
        layout = self._in_force(None)
        return only_part(reading.split(layout, data) if place is None else reading.split_piece(layout, data, place))

    def locate(self, data: bytes, place: Place | None = None) -> tuple[Part, Origins, str]:
        """The document again, where its objects stood, and what a file is counted by; see :mod:`..origins`."""
        layout, frame = self._in_force(None), reading.Frame(origins=Origins())
        parts = reading.split_piece(layout, data, place, frame) if place else reading.split(layout, data, frame)
        return only_part(parts), frame.origins, "line"

    def pieces(self, source: Source) -> Iterator[Piece]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`.

        In front of the lines of each document stand those that the file has once for all: what is skipped, the names
        of the columns, the header of the file.
        """
        frame = reading.Frame()
        with source() as stream, source() as bytes_of_it, source() as preamble_of_it:
            slices = preamble = None
            for part in reading.split(self._in_force(None), stream, frame):
                if part.extent is None:
                    yield Piece(None, Place(part.position, part.position), faults=part.faults)
                    continue
                if slices is None or preamble is None:
                    slices = Slices(bytes_of_it, frame.charset)
                    preamble = frame.bytes_of(preamble_of_it)
                place = Place(*part.extent, frame.charset)
                called = " ".join(part.references.values()) or f"line {part.position}"
                raw = preamble + slices.take(place.first, place.last)
                yield Piece(raw, place, called, part.document, part.faults)

    # pylint: disable-next=method-required-super
    def write(self, documents: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """A file with all ``documents``, piece by piece."""
        return writing.write(self._in_force(options), documents)

    def _in_force(self, options: Mapping[str, Any] | None) -> Layout:
        layout = compiled(options) if options is not None else self._layout
        if layout is None:
            raise Fault("engine.configuration", "A flat file is read by a layout, and none is given.", subject="layout")
        return layout
