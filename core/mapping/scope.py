"""Where a rule stands while it is evaluated: the current source, and what surrounds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["Place", "Scope", "place_text"]

# The way from the root of the source document to a value: names and list positions.
Place = tuple["str | int", ...]


class Scope:
    """The current source with its surroundings.

    ``index`` is the zero-based position among the siblings of a list rule; ``group`` the items of a grouped list rule
    and ``group_places`` where each of them stands; ``place`` the way from the root where it is known; ``context``
    values that the caller adds (the company's codes, the time of the run).
    """

    __slots__ = ("context", "current", "group", "group_places", "index", "parent", "place", "root")

    def __init__(
        self,
        current: Any,
        *,
        context: dict[str, Any],
        parent: Scope | None = None,
        index: int | None = None,
        group: Sequence[Any] | None = None,
        group_places: Sequence[Place | None] = (),
        place: Place | None = (),
    ) -> None:
        self.current = current
        self.parent = parent
        self.root = current if parent is None else parent.root
        self.index = index if index is not None or parent is None else parent.index
        self.group = group if group is not None or parent is None else parent.group
        self.group_places = group_places if group is not None or parent is None else parent.group_places
        self.place = place
        self.context = context

    def within(
        self,
        current: Any,
        *,
        place: Place | None,
        index: int | None = None,
        group: Sequence[Any] | None = None,
        group_places: Sequence[Place | None] = (),
    ) -> Scope:
        """The scope of ``current`` inside this one."""
        return Scope(
            current,
            context=self.context,
            parent=self,
            index=index,
            group=group,
            group_places=group_places,
            place=place,
        )


def place_text(place: Place) -> str:
    """The place as people write it: ``line_items[1].quantity``."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
