"""One source document on its way through the compiled rules.

Cross-references are not looked up on the way: the value waits, its place in the target is kept, and :meth:`resume`
goes on once the caller has asked for the codes of the whole batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..faults import Fault
from .converters import Reference
from .expression import Expression, ReadError
from .failures import ConversionError, Notice, TranslationFault, label, shown
from .lookup import Answer, Identified
from .rules import CheckRule, ListPart, ListRule, ObjectRule, Rule, Slot, Template, ValueRule
from .scope import Place, Scope

__all__ = ["Ask", "Evaluation"]

# One question to the lookup: (domain, reverse), or which records.
Ask = tuple[str, bool] | Identified

_WAITING = object()
_ABSENT = object()


class _Cell:
    """A place in a target document: a member of the object that ``above`` is, or a document itself.

    Objects on the way come into being with their first member and go with their last.
    """

    __slots__ = ("_document", "above", "name")

    def __init__(self, above: _Cell | None, name: str = "", document: dict[str, Any] | None = None) -> None:
        self.above = above
        self.name = name
        self._document = {} if document is None else document

    def at(self, path: Sequence[str]) -> _Cell:
        """The cell at a path below this one."""
        cell = self
        for name in path:
            cell = _Cell(cell, name)
        return cell

    def put(self, value: Any) -> None:
        if self.above is not None:
            self.above._members(True)[self.name] = value

    def clear(self) -> None:
        """Take the value away, and every object that it leaves empty."""
        if self.above is None:
            return
        members = self.above._members(False)
        members.pop(self.name, None)
        if not members:
            self.above.clear()

    @property
    def filled(self) -> bool:
        """Whether there is a value."""
        return self.above is None or self.name in self.above._members(False)

    def _members(self, make: bool) -> dict[str, Any]:
        """The object at this place, for its members; made in place only if asked for."""
        if self.above is None:
            return self._document
        members = self.above._members(make)
        found = members.get(self.name)
        if found is None:
            found = {}
            if make:
                members[self.name] = found
        return found


@dataclass(slots=True, eq=False)
class _Task:
    """A value rule at work in one place."""

    rule: ValueRule
    scope: Scope
    cell: _Cell
    target: Place
    found: Any = None

    @property
    def place(self) -> Place | None:
        return None if self.rule.source is None else self.rule.source.place(self.scope)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A task that stands at a cross-reference: the codes it needs, and the step to go on with."""

    task: _Task
    reference: Reference
    codes: str | list[str]
    next_step: int


@dataclass(slots=True, eq=False)
class _Miss:
    """A code that could not be resolved, with every place that needs it."""

    code: str
    reason: str
    task: _Task
    domain: str | None
    subject: str
    value: str
    others: list[str]


class Evaluation:
    """Fills ``document`` from ``source``; faults are collected, one bad value does not stop the others."""

    def __init__(self, name: str, template: Template, source: Any, context: Mapping[str, Any]) -> None:
        self.name = name
        self.document: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.notices: list[Notice] = []
        self.executed: set[Rule] = set()
        self._waiting: list[_Waiting] = []
        self._misses: dict[tuple[str, Ask, str], _Miss] = {}
        self._fill(template, Scope(source, context=dict(context)), _Cell(None, document=self.document), ())

    # -- cross-references

    def asks(self) -> dict[Ask, list[str]]:
        """The codes that are waited for, by question, each once."""
        asked: dict[Ask, dict[str, None]] = {}
        for waiting in self._waiting:
            codes = waiting.codes if isinstance(waiting.codes, list) else [waiting.codes]
            asked.setdefault(waiting.reference.question, {}).update(dict.fromkeys(codes))
        return {ask: list(codes) for ask, codes in asked.items() if codes}

    @property
    def waits(self) -> bool:
        """Whether cross-references are waited for."""
        return bool(self._waiting)

    def resume(self, answers: Mapping[Ask, Answer]) -> None:
        """Go on with what was looked up."""
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            reference = entry.reference
            answer = answers.get(reference.question, {})
            if isinstance(entry.codes, list):
                resolved = [self._resolved(entry, code, answer) for code in entry.codes]
                value: Any = [item for item in resolved if item is not None and item is not _ABSENT]
                failed = _ABSENT in resolved
            else:
                value = self._resolved(entry, entry.codes, answer)
                failed = value is _ABSENT
            if failed:
                entry.task.cell.clear()
            else:
                self._convert(entry.task, value, entry.next_step)

    def _resolved(self, entry: _Waiting, code: str, answer: Answer) -> Any:
        """What the code became; ``_ABSENT`` after a fault."""
        reference = entry.reference
        found = answer.get(code)
        if isinstance(found, str):
            return found
        if found is not None and len(found) == 1:
            return found[0]
        if reference.record is not None and (found or (reference.default is None and reference.miss == "fault")):
            self._miss_record(reference.record, len(found or ()), entry, code)
            return _ABSENT
        domain = reference.domain.replace("_", " ")
        if found:
            several = " and ".join(map(shown, found[:3]))
            self._miss("translate.reference_ambiguous", f"{domain} {shown(code)} fits several: {several}", entry, code)
            return _ABSENT
        if reference.default is not None:
            return reference.default
        if reference.miss == "fault":
            whose = "has no code of the partner" if reference.reverse else "is not known"
            reason = f"{domain} {shown(code)} {whose} in the cross-references"
            self._miss("translate.reference_missing", reason, entry, code)
            return _ABSENT
        return code if reference.miss == "keep" else None

    def _miss_record(self, asked: Identified, count: int, entry: _Waiting, code: str) -> None:
        words = f"{asked.kind} with the identifier {shown(code)} ({asked.by})"
        if count:
            reason = f"there are {count} records: {words}"
            self._miss("translate.record_ambiguous", reason, entry, code)
        else:
            self._miss("translate.record_missing", f"there is no {words} in Odoo", entry, code)

    def _miss(self, fault: str, reason: str, entry: _Waiting, code: str) -> None:
        key = (fault, entry.reference.question, code)
        if key in self._misses:
            self._misses[key].others.append(label(entry.task.target))
        else:
            asked = entry.reference.record
            domain = None if asked else entry.reference.domain
            subject = f"{asked.kind}_by_{asked.by} {code}" if asked else f"{domain} {code}"
            self._misses[key] = _Miss(fault, reason, entry.task, domain, subject, code, [])

    def close(self) -> None:
        """Turn the codes that were not resolved into faults, one per code."""
        for miss in self._misses.values():
            others = miss.others[:5] + (["others"] if len(miss.others) > 5 else [])
            more = f"; the same for {', '.join(others)}" if others else ""
            self.faults.append(
                TranslationFault(
                    miss.code,
                    miss.reason + more,
                    target=miss.task.target,
                    place=miss.task.place,
                    value=miss.value,
                    domain=miss.domain,
                    subject=miss.subject,
                    rule=miss.task.rule.origin,
                )
            )
        self._misses.clear()

    # -- structure

    def _fill(self, template: Template, scope: Scope, cell: _Cell, target: Place) -> None:
        for slot in template:
            if isinstance(slot, CheckRule):
                self._check(slot, scope, target)
                continue
            rule = self._chosen(slot, scope, target)
            if rule is None:
                continue
            self.executed.add(rule)
            where = (*target, *slot.to)
            try:
                if isinstance(rule, ValueRule):
                    self._value(_Task(rule, scope, cell.at(slot.to), where))
                elif isinstance(rule, ObjectRule):
                    self._object(rule, scope, cell.at(slot.to), where)
                else:
                    self._list(rule, scope, cell.at(slot.to), where)
            except ReadError as error:
                self._fail(rule, where, str(error))

    def _check(self, rule: CheckRule, scope: Scope, target: Place) -> None:
        self.executed.add(rule)
        try:
            if rule.when is None or not rule.when.holds(scope):
                return
        except ReadError as error:
            self._fail(rule, target, str(error))
            return
        if not rule.refuses:
            self.notices.append(Notice(rule.name, rule.words, scope.place))
            return
        subject = f"{self.name} {rule.pattern}"
        self.faults.append(
            TranslationFault(
                rule.code,
                rule.words.rstrip("."),
                target=target,
                place=scope.place,
                subject=subject,
                rule=rule.origin,
            )
        )

    def _chosen(self, slot: Slot, scope: Scope, target: Place) -> ValueRule | ObjectRule | ListRule | None:
        for rule in slot.alternatives:
            try:
                if rule.when is None or rule.when.holds(scope):
                    return rule
            except ReadError as error:
                self._fail(rule, (*target, *slot.to), str(error))
                return None
        return None

    def _object(self, rule: ObjectRule, scope: Scope, cell: _Cell, where: Place) -> None:
        if rule.source is not None:
            current = rule.source.read(scope)
            if current is None or (isinstance(current, (str, list, dict)) and not current):
                self._demand(rule, where, rule.source.place(scope))
                return
            scope = scope.within(current, place=rule.source.place(scope))
        self._fill(rule.template, scope, cell, where)
        if not cell.filled:
            self._demand(rule, where, scope.place)

    def _list(self, rule: ListRule, scope: Scope, cell: _Cell, where: Place) -> None:
        made: list[dict[str, Any]] = []
        number = 0
        for part in rule.parts:
            if part.when is not None and not part.when.holds(scope):
                continue
            for item_scope in _item_scopes(part, scope):
                item: dict[str, Any] = {}
                faults = len(self.faults)
                self._fill(part.template, item_scope, _Cell(None, document=item), (*where, number))
                if item:
                    made.append(item)
                if item or len(self.faults) > faults:
                    number += 1
        if made or rule.keep_empty:
            cell.put(made)
        else:
            self._demand(rule, where, rule.parts[0].source.place(scope))

    # -- values

    def _value(self, task: _Task) -> None:
        rule = task.rule
        if rule.is_constant:
            task.cell.put(_copied(rule.constant))
            return
        task.found = None if rule.source is None else rule.source.read(task.scope)
        self._convert(task, task.found, 0)

    def _convert(self, task: _Task, value: Any, start: int) -> None:
        """Run the converters from step ``start`` on and put the value in its place."""
        rule = task.rule
        try:
            for index in range(start, len(rule.steps)):
                step = rule.steps[index]
                if value is None and not step.starts:
                    continue
                value = step.convert(value, task.scope)
                if isinstance(step.convert, Reference):
                    task.cell.put(_WAITING)
                    self._waiting.append(_Waiting(task, step.convert, value, index + 1))
                    return
        except ConversionError as error:
            task.cell.clear()
            self._refuse(task, error)
            return
        except ReadError as error:
            task.cell.clear()
            self._fail(rule, task.target, str(error))
            return
        if value is None:
            value = _copied(rule.default) if rule.has_default else None
        if value is not None:
            task.cell.put(_copied(value))
            return
        task.cell.clear()
        self._demand(rule, task.target, task.place)

    # -- faults

    def _refuse(self, task: _Task, error: ConversionError) -> None:
        """A converter did not take the value."""
        pattern = task.rule.pattern
        unknown = error.code == "translate.value_unknown"
        self.faults.append(
            TranslationFault(
                error.code,
                str(error),
                target=task.target,
                place=task.place,
                value=_short(task.found),
                expected=error.expected,
                subject=f"{self.name} {pattern} {shown(task.found)}" if unknown else f"{self.name} {pattern}",
                rule=task.rule.origin,
            )
        )

    def _fail(self, rule: Rule, target: Place, reason: str) -> None:
        """An expression could not be evaluated."""
        subject = f"{self.name} {rule.pattern}"
        self.faults.append(
            TranslationFault(
                "translate.mapping_failed", reason, target=target, place=None, subject=subject, rule=rule.origin
            )
        )

    def _demand(self, rule: Rule, target: Place, place: Place | None) -> None:
        """Nothing came out: a fault when the rule is required."""
        if not rule.required:
            return
        self.faults.append(
            TranslationFault(
                "translate.mapping_failed",
                "the document says nothing here, and it is needed",
                target=target,
                place=place,
                expected="a value",
                subject=f"{self.name} {rule.pattern}",
                rule=rule.origin,
            )
        )


def _item_scopes(part: ListPart, scope: Scope) -> list[Scope]:
    """The scopes of the items, filtered and grouped. Raises ReadError."""
    items = part.source.read(scope)
    if items is None:
        return []
    if isinstance(items, Sequence) and not isinstance(items, str):
        places = part.source.item_places(items, scope)
    else:
        # a single object where others send a list
        items, places = [items], [part.source.place(scope)]
    scopes = [
        scope.within(item, place=place, index=index)
        for index, (item, place) in enumerate(zip(items, places, strict=True))
        if item is not None
    ]
    if part.where is not None:
        scopes = [inner for inner in scopes if part.where.holds(inner)]
    if part.split is not None:
        return _split(part.split, scopes)
    return scopes if part.group_by is None else _grouped(part, scope, scopes)


def _split(split: Expression, scopes: Sequence[Scope]) -> list[Scope]:
    """For each scope those of its parts, of which it is the parent; one of nothing where it has none."""
    found: list[Scope] = []
    for inner in scopes:
        parts = split.read(inner)
        if isinstance(parts, list):
            pairs = list(zip(parts, split.item_places(parts, inner), strict=True))
        else:
            pairs = [(parts, split.place(inner))]
        there = [(part, place) for part, place in pairs if part is not None] or [({}, inner.place)]
        found += [
            inner.within(part, place=place, index=len(found) + number) for number, (part, place) in enumerate(there)
        ]
    return found


def _grouped(part: ListPart, scope: Scope, scopes: Sequence[Scope]) -> list[Scope]:
    groups: dict[Any, list[Scope]] = {}
    for inner in scopes:
        key = None if part.group_by is None else part.group_by.read(inner)
        groups.setdefault(_hashable(key), []).append(inner)
    return [
        scope.within(
            members[0].current,
            place=members[0].place,
            index=index,
            group=[inner.current for inner in members],
            group_places=[inner.place for inner in members],
        )
        for index, members in enumerate(groups.values())
    ]


def _copied(value: Any) -> Any:
    """A copy: target documents share nothing with the source or the mapping."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, (list, tuple)) else value


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((name, _hashable(item)) for name, item in sorted(value.items()))
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _short(value: Any) -> Any:
    """The value for a fault: single values as they are, containers by their kind."""
    return value if value is None or isinstance(value, (str, int, Decimal)) else shown(value)
