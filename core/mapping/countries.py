"""Countries by their codes and English names (ISO 3166-1, and Kosovo's user-assigned code)."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["CountryCodes", "country_codes"]


@dataclass(frozen=True, slots=True)
class CountryCodes:
    """Both codes of a country."""

    alpha2: str
    alpha3: str


@cache
def _countries() -> dict[str, CountryCodes]:
    entries = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
    known: dict[str, CountryCodes] = {}
    for entry in entries:
        codes = CountryCodes(entry["alpha2"], entry["alpha3"])
        for name in (entry["alpha2"], entry["alpha3"], entry["name"], *entry.get("other", ())):
            known[_folded(name)] = codes
    return known


def _folded(name: str) -> str:
    """The name without accents, capitals and punctuation."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters if not _mark(letter)).split())


def _mark(letter: str) -> bool:
    return unicodedata.combining(letter) != 0 or letter in "'’."


def country_codes(name: str) -> CountryCodes | None:
    """The codes of the country called ``name`` (either code or an English name); None when there is none."""
    return _countries().get(_folded(name))
