"""The compiled rules of a mapping: immutable, shared by all threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .converters import Convert
from .expression import Expression

__all__ = ["CheckRule", "ListPart", "ListRule", "ObjectRule", "Rule", "Slot", "Step", "Template", "ValueRule"]


@dataclass(frozen=True, slots=True)
class Step:
    """One converter of a chain; ``starts``: it also runs when there is no value yet."""

    name: str
    convert: Convert
    starts: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What all rules have. ``reads`` are the source patterns that the rule itself looks at; ``origin`` is where it is
    written: the name of the mapping document and the JSON pointer in it."""

    to: tuple[str, ...]
    pattern: str
    origin: tuple[str, str]
    when: Expression | None
    required: bool
    reads: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class ValueRule(Rule):
    """Makes one value: read, convert, default."""

    source: Expression | None = None
    constant: Any = None
    is_constant: bool = False
    steps: tuple[Step, ...] = ()
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ObjectRule(Rule):
    """Makes an object from another place of the source; nothing when that place is empty."""

    source: Expression | None = None
    template: Template = ()


@dataclass(frozen=True, slots=True, eq=False)
class ListPart:
    """A source of items and the rules that make each of them; ``split`` gives the items that one becomes."""

    source: Expression
    when: Expression | None
    where: Expression | None
    group_by: Expression | None
    split: Expression | None
    template: Template


@dataclass(frozen=True, slots=True, eq=False)
class ListRule(Rule):
    """Makes a list out of its parts, in order; an empty list only when ``keep_empty``."""

    parts: tuple[ListPart, ...] = ()
    keep_empty: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CheckRule(Rule):
    """Says something about the source when its condition holds; ``refuses``: the document goes no further."""

    name: str = ""
    words: str = ""
    refuses: bool = True
    code: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One member of the target and its alternatives, of which the first whose condition holds is taken."""

    to: tuple[str, ...]
    alternatives: tuple[ValueRule | ObjectRule | ListRule, ...] = field(default=())


Template = tuple["Slot | CheckRule", ...]
