"""How alike two things are that people name differently: product codes, trade item numbers, names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest
from math import log
from typing import Any

__all__ = ["Hints", "Names", "code_form", "gtin_form", "gtin_ways", "hints_at", "likeness", "tokens"]

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


class Names:
    """Many names, to look up those that are like another one: the rarer a word that both have, the more it counts."""

    ENOUGH = 500
    """Once so many names have one of the rarer words, the other words weigh and bring no further names."""

    def __init__(self, names: Iterable[tuple[int, str]]):
        """:param names: (id, name) of each"""
        self._holders: dict[str, list[int]] = {}
        self._starting: dict[str, list[str]] = {}
        self._many = 1
        for key, name in names:
            self._many += 1
            for word in tokens(name[:_LONGEST]):
                holders = self._holders.get(word)
                if holders is None:
                    holders = self._holders[word] = []
                    self._starting.setdefault(word[:2], []).append(word)
                holders.append(key)

    def like(self, said: str, most: int = 20) -> list[int]:
        """The ids of at most ``most`` names that share words with ``said``, also misspelt ones; the best first."""
        weights: dict[int, float] = {}
        words = {known for word in tokens(said[:_LONGEST]) for known in self._known(word)}
        for word in sorted(words, key=lambda each: (len(self._holders[each]), each)):
            holders = self._holders[word]
            weight = log(1 + self._many / len(holders))
            if len(weights) >= self.ENOUGH:
                having = set(holders)
                for key in weights:
                    weights[key] += weight if key in having else 0
            else:
                for key in holders:
                    weights[key] = weights.get(key, 0) + weight
        return nlargest(most, weights, key=lambda key: (weights[key], -key))

    def _known(self, word: str) -> list[str]:
        """The word as our names write it: itself, else what is spelt almost so."""
        if word in self._holders or len(word) < 4:
            return [word] if word in self._holders else []
        return get_close_matches(word, self._starting.get(word[:2], ()), n=2, cutoff=0.8)


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
