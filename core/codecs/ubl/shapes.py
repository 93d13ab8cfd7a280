"""What UBL documents are made of: ``elements.json`` names the elements of each part in the order of the standard.

The order is that of UBL 2.1 (OASIS, os-UBL-2.1), of which UBL 2.0 is a part; only what order-to-cash documents carry
is there. ``Name`` is a value, ``Name:Part`` an element with elements, ``Name>Child`` one that only wraps a value,
``*`` repeats, ``^`` has its members beside those of what it stands in, ``=key`` names the member. Else the member is
called as the element, in lower case with underscores, and in the plural where it repeats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
DOCUMENT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
TYPES = ("Order", "OrderResponse", "OrderResponseSimple", "DespatchAdvice", "Invoice", "CreditNote")

Kind = Literal["amount", "measured", "indicator", "number", "date", "time", "binary", "identifier", "code", "text"]
SIDES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "identifier": (("scheme", "schemeID"), ("agency", "schemeAgencyID")),
    "code": (("list", "listID"),),
}
"""What stands beside a value of a kind: the end of the member's name, and the attribute."""

_ENTRY = re.compile(r"(?P<name>\w+)(?::(?P<part>\w+)|>(?P<child>\w+))?(?P<flags>[*^]*)(?:=(?P<key>\w+))?")
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("BinaryObject", "binary"),
    ("Amount", "amount"),
    ("Quantity", "measured"),
    ("Measure", "measured"),
    ("Indicator", "indicator"),
    ("Percent", "number"),
    ("Numeric", "number"),
    ("Rate", "number"),
    ("Date", "date"),
    ("Time", "time"),
    ("ID", "identifier"),
    ("Code", "code"),
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a part: ``part`` is what it is made of, ``child`` the only value it wraps, else it is a value."""

    name: str
    key: str
    part: str | None
    child: str | None
    many: bool
    spliced: bool

    @property
    def is_value(self) -> bool:
        """Whether it stands among the basic components."""
        return self.part is None and self.child is None


@cache
def parts() -> Mapping[str, Mapping[str, Element]]:
    """The elements of each part by their name, in the order of the standard."""
    data = json.loads(Path(__file__).with_name("elements.json").read_text(encoding="utf-8"))
    return {part: {each.name: each for each in map(_element, text.split())} for part, text in data.items()}


def _element(text: str) -> Element:
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no element")
    many = "*" in match["flags"]
    key = match["key"] or (plural(snake(match["name"])) if many else snake(match["name"]))
    return Element(match["name"], key, match["part"], match["child"], many, "^" in match["flags"])


@cache
def kind_of(name: str) -> Kind:
    """What an element holds, told from the last word of its name, as the standard names them."""
    return next((kind for ending, kind in _KINDS if name.endswith(ending)), "text")


@cache
def snake(name: str) -> str:
    """``LineExtensionAmount`` as ``line_extension_amount``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def plural(key: str) -> str:
    """The key of a list."""
    if key.endswith("s"):
        return key
    return f"{key[:-1]}ies" if key.endswith("y") and key[-2] not in "aeiou" else f"{key}s"
