"""The cross-reference converter: a partner's code becomes ours, or the other way round.

It does not look anything up itself: the evaluator gathers the codes of a whole batch and asks once per domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..exact import exact, plain
from ..failures import ConversionError, shown
from ..scope import Scope
from .specification import Argument, converter

__all__ = ["Reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What to look up and what to do on a miss; ``reverse`` goes from our code to the partner's."""

    domain: str
    miss: str
    default: Any
    reverse: bool

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
    Argument(
        "miss",
        "choice",
        "What happens when there is none: a fault, the value stays, or there is no value.",
        default="fault",
        choices=("fault", "keep", "null"),
    ),
    Argument("default", "value", "The code to use when there is none."),
    Argument("reverse", "boolean", "From our code to the partner's.", default=False),
    main="domain",
)
def xref(domain: str, miss: str, default: Any, reverse: bool) -> Reference:
    return Reference(domain, miss, default, reverse)
