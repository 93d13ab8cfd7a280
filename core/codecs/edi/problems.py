"""What can be wrong in an interchange: our words, the taxonomy's code and the codes of the acknowledgements.

X12 acknowledges segments by data element 720 (AK304, IK304), elements by 723 (AK403, IK403), sets by 718 (AK502) and
groups by 716 (AK905); EDIFACT has one list for all, data element 0085 of CONTRL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ...faults import Fault

__all__ = ["PROBLEMS", "REFUSING", "EdiFault", "Place", "Problem"]

Level = Literal["interchange", "group", "message", "segment", "element"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: ``code`` of the taxonomy, and what X12 and EDIFACT call it on its ``level``."""

    code: str
    level: Level
    x12: str
    edifact: str


PROBLEMS: dict[str, Problem] = {
    "envelope_broken": Problem("decode.envelope", "interchange", "024", "12"),
    "envelope_unusual": Problem("decode.envelope", "interchange", "000", "12"),
    "interchange_unclosed": Problem("decode.envelope", "interchange", "023", "13"),
    "interchange_reference": Problem("decode.control_reference", "interchange", "001", "28"),
    "interchange_count": Problem("decode.control_count", "interchange", "021", "29"),
    "group_unclosed": Problem("decode.envelope", "group", "3", "13"),
    "group_reference": Problem("decode.control_reference", "group", "4", "28"),
    "group_count": Problem("decode.control_count", "group", "5", "29"),
    "group_duplicate": Problem("decode.control_reference", "group", "6", "26"),
    "group_kind": Problem("decode.element_invalid", "group", "1", "12"),
    "message_unclosed": Problem("decode.envelope", "message", "2", "13"),
    "message_reference": Problem("decode.control_reference", "message", "3", "28"),
    "message_count": Problem("decode.control_count", "message", "4", "29"),
    "message_duplicate": Problem("decode.control_reference", "message", "7", "26"),
    "message_too_long": Problem("decode.envelope", "message", "5", "35"),
    "message_too_deep": Problem("decode.too_deep", "message", "5", "35"),
    "document_repeated": Problem("decode.control_reference", "message", "5", "26"),
    "charset": Problem("decode.charset", "segment", "8", "21"),
    "charset_other": Problem("decode.charset", "segment", "8", "21"),
    "segment_unknown": Problem("decode.segment_unexpected", "segment", "1", "15"),
    "segment_misplaced": Problem("decode.segment_unexpected", "segment", "2", "15"),
    "segment_outside": Problem("decode.envelope", "segment", "2", "15"),
    "segment_missing": Problem("decode.segment_missing", "segment", "3", "13"),
    "beginning_missing": Problem("decode.segment_missing", "segment", "3", "13"),
    "loop_too_often": Problem("decode.segment_unexpected", "segment", "4", "35"),
    "segment_too_often": Problem("decode.segment_unexpected", "segment", "5", "35"),
    "parent_unknown": Problem("decode.element_invalid", "element", "7", "12"),
    "element_missing": Problem("decode.element_missing", "element", "1", "13"),
    "condition": Problem("decode.element_missing", "element", "2", "13"),
    "element_surplus": Problem("decode.element_unexpected", "element", "3", "16"),
    "element_repeated": Problem("decode.element_unexpected", "element", "3", "35"),
    "too_short": Problem("decode.element_invalid", "element", "4", "40"),
    "too_long": Problem("decode.element_invalid", "element", "5", "39"),
    "not_a_number": Problem("decode.element_invalid", "element", "6", "37"),
    "bad_character": Problem("decode.element_invalid", "element", "6", "21"),
    "bad_code": Problem("decode.element_invalid", "element", "7", "12"),
    "bad_date": Problem("decode.element_invalid", "element", "8", "12"),
    "bad_time": Problem("decode.element_invalid", "element", "9", "12"),
    "exclusion": Problem("decode.element_unexpected", "element", "10", "12"),
}

# What refuses a document unless the partner's options say otherwise. All else is a finding: the document goes on.
REFUSING = frozenset(
    {
        "envelope_broken",
        "message_unclosed",
        "message_too_long",
        "message_too_deep",
        "charset",
        "beginning_missing",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an interchange. ``segment`` counts from 1 in the file, ``in_message`` from 1 at UNH or ST;
    ``element`` and ``component`` count from 1, 0 means the whole."""

    segment: int
    tag: str = ""
    in_message: int = 0
    element: int = 0
    component: int = 0

    def __str__(self) -> str:
        said = f"Segment {self.segment}" + (f" ({self.tag})" if self.tag else "")
        if self.element:
            said += f", element {self.element}"
        if self.component:
            said += f", component {self.component}"
        return said

    def as_dict(self) -> dict[str, Any]:
        return {
            name: value
            for name in ("segment", "tag", "in_message", "element", "component")
            if (value := getattr(self, name))
        }


class EdiFault(Fault):
    """A fault with its place in the interchange.

    :param kind: a key of :data:`PROBLEMS`
    :param words: what is wrong, in plain words; the place is put before it
    """

    def __init__(self, kind: str, place: Place, words: str, *, expected: Any = None, found: Any = None) -> None:
        problem = PROBLEMS[kind]
        if isinstance(found, str):
            found = clipped(found)
        where = f"{place.tag}{place.element or ''}" if place.tag else "interchange"
        super().__init__(
            problem.code,
            f"{place}: {words}.",
            expected=expected,
            found=found,
            subject=f"{kind.replace('_', ' ')} {where}",
        )
        self.kind = kind
        self.problem = problem
        self.place = place

    def as_dict(self) -> dict[str, Any]:
        """As :meth:`Fault.as_dict`, with ``place``."""
        return super().as_dict() | {"place": self.place.as_dict()}


def clipped(text: str, length: int = 80) -> str:
    """``text``, or its beginning."""
    return text if len(text) <= length else f"{text[:length]}..."
