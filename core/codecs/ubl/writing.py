"""From a plain document to UBL: every element where the standard wants it, the same bytes for the same document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..limits import fits
from ..markup.writer import Writer, namespace_declarations, unfit
from .shapes import CAC, CBC, DOCUMENT, SIDES, TYPES, Element, kind_of, parts

_DECIMAL = re.compile(r"-?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DEEPEST = 30


def xml_of(document: Any, *, indent: bool) -> bytes:
    """The document in UTF-8; raises :class:`Fault` ``encode.*`` naming the member."""
    name = document.get("document") if isinstance(document, Mapping) else None
    if name not in TYPES:
        raise unfit(f"it must be one of {', '.join(TYPES)}", "document")
    writer = Writer(indent=indent)
    writer.open(name, namespace_declarations({"": DOCUMENT.format(name), "cac": CAC, "cbc": CBC}))
    members = {key: value for key, value in document.items() if key != "document"}
    left = _write_part(writer, name, members, 1)
    if left:
        raise unfit(f"{name} has no such member", left[0])
    writer.close(name)
    return writer.taken()


def _write_part(writer: Writer, part: str, members: Mapping[str, Any], depth: int) -> list[str]:
    """Write the members that ``part`` has; returns the others."""
    if depth > _DEEPEST:
        raise unfit(f"it is nested deeper than {_DEEPEST} levels", part)
    taken: set[str] = set()
    for element in parts()[part].values():
        if element.spliced:
            taken |= _write_spliced(writer, element, members, depth)
        elif (value := members.get(element.key)) is not None:
            taken.add(element.key)
            for each in _several(element, value):
                taken |= _write_element(writer, element, each, members, depth)
    return [key for key, value in members.items() if key not in taken and value is not None]


def _write_spliced(writer: Writer, element: Element, members: Mapping[str, Any], depth: int) -> set[str]:
    """An element whose members stand beside the others: written if it has any."""
    own = {key: members[key] for key in _keys(element.part or "") if members.get(key) is not None}
    if own:
        writer.open(f"cac:{element.name}")
        _write_part(writer, element.part or "", own, depth + 1)
        writer.close(f"cac:{element.name}")
    return set(own)


def _keys(part: str) -> list[str]:
    found = []
    for element in parts()[part].values():
        found.append(element.key)
        if element.is_value and not element.many:
            found += [f"{element.key}_{side}" for side, _attribute in SIDES.get(kind_of(element.name), ())]
    return found


def _several(element: Element, value: Any) -> list[Any]:
    if not element.many:
        return [value]
    if not isinstance(value, list):
        raise unfit("here should stand a list", element.key)
    return value


def _write_element(writer: Writer, element: Element, value: Any, members: Mapping[str, Any], depth: int) -> set[str]:
    """Write one element; returns the members beside its own that became its attributes."""
    if element.child:
        writer.open(f"cac:{element.name}")
        writer.leaf(f"cbc:{element.child}", (), _text(element, value))
        writer.close(f"cac:{element.name}")
        return set()
    if element.part:
        if not isinstance(value, Mapping):
            raise unfit("here should stand an object", element.key)
        writer.open(f"cac:{element.name}")
        if left := _write_part(writer, element.part, value, depth + 1):
            raise unfit(f"{element.part} has no such member", left[0])
        writer.close(f"cac:{element.name}")
        return set()
    attributes, text, beside = _leaf(element, value, members)
    writer.leaf(f"cbc:{element.name}", attributes, text)
    return beside


def _leaf(element: Element, value: Any, members: Mapping[str, Any]) -> tuple[list[tuple[str, str]], str, set[str]]:
    kind = kind_of(element.name)
    if kind == "amount":
        return *_measured(element, value, "value", {"currency": "currencyID"}), set()
    if kind == "measured":
        return *_measured(element, value, "value", {"unit": "unitCode"}), set()
    if kind == "binary":
        return *_measured(element, value, "content", {"mime_code": "mimeCode", "filename": "filename"}), set()
    if kind == "number":
        return [], _number(element, value), set()
    if kind == "indicator":
        if not isinstance(value, bool):
            raise unfit("here should stand true or false", element.key)
        return [], "true" if value else "false", set()
    sides = () if element.many else SIDES.get(kind, ())
    said = [(side, attribute) for side, attribute in sides if members.get(f"{element.key}_{side}")]
    attributes = [(attribute, members[f"{element.key}_{side}"]) for side, attribute in said]
    return attributes, _text(element, value), {f"{element.key}_{side}" for side, _attribute in said}


def _measured(element: Element, value: Any, member: str, names: Mapping[str, str]) -> tuple[list[tuple[str, str]], str]:
    if not isinstance(value, Mapping) or member not in value or set(value) - {member, *names}:
        raise unfit(f"here should stand an object of {member}, {' and '.join(names)}", element.key)
    attributes = [(attribute, value[name]) for name, attribute in names.items() if value.get(name)]
    text = value[member]
    return attributes, _text(element, text) if member == "content" else _number(element, text)


def _number(element: Element, value: Any) -> str:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not fits(value):
        raise unfit("here should stand a decimal number", element.key)
    return format(value, "f")


def _text(element: Element, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise unfit("here should stand a text", element.key)
    return value
