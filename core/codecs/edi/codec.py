"""The codecs ``x12`` and ``edifact``: one document for one interchange, or all documents of a file one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from ...faults import Fault
from ..origins import Origins
from ..parts import Part, Piece, Place, Source
from .charset import known_charset
from .envelope import Envelope
from .guidebook import nearest, with_overlays
from .interchanges import read_interchanges
from .problems import PROBLEMS, EdiFault
from .problems import Place as Segment
from .report import EdiPart, ReadOptions
from .sending import write_interchange

__all__ = ["EdiCodec", "read_options"]

_NAMES = ("interchange", "group", "message")
_MEDIA = {"x12": "application/edi-x12", "edifact": "application/edifact"}
_OPTIONS = {"charset", "first", "generic", "overlays", "raw", "refuse", "segment_limit", "tolerate"}


def read_options(said: Mapping[str, Any] | None) -> ReadOptions:
    """The options of a partner, as they stand in its settings: ``charset``, ``overlays`` (message type -> overlay),
    ``refuse`` and ``tolerate`` (lists of problems), ``segment_limit``, ``raw``, ``first`` (see
    :class:`.report.ReadOptions`), and ``generic`` to read by structure alone.

    Raises :class:`Fault` ``engine.configuration`` for anything else.
    """
    said = said or {}
    unknown = sorted(set(said) - _OPTIONS)
    kinds = [*said.get("refuse", ()), *said.get("tolerate", ())]
    unknown += sorted(kind for kind in kinds if kind not in PROBLEMS)
    if unknown:
        words = f"EDI has no option or problem {unknown[0]!r}."
        raise Fault("engine.configuration", words, found=unknown[0], subject=f"option {unknown[0]}")
    overlays = said.get("overlays")
    guides = with_overlays(overlays) if overlays else nearest
    return ReadOptions(
        _no_guide if said.get("generic") else guides,
        known_charset(said["charset"]) if said.get("charset") else None,
        frozenset(said.get("refuse", ())),
        frozenset(said.get("tolerate", ())),
        int(said.get("segment_limit", 1_000_000)),
        bool(said.get("raw")),
        int(said.get("first", 0)),
    )


def _no_guide(*_which: str) -> None:
    """Every message is read by structure."""


class EdiCodec:
    """The codec of one standard; ``options`` as in :func:`read_options`, for whatever it reads."""

    def __init__(self, standard: str, options: Mapping[str, Any] | None = None) -> None:
        self.name = standard
        self.media_type = _MEDIA[standard]
        read_options(options)
        self._options = dict(options or {})

    def decode(self, data: bytes, *, charset: str = "utf-8") -> dict[str, Any]:
        """The one document of an interchange. A character set other than ``utf-8`` holds whatever is declared.

        Raises :class:`Fault` ``decode.*`` for what refuses it, and for an interchange of several documents: such a
        one is to be split.
        """
        return self._only(data, {"charset": charset} if charset.lower() not in ("utf-8", "utf8") else None).document

    def part_of(self, data: bytes, place: Place | None = None) -> Part:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`."""
        return self._only(data, {"first": place.first} if place else None)

    def pieces(self, source: Source) -> Iterator[Piece]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`: each as an interchange of its own.

        Read by structure alone: what a guide would refuse in a document is told when it is read. What is wrong with
        the frame around the documents is a fault of the file.
        """
        with source() as stream:
            for part in self.split(stream, {"generic": True, "raw": True}):
                called = "/".join(part.references[each] for each in _NAMES if part.references.get(each))
                if part.message is not None:
                    place = Place(*(part.extent or (part.position, part.position)))
                    yield Piece(part.raw, place, called, None, part.faults, own_key=True)
                    continue
                for fault in part.faults:
                    yield Piece(None, Place(part.position, part.position), called, faults=(fault,))

    def locate(self, data: bytes, place: Place | None = None) -> tuple[Part, Origins, str]:
        """The document again, where its objects stood, and what a file is counted by; see :mod:`..origins`."""
        origins = Origins()
        options = read_options({**self._options, **({"first": place.first} if place else {})})
        parts = read_interchanges(data, replace(options, origins=origins), standard=self.name)
        return self._only_of(parts), origins, "segment"

    def _only(self, data: bytes, options: Mapping[str, Any] | None) -> Part:
        return self._only_of(self.split(data, options))

    def _only_of(self, parts: Iterable[EdiPart]) -> Part:
        found: list[EdiPart] = []
        for part in parts:
            if part.message is not None or part.document is None and part.faults:
                found.append(part)
            if sum(part.message is not None for part in found) > 1:
                words = "the file carries more than one document and must be split"
                raise EdiFault("envelope_broken", Segment(part.position), words, expected="one document")
        for part in found:
            if part.document is not None:
                return part
        faults = next((part.faults for part in found), ())
        if not faults:
            raise EdiFault("envelope_broken", Segment(1), "the interchange carries no document")
        first = faults[0]
        if len(faults) > 1:
            first.causes = tuple(faults[1:])
        raise first

    def encode(self, document: Any) -> bytes:
        """The interchange with ``document``, in the envelope of its member ``interchange`` and by the guides that are
        agreed with the partner; the same bytes for the same document.

        Raises :class:`Fault` ``encode.*``, since a document comes from a mapping here.
        """
        envelope = Envelope.of(document)
        if envelope.standard != self.name:
            words = f"The document is to be sent as {envelope.standard or 'nothing'}, and this is {self.name}."
            raise Fault("encode.value", words, pointer="/interchange/standard", expected=self.name, subject="standard")
        return write_interchange([document], envelope, guides=read_options(self._options).guides)

    def enclose(self, documents: Iterable[Mapping[str, Any]], envelope: Envelope) -> bytes:
        """One interchange with ``documents`` in ``envelope``, written by the guides that are agreed with the partner.

        Raises :class:`Fault` ``encode.*``.
        """
        return write_interchange(documents, envelope, guides=read_options(self._options).guides)

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[EdiPart]:
        """Every document of every interchange, see :func:`~.interchanges.read_interchanges`; options as in
        :func:`read_options`, before those of the codec."""
        return read_interchanges(data, read_options({**self._options, **(options or {})}), standard=self.name)
