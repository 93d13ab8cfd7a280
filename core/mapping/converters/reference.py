"""The converters that look up: a partner's code becomes ours or the other way round; a record is found by what
identifies it everywhere.

They do not look anything up themselves: the evaluator gathers the codes of a whole batch and asks once per question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..exact import exact, plain
from ..failures import ConversionError, shown
from ..lookup import RECORDS, Identified
from ..scope import Scope
from .specification import Argument, converter

__all__ = ["Reference"]

MISS = Argument(
    "miss",
    "choice",
    "What happens when there is none: a fault, the value stays, or there is no value.",
    default="fault",
    choices=("fault", "keep", "null"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What to look up and what to do on a miss; ``reverse`` goes from our code to the partner's."""

    domain: str
    miss: str
    default: Any
    reverse: bool
    record: Identified | None = None

    @property
    def question(self) -> tuple[str, bool] | Identified:
        """What is asked, once for all codes of a batch."""
        return self.record or (self.domain, self.reverse)

    def __call__(self, value: Any, scope: Scope) -> str | list[str]:
        """The code, or the codes of a list, to look up."""
        if isinstance(value, list):
            return [_code(item) for item in value]
        return _code(value)


def _code(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, (bool, list, dict)) or value is None or isinstance(value, str):
        raise ConversionError(f"{shown(value)} is no code that can be looked up", expected="a code")
    return plain(exact(value))


@converter(
    "xref",
    "Looks the value up in the cross-references of a domain.",
    Argument("domain", "text", "The domain of the cross-references: product, carrier, tax ...", required=True),
    MISS,
    Argument("default", "value", "The code to use when there is none."),
    Argument("reverse", "boolean", "From our code to the partner's.", default=False),
    main="domain",
)
def xref(domain: str, miss: str, default: Any, reverse: bool) -> Reference:
    return Reference(domain, miss, default, reverse)


@converter(
    "record",
    "Finds a record of Odoo by what identifies it everywhere, and gives one of its identifiers; without any agreement"
    " with the partner.",
    Argument("kind", "choice", "What is looked for.", required=True, choices=tuple(RECORDS)),
    Argument(
        "by",
        "choice",
        "What the value is: own (our code), gtin, supplier (the code by which the partner sells it), vat, gln.",
        required=True,
        choices=("own", "gtin", "supplier", "vat", "gln"),
    ),
    Argument(
        "give",
        "choice",
        "Which identifier comes out.",
        default="own",
        choices=("own", "gtin", "supplier", "vat", "gln"),
    ),
    MISS,
    Argument("default", "value", "What to use when there is none."),
)
def record(kind: str, by: str, give: str, miss: str, default: Any) -> Reference:
    for name in (by, give):
        if name not in RECORDS[kind]:
            raise ValueError(f"a {kind} has no {name}; it has {', '.join(RECORDS[kind])}")
    return Reference(kind, miss, default, False, Identified(kind, by, give))
