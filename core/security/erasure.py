"""Find what documents say about a person, and take it out.

An identifier is found however it is written: an e-mail address in any case, a telephone number with or without spaces
and country code, a name within a longer text, an order number as a value of its own. What is taken out leaves a mask,
so that the document still shows its shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .masking import MASK, mask_document

KINDS = ("email", "phone", "name", "order")
_PHONE_DIGITS = 9
"""So many digits at the end tell one telephone from another; what stands before is country and area."""
# Fractions keep the digits that they were written with: 12.50 stays 12.50.
_MARK = "\ue000"
_AS_WRITTEN = re.compile(f'"{_MARK}([^"{_MARK}]+){_MARK}"')
_CHARSETS = (
    "utf-8",
    *(f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 7, 9, 10, 13, 15)),
    *(f"cp125{part}" for part in (0, 1, 2, 3, 4, 7)),
    "cp850",
    "utf-16-le",
    "utf-16-be",
)
"""In which business documents are written."""
_RELEASED = re.compile(r"[?'+:]")
_RELEASE = re.compile(r"\?(?=[?'+:])")
_SHORTEST = {"email": 5, "phone": 7, "name": 4, "order": 3}


@dataclass(frozen=True, slots=True)
class Identifier:
    """What is looked for: an e-mail address, a telephone number, a name or an order number.

    :raise ValueError: when it is too short to mean one person
    """

    kind: str
    value: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of identifier: {self.kind}")
        if len(self.normal) < _SHORTEST[self.kind]:
            raise ValueError(f"an identifier of this kind has at least {_SHORTEST[self.kind]} characters")

    @property
    def normal(self) -> str:
        """The form in which two ways of writing are equal."""
        if self.kind == "phone":
            return re.sub(r"\D", "", self.value)
        return " ".join(self.value.split()).casefold().removeprefix("#" if self.kind == "order" else "")

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds it in a text."""
        if self.kind == "phone":
            digits = self.normal[-_PHONE_DIGITS:]
            return re.compile(r"\+?(?:\d[\s()./-]{0,2}){0,6}" + r"[\s()./-]{0,2}".join(digits) + r"(?!\d)")
        words = r"\s+".join(re.escape(word) for word in " ".join(self.value.split()).removeprefix("#").split(" "))
        return re.compile(rf"(?<![\w.+-]){words}(?!\w)" if self.kind != "name" else rf"(?<!\w){words}(?!\w)", re.I)

    def is_in(self, value: Any) -> bool:
        """Whether a document, or a part of one, says it."""
        if isinstance(value, dict):
            return any(self.is_in(member) or self.is_in(str(name)) for name, member in value.items())
        if isinstance(value, (list, tuple)):
            return any(self.is_in(item) for item in value)
        if value is None or isinstance(value, bool):
            return False
        text = str(value).strip(_MARK)
        if self.kind == "order":
            return text.casefold().strip().removeprefix("#") == self.normal
        return bool(self.pattern.search(text))

    def taken_out(self, text: str) -> str:
        """``text`` without it. An order number stays: it is the name of a business fact and not of a person."""
        return text if self.kind == "order" else self.pattern.sub(MASK, text)

    def searched(self) -> list[str]:
        """Parts of stored bytes that are worth a closer look: texts as PostgreSQL's ``encode(content, 'escape')``
        writes them, in small letters. A telephone number gives none, see :meth:`searched_digits`."""
        if self.kind == "phone":
            return []
        text = " ".join(self.value.split()).removeprefix("#")
        written = {text, text.lower(), text.upper(), text.title(), text.casefold()}
        written |= {json.dumps(one)[1:-1] for one in written} | {_RELEASED.sub(r"?\g<0>", one) for one in written}
        return sorted({_escaped(each).lower() for one in written for each in _in_charsets(one)})

    def searched_digits(self) -> str:
        """A regular expression (POSIX) for the digits of a telephone number; empty for other kinds."""
        return "[^0-9]{0,2}".join(self.normal[-_PHONE_DIGITS:]) if self.kind == "phone" else ""


def find_in(content: bytes, identifier: Identifier) -> bool:
    """Whether stored bytes say it; of what is no JSON the text as a whole is looked at, in each character set that it
    may be written in: which one it is, only the partner's layout or its envelope says."""
    document = _document(content)
    if document is not _NONE:
        return identifier.is_in(document)
    return any(identifier.is_in(text) for text in _texts(content))


def anonymised(content: bytes, identifier: Identifier) -> bytes | None:
    """Stored bytes without anything about a person: what is personal by its name (:mod:`.masking`), and the identifier
    wherever else it stands. None for what is no JSON: there is no telling what it holds.
    """
    document = _document(content)
    if document is _NONE:
        return None
    text = json.dumps(_clean(mask_document(document), identifier), ensure_ascii=False)
    return _AS_WRITTEN.sub(r"\1", text).encode("utf-8", "backslashreplace")


def _texts(content: bytes) -> Iterator[str]:
    """What bytes may say as text; in EDI a sign in front of another one takes its meaning as a separator away."""
    try:
        texts = [content.decode("utf-8")]
    except UnicodeDecodeError:
        texts = [content.decode(name, "replace") for name in _CHARSETS if not name.startswith("utf")]
    if b"\0" in content:
        texts += [content.decode(name, "replace") for name in _CHARSETS if name.startswith("utf-16")]
    for text in dict.fromkeys(texts):
        yield text
        if "?" in text:
            yield _RELEASE.sub("", text)


def _in_charsets(text: str) -> set[bytes]:
    found = set()
    for name in _CHARSETS:
        with suppress(UnicodeEncodeError):
            found.add(text.encode(name))
    return found


_NONE = object()


def _document(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=lambda number: f"{_MARK}{number}{_MARK}")
    except (ValueError, RecursionError):
        return _NONE


def _clean(value: Any, identifier: Identifier) -> Any:
    if isinstance(value, dict):
        return {identifier.taken_out(str(name)): _clean(member, identifier) for name, member in value.items()}
    if isinstance(value, list):
        return [_clean(item, identifier) for item in value]
    if isinstance(value, str):
        return identifier.taken_out(value)
    if (
        identifier.kind == "phone"
        and isinstance(value, int)
        and not isinstance(value, bool)
        and identifier.is_in(value)
    ):
        return MASK
    return value


def _escaped(content: bytes) -> str:
    return "".join(
        f"\\{byte:03o}" if byte == 0 or byte > 127 else "\\\\" if byte == 92 else chr(byte) for byte in content
    )
