"""How a converter describes itself: one description drives the parser, the form and the documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..scope import Scope

__all__ = ["Argument", "Convert", "Converter", "Kind", "converter", "registry"]

# Turns a value into another in a scope; raises ConversionError.
Convert = Callable[[Any, Scope], Any]

Kind = Literal["text", "integer", "boolean", "number", "value", "choice", "zone", "path", "paths", "texts", "table",
               "converters"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a converter; ``least`` bounds an integer, ``choices`` a choice."""

    name: str
    kind: Kind
    description: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Converter:
    """A named way to turn one value into another.

    ``main`` names the argument that may stand alone (``{"split": ...}`` needs none, ``{"multiply": "100"}`` has
    one). A converter is skipped when there is no value, unless it ``starts`` a value itself.
    """

    name: str
    description: str
    arguments: tuple[Argument, ...]
    build: Callable[..., Convert]
    main: str | None = None
    starts: bool = False


_REGISTRY: dict[str, Converter] = {}


def converter(
    name: str,
    description: str,
    *arguments: Argument,
    main: str | None = None,
    starts: bool = False,
) -> Callable[[Callable[..., Convert]], Callable[..., Convert]]:
    """Register the decorated builder: it takes the arguments by name and gives the converting function."""

    def register(build: Callable[..., Convert]) -> Callable[..., Convert]:
        if name in _REGISTRY:
            raise ValueError(f"there are two converters named {name}")
        _REGISTRY[name] = Converter(name, description, arguments, build, main, starts)
        return build

    return register


def registry() -> dict[str, Converter]:
    """Every converter by its name."""
    return dict(_REGISTRY)
