"""A document from a mapping, and what an endpoint says of identities -> what an interchange is sent in.

The control number, the date and the time are not here: they are allotted once for each message, and stay with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...faults import Fault
from .acknowledged import Sent
from .envelope import Envelope
from .sending import group_kind

__all__ = ["LAST_NUMBER", "Enclosed", "Identity", "answer_of", "enclosed", "party"]

LAST_NUMBER = 999_999_999
"""The highest control number of X12 (ISA13 has nine digits); EDIFACT's could be longer and is not."""


@dataclass(frozen=True)
class Identity:
    """Who sends to whom at an endpoint, as its form says it.

    :param ours: ``id`` and ``qualifier`` by which the partner knows us; empty where the mapping names the sender
    :param theirs: the same of the partner
    :param version: X12: ISA12 (``00401``); EDIFACT: syntax and its version (``UNOC:3``)
    :param application: X12: GS02 and GS03 where they differ from the identities
    :param test: documents of a test partner carry the usage indicator for tests
    :param acknowledge: ask the partner to acknowledge (EDIFACT: UNB 0031)
    """

    standard: str
    ours: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    application: tuple[str, str] = ("", "")
    test: bool = False
    acknowledge: bool = False


@dataclass(frozen=True)
class Enclosed:
    """``documents`` and the header of their interchange, as far as it does not change from one to the next."""

    documents: tuple[Mapping[str, Any], ...]
    header: Mapping[str, Any]
    group: Mapping[str, Any]

    @property
    def sender(self) -> str:
        return party(self.header["sender"])

    @property
    def receiver(self) -> str:
        return party(self.header["receiver"])

    def envelope(self, number: int, date: str, time: str) -> Envelope:
        """The envelope with its control number; ``date`` and ``time`` as ISO 8601."""
        reference = f"{number:09d}" if self.header["standard"] == "x12" else str(number)
        return Envelope({**self.header, "reference": reference, "date": date, "time": time}, self.group)

    def sent(self, number: int) -> Sent:
        """By which references the partner will acknowledge it; of several documents, the first."""
        message = self.documents[0].get("message") or {}
        kind = str(message.get("type", ""))
        if self.header["standard"] == "x12":
            named = (self.documents[0].get("group") or {}).get("kind") or self.group.get("kind") or group_kind(kind)
            return Sent("x12", kind, "0001", str(number), str(named), f"{number:09d}")
        return Sent("edifact", kind, "1", interchange=str(number))


def enclosed(identity: Identity, document: Mapping[str, Any]) -> Enclosed:
    """One document of a mapping in the endpoint's envelope. What the endpoint does not say, the document may.

    Raises :class:`Fault` ``encode.envelope_incomplete`` where nobody says who sends it to whom.
    """
    held = document.get("interchange") if isinstance(document, Mapping) else None
    held = dict(held) if isinstance(held, Mapping) else {}
    header = {name: value for name, value in held.items() if name not in ("reference", "date", "time")}
    header["standard"] = identity.standard
    for name, value in (("sender", identity.ours), ("receiver", identity.theirs)):
        if value:
            header[name] = dict(value)
        if not isinstance(header.get(name), Mapping) or not header[name].get("id"):
            whom = "who sends" if name == "sender" else "who receives"
            words = f"Neither the endpoint nor the mapping says {whom} the interchange."
            raise Fault("encode.envelope_incomplete", words, pointer=f"/interchange/{name}", subject=f"EDI {name}")
    if identity.standard == "x12" and identity.version:
        header["version"] = identity.version
    elif identity.version:
        header["syntax"], _, version = identity.version.partition(":")
        header["syntax_version"] = version or "3"
    header["test"] = identity.test
    header["acknowledge"] = identity.acknowledge
    group = {name: value for name, value in zip(("sender", "receiver"), identity.application, strict=True) if value}
    return Enclosed((_numbered_by_us(document),), header, group)


def answer_of(identity: Identity, document: Mapping[str, Any]) -> Enclosed:
    """The interchange that a canonical syntax acknowledgement travels in: back to the sender, in its syntax.

    Raises :class:`Fault` ``encode.value`` where it answers another standard than the endpoint speaks.
    """
    held = (document.get("extensions") or {}).get("edi") or {}
    header, documents = held.get("header") or {}, held.get("documents") or ()
    if header.get("standard") != identity.standard or not documents:
        words = (
            f"It answers an interchange of {header.get('standard') or 'no standard'}; the endpoint sends this one's."
        )
        raise Fault("encode.value", words, expected=identity.standard, subject="standard of the acknowledgement")
    return Enclosed(tuple(documents), header, {})


def party(said: Mapping[str, Any] | None) -> str:
    """An identity as text: ``ZZ:LAMPSHOP``, or the identifier alone where it has no qualifier."""
    if not said:
        return ""
    qualifier, identifier = str(said.get("qualifier") or ""), str(said.get("id") or "")
    return f"{qualifier}:{identifier}" if qualifier else identifier


def _numbered_by_us(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without references of group and message: it stands alone in its interchange, and they are ours."""
    made = {name: value for name, value in document.items() if name != "interchange"}
    for name in ("group", "message"):
        if isinstance(made.get(name), Mapping):
            made[name] = {key: value for key, value in made[name].items() if key != "reference"}
    return made
