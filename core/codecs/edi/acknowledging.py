"""Acknowledgements of what was received: 997 or 999 for X12, CONTRL for EDIFACT; as documents that the writer writes.

They say what the reader found: accepted, accepted with errors (X12 only), partially, rejected, down to the element.
An acknowledgement is never acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .charset import LEVEL_B
from .envelope import Envelope
from .problems import EdiFault
from .report import GroupReport, InterchangeReport, MessageReport

__all__ = ["acknowledgements", "envelope_acknowledgement", "reply_envelope", "verdict_of"]

_ACKNOWLEDGEMENTS = {"997", "999", "CONTRL"}
# Odd, but nothing that the syntax forbids: no matter for a syntax acknowledgement.
_NOT_TOLD = {"charset_other", "document_repeated", "envelope_unusual", "group_kind"}
_ECHOED = LEVEL_B - frozenset("*>:~^|'+?")
_CODES_AT_MOST = 5


def reply_envelope(report: InterchangeReport, *, reference: str, date: str, time: str) -> Envelope:
    """The envelope of an answer: back to the sender, in its syntax and with its separators.

    :param reference: our next control number for this partner
    :param date: ISO 8601, as ``time``: the moment of the answer
    """
    kept = ("standard", "version", "syntax", "syntax_version", "test", "delimiters")
    header = {name: report.header[name] for name in kept if name in report.header}
    header |= {
        "sender": report.header.get("receiver", {}),
        "receiver": report.header.get("sender", {}),
        "reference": reference,
        "date": date,
        "time": time,
        "acknowledge": False,
    }
    return Envelope(header)


def acknowledgements(report: InterchangeReport, *, implementation: bool = False) -> list[dict[str, Any]]:
    """The documents that acknowledge an interchange; none if it carried nothing but acknowledgements.

    X12: a 997 for each group, or a 999 if ``implementation``. EDIFACT: one CONTRL.
    """
    if report.standard == "edifact":
        return _contrl(report)
    return [
        _answer(group, "999" if implementation else "997")
        for group in report.groups
        if group.header and group.header.get("kind") != "FA"
    ]


def envelope_acknowledgement(report: InterchangeReport) -> dict[str, Any] | None:
    """The TA1 of an X12 interchange: where its sender asked for one (ISA14), or its envelope is wrong; else None.

    An interchange of acknowledgements is never answered.
    """
    if report.standard != "x12" or not report.reference or not _has_business(report):
        return None
    told = [fault for fault in report.faults if fault.problem.level == "interchange" and fault.kind not in _NOT_TOLD]
    if not told and not report.header.get("acknowledge"):
        return None
    broken = any(fault.kind == "envelope_broken" for fault in told)
    answered = {name: report.header[name] for name in ("reference", "date", "time") if report.header.get(name)}
    answered["status"] = "R" if broken else "E" if told else "A"
    answered["code"] = told[0].problem.x12 if told else "000"
    return {"message": {"type": "TA1"}, "answered_interchange": answered}


def verdict_of(report: InterchangeReport) -> tuple[str, list[dict[str, Any]]]:
    """What became of an interchange in words of ours: the verdict on the whole, and on each document remembered.

    The verdict is ``accepted``, ``accepted_with_errors``, ``partially`` or ``rejected``. A document has ``type``,
    ``reference``, ``status``, and ``findings``: sentences that name places and no value that stood there.
    """
    documents = []
    for message in report.messages:
        faults = [fault for fault in message.faults if fault.kind not in _NOT_TOLD]
        status = "rejected" if message.refused else "accepted_with_errors" if faults else "accepted"
        made: dict[str, Any] = {"type": message.type, "reference": message.reference, "status": status}
        if faults:
            made["findings"] = [_sentence(fault) for fault in faults[:20]]
        documents.append(made)
    refused = sum(each["status"] == "rejected" for each in documents)
    refused += sum(group.unlisted_refused for group in report.groups)
    received = sum(group.received for group in report.groups)
    odd = any(fault.kind not in _NOT_TOLD for fault in report.all_faults)
    if refused == received:
        return "rejected", documents
    if refused:
        return "partially", documents
    errors = odd or any(each["status"] != "accepted" for each in documents)
    return "accepted_with_errors" if errors else "accepted", documents


def _sentence(fault: EdiFault) -> str:
    return f"{fault.place}: {fault.kind.replace('_', ' ')}."


def _has_business(report: InterchangeReport) -> bool:
    """Whether anything but acknowledgements came, or nothing could be told."""
    return not report.messages or any(message.type not in _ACKNOWLEDGEMENTS for message in report.messages)


# ------------------------------------------------------------------------------------------------------------- X12


def _answer(group: GroupReport, kind: str) -> dict[str, Any]:
    header = group.header
    version = header.get("version", "")
    answered = {"group": header.get("kind", ""), "reference": group.reference}
    if kind == "999" or version >= "005":
        answered["version"] = version
    sets = [_set(message, kind) for message in group.messages]
    statuses = [each["result"]["status"] for each in sets]
    codes = _codes(fault for fault in group.faults if fault.problem.level == "group")
    received = group.received
    accepted = sum(status in "AE" for status in statuses) + group.unlisted
    if accepted == received:
        status = "E" if codes or "E" in statuses else "A"
    else:
        status = "P" if accepted else "R"
    result = {"status": status, "included": received if group.counted is None else group.counted}
    result |= {"received": received, "accepted": accepted}
    if codes:
        result["codes"] = codes
    return {
        "group": {
            "kind": "FA",
            "sender": header.get("receiver", ""),
            "receiver": header.get("sender", ""),
            "version": "005010X231A1" if kind == "999" else version[:6] or "004010",
        },
        "message": {"type": kind},
        "answered_group": answered,
        **({"sets": sets} if sets else {}),
        "result": result,
    }


def _set(message: MessageReport, kind: str) -> dict[str, Any]:
    faults = [fault for fault in message.faults if fault.kind not in _NOT_TOLD]
    segments = _segments(faults)
    codes = _codes(fault for fault in faults if fault.problem.level == "message")
    if segments:
        codes = [*[code for code in codes if code != "5"], "5"]
    status = "R" if message.refused else "E" if faults else "A"
    made: dict[str, Any] = {"type": message.type, "reference": message.reference}
    if message.header.get("convention"):
        made["convention"] = message.header["convention"]
    if segments:
        made["segments"] = segments
    made["result"] = {"status": status, **({"codes": codes[:_CODES_AT_MOST]} if codes and status != "A" else {})}
    return made


def _segments(faults: list[EdiFault]) -> list[dict[str, Any]]:
    """A note for each segment: its own problem, or its elements'."""
    notes: list[dict[str, Any]] = []
    of_place: dict[int, dict[str, Any]] = {}
    for fault in sorted(faults, key=lambda fault: fault.place.in_message):
        place, level = fault.place, fault.problem.level
        if level not in ("segment", "element") or not place.tag:
            continue
        note = {"tag": place.tag[:3], "position": place.in_message or 1}
        if level == "segment":
            notes.append({**note, "code": fault.problem.x12})
            continue
        held = of_place.get(place.in_message)
        if held is None:
            held = of_place[place.in_message] = {**note, "code": "8", "elements": []}
            notes.append(held)
        if len(held["elements"]) < 99:
            held["elements"].append(_element(fault))
    return notes


def _element(fault: EdiFault) -> dict[str, Any]:
    note: dict[str, Any] = {"position": min(fault.place.element or 1, 99)}
    if fault.place.component:
        note["component"] = min(fault.place.component, 99)
    note["code"] = fault.problem.x12
    if isinstance(fault.found, str) and fault.found and set(fault.found) <= _ECHOED:
        note["value"] = fault.found[:99]
    return note


def _codes(faults: Iterable[EdiFault]) -> list[str]:
    return list(dict.fromkeys(fault.problem.x12 for fault in faults))[:_CODES_AT_MOST]


# --------------------------------------------------------------------------------------------------------- EDIFACT


def _contrl(report: InterchangeReport) -> list[dict[str, Any]]:
    header = report.header
    if not report.reference or (report.messages and all(each.type in _ACKNOWLEDGEMENTS for each in report.messages)):
        return []
    answered = {
        "reference": report.reference,
        "sender": _party(header.get("sender", {})),
        "receiver": _party(header.get("receiver", {})),
    }
    broken = next((fault for fault in report.faults if fault.kind in ("envelope_broken", "charset")), None)
    if broken:
        answered |= {"action": "4", "error": broken.problem.edifact}
    elif any(message.refused for message in report.messages):
        answered["action"] = "8"
    else:
        answered["action"] = "7"
    version = header.get("syntax_version", "3")
    message = {"type": "CONTRL", "version": "D", "release": "3", "agency": "UN"}
    if version >= "4":
        message |= {"version": "4", "release": "1"}
    document: dict[str, Any] = {"message": message, "answered_interchange": answered}
    free = [_ucm(each) for group in report.groups if not group.header for each in group.messages]
    if free:
        document["messages"] = free
    groups = [_ucf(group) for group in report.groups if group.header]
    if groups:
        document["groups"] = groups
    return [document]


def _ucf(group: GroupReport) -> dict[str, Any]:
    refused = any(message.refused for message in group.messages)
    made = {
        "reference": group.reference,
        "sender": _party(group.header.get("sender", {})),
        "receiver": _party(group.header.get("receiver", {})),
        "action": "8" if refused else "7",
    }
    if group.messages:
        made["messages"] = [_ucm(message) for message in group.messages]
    return made


def _ucm(message: MessageReport) -> dict[str, Any]:
    header = message.header
    made = {"reference": message.reference, "type": message.type}
    made |= {name: header[name] for name in ("version", "release", "agency", "association") if header.get(name)}
    if not message.refused:
        return {**made, "action": "7"}
    made["action"] = "4"
    of_message = next((fault for fault in message.faults if fault.problem.level == "message"), None)
    if of_message:
        made["error"] = of_message.problem.edifact
    segments = _ucs([fault for fault in message.faults if fault.kind not in _NOT_TOLD])
    if segments:
        made["segments"] = segments
    return made


def _ucs(faults: list[EdiFault]) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    of_place: dict[int, dict[str, Any]] = {}
    for fault in sorted(faults, key=lambda fault: fault.place.in_message):
        position, level = fault.place.in_message or 1, fault.problem.level
        if level == "segment":
            notes.append({"position": position, "error": fault.problem.edifact})
        elif level == "element":
            held = of_place.get(position)
            if held is None:
                held = of_place[position] = {"position": position, "elements": []}
                notes.append(held)
            note: dict[str, Any] = {"error": fault.problem.edifact, "element": fault.place.element + 1}
            if fault.place.component:
                note["component"] = fault.place.component
            if len(held["elements"]) < 99:
                held["elements"].append(note)
    return notes


def _party(party: Mapping[str, Any]) -> dict[str, Any]:
    return dict(party) if party else {"id": "UNKNOWN"}
