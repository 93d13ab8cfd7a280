"""Values that a spreadsheet must not run: what partners send stands in lists that people export and open."""

from __future__ import annotations

import re
from typing import Any

_RUNS = re.compile(r"[\s\x00\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9., ]*")


def harmless(value: Any) -> Any:
    """``value`` as a cell may hold it: a text that a spreadsheet would take for a formula begins with an apostrophe.

    Texts that are plain numbers, with a sign or without, stay as they are, and so does everything but text.
    """
    if not isinstance(value, str) or not _RUNS.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"
