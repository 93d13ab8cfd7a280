"""The codes of acknowledgements in plain words.

X12: data element 720 (segments, AK304 and IK304), 723 (elements, AK403 and IK403), 718 (sets, AK502), 716 (groups,
AK905) and I18 (TA105). EDIFACT: one list for all, data element 0085 of CONTRL.
"""

from __future__ import annotations

from .acknowledged import Acknowledged, Note

__all__ = ["sentences"]

_SEGMENT = {
    "1": "the segment is not known",
    "2": "the segment is not expected here",
    "3": "a mandatory segment is missing",
    "4": "the loop occurs too often",
    "5": "the segment occurs too often",
    "6": "the segment is not in the agreed form of the document",
    "7": "the segment is out of sequence",
    "8": "the segment has errors in its elements",
}
_ELEMENT = {
    "1": "a mandatory element is missing",
    "2": "an element that others require is missing",
    "3": "there are too many elements",
    "4": "the value is too short",
    "5": "the value is too long",
    "6": "there is a character that may not stand here",
    "7": "the code is not known or not agreed",
    "8": "this is no date",
    "9": "this is no time",
    "10": "elements exclude each other",
}
_SET = {
    "1": "the kind of document is not supported",
    "2": "the document has no trailer",
    "3": "the control numbers of header and trailer differ",
    "4": "the number of segments is not what the trailer says",
    "5": "one or more segments have errors",
    "6": "the kind of document is not known or not agreed",
    "7": "the control number of the document is missing or came before",
    "23": "the control number of the document was used before in this group",
}
_GROUP = {
    "1": "the kind of group is not supported",
    "2": "the version of the group is not supported",
    "3": "the group has no trailer",
    "4": "the control numbers of header and trailer differ",
    "5": "the number of documents is not what the trailer says",
    "6": "the control number of the group is wrong or came before",
}
_TA1 = {
    "001": "the control numbers of header and trailer differ",
    "002": "this standard is not supported",
    "003": "this version is not supported",
    "004": "the terminator of segments is invalid",
    "005": "the qualifier of the sender is invalid",
    "006": "the sender is not known",
    "007": "the qualifier of the receiver is invalid",
    "008": "the receiver is not known",
    "014": "the date is invalid",
    "015": "the time is invalid",
    "017": "the version is invalid",
    "018": "the control number is invalid",
    "020": "the usage indicator is invalid",
    "021": "the number of groups is not what the trailer says",
    "022": "the control structure is invalid",
    "023": "the interchange ends before its time",
    "024": "the content of the interchange is invalid",
    "025": "the control number was used before",
}
_EDIFACT = {
    "2": "the version or level of the syntax is not supported",
    "7": "the partner is not the receiver",
    "12": "a value is invalid",
    "13": "something mandatory is missing",
    "14": "a value may not stand in this place",
    "15": "this is not supported in this place",
    "16": "there are too many parts",
    "17": "there is no agreement about this",
    "18": "something is wrong that the partner does not name",
    "20": "a service character is invalid",
    "21": "there is a character that may not stand here",
    "22": "a service character is invalid",
    "23": "the sender is not known",
    "24": "it is too old",
    "25": "a test is not supported here",
    "26": "it came before",
    "28": "the references of header and trailer differ",
    "29": "the count is not what came",
    "30": "messages and groups are mixed",
    "32": "a message is in a group of another kind",
    "33": "the group has no message of this kind",
    "35": "it occurs too often",
    "37": "the type of the value is invalid",
    "39": "the value is too long",
    "40": "the value is too short",
}


def sentences(said: Acknowledged) -> list[str]:
    """What an acknowledgement names, one sentence for each note, with the code behind it; values are left out."""
    return [_sentence(said, note) for note in said.notes]


def _sentence(said: Acknowledged, note: Note) -> str:
    place = f"Segment {note.segment}" if note.segment else ""
    if note.tag:
        place = f"{place} ({note.tag})" if place else f"Segment {note.tag}"
    if note.element:
        place += f", element {note.element}"
    if note.component:
        place += f", component {note.component}"
    words = _list_of(said, note).get(note.code, "the partner names no reason that is known")
    return f"{place}: {words} (code {note.code})." if place else f"{words[0].upper()}{words[1:]} (code {note.code})."


def _list_of(said: Acknowledged, note: Note) -> dict[str, str]:
    if said.standard == "edifact":
        return _EDIFACT
    if note.element:
        return _ELEMENT
    if note.segment or note.tag:
        return _SEGMENT
    return {"interchange": _TA1, "group": _GROUP, "message": _SET}[said.level]
