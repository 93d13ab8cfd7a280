"""One line of text to whoever started the process, at once."""

from __future__ import annotations

import sys
from typing import TextIO


def say(text: str, out: TextIO | None = None) -> None:
    """Write ``text`` and a line's end to ``out`` (default: standard output) without keeping it back."""
    out = out or sys.stdout
    out.write(f"{text}\n")
    out.flush()
