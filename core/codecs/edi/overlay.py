"""Overlays: how a guide differs from another one, in a few lines of JSON.

``segments``   segments told anew: ``{"REF": ["qualifier! ID 2/3", ...]}``
``elements``   single elements told anew: ``{"PO1.4": "price R 1/17"}``
``counts``     how often a node may come: ``{"references": "1..5", "lines.notes": "0..0"}``; ``0..0`` takes it out
``add``        further nodes: ``[{"into": "lines", "after": "PID", "node": "MSG messages 0..*"}]``
``codes``      lists of codes: ``{"BEG.1": ["00", "01"]}``
``content``    the whole structure told anew; ``title``, ``group`` and ``number`` likewise
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...faults import Fault

__all__ = ["applied"]

_MEMBERS = {"extends", "title", "group", "number", "content", "segments", "elements", "counts", "add", "codes"}


def applied(base: Mapping[str, Any], overlay: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The guide that ``overlay`` makes of ``base``; raises :class:`Fault` ``engine.configuration``."""
    unknown = sorted(set(overlay) - _MEMBERS)
    if unknown:
        raise _wrong(name, f"an overlay has no member {unknown[0]!r}")
    made = copy.deepcopy(dict(base))
    for member in ("title", "group", "number", "content"):
        if member in overlay:
            made[member] = copy.deepcopy(overlay[member])
    for member in ("segments", "codes", "elements"):
        made[member] = {**made.get(member, {}), **overlay.get(member, {})}
    for path, count in overlay.get("counts", {}).items():
        _count(made["content"], path, count, name)
    for addition in overlay.get("add", ()):
        _add(made["content"], addition, name)
    return made


def _wrong(name: str, words: str) -> Fault:
    return Fault("engine.configuration", f"Guide {name}: {words}.", subject=f"guide {name}")


def _said(entry: Any) -> list[str]:
    """Segment, name and count of a node."""
    return (entry if isinstance(entry, str) else entry["loop"]).split(" ")


def _find(content: list[Any], path: str, name: str) -> tuple[list[Any], int]:
    """The list that holds the node of a dotted path, and its place in it."""
    first, _dot, rest = path.partition(".")
    for place, entry in enumerate(content):
        if first in _said(entry)[:2]:
            if not rest:
                return content, place
            if isinstance(entry, dict):
                return _find(entry["content"], rest, name)
    raise _wrong(name, f"there is no {path!r} to change")


def _count(content: list[Any], path: str, count: str, name: str) -> None:
    held, place = _find(content, path, name)
    if count == "0..0":
        del held[place]
        return
    entry = held[place]
    tag, own, _count_before = _said(entry)
    said = f"{tag} {own} {count}"
    held[place] = said if isinstance(entry, str) else {**entry, "loop": said}


def _add(content: list[Any], addition: Mapping[str, Any], name: str) -> None:
    held = content
    if addition.get("into"):
        outer, place = _find(content, addition["into"], name)
        if not isinstance(outer[place], dict):
            raise _wrong(name, f"{addition['into']!r} is no loop")
        held = outer[place]["content"]
    after = addition.get("after")
    place = _find(held, after, name)[1] + 1 if after else len(held)
    held.insert(place, copy.deepcopy(addition["node"]))
