"""Where a place of a JSON document stands in its text: for people who look at the text."""

from __future__ import annotations

import json
import re

__all__ = ["line_of"]

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def line_of(text: str, pointer: str) -> int | None:
    """The number, from 1, of the line of ``text`` on which the value at the JSON ``pointer`` (RFC 6901) begins.

    The nearest value around it when the document ends before; None when ``text`` is no JSON up to there.
    """
    names = [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]
    try:
        offset = _find(text, _blank(text, 0), names)
    except (ValueError, IndexError):
        return None
    return text.count("\n", 0, offset) + 1


def _find(text: str, start: int, names: list[str]) -> int:
    """Where the value at ``names`` below the value at ``start`` begins."""
    for name in names:
        inner = _member(text, start, name)
        if inner is None:
            return start
        start = inner
    return start


def _member(text: str, start: int, name: str) -> int | None:
    """Where the member ``name`` of the object or list at ``start`` begins; None when it has none."""
    if text[start] not in "{[":
        return None
    is_object, position, number = text[start] == "{", _blank(text, start + 1), 0
    while text[position] not in "}]":
        key = str(number)
        if is_object:
            key, position = json.decoder.scanstring(text, position + 1)
            position = _blank(text, _blank(text, position) + 1)
        if key == name:
            return position
        position, number = _blank(text, _end(text, position)), number + 1
        if text[position] == ",":
            position = _blank(text, position + 1)
    return None


def _end(text: str, start: int) -> int:
    """Behind the value that begins at ``start``."""
    if text[start] == '"':
        return json.decoder.scanstring(text, start + 1)[1]
    if text[start] not in "{[":
        scalar = _SCALAR.match(text, start)
        if scalar is None:
            raise ValueError("no value")
        return scalar.end()
    depth, position = 0, start
    while True:
        if text[position] == '"':
            position = json.decoder.scanstring(text, position + 1)[1]
            continue
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(text[position], 0)
        position += 1
        if not depth:
            return position


def _blank(text: str, start: int) -> int:
    """Behind the white space at ``start``."""
    space = _SPACE.match(text, start)
    return start if space is None else space.end()
