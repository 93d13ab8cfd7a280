"""Character sets of interchanges: what the syntax identifier of UNB means, and what to do when the bytes disagree."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache

from ...faults import Fault

__all__ = ["LEVEL_A", "LEVEL_B", "AnyCharset", "Charset", "charset_of_syntax", "known_charset", "unsendable"]

# ISO 9735, syntax identifiers. UNOX changes character sets in the middle of the text by escape sequences; only what
# needs none of them is read. UNOY has two bytes for each character and reaches the reader as UTF-8.
_OF_SYNTAX = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOX": "ascii",
    "UNOY": "utf-8",
}
LEVEL_A = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>")
LEVEL_B = LEVEL_A | frozenset("abcdefghijklmnopqrstuvwxyz")
_KNOWN = re.compile(r"ascii|utf-8|iso8859-\d+|cp12\d\d|cp850|cp437")
_C1 = re.compile(r"[\x80-\x9f]")


def charset_of_syntax(identifier: str) -> str | None:
    """The character set of a syntax identifier (``UNOC``: ``iso8859-1``), or None for an unknown one."""
    return _OF_SYNTAX.get(identifier)


def known_charset(name: str) -> str:
    """The proper name of a character set; raises :class:`Fault` ``engine.configuration`` for an unknown one."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not _KNOWN.fullmatch(found):
        raise Fault(
            "engine.configuration", f"The character set {name!r} is not known.", found=name, subject=f"charset {name}"
        )
    return found


class Charset:
    """Turns values of bytes (seen as ISO 8859-1) into text.

    A declared character set is a claim: bytes that are valid UTF-8 are read as UTF-8 although something else was
    declared, since text that only looks like it does not occur. A ``pinned`` one is the agreement with the partner
    and holds. ``odd`` says what was met since it was last cleared: ``utf-8``, ``iso8859-1`` or ``broken``.
    """

    def __init__(self, declared: str, pinned: str | None = None) -> None:
        self.declared = declared
        self.pinned = pinned
        self.odd = ""

    def decode(self, value: str) -> str:
        """The text of ``value``; what cannot be read becomes replacement characters, and ``odd`` says so."""
        if value.isascii():
            return value
        raw = value.encode("latin-1")
        name = self.pinned or self.declared
        if not self.pinned and name != "utf-8":
            text = _as_utf_8(raw)
            if text is not None:
                self.odd = self.odd or "utf-8"
                return text
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            self.odd = "broken"
            return raw.decode(name, "replace")
        if name.startswith("iso8859") and _C1.search(text):
            self.odd = "broken"
        return text


def _as_utf_8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


class AnyCharset(Charset):
    """For X12, which declares none: UTF-8, else ISO 8859-1."""

    def __init__(self, pinned: str | None = None) -> None:
        super().__init__("utf-8", pinned)

    def decode(self, value: str) -> str:
        if self.pinned:
            return super().decode(value)
        text = _as_utf_8(value.encode("latin-1"))
        if text is None:
            self.odd = "iso8859-1"
            return value
        return text


def unsendable(charset: str, repertoire: frozenset[str] | None) -> Callable[[str], str]:
    """What is wrong with a character for an interchange in ``charset``: gives a text in words, or nothing."""

    @lru_cache(4096)
    def problem(character: str) -> str:
        if character < " " or "\x7f" <= character <= "\x9f":
            return "is a control character"
        if repertoire is not None and character not in repertoire:
            return "is not in the character set of the interchange"
        try:
            character.encode(charset)
        except UnicodeEncodeError:
            return f"is not in the character set {charset}"
        return ""

    return problem
