"""The parts of a file: one file or interchange may carry many documents, and one bad document stops no other.

A codec that can split has ``split(data, options) -> Iterator[Part]``: it reads ``data`` from front to back and holds
no more than one document at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from ..faults import Fault

__all__ = ["Part", "Splitter"]


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file, or what was wrong where one should have been.

    :param document: the document, or None when ``faults`` say why there is none
    :param faults: what makes the document unusable; without a document and without faults the part says nothing
    :param findings: what is odd or not as declared, and does not stop the document
    :param references: by which the sender and others call it (control numbers, message type, document number)
    :param position: where it begins: the number of its segment, record or line in the file, from 1
    """

    document: dict[str, Any] | list[Any] | None
    faults: tuple[Fault, ...] = ()
    findings: tuple[Fault, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    position: int = 1


class Splitter(Protocol):
    """What a codec promises whose files carry several documents."""

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """The parts of ``data`` in their order. A fault of the file as a whole is a part without a document."""
