"""The layout of one partner's XML: namespaces, lists, the order of elements. Data, checked when it is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ...contracts import validate
from ...faults import Fault

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class XmlLayout:
    """A compiled layout; ``lists`` are paths by their last key."""

    namespaces: Mapping[str, str]
    prefixes: Mapping[str, str]
    lists: Mapping[str, tuple[tuple[str, ...], ...]]
    record: tuple[str, ...]
    envelope: bool
    order: Mapping[str, tuple[str, ...]]
    trim: bool
    indent: bool


def compiled(layout: Mapping[str, Any]) -> XmlLayout:
    """``layout`` ready for use; the same content again costs nothing.

    :raises Fault: ``engine.configuration`` with what is wrong with it
    """
    try:
        return _compiled(json.dumps(layout))
    except (TypeError, ValueError) as error:
        raise _unusable(f"it is no plain JSON ({error})") from error


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a layout."""
    return json.loads(Path(__file__).with_name("layout.schema.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=128)
def _compiled(text: str) -> XmlLayout:
    layout = json.loads(text)
    if faults := validate(schema(), layout, code="engine.configuration"):
        raise _unusable("; ".join(fault.detail.rstrip(".") for fault in faults))
    namespaces = layout.get("namespaces", {})
    prefixes = {uri: prefix for prefix, uri in namespaces.items()}
    if len(prefixes) < len(namespaces):
        raise _unusable("two prefixes stand for one namespace")
    if any(prefix.lower().startswith("xml") for prefix in namespaces):
        raise _unusable("a prefix must not begin with xml")
    lists: dict[str, tuple[tuple[str, ...], ...]] = {}
    for path in layout.get("lists", ()):
        keys = tuple(path.split("/"))
        lists[keys[-1]] = (*lists.get(keys[-1], ()), keys)
    return XmlLayout(
        namespaces=namespaces,
        prefixes={**prefixes, XML: "xml", XSI: prefixes.get(XSI, "xsi")},
        lists=lists,
        record=tuple(layout["record"].split("/")) if "record" in layout else (),
        envelope=layout.get("envelope", False),
        order={key: tuple(keys) for key, keys in layout.get("order", {}).items()},
        trim=layout.get("trim", True),
        indent=layout.get("indent", False),
    )


def _unusable(reason: str) -> Fault:
    return Fault("engine.configuration", f"The layout of the XML cannot be used: {reason}.", subject="layout")
