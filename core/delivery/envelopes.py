"""Many documents in one request: a JSON array of envelopes, or one envelope a line (NDJSON).

An envelope is ``{"id": ..., "topic": ..., "key": ..., "body": ...}``. Only ``body`` is required: ``id`` recognises a
repeat, ``topic`` and ``key`` say what the headers of a single request would. The body is kept byte for byte as it
stands in the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..faults import Fault

MOST_DOCUMENTS = 1000
_LONGEST_TEXT = 255
_SPACE = re.compile(r"[ \t\r\n]*")
_TEXTS = ("id", "topic", "key")
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Envelope:
    """One document of a batch: its bytes, and what its sender says of it."""

    body: bytes
    id: str | None = None
    topic: str | None = None
    key: str | None = None


def open_envelopes(raw: bytes) -> list[Envelope | Fault]:
    """The envelopes in ``raw``, in their order; a fault ``receive.batch_malformed`` for each that cannot be opened.

    :raises Fault: when the whole cannot be taken apart, or has more than :data:`MOST_DOCUMENTS` parts
    """
    text = _text_of(raw)
    start = _after_space(text, 0)
    parts = _array(text, start, open_envelope) if text[start : start + 1] == "[" else _lines(text)
    return _bounded(parts)


def open_array(raw: bytes, open_one: Callable[[str, int, object], Any]) -> list[Any]:
    """What ``open_one`` makes of each entry of the JSON array in ``raw``; a fault for each that it raises one for.

    :param open_one: is given the text, where the entry begins in it, and the entry as JSON is read
    :raises Fault: as :func:`open_envelopes`
    """
    text = _text_of(raw)
    start = _after_space(text, 0)
    if text[start : start + 1] != "[":
        raise _malformed("The batch is no list.")
    return _bounded(_array(text, start, open_one))


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("The batch is not UTF-8.") from error


def _bounded(parts: list[Any]) -> list[Any]:
    if not parts:
        raise _malformed("The batch holds no document.")
    if len(parts) > MOST_DOCUMENTS:
        raise Fault("receive.too_large", f"The batch has {len(parts)} documents; {MOST_DOCUMENTS} are taken at once.")
    return parts


def _array(text: str, start: int, open_one: Callable[[str, int, object], Any]) -> list[Any]:
    parts: list[Any] = []
    at = _after_space(text, start + 1)
    if text[at : at + 1] == "]":
        return parts
    while True:
        part, at = _part(text, at, open_one)
        parts.append(part)
        at = _after_space(text, at)
        separator = text[at : at + 1]
        at = _after_space(text, at + 1)
        if separator == "]" and at == len(text):
            return parts
        if separator != ",":
            raise _malformed(f"After document {len(parts)} a comma or the end of the list should stand.")


def _part(text: str, at: int, open_one: Callable[[str, int, object], Any]) -> tuple[Any, int]:
    """What stands at ``at``, and where it ends."""
    try:
        value, end = _decode(text, at)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"The batch is not JSON from character {at + 1} on.") from error
    try:
        return open_one(text, at, value), end
    except Fault as fault:
        return fault, end


def _lines(text: str) -> list[Envelope | Fault]:
    parts: list[Envelope | Fault] = []
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if not line:
            continue
        try:
            part, end = _part(line, 0, open_envelope)
        except Fault:
            part, end = _malformed(f"Line {number} is not JSON."), len(line)
        parts.append(part if end == len(line) else _malformed(f"Line {number} holds more than one document."))
    return parts


def open_envelope(text: str, at: int, value: object) -> Envelope:
    """The envelope that begins at ``at``; a fault ``receive.batch_malformed`` if it is none."""
    if not isinstance(value, dict) or not isinstance(value.get("body"), (dict, list)):
        raise _malformed("An envelope is an object with the document as its member “body”.")
    foreign = sorted(set(value) - {"body", *_TEXTS})
    if foreign:
        raise _malformed(f"An envelope has no member “{foreign[0][:40]}”; there are id, topic, key and body.")
    texts = {name: _text(name, value[name]) for name in _TEXTS if value.get(name) is not None}
    return Envelope(slice_of(text, at, "body").encode("utf-8"), **texts)


def _text(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TEXT or not value.isprintable():
        raise _malformed(f"The member “{name}” of an envelope is a text of at most {_LONGEST_TEXT} characters.")
    return value


def slice_of(text: str, at: int, member: str) -> str:
    """The characters of a member's value in the object at ``at``, which is known to be one; ``""`` if it has none."""
    found = ""
    at = _after_space(text, at + 1)
    while True:
        name, at = _decode(text, at)
        begin = _after_space(text, _after_space(text, at) + 1)  # past the colon
        _value, end = _decode(text, begin)
        if name == member:
            found = text[begin:end]  # of several the last one, as a parser takes it
        at = _after_space(text, end)
        if text[at] == "}":
            return found
        at = _after_space(text, at + 1)  # past the comma


def _after_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()


def _malformed(detail: str) -> Fault:
    return Fault("receive.batch_malformed", detail, subject="batch")
