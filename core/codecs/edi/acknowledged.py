"""Acknowledgements that came for what we sent: what they say, and to which of our messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .receiving import same_reference

__all__ = ["Acknowledged", "Note", "Sent", "Verdict", "acknowledged", "is_acknowledgement", "matched"]

Level = Literal["interchange", "group", "message"]
Status = Literal["accepted", "accepted_with_errors", "partially", "received", "rejected"]

_X12: dict[str, Status] = {"A": "accepted", "E": "accepted_with_errors", "P": "partially"}
_EDIFACT: dict[str, Status] = {"7": "accepted", "8": "received"}


@dataclass(frozen=True, slots=True)
class Note:
    """One error that the partner names: ``code`` in its standard's own list; 0 and empty are not said."""

    code: str
    segment: int = 0
    tag: str = ""
    element: int = 0
    component: int = 0
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that we sent, by the references it went out with."""

    standard: str
    type: str
    message: str
    group: str = ""
    group_kind: str = ""
    interchange: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What an acknowledgement says about an interchange, a group or a message of ours."""

    level: Level
    standard: str
    status: Status
    type: str = ""
    message: str = ""
    group: str = ""
    group_kind: str = ""
    interchange: str = ""
    notes: tuple[Note, ...] = ()

    def means(self, sent: Sent) -> bool:
        """Whether ``sent`` is what this is about, or a part of it."""
        if self.standard != sent.standard:
            return False
        if self.interchange and not same_reference(self.interchange, sent.interchange):
            return False
        if self.group and not same_reference(self.group, sent.group):
            return False
        if self.group_kind and sent.group_kind and self.group_kind != sent.group_kind:
            return False
        if self.level != "message":
            return True
        return same_reference(self.message, sent.message) and self.type in ("", sent.type)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the partner says about ``sent``: by the most particular acknowledgement that means it, None if none does."""

    sent: Sent
    by: Acknowledged | None

    @property
    def status(self) -> Status | None:
        return self.by.status if self.by else None


def is_acknowledgement(document: Mapping[str, Any]) -> bool:
    """Whether ``document`` is a 997, 999, TA1 or CONTRL as the codec reads it."""
    message = document.get("message")
    return isinstance(message, Mapping) and message.get("type") in ("997", "999", "TA1", "CONTRL")


def acknowledged(document: Mapping[str, Any]) -> list[Acknowledged]:
    """What a 997, 999, TA1 or CONTRL says, from the whole to its parts; empty for any other document."""
    kind = document.get("message", {}).get("type")
    if kind == "CONTRL":
        return _from_contrl(document)
    if kind == "TA1":
        return [_from_ta1(document.get("answered_interchange", {}))]
    return _from_x12(document) if kind in ("997", "999") else []


def matched(said: Iterable[Acknowledged], sent: Iterable[Sent]) -> tuple[list[Verdict], list[Acknowledged]]:
    """The verdict on each message sent, and the acknowledgements that mean none of them.

    A message's own acknowledgement comes before its group's, and that before its interchange's. A group that was
    partially accepted says nothing about a message that it does not name.
    """
    said, sent = list(said), list(sent)
    rank = {"message": 0, "group": 1, "interchange": 2}
    verdicts, meant = [], set()
    for each in sent:
        about = [at for at, one in enumerate(said) if one.means(each)]
        meant.update(about)
        telling = [said[at] for at in about if said[at].level == "message" or said[at].status != "partially"]
        verdicts.append(Verdict(each, min(telling, key=lambda one: rank[one.level], default=None)))
    return verdicts, [one for at, one in enumerate(said) if at not in meant]


def _from_ta1(answered: Mapping[str, Any]) -> Acknowledged:
    """TA1 speaks of the envelope: what it accepts has arrived, and its documents are judged by a 997 or 999."""
    refused = answered.get("status") not in ("A", "E")
    notes = (Note(answered["code"]),) if answered.get("code", "000") != "000" else ()
    return Acknowledged(
        "interchange",
        "x12",
        "rejected" if refused else "received",
        interchange=str(answered.get("reference", "")),
        notes=notes,
    )


def _from_x12(document: Mapping[str, Any]) -> list[Acknowledged]:
    group = document.get("answered_group", {})
    names = {"group": str(group.get("reference", "")), "group_kind": group.get("group", "")}
    result = document.get("result", {})
    notes = tuple(Note(code) for code in result.get("codes", ()) if code)
    found = [Acknowledged("group", "x12", _X12.get(result.get("status"), "rejected"), notes=notes, **names)]
    for each in document.get("sets", ()):
        said = each.get("result", {})
        notes = tuple(Note(code) for code in said.get("codes", ()) if code) + tuple(_x12_notes(each))
        status = _X12.get(said.get("status"), "rejected")
        reference = str(each.get("reference", ""))
        found.append(Acknowledged("message", "x12", status, each.get("type", ""), reference, notes=notes, **names))
    return found


def _x12_notes(each: Mapping[str, Any]) -> Iterable[Note]:
    for segment in each.get("segments", ()):
        place = {"segment": _int(segment.get("position")), "tag": segment.get("tag", "")}
        elements = segment.get("elements", ())
        if segment.get("code") and not elements:
            yield Note(segment["code"], **place)
        for element in elements:
            yield Note(
                element.get("code", ""),
                element=_int(element.get("position")),
                component=_int(element.get("component")),
                value=str(element.get("value", "")),
                **place,
            )


def _from_contrl(document: Mapping[str, Any]) -> list[Acknowledged]:
    answered = document.get("answered_interchange", {})
    interchange = str(answered.get("reference", ""))
    found = [_edifact("interchange", answered, interchange=interchange)]
    for message in document.get("messages", ()):
        found.append(_ucm(message, interchange, ""))
    for group in document.get("groups", ()):
        reference = str(group.get("reference", ""))
        found.append(_edifact("group", group, interchange=interchange, group=reference))
        found += [_ucm(message, interchange, reference) for message in group.get("messages", ())]
    return found


def _edifact(level: Level, said: Mapping[str, Any], **names: str) -> Acknowledged:
    notes = (Note(said["error"], tag=said.get("tag", "")),) if said.get("error") else ()
    return Acknowledged(level, "edifact", _EDIFACT.get(said.get("action"), "rejected"), notes=notes, **names)


def _ucm(message: Mapping[str, Any], interchange: str, group: str) -> Acknowledged:
    notes = [Note(message["error"], tag=message.get("tag", ""))] if message.get("error") else []
    for segment in message.get("segments", ()):
        place = _int(segment.get("position"))
        if segment.get("error"):
            notes.append(Note(segment["error"], place))
        for element in segment.get("elements", ()):
            at = {"element": max(0, _int(element.get("element")) - 1), "component": _int(element.get("component"))}
            notes.append(Note(element.get("error", ""), place, **at))
    return Acknowledged(
        "message",
        "edifact",
        _EDIFACT.get(message.get("action"), "rejected"),
        message.get("type", ""),
        str(message.get("reference", "")),
        group=group,
        interchange=interchange,
        notes=tuple(notes),
    )


def _int(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
