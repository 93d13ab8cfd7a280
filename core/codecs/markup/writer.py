"""XML written piece by piece: the same document always gives the same bytes, in UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ...faults import Fault
from ..limits import fits

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAME = re.compile(r"[^\W\d][\w.-]*")
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = {**_IN_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
_TEXT = re.compile("[&<>\r]")
_ATTRIBUTE = re.compile('[&<>\r"\n\t]')


class Writer:
    """Puts elements one after the other; ``indent`` lays them out for people."""

    def __init__(self, *, indent: bool = False) -> None:
        self._pieces: list[str] = [DECLARATION]
        self._indent = indent
        self._depth = 0

    def taken(self) -> bytes:
        """What was written since the last time."""
        text, self._pieces = "".join(self._pieces), []
        return text.encode("utf-8")

    def open(self, tag: str, attributes: Iterable[tuple[str, Any]] = ()) -> None:
        """The start of an element that has elements."""
        self._put(f"<{tag}{_attributes(attributes)}>")
        self._depth += 1

    def close(self, tag: str) -> None:
        """The end of the element opened last."""
        self._depth -= 1
        self._put(f"</{tag}>")

    def leaf(self, tag: str, attributes: Iterable[tuple[str, Any]], value: Any) -> None:
        """An element with a value, or with none."""
        text = escaped(value, tag)
        end = f">{text}</{tag}>" if text else "/>"
        self._put(f"<{tag}{_attributes(attributes)}{end}")

    def _put(self, text: str) -> None:
        self._pieces.append(f"{'  ' * self._depth}{text}\n" if self._indent else text)


def namespace_declarations(namespaces: Mapping[str, str]) -> list[tuple[str, str]]:
    """The attributes that declare ``namespaces`` (prefix to namespace), in their order."""
    return [(f"xmlns:{prefix}" if prefix else "xmlns", uri) for prefix, uri in namespaces.items()]


def checked_name(name: str) -> str:
    """``name`` if an element or attribute may be called so (without its prefix)."""
    if not _NAME.fullmatch(name):
        raise unfit(f"nothing in XML can be called '{name[:40]}'", "name")
    return name


def _attributes(attributes: Iterable[tuple[str, Any]]) -> str:
    pairs = [f' {name}="{_escaped(value, name, _ATTRIBUTE, _IN_ATTRIBUTE)}"' for name, value in attributes]
    return "".join(pairs)


def escaped(value: Any, name: str) -> str:
    """A plain value as the text of an element."""
    return _escaped(value, name, _TEXT, _IN_TEXT)


def _escaped(value: Any, name: str, special: re.Pattern[str], replaced: Mapping[str, str]) -> str:
    text = _plain(value, name)
    if found := _IMPOSSIBLE.search(text):
        raise Fault(
            "encode.character",
            f"The character U+{ord(found[0]):04X} of {name} is one that no XML can contain.",
            found=f"U+{ord(found[0]):04X}",
            subject=f"character in {name}",
        )
    return special.sub(lambda match: replaced[match[0]], text) if special.search(text) else text


def _plain(value: Any, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and fits(value):
        return format(value, "f")
    raise unfit(f"{type(value).__name__} is no value", name)


def unfit(reason: str, name: str) -> Fault:
    """What the form has no place for."""
    return Fault(
        "encode.value", f"{name} cannot be written: {reason}.", pointer=f"/{name}", subject=f"{name}: {reason}"
    )
