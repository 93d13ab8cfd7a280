"""One segment -> an object with names, by the shape that a guide gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .guide import Shape, Slot
from .segments import Delimiters, Element, Segment
from .values import moment, read_value

__all__ = ["Complain", "check_conditions", "element_of", "generic", "shaped"]

# (kind of problem, words, element, component, what was found)
Complain = Callable[[str, str, int, int, str], None]


def shaped(segment: Segment, shape: Shape, complain: Complain, delimiters: Delimiters) -> dict[str, Any]:
    """The values of ``segment`` by their names; what is empty is left out.

    What the guide does not know is kept too: further elements in ``surplus``, further components of element 3 in
    ``surplus_3``. Where a separator has parted a value that has no parts, it is put back together.
    """
    elements = segment.elements
    count = len(elements)
    values: dict[str, Any] = {}
    for slot in shape.slots:
        place = slot.place
        if place >= count:
            if slot.must:
                complain("element_missing", f"the {_words(slot)} is missing", place + 1, 0, "")
            continue
        if slot.kind and not slot.times and not slot.repeats:
            held = elements[place]
            if held.__class__ is str:
                if held:
                    value, problem, words = read_value(held, slot.kind)
                    if problem:
                        complain(problem, words, place + 1, 0, held)
                    values[slot.name] = value
                elif slot.must:
                    complain("element_missing", f"the {_words(slot)} is missing", place + 1, 0, "")
                continue
        _read_slot(slot, elements[place : place + slot.width], values, complain, delimiters)
    if count > shape.width and any(elements[shape.width :]):
        surplus = elements[shape.width :]
        words = f"the guide knows {shape.width} elements of {shape.tag}, and {count} came"
        complain("element_surplus", words, shape.width + 1, 0, "")
        values["surplus"] = [_kept(element) for element in surplus]
    if shape.conditions:
        check_conditions(shape, elements, complain)
    values.pop("-", None)
    return values


def element_of(shape: Shape, name: str) -> str:
    """Where a member stands in a segment of this shape: ``, element 3, component 2``; empty for one it has not."""
    for slot in shape.slots:
        if slot.name == name:
            return f", element {slot.place + 1}"
        if slot.name == ".":
            for part in slot.parts:
                if part.name == name:
                    return f", element {slot.place + 1}, component {part.place + 1}"
    return ""


def _words(slot: Slot) -> str:
    if slot.name == ".":
        return slot.parts[0].name.replace("_", " ")
    return slot.name.replace("_", " ")


def _read_slot(slot: Slot, held: list[Element], values: dict, complain: Complain, delimiters: Delimiters) -> None:
    if slot.run:
        found = _run(slot, held, complain, delimiters)
        while found and not found[-1]:
            found.pop()
        if found:
            values[slot.name] = found
        elif slot.must:
            complain("element_missing", f"the {_words(slot)} is missing", slot.place + 1, 0, "")
        return
    copies: list[list[str]] = []
    for element in held:
        copies += _copies(element, slot, complain, delimiters.repetition)
    found = [_one(slot, copy, complain, slot.place + 1 + at, delimiters) for at, copy in enumerate(copies)]
    if slot.times or slot.repeats:
        while found and found[-1] in ({}, ""):
            found.pop()
        if found:
            values[slot.name] = found
    elif found and found[0] not in ({}, ""):
        if slot.name == ".":
            values.update(found[0])
        else:
            values[slot.name] = found[0]
        return
    if slot.must and not found:
        complain("element_missing", f"the {_words(slot)} is missing", slot.place + 1, 0, "")
    elif slot.must and found == [{}] or found == [""] and slot.must:
        complain("element_missing", f"the {_words(slot)} is missing", slot.place + 1, 0, "")


def _copies(element: Element, slot: Slot, complain: Complain, repetition: str) -> list[list[str]]:
    """The repetitions of an element; where it must not repeat, the separator was text."""
    if isinstance(element, str):
        return [[element]]
    if len(element) == 1 or slot.repeats:
        if slot.repeats and len(element) > slot.repeats:
            words = f"the element comes {len(element)} times, at most {slot.repeats} are allowed"
            complain("element_repeated", words, slot.place + 1, 0, "")
        return element
    complain("element_repeated", "the element repeats and should not", slot.place + 1, 0, "")
    joined = list(element[0])
    for copy in element[1:]:
        joined[-1] += repetition + copy[0]
        joined += copy[1:]
    return [joined]


def _one(slot: Slot, parts: list[str], complain: Complain, element: int, delimiters: Delimiters) -> Any:
    """One repetition: a value, or an object of components."""
    if not slot.parts:
        text = parts[0]
        if len(parts) > 1 and any(parts[1:]):
            complain("element_surplus", "the element has components and should not", element, 2, "")
            text = delimiters.component.join(parts)
        if not text:
            return ""
        value, problem, words = read_value(text, slot.kind)
        if problem:
            complain(problem, words, element, 0, text)
        return value
    values: dict[str, Any] = {}
    moments = None
    width = 0
    for part in slot.parts:
        at = part.place
        width = at + part.width
        texts = parts[at:width]
        if part.times:
            found = [_component(part, text, complain, element, at + 1 + turn) for turn, text in enumerate(texts)]
            while found and found[-1] == "":
                found.pop()
            if found:
                values[part.name] = found
            continue
        if texts and texts[0]:
            values[part.name] = _component(part, texts[0], complain, element, at + 1)
            if part.kind.name == "moment":
                moments = part
        elif part.must and any(parts):
            complain("element_missing", f"the {_words(part)} is missing", element, at + 1, "")
    if len(parts) > width and any(parts[width:]):
        complain(
            "element_surplus", f"the guide knows {width} components, and {len(parts)} came", element, width + 1, ""
        )
        values[f"surplus_{element}"] = parts[width:]
    if moments:
        text, right = moment(values[moments.name], values.get("format", "102" if len(parts) == 2 else ""))
        if not right:
            complain("bad_date", "this is no date in the format that is given", element, moments.place + 1, text)
        values[moments.name] = text
    values.pop("-", None)
    return values


def _component(part: Slot, text: str, complain: Complain, element: int, component: int) -> Any:
    if not text:
        return ""
    value, problem, words = read_value(text, part.kind)
    if problem:
        complain(problem, words, element, component, text)
    return value


def _run(slot: Slot, held: list[Element], complain: Complain, delimiters: Delimiters) -> list[dict[str, Any]]:
    """Consecutive elements in turns, as product identifiers come in pairs; a turn that is empty keeps its place."""
    wide = sum(part.width for part in slot.parts)
    turns = []
    for start in range(0, len(held), wide):
        values: dict[str, Any] = {}
        for part in slot.parts:
            at = start + part.place
            if at >= len(held) or not held[at]:
                continue
            element = slot.place + 1 + at
            values[part.name] = _one(part, _flat(held[at]), complain, element, delimiters)
        if values:
            for part in slot.parts:
                if part.must and part.name not in values:
                    at = slot.place + 1 + start + part.place
                    complain("element_missing", f"the {_words(part)} is missing", at, 0, "")
        turns.append(values)
    return turns


def _flat(element: Element) -> list[str]:
    return [element] if isinstance(element, str) else element[0]


def check_conditions(shape: Shape, elements: list[Element], complain: Complain) -> None:
    """X12's relational conditions: P all or none, R at least one, E at most one, C the first demands all others,
    L the first demands one of the others."""
    for rule, places in shape.conditions:
        filled = [place <= len(elements) and bool(elements[place - 1]) for place in places]
        names = " and ".join(f"{place:02d}" for place in places)
        if rule == "P" and any(filled) and not all(filled):
            empty = places[filled.index(False)]
            complain("condition", f"elements {names} come together or not at all", empty, 0, "")
        elif rule == "R" and not any(filled):
            complain("condition", f"one of the elements {names} must be there", places[0], 0, "")
        elif rule == "E" and sum(filled) > 1:
            complain("exclusion", f"only one of the elements {names} may be there", places[filled.index(True)], 0, "")
        elif rule == "C" and filled[0] and not all(filled):
            words = f"element {places[0]:02d} demands element {places[filled.index(False)]:02d}"
            complain("condition", words, places[filled.index(False)], 0, "")
        elif rule == "L" and filled[0] and not any(filled[1:]):
            complain("condition", f"element {places[0]:02d} demands one of {names}", places[1], 0, "")


def generic(segment: Segment) -> dict[str, Any]:
    """A segment without names: its tag and its elements, composites as lists, repetitions as an object."""
    return {"tag": segment.tag, "elements": [_kept(element) for element in segment.elements]}


def _kept(element: Element) -> Any:
    if isinstance(element, str):
        return element
    return element[0] if len(element) == 1 else {"repetitions": element}
