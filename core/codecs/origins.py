"""Where in the partner's file a member of a document stood: the line, or the segment and its element.

A contract and a mapping see the decoded document and name places in it; a partner finds a place in its own file.
Codecs note where they read each object (:class:`Origins`) when they are asked to, and they are asked only for a
document that has faults (:func:`tell`), so that reading costs nothing where all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..faults import Fault
from .parts import Part, Place

__all__ = ["Origins", "tell"]

Naming = Callable[[str], str]
"""Gives what to add for a member of an object: ``", element 4"``; nothing where it is not known."""


class Origins:
    """Where the objects of one document were read."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[dict[str, Any], list[tuple[str, Naming | None]]]] = {}

    def note(self, held: dict[str, Any], where: str, naming: Naming | None = None) -> None:
        """``held``, or a part of its members, was read at ``where``; the first place noted is that of its beginning."""
        # The object is kept beside its identity, so that no other one can have the same while this one lives.
        self._held.setdefault(id(held), (held, []))[1].append((where, naming))

    def became(self, held: dict[str, Any], other: dict[str, Any]) -> None:
        """``other`` has the members of ``held``, and goes into the document in its place."""
        _held, places = self._held.get(id(held), (held, []))
        for where, naming in places:
            self.note(other, where, naming)

    def at(self, document: Any, pointer: str) -> str:
        """Where the member at the JSON ``pointer`` stood or is missing; empty where nobody noted it."""
        found, here = "", document
        for token in ["", *(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])]:
            if token:
                found = self._named(here, token) or found
                here = _below(here, token)
            if isinstance(here, dict) and id(here) in self._held:
                found = self._held[id(here)][1][0][0]
        return found

    def _named(self, here: Any, token: str) -> str:
        """Where the member of an object was said, if it is known more closely than the object."""
        if not isinstance(here, dict):
            return ""
        for where, naming in self._held.get(id(here), (here, []))[1]:
            if naming and (added := naming(token)):
                return where + added
        return ""


def _below(here: Any, token: str) -> Any:
    if isinstance(here, dict):
        return here.get(token)
    if isinstance(here, list) and token.isdecimal() and int(token) < len(here):
        return here[int(token)]
    return None


def tell(
    codec: Any, raw: bytes | None, place: Place | None, faults: Iterable[Fault], *, canonical: bool = False
) -> list[Fault]:
    """``faults`` of the document in ``raw``, each with the place in the file where the partner finds it.

    :param codec: the codec by which it was read; one that notes no places leaves the faults as they are
    :param place: where ``raw`` stood in its file
    :param canonical: the faults are about what a mapping made of it, so that only the document as a whole has a place
    """
    found = list(faults)
    locate = getattr(codec, "locate", None)
    if not found or not raw or locate is None:
        return found
    try:
        part, origins, unit = locate(raw, place)
    except Fault:
        return found  # what cannot be read (any more) has no places; why not, is told where it is read
    whole = _whole(part, place, unit)
    for fault in found:
        where = "" if canonical or not fault.pointer else origins.at(part.document, fault.pointer)
        fault.is_at(where or whole)
    return found


def _whole(part: Part, place: Place | None, unit: str) -> str:
    extent = (place.first, place.last) if place else part.extent
    if extent is None:
        return ""
    first, last = extent
    return f"{unit} {first}" if first == last else f"{unit}s {first} to {last}"
