"""Cross-references as the evaluator sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Identified", "LookupPort", "NoReferences", "RECORDS"]

# The code that was found; several when the code asked for is ambiguous.
Answer = Mapping[str, "str | Sequence[str]"]

# Which records a mapping may look up, and by which of their identifiers.
RECORDS = {
    "product": ("own", "gtin", "supplier"),
    "contact": ("own", "vat", "gln"),
    "warehouse": ("own",),
}


class Identified(NamedTuple):
    """A question for records: the ``kind``, the identifier they are known ``by``, and the one that is wanted."""

    kind: str
    by: str
    give: str


class LookupPort(Protocol):
    """Answers for many codes of one domain at once; a code that is not known is left out of the answer."""

    def resolve(self, domain: str, values: list[str]) -> Answer:
        """Our code for each of the partner's ``values``."""

    def reverse(self, domain: str, values: list[str]) -> Answer:
        """The partner's code for each of our ``values``."""

    def records(self, question: Identified, values: list[str]) -> Answer:
        """The identifier that is wanted of the record that each of the ``values`` fits; as many as records."""


class NoReferences:
    """A lookup that knows nothing, for mappings without cross-references and for trials."""

    def resolve(self, domain: str, values: list[str]) -> Answer:
        """Nothing is known."""
        return {}

    def reverse(self, domain: str, values: list[str]) -> Answer:
        """Nothing is known."""
        return {}

    def records(self, question: Identified, values: list[str]) -> Answer:
        """Nothing is known."""
        return {}
