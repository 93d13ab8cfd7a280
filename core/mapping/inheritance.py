"""Building on another mapping: a child's rules override, extend and remove those of its base.

* a rule with the same ``to`` takes the place of the base's (all its alternatives);
* ``{"extend": "lines", "rules": [...]}`` does the same inside an object or list rule;
* ``{"remove": "lines.description"}`` takes a rule away, also inside;
* a fragment of the same name is merged in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .document import Document, RawRule, read_document
from .problems import MappingError, Problem

__all__ = ["Bases", "flatten", "merge"]

# Gives the document of a base by its name, or None.
Bases = Callable[[str], "Mapping[str, Any] | None"]


def flatten(document: Document, bases: Bases | None) -> Document:
    """``document`` with everything it inherits; raises :class:`MappingError`."""
    chain = [document]
    while (name := chain[-1].extends) is not None:
        if name in {link.name for link in chain}:
            raise MappingError([Problem(document.name, "/extends", f"{name} extends itself in the end")])
        data = None if bases is None else bases(name)
        if data is None:
            raise MappingError([Problem(chain[-1].name, "/extends", f"there is no mapping {name}")])
        chain.append(read_document(data))
    problems: list[Problem] = []
    merged = chain.pop()
    rules, fragments = merge((), merged.rules, problems), dict(merged.fragments)
    for link in reversed(chain):
        rules = merge(rules, link.rules, problems)
        for name, changes in link.fragments.items():
            fragments[name] = merge(fragments.get(name, ()), changes, problems)
    if problems:
        raise MappingError(problems)
    return Document(document.name, document.target, None, document.title, rules, fragments)


def merge(base: Sequence[RawRule], changes: Sequence[RawRule], problems: list[Problem]) -> tuple[RawRule, ...]:
    """The rules of ``base`` after ``changes``."""
    rules = list(base)
    replaced: set[str] = set()
    for change in changes:
        if change.form == "remove":
            rules = _without(rules, change, change.to, problems)
        elif change.form == "extend":
            rules = _extended(rules, change, problems)
        elif change.to in replaced:
            last = max(index for index, rule in enumerate(rules) if rule.to == change.to)
            rules.insert(last + 1, change)
        else:
            replaced.add(change.to)
            places = [index for index, rule in enumerate(rules) if rule.to == change.to]
            rules = [rule for rule in rules if rule.to != change.to]
            rules.insert(places[0] if places else len(rules), change)
    return tuple(rules)


def _without(rules: list[RawRule], change: RawRule, path: str, problems: list[Problem]) -> list[RawRule]:
    kept = [rule for rule in rules if rule.to != path and not rule.to.startswith(path + ".")]
    if len(kept) < len(rules):
        return kept
    for index, rule in enumerate(rules):
        if not path.startswith(rule.to + ".") or rule.form == "value":
            continue
        rest = path[len(rule.to) + 1 :]
        if "use" in rule.data:
            # the fragment is joined in later: the removal waits among the rule's own rules
            inner = RawRule(change.mapping, change.pointer, "remove", {"remove": rest})
            return [*rules[:index], rule.having((*rule.rules, inner)), *rules[index + 1 :]]
        inside = _without(list(rule.rules), change, rest, problems)
        return [*rules[:index], rule.having(tuple(inside)), *rules[index + 1 :]]
    problems.append(change.problem(f"there is no rule for {path} to remove", "remove"))
    return rules


def _extended(rules: list[RawRule], change: RawRule, problems: list[Problem]) -> list[RawRule]:
    found = [index for index, rule in enumerate(rules) if rule.to == change.to and rule.form in ("object", "list")]
    if not found:
        problems.append(change.problem(f"there is no object or list {change.to} to extend", "extend"))
    for index in found:
        rule = rules[index]
        if rule.parts:
            problems.append(change.problem(f"{change.to} is made of parts: replace it as a whole", "extend"))
        elif "use" in rule.data:
            rules = [*rules[:index], rule.having((*rule.rules, *change.rules)), *rules[index + 1 :]]
        else:
            inner = merge(rule.rules, change.rules, problems)
            rules = [*rules[:index], rule.having(inner), *rules[index + 1 :]]
    return rules
