"""What became of an interchange: kept while it is read, and what acknowledgements are built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..origins import Origins
from ..parts import Part
from .guide import Guide
from .guidebook import nearest
from .problems import REFUSING, EdiFault

__all__ = ["EdiPart", "GroupReport", "InterchangeReport", "MessageReport", "ReadOptions", "is_refused"]


@dataclass(frozen=True)
class ReadOptions:
    """What is agreed with a partner about reading.

    :param guides: gives the guide of (standard, message type, version, association code), or None to read generically
    :param charset: the character set that the partner really uses, whatever its interchanges declare
    :param refuse: further problems (keys of :data:`~.problems.PROBLEMS`) that refuse a document
    :param tolerate: problems that are findings although they refuse a document elsewhere
    :param segment_limit: how many segments one message may have
    :param raw: give each message's bytes too, as an interchange of its own
    :param first: the number of the segment with which the message began in its file, where it was taken out of one
    :param origins: is told where each object of a document stood
    """

    guides: Callable[[str, str, str, str], Guide | None] = nearest
    charset: str | None = None
    refuse: frozenset[str] = frozenset()
    tolerate: frozenset[str] = frozenset()
    segment_limit: int = 1_000_000
    raw: bool = False
    first: int = 0
    origins: Origins | None = None


def is_refused(fault: EdiFault, options: ReadOptions) -> bool:
    return fault.kind in options.refuse or (fault.kind in REFUSING and fault.kind not in options.tolerate)


@dataclass(slots=True)
class MessageReport:
    """One transaction set or message: its references, and all that was wrong. ``refused``: it gave no document."""

    type: str
    reference: str
    version: str = ""
    header: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0
    faults: list[EdiFault] = field(default_factory=list)
    refused: bool = False
    number: str = ""


@dataclass(slots=True)
class GroupReport:
    """A functional group. EDIFACT has groups only where UNG says so; the messages without one are in a group of
    their own, with an empty ``reference``. ``unlisted`` counts accepted messages that are not in ``messages``, and
    ``unlisted_refused`` refused ones: of a group without end not every one is remembered."""

    reference: str = ""
    header: Mapping[str, Any] = field(default_factory=dict)
    messages: list[MessageReport] = field(default_factory=list)
    counted: int | None = None
    faults: list[EdiFault] = field(default_factory=list)
    position: int = 0
    unlisted: int = 0
    unlisted_refused: int = 0

    @property
    def received(self) -> int:
        return len(self.messages) + self.unlisted + self.unlisted_refused


@dataclass
class InterchangeReport:
    """An interchange as it was read. ``header`` is the document's member ``interchange``."""

    standard: str
    header: dict[str, Any]
    groups: list[GroupReport] = field(default_factory=list)
    faults: list[EdiFault] = field(default_factory=list)
    closed: bool = False
    position: int = 0

    @property
    def reference(self) -> str:
        return self.header.get("reference", "")

    @property
    def messages(self) -> list[MessageReport]:
        return [message for group in self.groups for message in group.messages]

    @property
    def all_faults(self) -> list[EdiFault]:
        """The faults of the envelopes: of the interchange and of its groups."""
        return [*self.faults, *(fault for group in self.groups for fault in group.faults)]


@dataclass(frozen=True, slots=True)
class EdiPart(Part):
    """A part of an interchange: a message (``message``), or after the last one the envelope's end (``interchange``).

    ``raw``, where it was asked for: the message as it came, in an interchange of its own with the same references.
    """

    message: MessageReport | None = None
    interchange: InterchangeReport | None = None
    raw: bytes = b""
