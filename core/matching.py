"""How alike two things are that people name differently: product codes, trade item numbers, names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

__all__ = ["Hints", "code_form", "gtin_form", "gtin_ways", "hints_at", "likeness", "tokens"]

_WORD = re.compile(r"\w+")
_NAMES = ("title", "name", "description", "product_name", "item_description")
_GTIN_LENGTHS = (8, 12, 13, 14)
_LONGEST = 200


def code_form(code: str) -> str:
    """A code without what people write differently: ``Lamp-1 / red`` is ``lamp1red``."""
    return "".join(_WORD.findall(_plain(code).replace("_", "")))


def gtin_form(code: str) -> str | None:
    """A GTIN (8, 12, 13 or 14 digits with a right check digit) as 14 digits; None for what is none."""
    digits = re.sub(r"[\s-]", "", code)
    if len(digits) not in _GTIN_LENGTHS or not (digits.isascii() and digits.isdigit()):
        return None
    padded = digits.zfill(14)
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(padded))
    return padded if total % 10 == 0 and int(padded) else None


def gtin_ways(number: str) -> set[str]:
    """The ways to write a GTIN of 14 digits."""
    return {number[-length:] for length in _GTIN_LENGTHS if not number[:-length].strip("0")}


def tokens(text: str) -> list[str]:
    """The words of a name, small and without accents, each once."""
    return list(dict.fromkeys(_WORD.findall(_plain(text))))


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; the order of their words counts little."""
    left, right = tokens(one[:_LONGEST]), tokens(other[:_LONGEST])
    if not left or not right:
        return 0.0
    common = len(set(left) & set(right)) / max(len(left), len(right))
    ratio = SequenceMatcher(None, " ".join(sorted(left)), " ".join(sorted(right)), autojunk=False).ratio()
    return max(common, ratio)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a document says beside a code: names of the thing, and its trade item numbers as 14 digits."""

    names: tuple[str, ...] = field(default=())
    gtins: tuple[str, ...] = field(default=())


def hints_at(document: Any, pointer: str) -> Hints:
    """What stands in the object around the place ``pointer`` (RFC 6901), or in the object at that place."""
    around: list[Mapping[str, Any]] = []
    value = document
    for name in [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]:
        if isinstance(value, Mapping):
            around.append(value)
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            break
    objects = [value] if isinstance(value, Mapping) else []
    objects += [around[-1]] if around and len(around) > 1 else []
    names: dict[str, None] = {}
    gtins: dict[str, None] = {}
    for name, text in _texts(objects):
        if name.casefold() in _NAMES:
            names[text] = None
        elif found := gtin_form(text):
            gtins[found] = None
    return Hints(tuple(names), tuple(gtins))


def _texts(objects: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """(name, text) of the members of the objects, and of the members of their objects."""
    for each in objects:
        for name, value in each.items():
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                yield name, str(value)
            elif isinstance(value, Mapping):
                for inner, text in value.items():
                    if isinstance(text, (str, int)) and not isinstance(text, bool):
                        yield inner, str(text)
            elif isinstance(value, list):
                for entry in value:
                    if isinstance(entry, Mapping) and isinstance(entry.get("value"), str):
                        yield name, entry["value"]


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
