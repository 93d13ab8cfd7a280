"""JSON (RFC 8259), read strictly (I-JSON, RFC 7493, in what matters) and written exactly.

Decoding refuses what RFC 8259 leaves open and what would hurt later: duplicate members, NaN and Infinity, numbers
beyond 100 digits, nesting beyond 64 levels, NUL characters and half surrogate pairs, and a document that is neither
an object nor a list. The depth is checked on the text, before the parser recurses. A byte order mark is tolerated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, NoReturn

from ..faults import Fault
from .limits import DEPTH, NUMBER_DIGITS, decimal, fits, integer, text_of, unstorable

# A string, closed or not: every alternative consumes, so that no input makes the search go back and forth.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_INTEGERS = range(1 - 10 ** (NUMBER_DIGITS - 1), 10**NUMBER_DIGITS)
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_REASONS = {
    "Expecting value": "a value should stand here",
    "Extra data": "something follows after the end of the document",
    "Expecting property name enclosed in double quotes": "the quoted name of a member should stand here",
    "Expecting ':' delimiter": "a colon should stand here",
    "Expecting ',' delimiter": "a comma or the end of the object or list should stand here",
    "Illegal trailing comma before end of object": "the last member must not be followed by a comma",
    "Illegal trailing comma before end of array": "the last entry must not be followed by a comma",
    "Unterminated string starting at": "the text that begins here never ends",
    "Invalid control character at": "a text contains a line break or another control character",
    "Invalid \\escape": "a text contains a backslash that means nothing",
    "Invalid \\uXXXX escape": "a text contains a broken \\u sequence",
}


class JsonCodec:
    """The codec ``json``."""

    name = "json"
    media_type = "application/json"

    def decode(self, data: bytes, *, charset: str = "utf-8") -> dict[str, Any] | list[Any]:
        """See :class:`~sync_governance.core.codecs.Codec`. Numbers with a fraction or exponent become Decimal."""
        text = text_of(data, charset)
        _check_depth(text)
        try:
            document = json.loads(
                text,
                object_pairs_hook=_members,
                parse_int=integer,
                parse_float=decimal,
                parse_constant=_not_finite,
            )
        except json.JSONDecodeError as error:
            raise _malformed(text, error) from error
        if not isinstance(document, (dict, list)):
            raise Fault("decode.malformed", "The JSON is neither an object nor a list.", expected="an object or a list")
        if _SUSPICIOUS_ESCAPE.search(text) and unstorable(document) is not None:
            raise Fault("decode.malformed", "The JSON holds a character that no text can contain.", subject="character")
        return document

    def encode(self, document: Any) -> bytes:
        """See :class:`~sync_governance.core.codecs.Codec`. Compact; members in the order given; Decimals as numbers
        without exponent and with all their digits."""
        try:
            pieces: list[str] = []
            _write(document, pieces.append, DEPTH)
            return "".join(pieces).encode("utf-8")
        except (TypeError, ValueError) as error:
            raise Fault(
                "engine.internal", f"The document cannot be written as JSON: {error}.", subject="json"
            ) from error


# ------------------------------------------------------------------------------------------------- decoding


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH:
            raise Fault(
                "decode.too_deep",
                f"The JSON is nested deeper than {DEPTH} levels.",
                expected=f"at most {DEPTH} levels",
                subject="depth",
            )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))
        raise Fault(
            "decode.duplicate_member",
            f"The member '{twice[:80]}' occurs more than once in one object.",
            found=twice[:80],
            subject=f"member {twice[:80]}",
        )
    return members


def _not_finite(constant: str) -> NoReturn:
    raise Fault(
        "decode.number_not_finite",
        f"The JSON holds {constant}, which is no number.",
        expected="a finite number",
        found=constant,
    )


def _malformed(text: str, error: json.JSONDecodeError) -> Fault:
    if not text.strip():
        return Fault("decode.malformed", "The document is empty.", subject="empty")
    reason = _REASONS.get(error.msg.rstrip(": "), "it is not well-formed")
    return Fault(
        "decode.malformed",
        f"The JSON is broken at line {error.lineno}, column {error.colno}: {reason}.",
        subject=reason,
    )


# ------------------------------------------------------------------------------------------------- encoding


def _write(value: Any, put: Callable[[str], None], room: int) -> None:
    """Put the JSON of ``value`` in pieces; ``room`` is how many levels it may still be nested."""
    if isinstance(value, dict):
        if not room:
            raise ValueError(f"the document is nested deeper than {DEPTH} levels")
        before = "{"
        for name, member in value.items():
            if not isinstance(name, str):
                raise TypeError(f"the name of a member must be text, not {type(name).__name__}")
            scalar = _scalar(member)
            if scalar is None:
                put(f"{before}{quoted(name)}:")
                _write(member, put, room - 1)
            else:
                put(f"{before}{quoted(name)}:{scalar}")
            before = ","
        put("}" if value else "{}")
    elif isinstance(value, (list, tuple)):
        if not room:
            raise ValueError(f"the document is nested deeper than {DEPTH} levels")
        before = "["
        for entry in value:
            put(before)
            _write(entry, put, room - 1)
            before = ","
        put("]" if value else "[]")
    else:
        scalar = _scalar(value)
        if scalar is None:
            raise TypeError(f"{type(value).__name__} is no part of a document")
        put(scalar)


def _scalar(value: Any) -> str | None:
    """The JSON of a plain value, or None for anything else."""
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise ValueError("the number is too long for a document")
        return int.__repr__(value)
    if isinstance(value, Decimal):
        if not fits(value):
            raise ValueError("the number is not finite, or too long for a document")
        return format(value, "f")
    return None
