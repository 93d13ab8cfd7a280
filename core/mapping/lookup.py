"""Cross-references as the evaluator sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["LookupPort", "NoReferences"]

# The code that was found; several when the code asked for is ambiguous.
Answer = Mapping[str, "str | Sequence[str]"]


class LookupPort(Protocol):
    """Answers for many codes of one domain at once; a code that is not known is left out of the answer."""

    def resolve(self, domain: str, values: list[str]) -> Answer:
        """Our code for each of the partner's ``values``."""

    def reverse(self, domain: str, values: list[str]) -> Answer:
        """The partner's code for each of our ``values``."""


class NoReferences:
    """A lookup that knows nothing, for mappings without cross-references and for trials."""

    def resolve(self, domain: str, values: list[str]) -> Answer:
        """Nothing is known."""
        return {}

    def reverse(self, domain: str, values: list[str]) -> Answer:
        """Nothing is known."""
        return {}
