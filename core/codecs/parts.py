"""The parts of a file: one file or interchange may carry many documents, and one bad document stops no other.

A codec that can split has ``split(data, options) -> Iterator[Part]``: it reads ``data`` from front to back and holds
no more than one document at a time. ``pieces(source)`` gives each document as bytes of its own besides, so that it can
be stored, worked and replayed without its neighbours; ``part_of(raw, place)`` makes of them what the file as a whole
said of this document, with the line numbers of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from ..faults import Fault

__all__ = ["Part", "Piece", "Place", "Source", "Splitter"]

Source = Callable[[], BinaryIO]
"""Opens a file anew, at its beginning."""


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file, or what was wrong where one should have been.

    :param document: the document, or None when ``faults`` say why there is none
    :param faults: what makes the document unusable; without a document and without faults the part says nothing
    :param findings: what is odd or not as declared, and does not stop the document
    :param references: by which the sender and others call it (control numbers, message type, document number)
    :param position: where it begins: the number of its segment, record or line in the file, from 1
    :param extent: the first and the last line that belong to it (of EDI: segment); None where it is the whole file, or
        about the file as a whole
    """

    document: dict[str, Any] | list[Any] | None
    faults: tuple[Fault, ...] = ()
    findings: tuple[Fault, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    position: int = 1
    extent: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its file a document stood: ``first`` and ``last`` line (of EDI: segment), from 1.

    ``charset`` is that of its lines where only the file as a whole could tell, else empty.
    """

    first: int
    last: int
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One document of a file as a file of its own, or a fault of the file as a whole (``raw`` is None).

    :param raw: with ``place`` it is read as in its file
    :param called: how its sender calls it, for people
    :param document: what it holds; None where it was not looked at so closely, or cannot be read
    :param faults: why it cannot be read; those of the file as a whole come last
    :param own_key: whether ``raw`` says by itself which document of which transmission this is (control numbers)
    """

    raw: bytes | None
    place: Place
    called: str = ""
    document: Any = None
    faults: tuple[Fault, ...] = ()
    own_key: bool = False


class Splitter(Protocol):
    """What a codec promises whose files carry several documents."""

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """The parts of ``data`` in their order. A fault of the file as a whole is a part without a document."""

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The documents of a file, each as bytes of its own, in their order; see the module."""

    def part_of(self, data: bytes, place: Place | None = None) -> Part:
        """The one document in ``data`` with its findings; with a ``place``, of a :class:`Piece`.

        :raises Fault: ``decode.*`` for whatever is wrong with it, or when there are several
        """
