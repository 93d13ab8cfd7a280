"""Contracts: JSON Schemas that a document is held against, with every difference at once and in business words.

>>> amount = {"type": "object", "required": ["currency"], "properties": {"currency": {"enum": ["EUR", "CHF"]}}}
>>> [fault.detail for fault in validate(amount, {"currency": "XXX"})]
["Currency must be 'EUR' or 'CHF', found 'XXX'."]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..faults import Fault
from .compilation import DEFINITIONS, DIALECT, FAULT_LIMIT, Validator, compile_schema, definitions
from .pointer import pointer

__all__ = [
    "DEFINITIONS",
    "DIALECT",
    "FAULT_LIMIT",
    "Validator",
    "compile",
    "definitions",
    "pointer",
    "summary",
    "validate",
]

compile = compile_schema


def validate(contract: Mapping[str, Any] | Validator, document: Any, *, code: str = "validate.contract") -> list[Fault]:
    """Everything in which ``document`` differs from ``contract``; empty if nothing does.

    Each fault carries the JSON pointer of the field, what was expected and what was found. The pointer of a missing
    field is where it belongs.

    :param contract: a JSON Schema 2020-12, or what :func:`compile` made of one
    :param document: as a codec decodes it: numbers are int or Decimal
    :param code: the fault code to use, ``validate.canonical`` for documents of our own making
    :raises Fault: ``engine.configuration`` if the schema itself cannot be used
    """
    validator = contract if isinstance(contract, Validator) else compile_schema(contract)
    return validator.faults(document, code=code)


def summary(faults: Sequence[Fault], *, reference: str | None = None) -> Fault:
    """The faults of one document as one fault that carries them as causes.

    Its subject is made of the fields concerned, so that documents with the same defect fold into one exception.
    """
    first, *others = faults
    if not others:
        detail = first.detail
    else:
        detail = f"{first.detail} And {len(others)} more {'difference' if len(others) == 1 else 'differences'}."
    found = Fault(
        first.code,
        detail,
        pointer=first.pointer,
        expected=first.expected,
        found=first.found,
        reference=reference,
        subject="; ".join(sorted({fault.subject for fault in faults}))[:500],
        causes=faults,
    )
    found.origin = first.origin
    return found
