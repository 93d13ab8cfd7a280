"""From the rules as written to compiled rules; every mistake is reported at its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .converters import Argument, Convert, Converter, Reference, registry
from .document import Document, RawRule, split_path
from .exact import NotExact, exact
from .expression import Expression, ExpressionError
from .inheritance import merge
from .problems import MappingError, Problem
from .reads import ITEM, Pattern, analyse, reads_text
from .rules import CheckRule, ListPart, ListRule, ObjectRule, Slot, Step, Template, ValueRule

__all__ = ["Compilation", "compile_document"]

_DEPTH = 24
# What becomes of the value of an expression, by the member of the rule; everything else is a value.
_USES = {"in": "scope", "each": "scope", "split": "scope", "when": "test", "where": "test"}


class Compilation:
    """The compiled template with what was learned on the way: cross-reference domains and all rules."""

    def __init__(self, document: Document) -> None:
        self._fragments = document.fragments
        self._problems: list[Problem] = []
        self.domains: set[str] = set()
        self.reads: set[str] = set()
        self.targets: set[str] = set()
        self.template = self._template(document.rules, _Around.root(), "")
        if self._problems:
            raise MappingError(self._problems)

    # -- structure

    def _template(self, rules: Sequence[RawRule], around: _Around, prefix: str) -> Template:
        slots: dict[tuple[str, ...], list[RawRule]] = {}
        checks: list[CheckRule] = []
        for rule in rules:
            if rule.form == "check":
                checks.append(self._check(rule, around, prefix))
            elif rule.form in ("remove", "extend"):
                self._problems.append(rule.problem(f"there is nothing here to {rule.form}"))
            else:
                slots.setdefault(split_path(rule.to), []).append(rule)
        for path, alternatives in slots.items():
            self._check_target(path, alternatives, slots)
        members = (
            Slot(path, tuple(self._rule(rule, path, around, prefix) for rule in alternatives))
            for path, alternatives in slots.items()
        )
        return (*checks, *members)

    def _check(self, rule: RawRule, around: _Around, prefix: str) -> CheckRule:
        own = _Reads(around)
        when = self._expression(rule, "when", own)
        self.reads |= own.texts()
        data = rule.data
        return CheckRule(
            (),
            f"{prefix} {rule.to}".strip(),
            (rule.mapping, rule.pointer),
            when,
            False,
            own.texts(),
            data["check"],
            data["say"],
            data.get("effect", "refuse") == "refuse",
            data.get("code", "translate.value_unknown"),
        )

    def _check_target(
        self, path: tuple[str, ...], alternatives: Sequence[RawRule], slots: Iterable[tuple[str, ...]]
    ) -> None:
        for rule in alternatives[:-1]:
            if "when" not in rule.data:
                message = f"{rule.to} has a further rule that would never be used: give this one a when"
                self._problems.append(rule.problem(message))
        if any(len(other) < len(path) and path[: len(other)] == other for other in slots):
            message = "a rule for a part of this path makes a value there: one of them is wrong"
            self._problems.append(alternatives[0].problem(message, "to"))

    def _inner(self, rule: RawRule, around: _Around, prefix: str) -> Template:
        if around.depth > _DEPTH:
            self._problems.append(rule.problem(f"rules are nested more than {_DEPTH} deep: a fragment uses itself"))
            return ()
        rules = rule.rules
        fragment = rule.data.get("use")
        if fragment is not None:
            if fragment not in self._fragments:
                self._problems.append(rule.problem(f"there is no fragment {fragment!r}", "use"))
                return ()
            rules = merge(self._fragments[fragment], rules, self._problems)
        return self._template(rules, around, prefix)

    def _rule(
        self, rule: RawRule, path: tuple[str, ...], around: _Around, prefix: str
    ) -> ValueRule | ObjectRule | ListRule:
        pattern = f"{prefix}.{rule.to}" if prefix else rule.to
        own = _Reads(around)
        when = self._expression(rule, "when", own)
        common = (path, pattern, (rule.mapping, rule.pointer), when, bool(rule.data.get("required", False)))
        made: ValueRule | ObjectRule | ListRule
        if rule.form == "object":
            source = self._expression(rule, "in", own)
            template = self._inner(rule, around.inside(own.result if source else None), pattern)
            made = ObjectRule(*common, own.texts(), source, template)
        elif rule.form == "list":
            sources = rule.parts or (rule,)
            parts = tuple(self._part(part, around, pattern, own, part is not rule) for part in sources)
            made = ListRule(*common, own.texts(), tuple(filter(None, parts)), bool(rule.data.get("keep_empty", False)))
        else:
            made = self._value_rule(rule, common, own)
            self.targets.add(pattern)
        self.reads |= made.reads
        return made

    def _part(self, part: RawRule, around: _Around, pattern: str, own: _Reads, conditional: bool) -> ListPart | None:
        when = self._expression(part, "when", own) if conditional else None
        source = self._expression(part, "each", own)
        if source is None:
            return None
        items = around.items(own.result, "group_by" in part.data)
        inside = _Reads(items)
        where = self._expression(part, "where", inside)
        group_by = self._expression(part, "group_by", inside)
        split = self._expression(part, "split", inside)
        if split is not None:
            items = items.items(inside.result, False)
        own.reads |= inside.reads
        own.tests |= inside.tests
        return ListPart(source, when, where, group_by, split, self._inner(part, items, pattern + ITEM))

    def _value_rule(self, rule: RawRule, common: tuple[Any, ...], own: _Reads) -> ValueRule:
        source = self._expression(rule, "from", own)
        steps = tuple(self._steps(rule, own))
        starts = bool(steps) and steps[0].starts
        if not starts and not {"from", "value", "default"} & set(rule.data):
            self._problems.append(rule.problem("without from, the first converter has to give a value"))
        return ValueRule(
            *common,
            own.texts(),
            source,
            rule.data.get("value"),
            "value" in rule.data,
            steps,
            rule.data.get("default"),
            "default" in rule.data,
        )

    # -- expressions

    def _expression(self, rule: RawRule, member: str, own: _Reads) -> Expression | None:
        if member not in rule.data:
            own.result = frozenset()
            return None
        return self._path(rule, rule.data[member], (member,), own, _USES.get(member, "value"))

    def _path(
        self, rule: RawRule, text: Any, members: tuple[str | int, ...], own: _Reads, use: str = "value"
    ) -> Expression | None:
        try:
            expression = Expression(text)
        except ExpressionError as error:
            self._problems.append(rule.problem(str(error), *members))
            own.result = frozenset()
            return None
        own.note(expression, use)
        return expression

    # -- converters

    def _steps(self, rule: RawRule, own: _Reads) -> Iterable[Step]:
        entries = rule.data.get("convert", [])
        if not isinstance(entries, list):
            self._problems.append(rule.problem("a list of converters", "convert"))
            return
        for index, entry in enumerate(entries):
            step = self._step(rule, entry, ("convert", index), own)
            if step is not None:
                yield step

    def _step(self, rule: RawRule, entry: Any, where: tuple[str | int, ...], own: _Reads) -> Step | None:
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, Mapping) or len(entry) != 1:
            message = "a converter is its name, or an object of its name and arguments"
            self._problems.append(rule.problem(message, *where))
            return None
        ((name, given),) = entry.items()
        converter = registry().get(name)
        if converter is None:
            known = ", ".join(sorted(registry()))
            self._problems.append(rule.problem(f"there is no converter {name!r}; known are {known}", *where))
            return None
        before = len(self._problems)
        arguments = self._arguments(rule, converter, given, (*where, name), own)
        if len(self._problems) > before:
            return None
        try:
            convert = converter.build(**arguments)
        except ValueError as error:
            self._problems.append(rule.problem(str(error), *where, name))
            return None
        if isinstance(convert, Reference) and convert.record is None:
            self.domains.add(convert.domain)
        return Step(name, convert, converter.starts)

    def _arguments(
        self, rule: RawRule, converter: Converter, given: Any, where: tuple[str | int, ...], own: _Reads
    ) -> dict[str, Any]:
        places: dict[str, tuple[str | int, ...]] = {}
        values: dict[str, Any] = {}
        names = {argument.name for argument in converter.arguments}
        if given is None or given is True:
            given = {}
        main_only = _is_main_alone(converter, given)
        if main_only:
            given = {converter.main: given}
        if not isinstance(given, Mapping):
            self._problems.append(rule.problem(f"{converter.name} takes an object of arguments", *where))
            return {}
        for name in given:
            places[name] = where if main_only else (*where, name)
            if name not in names:
                known = ", ".join(sorted(names)) or "none"
                message = f"{converter.name} has no argument {name!r}; known are {known}"
                self._problems.append(rule.problem(message, *places[name]))
        for argument in converter.arguments:
            if argument.name in given:
                value = given[argument.name]
                values[argument.name] = self._argument(rule, argument, value, places[argument.name], own)
            elif argument.required:
                self._problems.append(rule.problem(f"{converter.name} needs {argument.name}", *where))
            else:
                values[argument.name] = argument.default
        return values

    def _argument(
        self, rule: RawRule, argument: Argument, value: Any, where: tuple[str | int, ...], own: _Reads
    ) -> Any:
        kind = argument.kind
        if kind == "path":
            return self._path(rule, value, where, own)
        if kind == "paths" and isinstance(value, list) and value:
            return tuple(self._path(rule, text, (*where, index), own) for index, text in enumerate(value))
        if kind == "converters" and isinstance(value, list) and value:
            return self._inner_converters(rule, value, where, own)
        wrong = _wrong(argument, value)
        if wrong is not None:
            self._problems.append(rule.problem(f"{argument.name} is {wrong}", *where))
            return None
        if kind == "zone":
            return ZoneInfo(value)
        return tuple(value) if kind == "texts" else value

    def _inner_converters(
        self, rule: RawRule, entries: Sequence[Any], where: tuple[str | int, ...], own: _Reads
    ) -> tuple[Convert, ...]:
        steps = []
        for index, entry in enumerate(entries):
            step = self._step(rule, entry, (*where, index), own)
            if step is not None and isinstance(step.convert, Reference):
                self._problems.append(
                    rule.problem(f"{step.name} reads lists itself: write it beside each", *where, index)
                )
            elif step is not None:
                steps.append(step.convert)
        return tuple(steps)


def _is_main_alone(converter: Converter, given: Any) -> bool:
    """Whether ``given`` is the converter's main argument itself, written without its name."""
    if converter.main is None or not isinstance(given, Mapping):
        return converter.main is not None
    # a table is an object too: of codes, where arguments would have their names
    main = next(argument for argument in converter.arguments if argument.name == converter.main)
    return main.kind == "table" and bool(given) and not {argument.name for argument in converter.arguments} & set(given)


def _wrong(argument: Argument, value: Any) -> str | None:
    """What the argument should have been, when ``value`` is not that."""
    kind = argument.kind
    if kind == "text":
        return None if isinstance(value, str) else "a text"
    if kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            return "a whole number"
        return f"at least {argument.least}" if argument.least is not None and value < argument.least else None
    if kind == "boolean":
        return None if isinstance(value, bool) else "true or false"
    if kind == "number":
        return None if isinstance(value, str) and _is_number(value) else "a number, as text"
    if kind == "choice":
        return None if value in argument.choices else f"one of {', '.join(argument.choices)}"
    if kind == "zone":
        return None if _is_zone(value) else "the name of a time zone, such as Europe/Berlin"
    if kind == "texts":
        return None if isinstance(value, list) and all(isinstance(item, str) for item in value) else "a list of texts"
    if kind == "table":
        flat = isinstance(value, Mapping) and all(map(_is_single, value.values()))
        return None if flat else "an object from code to value"
    if kind == "value":
        return None if _is_single(value) else "a single value, decimal numbers as text"
    return "a list of paths" if kind == "paths" else "a list of converters"


def _is_single(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, Decimal))


def _is_number(value: str) -> bool:
    try:
        exact(value)
    except NotExact:
        return False
    return True


def _is_zone(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):
        return False
    return True


class _Around:
    """The patterns that the words of the language stand for at one depth of the rules."""

    def __init__(self, patterns: Mapping[str, frozenset[Pattern]], depth: int) -> None:
        self.patterns = patterns
        self.depth = depth

    @classmethod
    def root(cls) -> _Around:
        whole: frozenset[Pattern] = frozenset({()})
        return cls({"root": whole, "current": whole}, 0)

    def inside(self, current: frozenset[Pattern] | None) -> _Around:
        """Around the rules of an object; ``None``: it keeps the source of its parent."""
        if current is None:
            return _Around(self.patterns, self.depth + 1)
        return _Around({**self.patterns, "parent": self.patterns["current"], "current": current}, self.depth + 1)

    def items(self, source: frozenset[Pattern], grouped: bool) -> _Around:
        """Around the rules of a list's items."""
        # a filter or a projection already stands for the items, a plain path for the list
        items = frozenset(pattern if pattern[-1:] == (ITEM,) else (*pattern, ITEM) for pattern in source)
        inside = self.inside(items)
        if not grouped:
            return inside
        lists = frozenset(pattern[:-1] for pattern in items)
        return _Around({**inside.patterns, "group": lists}, inside.depth)


class _Reads:
    """What the expressions of one rule read."""

    def __init__(self, around: _Around) -> None:
        self._around = around
        self.reads: set[Pattern] = set()
        self.tests: set[Pattern] = set()
        self.result: frozenset[Pattern] = frozenset()

    def note(self, expression: Expression, use: str) -> None:
        """Count what ``expression`` reads; ``use``: its value, a ``scope`` of inner rules, or a ``test``."""
        analysis = analyse(expression.tree, self._around.patterns)
        self.result = analysis.result
        self.reads |= analysis.reads
        self.tests |= analysis.tests
        if use == "value":
            self.reads |= self.result
        elif use == "test":
            self.tests |= self.result

    def texts(self) -> frozenset[str]:
        """The patterns as text."""
        return reads_text(self.reads, self.tests)


def compile_document(document: Document) -> Compilation:
    """Compile a flattened document; raises :class:`MappingError`."""
    return Compilation(document)
