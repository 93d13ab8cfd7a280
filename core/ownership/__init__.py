"""Which parts of a document have an owner of their own, and how a document is taken apart along them.

``domains.json`` is data: the field groups of each domain, by their members in canonical documents and by the fields of
Odoo's own records that hold the same. A member is written as a path without its first slash: ``party/address``,
``lines/*/unit_price`` (``*``: each entry of a list). The first member of a group stands for the whole of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = ["DomainEntry", "FieldGroup", "covers", "domains", "parts", "says", "without"]

NEVER_OWNED = ("type", "number", "extensions")
"""What says which document it is, in every domain; a domain adds its own ``keys``."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldGroup:
    """``members`` of canonical documents; ``fields``: model of Odoo -> names of the fields that hold the same."""

    domain: str
    code: str
    title: str
    members: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DomainEntry:
    """``key`` names what all systems know a record by, None where every system has records of its own (its orders)."""

    code: str
    title: str
    key: str | None
    keys: frozenset[str]
    groups: tuple[FieldGroup, ...]


@cache
def domains() -> Mapping[str, DomainEntry]:
    """Every domain by its code, in the order of the file; read-only."""
    entries = json.loads(Path(__file__).with_name("domains.json").read_text(encoding="utf-8"))
    return MappingProxyType({entry["domain"]: _domain(entry) for entry in entries})


def _domain(entry: dict[str, Any]) -> DomainEntry:
    groups = tuple(
        FieldGroup(
            entry["domain"],
            group["code"],
            group["title"],
            tuple(group["members"]),
            MappingProxyType({model: tuple(names) for model, names in group["fields"].items()}),
        )
        for group in entry["groups"]
    )
    return DomainEntry(entry["domain"], entry["title"], entry["key"], frozenset([*NEVER_OWNED, *entry["keys"]]), groups)


def covers(name: str, path: str) -> bool:
    """Whether ``name`` is the member ``path`` or holds it."""
    return path == name or path.startswith(name + "/")


def parts(domain: str, document: Mapping[str, Any]) -> list[str]:
    """The members of ``document`` that may have an owner, as paths: those of groups, and what else it says."""
    entry = domains()[domain]
    members = [member for group in entry.groups for member in group.members]
    held = {member.partition("/")[0] for member in members}
    others = [name for name in document if name not in entry.keys and name not in held]
    return [member for member in members if says(document, member)] + others


def says(document: Any, path: str) -> bool:
    """Whether the document says anything at ``path``."""
    return any(True for _holder, _name in _places(document, path.split("/")))


def without(document: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A copy of the document from which ``paths`` are left out; an object that becomes empty by that goes too."""
    copy = deepcopy(dict(document))
    for path in paths:
        for holder, name in list(_places(copy, path.split("/"))):
            del holder[name]
        top = path.partition("/")[0]
        if copy.get(top) == {}:
            del copy[top]
    return copy


def _places(document: Any, steps: list[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """(object, member) of every place that a path leads to."""
    step, rest = steps[0], steps[1:]
    if step == "*":
        if isinstance(document, (list, tuple)):
            for entry in document:
                yield from _places(entry, rest)
    elif isinstance(document, Mapping) and step in document:
        if rest:
            yield from _places(document[step], rest)
        else:
            yield document, step
