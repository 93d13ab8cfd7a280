"""How many decimals a currency has (ISO 4217).

``currencies.json`` lists the codes by their exponent, a few that were withdrawn lately included: documents still
carry them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

__all__ = ["exponent"]


@cache
def _exponents() -> dict[str, int]:
    by_exponent = json.loads(Path(__file__).with_name("currencies.json").read_text(encoding="utf-8"))
    return {code: int(places) for places, codes in by_exponent.items() for code in codes}


def exponent(code: str) -> int | None:
    """The decimals of the currency ``code`` (in capitals); None when ISO 4217 does not know it."""
    return _exponents().get(code)
