"""Entries of lists: by their position, and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .shapes import EACH, Path, limit_words, shape
from .sides import Side, same

if TYPE_CHECKING:
    from .comparison import Comparison, Difference


def compare(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    """The differences between the entries that two schemas allow."""
    before, after = old.children("prefixItems"), new.children("prefixItems")
    was, now = (side.child(side.schema.get("items", True)) for side in (old, new))
    for index in range(max(len(before), len(after))):
        place = (*path, index)
        if index >= len(after):
            yield _position(task, "REMOVED", before[index], now, now, place)
        elif index >= len(before):
            yield _position(task, "ADDED", was, after[index], was, place)
        else:
            yield from task.between(before[index], after[index], place)
    if before or after:
        yield from _rest(task, was, now, path)
    elif not same(was, now):
        yield from task.between(was, now, (*path, EACH))
    if new.schema.get("uniqueItems", False) and not old.schema.get("uniqueItems", False):
        yield task.told("UNIQUE_ITEMS_ADDED", path, False, "the same entry more than once", "each entry once")
    elif old.schema.get("uniqueItems", False) and not new.schema.get("uniqueItems", False):
        yield task.told("UNIQUE_ITEMS_REMOVED", path, True, "each entry once", "the same entry more than once")
    yield from _contains(task, old, new, path)


def _position(task: Comparison, change: str, was: Side, now: Side, model: Side, place: Path) -> Difference:
    """A position was declared, or is no longer; ``model`` is what holds, on the other side, for all further entries."""
    ok = task.accepts(was, now)
    name = "ADDED_TO" if change == "ADDED" else "REMOVED_FROM"
    if model.schema in (True, {}):
        kind = f"ITEM_{name}_OPEN_CONTENT_MODEL"
    elif model.schema is False:
        kind = f"ITEM_{name}_CLOSED_CONTENT_MODEL"
    else:
        kind = f"ITEM_{change}_{'IS' if ok else 'NOT'}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    return task.told(kind, place, ok, shape(was), shape(now))


def _rest(task: Comparison, was: Side, now: Side, path: Path) -> Iterator[Difference]:
    if was.schema is not False and now.schema is False:
        yield task.told("ADDITIONAL_ITEMS_REMOVED", path, False, "open to further entries", "closed to them")
    elif was.schema is False and now.schema is not False:
        yield task.told("ADDITIONAL_ITEMS_ADDED", path, True, "closed to further entries", "open to them")
    elif not same(was, now):
        ok = task.accepts(was, now)
        kind = "ADDITIONAL_ITEMS_EXTENDED" if ok else "ADDITIONAL_ITEMS_NARROWED"
        yield task.told(kind, path, ok, f"further entries: {shape(was)}", f"further entries: {shape(now)}")


def _contains(task: Comparison, old: Side, new: Side, path: Path) -> Iterator[Difference]:
    o, n = old.schema, new.schema
    if "contains" not in n:
        if "contains" in o:
            yield task.told("CONTAINS_REMOVED", path, True, "a certain entry asked for", "not asked for")
        return
    least, most = n.get("minContains", 1), n.get("maxContains")
    if "contains" not in o:
        ok = least <= 0 and most is None
        yield task.told("CONTAINS_ADDED", path, ok, "a certain entry not asked for", "asked for")
        return
    was, now = old.child(o["contains"]), new.child(n["contains"])
    if least > 0 and not task.accepts(was, now) or most is not None and not task.accepts(now, was):
        yield task.told("CONTAINS_CHANGED", path, False, "one kind of entry asked for", "another one")
    for keyword, usual, low in (("minContains", 1, True), ("maxContains", None, False)):
        before, after = o.get(keyword, usual), n.get(keyword, usual)
        if before == after:
            continue
        if after is None:
            change, ok = "REMOVED", True
        elif before is None:
            change, ok = "ADDED", False
        else:
            change, ok = ("INCREASED", not low) if after > before else ("DECREASED", low)
        told = (limit_words(keyword, before), limit_words(keyword, after))
        yield task.told(f"{'MIN' if low else 'MAX'}_CONTAINS_{change}", path, ok, *told)
