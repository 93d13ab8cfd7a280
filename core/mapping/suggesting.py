"""Rules that may fit a partner's document, for a person to take or leave one by one.

Three things speak for a rule: that the names are alike, that the values have the shape of the target, and that another
partner's mapping of the same document type reads a member of that name for that target.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..contracts import definitions
from ..matching import gtin_form
from .countries import country_codes
from .currencies import exponent
from .exact import NotExact, exact
from .units import unit_code

__all__ = ["Known", "Suggested", "known_from", "suggest", "with_rule"]

LEAST = 0.5
_DEPTH = 5
_VALUES = 20
_REFERENCE = "urn:sync-governance:definitions#/$defs/"
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+|\d+")
_NOISE = {"order", "document", "doc", "header", "head", "item", "line", "po", "the", "of"}
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")
_DAY_PATTERNS = {
    "iso": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "%Y%m%d": re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    "%d.%m.%Y": re.compile(r"\d{2}\.\d{2}\.\d{4}"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the mapping ``mapping`` does: the ``source`` member (its last name) it reads for ``target``."""

    mapping: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """``rule`` as it would be written at ``target``; inside the list ``within``, whose items are at ``each``.

    ``confidence`` from 0 to 1, ``reason`` in words, ``source`` the pattern that it reads.
    """

    target: str
    source: str
    rule: Mapping[str, Any]
    confidence: float
    reason: str
    within: str = ""
    each: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """A single value of the target document: ``kind`` is the name of its definition."""

    path: tuple[str, ...]
    kind: str
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    path: tuple[str, ...]
    values: tuple[Any, ...]
    within: tuple[str, ...] = ()


def suggest(documents: Sequence[Any], schema: Mapping[str, Any], known: Sequence[Known] = ()) -> list[Suggested]:
    """Rules for the target ``schema`` (of the catalogue), the surest first; each target and each source once.

    :param documents: examples of the partner's document, decoded
    """
    sources = list(_sources(documents))
    targets = list(_targets(schema))
    lists = _paired_lists(sources, targets, known)
    found = []
    for target in targets:
        wanted = lists.get(target.within, ()) if target.within else ()
        if target.within and not wanted:
            continue
        for source in sources:
            if source.within == tuple(wanted):
                confidence, reason = _fits(source, target, known)
                if confidence >= LEAST:
                    found.append((confidence, source, target, reason))
    found.sort(key=lambda each: (-each[0], each[2].path))
    taken: set[tuple[str, ...]] = set()
    chosen = []
    for confidence, source, target, reason in found:
        ends = {("source", *source.within, *source.path), ("target", *target.within, *target.path)}
        if not ends & taken:
            taken |= ends
            chosen.append(_suggested(confidence, source, target, reason))
    return chosen


def with_rule(document: Mapping[str, Any], suggestion: Suggested) -> dict[str, Any]:
    """The mapping document with the rule of ``suggestion``; unchanged where a rule makes that target, or something
    around it, already: what an object is made of is then for a person to say."""
    rules = [dict(rule) for rule in document.get("rules", ())]
    place = rules
    if suggestion.within:
        around = next((rule for rule in rules if rule.get("to") == suggestion.within), None)
        if around is not None and around.get("each") != suggestion.each:
            return dict(document)
        if around is None and _is_made(rules, suggestion.within):
            return dict(document)
        if around is None:
            around = {"to": suggestion.within, "each": suggestion.each, "rules": []}
            rules.append(around)
        place = around["rules"] = list(around.get("rules", ()))
    if _is_made(place, suggestion.rule["to"]):
        return dict(document)
    place.append(dict(suggestion.rule))
    return {**document, "rules": rules}


def _is_made(rules: Iterable[Mapping[str, Any]], target: str) -> bool:
    """Whether one of the rules makes the target, a part of it, or what is around it."""
    made = [str(rule["to"]) for rule in rules if rule.get("to")]
    return any(f"{target}.".startswith(f"{to}.") or f"{to}.".startswith(f"{target}.") for to in made)


def known_from(document: Mapping[str, Any]) -> list[Known]:
    """What a mapping document reads for which target, as far as its rules read plain members."""
    return list(_read_rules(str(document.get("mapping", "")), document.get("rules", ()), ""))


def _read_rules(mapping: str, rules: Any, prefix: str) -> Iterator[Known]:
    for rule in rules if isinstance(rules, list) else ():
        target = f"{prefix}{rule.get('to', '')}"
        source = rule.get("from")
        if isinstance(source, str) and all(map(_PLAIN_NAME.fullmatch, source.split("."))):
            yield Known(mapping, source.split(".")[-1], target)
        if "rules" in rule and rule.get("to"):
            yield from _read_rules(mapping, rule["rules"], f"{target}[]." if "each" in rule else f"{target}.")


# -- what there is ---------------------------------------------------------------------------------------------------


def _targets(schema: Mapping[str, Any]) -> Iterator[_Target]:
    yield from _walk(schema, (), (), "", _DEPTH)


def _walk(schema: Any, path: tuple[str, ...], within: tuple[str, ...], kind: str, depth: int) -> Iterator[_Target]:
    if not isinstance(schema, Mapping) or not depth or "const" in schema:
        return
    reference = str(schema.get("$ref", ""))
    if reference.startswith(_REFERENCE):
        kind = reference.removeprefix(_REFERENCE)
        schema = definitions()["$defs"][kind]
    if kind == "identifiers":
        yield _Target(path, kind, within)
    elif schema.get("type") == "object":
        for name, inner in schema.get("properties", {}).items():
            if name != "extensions":
                yield from _walk(inner, (*path, name), within, "", depth - 1)
    elif schema.get("type") == "array":
        if not within:  # lists in lists are left to people
            yield from _walk(schema.get("items"), (), path, "", depth - 1)
    elif path:
        yield _Target(path, kind or str(schema.get("type", "")), within)


def _sources(documents: Iterable[Any]) -> Iterator[_Source]:
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Any]] = {}
    for document in documents:
        for within, path, value in _values(document, (), ()):
            values = found.setdefault((within, path), [])
            if len(values) < _VALUES:
                values.append(value)
    for (within, path), values in found.items():
        yield _Source(path, tuple(values), within)


def _values(
    value: Any, within: tuple[str, ...], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if _PLAIN_NAME.fullmatch(name):
                yield from _values(inner, within, (*path, name))
    elif isinstance(value, list):
        for inner in value if not within and path else ():
            yield from _values(inner, path, ())
    elif value not in (None, "") and path:
        yield within, path, value


def _paired_lists(
    sources: Sequence[_Source], targets: Sequence[_Target], known: Sequence[Known]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Target list -> the source list whose members fit it best."""
    theirs = {source.within for source in sources if source.within}
    paired: dict[tuple[str, ...], tuple[str, ...]] = {}
    scores = []
    for ours in {target.within for target in targets if target.within}:
        members = [target for target in targets if target.within == ours]
        for each in theirs:
            inside = [source for source in sources if source.within == each]
            best = [max((_fits(source, target, known)[0] for source in inside), default=0.0) for target in members]
            fitting = sum(score for score in best if score >= LEAST) + 2 * _alike(each, ours)
            scores.append((-fitting, ours, each))
    for fitting, ours, each in sorted(scores):
        if -fitting >= 1 and ours not in paired and each not in paired.values():
            paired[ours] = each
    return paired


# -- what fits -------------------------------------------------------------------------------------------------------


def _fits(source: _Source, target: _Target, known: Sequence[Known]) -> tuple[float, str]:
    """(how sure, why)"""
    shape = _shape(source.values, target.kind)
    if shape is None:
        return 0.0, ""
    said = "[].".join(".".join(part) for part in (target.within, target.path) if part)
    for each in known:
        if _compact(each.source) == _compact(source.path[-1]) and each.target == said:
            return 0.95, f"{each.mapping} reads {each.source} for it"
    alike = _alike(source.path, target.path)
    if target.kind == "identifiers":
        alike = max(alike, _alike(source.path, ("sku",)), 0.95 if shape and shape.startswith("a GTIN") else 0.0)
        if len(target.path) > 1 and target.path[0] != "item":
            alike = 0.0  # who a party is, is said by more than a name
    confidence = round(0.87 * alike + (0.07 if shape and alike else 0.0), 2)
    reasons = [f"{'.'.join(source.path)} is called like it"] if alike else []
    return confidence, "; ".join([*reasons, *([f"every value is {shape}"] if shape else [])])


def _alike(theirs: Sequence[str], ours: Sequence[str]) -> float:
    """How alike two paths are called: the last names above all, then what is around them."""
    if len(ours) > 1 and ours[-1] == "value":
        ours = ours[:-1]  # of a quantity: the quantity
    last = _overlap(_words(theirs[-1]), _words(ours[-1]))
    if not last:
        return 0.0
    left, right = _words(*theirs[:-1]), _words(*ours[:-1])
    around = _overlap(left, right) if left and right else (1.0 if not left and not right else 0.4)
    return 0.75 * last + 0.25 * around


def _overlap(left: set[str], right: set[str]) -> float:
    return len(left & right) / max(len(left), len(right)) if left and right else 0.0


def _words(*names: str) -> set[str]:
    """The words of names, each by the first of its synonyms."""
    groups = _synonyms()
    found = set()
    for name in names:
        whole = _compact(name)
        parts = [whole] if whole in groups else [part.casefold() for part in _CAMEL.findall(name)]
        parts = [part for part in parts if part not in _NOISE] or parts
        found |= {groups.get(part, part) for part in parts}
    return found


def _compact(name: str) -> str:
    return name.replace("_", "").casefold()


@cache
def _synonyms() -> dict[str, str]:
    groups = json.loads(Path(__file__).with_name("synonyms.json").read_text(encoding="utf-8"))
    meaning: dict[str, str] = {}
    for group in groups:
        for word in group:
            meaning.setdefault(word, group[0])
    return meaning


def _shape(values: Sequence[Any], kind: str) -> str | None:
    """What all values are, when that speaks for the kind; '' when nothing does; None when they cannot be that."""
    texts = [str(value).strip() for value in values]
    if kind in ("decimal", "non_negative_decimal", "integer"):
        return "a number" if all(map(_is_number, values)) else None
    if kind == "boolean":
        return "" if all(isinstance(value, bool) for value in values) else None
    if any(isinstance(value, bool) for value in values):
        return None
    if kind == "timestamp":
        return "a point in time" if all(map(_MOMENT.fullmatch, texts)) else None
    if kind == "date":
        return "a day" if _day_format(texts) or all(map(_MOMENT.fullmatch, texts)) else None
    if kind == "currency":
        return "a currency" if all(exponent(text.upper()) is not None for text in texts) else None
    if kind == "country":
        return "a country" if all(country_codes(text) is not None for text in texts) else None
    if kind == "unit":
        return "a unit" if all(unit_code(text, "rec20") for text in texts) else None
    if kind == "identifiers":
        return "a GTIN" if all(gtin_form(text) for text in texts) else ""
    return ""


def _day_format(texts: Sequence[str]) -> str | None:
    return next((name for name, shape in _DAY_PATTERNS.items() if all(map(shape.fullmatch, texts))), None)


def _is_number(value: Any) -> bool:
    try:
        exact(value)
    except NotExact:
        return False
    return True


# -- what would be written -------------------------------------------------------------------------------------------


def _suggested(confidence: float, source: _Source, target: _Target, reason: str) -> Suggested:
    expression, to = ".".join(source.path), ".".join(target.path)
    texts = [str(value).strip() for value in source.values]
    rule: dict[str, Any] = {"to": to, "from": expression}
    if target.kind == "identifiers":
        scheme = "gtin" if all(gtin_form(text) for text in texts) else "sku"
        value = {"to": "value", "from": "@", "convert": ["text", "trim"]}
        rule = {"to": to, "each": expression, "rules": [{"to": "scheme", "value": scheme}, value]}
    elif steps := _converters(target.kind, texts):
        rule["convert"] = steps
    within = ".".join(target.within)
    return Suggested(
        f"{within}[].{to}" if within else to,
        f"{'.'.join(source.within)}[].{expression}" if within else expression,
        rule,
        confidence,
        reason,
        within,
        ".".join(source.within),
    )


def _converters(kind: str, texts: Sequence[str]) -> list[Any]:
    if kind == "date":
        day = _day_format(texts)
        return [{"date": day}] if day and day != "iso" else ["date"]
    simple = {
        "decimal": "decimal",
        "non_negative_decimal": "decimal",
        "integer": "integer",
        "timestamp": "datetime",
        "currency": "currency",
        "country": "country",
        "unit": "unit",
    }
    return [simple[kind]] if kind in simple else [] if kind == "boolean" else ["text", "trim"]
