"""From UBL to a plain document, whatever prefixes the sender likes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...faults import Fault
from ..limits import fits
from ..markup.tree import Node
from ..origins import Origins
from .shapes import CAC, CBC, DOCUMENT, SIDES, TYPES, Element, kind_of, parts, plural, snake

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DATE = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(Z|[+-]\d\d:\d\d)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_LEFT_OUT = {"UBLExtensions", "Signature"}


def document_of(root: Node, origins: Origins | None = None) -> dict[str, Any]:
    """The document; raises :class:`Fault` ``decode.*`` with the line and the path of what is wrong.

    :param origins: is told on which line each object and each of its members stands
    """
    namespace, name = root.name
    if name not in TYPES or namespace != DOCUMENT.format(name):
        raise Fault(
            "decode.malformed",
            f"The XML is no UBL document that is known here, but {name} of {namespace or 'no namespace'}.",
            expected=", ".join(TYPES),
            found=name,
            subject="document type",
        )
    members = _members(root, name, f"/{name}", origins)
    document = {"document": name, **members}
    if origins:
        origins.became(members, document)
    return document


def _members(node: Node, part: str, path: str, origins: Origins | None) -> dict[str, Any]:
    if node.is_mixed or (not node.children and node.text.strip()):
        raise _wrong(node, path, "text stands where only elements belong", "text beside elements")
    known, found, seen = parts().get(part, {}), {}, {}
    if origins:
        origins.note(found, f"line {node.line}")
    for child in node.children:
        namespace, name = child.name
        if name in _LEFT_OUT:
            continue
        seen[child.name] = number = seen.get(child.name, 0) + 1
        prefix = "cac:" if namespace == CAC else "cbc:" if namespace == CBC else ""
        below = f"{path}/{prefix}{name}" + (f"[{number}]" if number > 1 else "")
        element = known.get(name)
        if element is None or namespace != (CBC if element.is_value else CAC):
            _put_unknown(found, known.values(), child, name, below, origins)
        elif element.spliced:
            members = _members(child, element.part or "", below, origins)
            found.update(members)
            if origins:
                origins.became(members, found)
        else:
            _put(found, element, child, below, number, origins)
    return found


def _put(found: dict[str, Any], element: Element, node: Node, path: str, number: int, origins: Origins | None) -> None:
    if element.child:
        values = [each for each in node.children if each.name == (CBC, element.child)]
        value: Any = values[0].text.strip() if values else None
        sides: dict[str, str] = {}
    elif element.part:
        value, sides = _members(node, element.part, path, origins), {}
    else:
        value, sides = _value(node, element.name, path)
    if element.many:
        if value is not None:
            found.setdefault(element.key, []).append(value)
        return
    if number > 1:
        raise _wrong(node, path, "it stands there more than once", f"repeated {element.name}")
    if value is not None:
        found[element.key] = value
        _stood(origins, found, element.key, node)
        found.update({f"{element.key}_{side}": text for side, text in sides.items()})


def _stood(origins: Origins | None, found: dict[str, Any], key: str, node: Node) -> None:
    """The member ``key`` stands on the line of ``node``, where that is another one than its object's."""
    if origins:
        origins.note(found, f"line {node.line}", lambda name: f", {node.name[1]}" if name == key else "")


def _put_unknown(
    found: dict[str, Any], known: Iterable[Element], node: Node, name: str, path: str, origins: Origins | None
) -> None:
    """What the standard has and we do not write, or a partner's own: kept as it came, in the same way of naming."""
    value: Any = _members(node, "", path, origins) if node.children else _value(node, name, path)[0]
    key = snake(name)
    if any(element.key in (key, plural(key)) for element in known):
        key = f"other_{key}"
    many = plural(key) if plural(key) != key else f"{key}_list"
    if key in found or many in found:
        found[many] = [*_listed(found.pop(key, None)), *found.get(many, []), value]
    elif value is not None:
        found[key] = value


def _listed(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _value(node: Node, name: str, path: str) -> tuple[Any, dict[str, str]]:
    """A value, and what its attributes say beside it."""
    if node.children:
        raise _wrong(node, path, "elements stand where a value belongs", f"elements in {name}")
    text, kind = node.text.strip(), kind_of(name)
    if not text:
        return None, {}
    said = {local: value for (_namespace, local), value in node.attributes.items()}
    if kind == "amount":
        return _with(_number(node, text, path), currency=said.get("currencyID")), {}
    if kind == "measured":
        return _with(_number(node, text, path), unit=said.get("unitCode")), {}
    if kind == "number":
        return _number(node, text, path), {}
    if kind == "indicator":
        if text not in _TRUTH:
            raise _wrong(node, path, f"here should stand true or false, found '{text[:40]}'", f"value of {name}")
        return _TRUTH[text], {}
    if kind == "binary":
        content = "".join(text.split())
        return _with(content, "content", mime_code=said.get("mimeCode"), filename=said.get("filename")), {}
    if kind == "date":
        if not (match := _DATE.fullmatch(text)):
            raise _wrong(node, path, f"here should stand a date as YYYY-MM-DD, found '{text[:40]}'", f"value of {name}")
        return match[1], {}
    if kind == "time" and not _TIME.fullmatch(text):
        raise _wrong(node, path, f"here should stand a time as HH:MM:SS, found '{text[:40]}'", f"value of {name}")
    return text, {side: said[attribute] for side, attribute in SIDES.get(kind, ()) if said.get(attribute)}


def _with(value: str, key: str = "value", **said: str | None) -> dict[str, str]:
    return {key: value, **{name: text for name, text in said.items() if text}}


def _number(node: Node, text: str, path: str) -> str:
    if not _DECIMAL.fullmatch(text) or not fits(Decimal(text)):
        raise _wrong(node, path, f"here should stand a decimal number, found '{text[:40]}'", f"value of {node.name[1]}")
    return format(Decimal(text), "f")


def _wrong(node: Node, path: str, text: str, subject: str) -> Fault:
    return Fault("decode.value_invalid", f"Line {node.line}, {path}: {text}.", subject=subject)
