"""A document -> the segments of one message, by the guide that reads it.

Everything that does not fit is found before anything is written: a :class:`Fault` ``encode.*`` names each value by its
JSON pointer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ...faults import Fault
from .guide import Guide, Loop, Node, Shape, Slot
from .segments import Delimiters
from .shaping import check_conditions
from .values import moment_text, plain_number, written_value

__all__ = ["MessageWriter", "raised"]

_ENVELOPE = {"interchange", "group", "message"}
_SURPLUS = re.compile(r"surplus(?:_\d+)?(?:_[A-Z][A-Z0-9]{1,2})?")
_FAULT_LIMIT = 100
# Stands for a value that has a fault already, so that it is not taken for a missing one; it is never sent.
_UNWRITTEN = "!"


def raised(faults: list[Fault]) -> None:
    """Raise what was found: one fault as it is, several as one that sums them up."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        first = faults[0]
        raise Fault(
            first.code,
            f"{len(faults)} values cannot be written; the first: {first.detail}",
            pointer=first.pointer,
            subject=first.subject,
            causes=faults,
        )


class MessageWriter:
    """Writes documents by one guide.

    :param guide: None writes generically: ``{"segments": [{"tag": ..., "elements": [...]}]}``
    :param character: gives the problem with a character of a text, or nothing
    :param strict: refuse what reading would find a problem in; else what was read with findings can be written again
    """

    def __init__(
        self, guide: Guide | None, delimiters: Delimiters, character: Callable[[str], str], *, strict: bool = True
    ) -> None:
        self.guide, self.delimiters, self.strict = guide, delimiters, strict
        self.faults: list[Fault] = []
        self._character = character
        self._marked = "".join(
            {
                delimiters.element,
                delimiters.component,
                delimiters.segment[:1],
                delimiters.repetition,
                delimiters.release,
            }
        )

    def segments(self, document: Mapping[str, Any]) -> list[str]:
        """The texts of the segments, without terminators; faults are collected in ``faults``."""
        if self.guide:
            return list(self._loop(self.guide.root, document, ""))
        return [self._generic(each, f"/segments/{at}") for at, each in enumerate(_list(document.get("segments")))]

    # -- loops -------------------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, values: Mapping[str, Any], pointer: str) -> Iterator[str]:
        self._unknown(loop, values, pointer)
        others: dict[str, list[tuple[int, Any]]] = {}
        for at, other in enumerate(_list(values.get("other"))):
            after = other.get("after") if isinstance(other, Mapping) else None
            anchor = after if after in loop.by_tag else loop.content[0].tag
            others.setdefault(anchor, []).append((at, other))
        for place, node in enumerate(loop.content):
            if node.loop:
                yield from self._instances(node, values, pointer)
            else:
                yield from self._segment(node, values, pointer, first=place == 0 and loop is not self.guide.root)
            if place == loop.by_tag[node.tag][-1]:
                for at, other in others.get(node.tag, ()):
                    yield self._generic(other, f"{pointer}/other/{at}")

    def _segment(self, node: Node, values: Mapping[str, Any], pointer: str, *, first: bool) -> Iterator[str]:
        if node.name == ".":
            if first:
                yield self._shaped(node.shape, values, pointer)
            elif any(name in values for name in node.shape.names):
                suffix = f"_{node.tag}"
                own = {name.removesuffix(suffix): value for name, value in values.items() if name.endswith(suffix)}
                yield self._shaped(
                    node.shape, {**{n: values[n] for n in node.shape.names if n in values}, **own}, pointer
                )
            return
        held = values.get(node.name)
        if held is None:
            if node.least and self.strict:
                self._fault(f"the segment {node.tag} is missing", f"{pointer}/{node.name}")
            return
        several = held if isinstance(held, list) else [held]
        if len(several) > node.most and self.strict:
            self._fault(
                f"{node.tag} may come {node.most} times, and there are {len(several)}", f"{pointer}/{node.name}"
            )
        for at, each in enumerate(several):
            where = f"{pointer}/{node.name}/{at}" if isinstance(held, list) else f"{pointer}/{node.name}"
            if self._is_object(each, where):
                self._unknown_of(each, set(node.shape.names), where)
                yield self._shaped(node.shape, each, where)

    def _instances(self, node: Node, values: Mapping[str, Any], pointer: str) -> Iterator[str]:
        found = list(self._roots(node, values, pointer))
        if node.loop.tree:
            found = self._hung(node, found)
        if len(found) < node.least and self.strict:
            self._fault(f"the segment {node.tag} is missing", f"{pointer}/{node.name}")
        if len(found) > node.most and self.strict:
            self._fault(f"{node.tag} may come {node.most} times, and there are {len(found)}", f"{pointer}/{node.name}")
        for where, instance in found:
            yield from self._loop(node.loop, instance, where)

    def _roots(self, node: Node, values: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        tree = node.loop.tree
        for name in tree.members if tree and tree.kind else [node.name]:
            for at, instance in enumerate(_list(values.get(name))):
                where = f"{pointer}/{name}/{at}"
                if self._is_object(instance, where):
                    yield where, instance

    def _hung(self, node: Node, roots: list) -> list[tuple[str, dict[str, Any]]]:
        """The instances of a tree one after the other, each with its number and its parent's.

        In the order of their numbers where all have one; else parents before children, numbered anew.
        """
        tree = node.loop.tree
        flat: list[tuple[str, dict[str, Any], int | None]] = []
        waiting: list[tuple[str, Mapping[str, Any], int | None, int]] = [(*root, None, 0) for root in reversed(roots)]
        while waiting:
            where, instance, parent, depth = waiting.pop()
            own = len(flat)
            flat.append((where, dict(instance), parent))
            if depth > 20:
                self._fault("the levels hang below each other too deeply", where)
                continue
            below = [
                (f"{where}/{name}/{at}", child, own, depth + 1)
                for name in tree.members
                for at, child in enumerate(_list(instance.get(name)))
                if self._is_object(child, f"{where}/{name}/{at}")
            ]
            waiting.extend(reversed(below))
        numbers = [str(instance.get(tree.number, "")) for _where, instance, _parent in flat]
        if all(number.isdecimal() and len(number) < 13 for number in numbers) and len(set(numbers)) == len(numbers):
            ordered = sorted(range(len(flat)), key=lambda at: int(numbers[at]))
        else:
            ordered = list(range(len(flat)))
            numbers = [str(at + 1) for at in ordered]
        written = []
        for at in ordered:
            where, instance, parent = flat[at]
            instance = {name: value for name, value in instance.items() if name not in tree.members}
            instance[tree.number] = numbers[at]
            if parent is not None:
                instance[tree.parent] = numbers[parent]
            written.append((where, instance))
        return written

    # -- segments ----------------------------------------------------------------------------------------------------

    def _shaped(self, shape: Shape, values: Mapping[str, Any], pointer: str) -> str:
        elements = [""] * shape.width
        for slot in shape.slots:
            if slot.name == "-":
                continue
            self._slot(slot, values, pointer, elements, shape.tag)
            if slot.must and self.strict and not any(elements[slot.place : slot.place + slot.width]):
                name = slot.parts[0].name if slot.name == "." else slot.name
                self._fault(f"{shape.tag} demands {name.replace('_', ' ')}", f"{pointer}/{name}")
        if shape.conditions and self.strict:
            check_conditions(
                shape, elements, lambda _kind, words, *_place: self._fault(f"{shape.tag}: {words}", pointer)
            )
        surplus = values.get("surplus")
        if surplus:
            elements += [self._kept(element, f"{pointer}/surplus/{at}") for at, element in enumerate(_list(surplus))]
        return self._joined(shape.tag, elements)

    def _joined(self, tag: str, elements: list[str]) -> str:
        while elements and not elements[-1]:
            elements.pop()
        return self.delimiters.element.join([tag, *elements])

    def _slot(self, slot: Slot, values: Mapping[str, Any], pointer: str, elements: list[str], tag: str) -> None:
        if slot.name == ".":
            elements[slot.place] = self._composite(slot, values, pointer, slot.place + 1)
            return
        held = values.get(slot.name)
        if held is None:
            return
        where = f"{pointer}/{slot.name}"
        if slot.run:
            self._run(slot, held, where, elements, tag)
        elif slot.times:
            if self._is_list(held, slot.times, where):
                for at, each in enumerate(held):
                    elements[slot.place + at] = self._one(slot, each, f"{where}/{at}", slot.place + 1 + at)
        elif slot.repeats:
            if self._is_list(held, slot.repeats, where):
                copies = [self._one(slot, each, f"{where}/{at}", slot.place + 1) for at, each in enumerate(held)]
                if len(copies) > 1 and not self.delimiters.repetition:
                    self._fault("the element cannot be repeated: the interchange has no separator for it", where)
                elements[slot.place] = self.delimiters.repetition.join(copies)
        else:
            elements[slot.place] = self._one(slot, held, where, slot.place + 1)

    def _run(self, slot: Slot, held: Any, where: str, elements: list[str], tag: str) -> None:
        wide = sum(part.width for part in slot.parts)
        if not self._is_list(held, slot.times, where):
            return
        names = {part.name for part in slot.parts}
        for at, turn in enumerate(held):
            if not self._is_object(turn, f"{where}/{at}"):
                continue
            self._unknown_of(turn, names, f"{where}/{at}")
            for part in slot.parts:
                value = turn.get(part.name)
                if value is not None:
                    text = self._value(part, value, f"{where}/{at}/{part.name}")
                    elements[slot.place + at * wide + part.place] = text
                elif turn and part.must and self.strict:
                    self._fault(f"{tag} demands {part.name.replace('_', ' ')}", f"{where}/{at}/{part.name}")

    def _one(self, slot: Slot, value: Any, where: str, element: int) -> str:
        if not slot.parts:
            return self._value(slot, value, where)
        if not self._is_object(value, where):
            return ""
        self._unknown_of(value, {part.name for part in slot.parts}, where)
        return self._composite(slot, value, where, element)

    def _composite(self, slot: Slot, values: Mapping[str, Any], pointer: str, element: int) -> str:
        texts: list[str] = []
        for part in slot.parts:
            held = values.get(part.name)
            where = f"{pointer}/{part.name}"
            if part.times:
                several = held if held is not None and self._is_list(held, part.times, where) else []
                found = [self._value(part, each, f"{where}/{at}") for at, each in enumerate(several)]
                texts += [*found, *[""] * (part.times - len(found))][: part.times]
                continue
            if held is not None and part.kind.name == "moment" and isinstance(held, str):
                held = moment_text(held, str(values.get("format", "102" if len(held) == 10 else "")))
            texts.append("" if held is None else self._value(part, held, where))
        surplus = f"surplus_{element}"
        for at, text in enumerate(_list(values.get(surplus))):
            texts.append(self._text(str(text), f"{pointer}/{surplus}/{at}"))
        missing = any(texts) and next((part for part in slot.parts if part.must and not texts[part.place]), None)
        if missing and self.strict:
            self._fault(f"{missing.name.replace('_', ' ')} is missing", f"{pointer}/{missing.name}")
        while texts and not texts[-1]:
            texts.pop()
        return self.delimiters.component.join(texts)

    def _generic(self, segment: Any, pointer: str) -> str:
        if not self._is_object(segment, pointer) or not isinstance(segment.get("tag"), str):
            self._fault("a segment needs a tag", pointer)
            return ""
        elements = [
            self._kept(element, f"{pointer}/elements/{at}") for at, element in enumerate(_list(segment.get("elements")))
        ]
        return self._joined(self._text(segment["tag"], f"{pointer}/tag"), elements)

    def _kept(self, element: Any, where: str) -> str:
        if not isinstance(element, Mapping):
            return self._copy(element, where)
        return self.delimiters.repetition.join(self._copy(copy, where) for copy in _list(element.get("repetitions")))

    def _copy(self, element: Any, where: str) -> str:
        parts = element if isinstance(element, list) else [element]
        if not all(isinstance(part, (str, int, Decimal)) for part in parts):
            self._fault("text must stand here", where)
            return _UNWRITTEN
        return self.delimiters.component.join(self._text(str(part), where) for part in parts)

    # -- values ------------------------------------------------------------------------------------------------------

    def _value(self, slot: Slot, value: Any, where: str) -> str:
        try:
            text = written_value(value, slot.kind, self.delimiters.decimal, strict=self.strict)
        except ValueError as error:
            if not self.strict and isinstance(value, str):
                return self._text(value, where)
            self._fault(str(error), where, found=value)
            return _UNWRITTEN
        if slot.kind.name == "number":
            return text if self.delimiters.decimal not in self._marked else self._text(text, where)
        return self._text(text, where)

    def _text(self, text: str, where: str) -> str:
        """``text`` with its separators marked; a character that cannot be sent is a fault."""
        for character in text:
            problem = self._character(character)
            if problem:
                self._character_fault(character, problem, where)
                return _UNWRITTEN
        delimiters = self.delimiters
        marked = self._marked
        if not any(sign in text for sign in marked):
            return text
        if not delimiters.release:
            sign = next(sign for sign in text if sign in marked)
            self._character_fault(sign, "separates elements, and X12 has no means to mark it as text", where)
            return _UNWRITTEN
        return "".join(delimiters.release + sign if sign in marked else sign for sign in text)

    # -- what is wrong -----------------------------------------------------------------------------------------------

    def _character_fault(self, character: str, problem: str, where: str) -> None:
        shown = character if character.isprintable() else f"U+{ord(character):04X}"
        name = where.rsplit("/", 1)[-1]
        self._add(
            Fault(
                "encode.character",
                f"The character '{shown}' at {where} {problem}.",
                pointer=where,
                found=shown,
                subject=f"character of {name}",
            )
        )

    def _fault(self, words: str, where: str, *, found: Any = None) -> None:
        found = plain_number(found) if hasattr(found, "as_tuple") and found.is_finite() else found
        name = where.rsplit("/", 1)[-1]
        shown = found if isinstance(found, str) else None
        detail = f"At {where or '/'}: {words}."
        self._add(Fault("encode.value", detail, pointer=where, found=shown, subject=f"value {name}"))

    def _add(self, fault: Fault) -> None:
        if len(self.faults) < _FAULT_LIMIT:
            self.faults.append(fault)

    def _is_object(self, value: Any, where: str) -> bool:
        if isinstance(value, Mapping):
            return True
        self._fault("an object with members must stand here", where)
        return False

    def _is_list(self, value: Any, most: int, where: str) -> bool:
        if not isinstance(value, list):
            self._fault("a list must stand here", where)
            return False
        if len(value) > most:
            self._fault(f"the list has {len(value)} entries, at most {most} are allowed", where)
            return False
        return True

    def _unknown(self, loop: Loop, values: Mapping[str, Any], pointer: str) -> None:
        """A member that the guide does not know would be lost without a word."""
        known = {"other"} | (_ENVELOPE if loop is self.guide.root else set())
        if loop.tree:
            known.update(loop.tree.members)
        for node in loop.content:
            if node.name == ".":
                known.update(node.shape.names)
            elif node.loop and node.loop.tree and node.loop.tree.kind:
                known.update(node.loop.tree.members)
            else:
                known.add(node.name)
        self._unknown_of(values, known, pointer)

    def _unknown_of(self, values: Mapping[str, Any], known: set[str], pointer: str) -> None:
        for name in values:
            if name not in known and not _SURPLUS.fullmatch(str(name)):
                self._fault("the guide has no such member", f"{pointer}/{name}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
