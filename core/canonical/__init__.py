"""The canonical catalogue: what documents exist between Odoo and its partners, and the shape of each.

One file per document type under ``types/``, shared building blocks in ``definitions.json``. Amounts and quantities
are decimal text with currency or unit, moments are RFC 3339 with offset, parties and items carry qualified
identifiers. Every object is closed; what a partner adds travels under ``extensions`` at the root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..contracts import Validator, compile, definitions
from ..faults import Domain

__all__ = ["DocumentType", "catalogue", "definitions", "validator"]


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One entry of the catalogue: ``type`` is its name (``order.create``), ``schema`` its JSON Schema 2020-12."""

    type: str
    title: str
    domain: Domain
    description: str
    schema: Mapping[str, Any]
    examples: tuple[Mapping[str, Any], ...]


@cache
def catalogue() -> Mapping[str, DocumentType]:
    """Every document type by its name, in alphabetical order; read-only."""
    files = sorted(Path(__file__).with_name("types").glob("*.json"))
    entries = (json.loads(path.read_text(encoding="utf-8")) for path in files)
    return MappingProxyType(
        {entry["type"]: DocumentType(**{**entry, "examples": tuple(entry["examples"])}) for entry in entries}
    )


@cache
def validator(type: str) -> Validator:
    """The compiled schema of a document type; an unknown one raises :class:`KeyError`."""
    return compile(catalogue()[type].schema)
