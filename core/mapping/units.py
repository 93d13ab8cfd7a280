"""Units of measure: the codes of UN/ECE Recommendation 20 (and 21 for packaging), those of X12 (element 355), and the
usual words.

``units.json`` holds those that trade documents carry; a partner's own codes are for a table or for cross-references.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["unit_code", "x12_code"]


@cache
def _units() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("units.json").read_text(encoding="utf-8"))


def unit_code(text: str, system: str) -> str | None:
    """The code of Recommendation 20 for a code or word; None for an unknown one.

    :param system: ``rec20``: codes of the recommendation, and words; ``x12``: codes of X12
    """
    code = text.strip().upper()
    if system == "x12":
        return _units()["x12"].get(code)
    return code if code in _units()["rec20"] else _units()["words"].get(text.strip().casefold())


def x12_code(code: str) -> str | None:
    """X12's code for one of Recommendation 20; None where it has none."""
    return _reverse().get("EA" if code in ("C62", "EA") else code)


@cache
def _reverse() -> dict[str, str]:
    turned: dict[str, str] = {}
    for theirs, ours in _units()["x12"].items():
        turned.setdefault(ours, theirs)
    return turned
