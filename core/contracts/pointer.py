"""Places in a document: JSON pointers (RFC 6901) for machines, words for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_WORD_BREAK = re.compile(r"[_\-\s.]+|(?<=[a-z0-9])(?=[A-Z])")


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer to ``path``: ``["lines", 1, "a/b"]`` is ``/lines/1/a~1b``, the empty path is ``""``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def at(document: Any, place: str) -> Any:
    """What stands in ``document`` at the JSON pointer ``place``; None where nothing does."""
    for step in place.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def pattern_of(path: Iterable[str | int]) -> str:
    """``path`` with every list index as ``*``: the same for the same field of every line."""
    return pointer("*" if isinstance(part, int) else part for part in path)


def words(name: str) -> str:
    """A member's name as words: ``unit_price`` and ``unitPrice`` are ``unit price``."""
    parts = [part for part in _WORD_BREAK.split(name) if part]
    return " ".join(part if part.isupper() else part.lower() for part in parts) or f"'{name}'"


def place(path: Sequence[str | int]) -> list[str]:
    """``path`` in words, a list and its index as one: ``["lines", 1, "quantity"]`` is ``["line 2", "quantity"]``."""
    spoken: list[str] = []
    list_name: str | None = None
    for part in path:
        if isinstance(part, int):
            if list_name is None:
                spoken.append(f"entry {part + 1}")
            else:
                spoken[-1] = f"{singular(list_name)} {part + 1}"
            list_name = None
        else:
            list_name = words(part)
            spoken.append(list_name)
    return spoken


def singular(name: str) -> str:
    """What one entry of the list ``name`` is called."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us")) and len(name) > 2:
        return name[:-1]
    return name + " entry"
