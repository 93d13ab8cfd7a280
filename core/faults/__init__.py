"""The one taxonomy of everything that can go wrong, and the error that carries it.

``taxonomy.json`` is data: attempts, API problem documents (RFC 9457), exceptions and their runbooks all read it.
A code is ``<stage>.<reason>`` and never changes its meaning once published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Blame", "Domain", "Fault", "FaultType", "Fixer", "Nature", "Severity", "taxonomy"]

Blame = Literal["endpoint", "throttle", "document", "self"]
Nature = Literal["technical", "business"]
Domain = Literal["sales", "warehouse", "finance", "service", "integration"]
Fixer = Literal["partner", "operator", "integration_manager", "security_officer", "administrator", "nobody"]
Severity = Literal["info", "warning", "error", "critical"]


@dataclass(frozen=True, slots=True)
class FaultType:
    """One entry of the taxonomy.

    ``title``, ``meaning`` and ``advice`` are written for the person who sees the exception. ``blame`` says what the
    fault counts against: the partner's ``endpoint`` (and its circuit breaker), its ``throttle``, this ``document``
    alone, or our ``self``. ``retryable``: the same message, unchanged, may succeed later. ``http_status`` is what
    a synchronous caller is answered.
    """

    code: str
    title: str
    meaning: str
    blame: Blame
    nature: Nature
    domain: Domain
    retryable: bool
    fixer: Fixer
    severity: Severity
    http_status: int
    advice: str


@cache
def taxonomy() -> Mapping[str, FaultType]:
    """Every fault type by its code, in the order of the stages; read-only."""
    entries = json.loads(Path(__file__).with_name("taxonomy.json").read_text(encoding="utf-8"))
    return MappingProxyType({entry["code"]: FaultType(**entry) for entry in entries})


class Fault(Exception):
    """One thing that went wrong, with a code of the taxonomy.

    :param code: a code of the taxonomy; an unknown one raises :class:`KeyError`
    :param detail: one or two sentences in business words that name the concrete case
    :param pointer: JSON pointer (RFC 6901) to the place in the document; ``""`` is the whole document
    :param expected: what should have been there
    :param found: what was there
    :param reference: the business reference people search for, an order number
    :param subject: short, stable text of what exactly is missing or wrong (``product SKU-9``): faults of the same
        code and subject have one cause and fold into one exception
    :param causes: the single faults that this one sums up
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        pointer: str | None = None,
        expected: Any = None,
        found: Any = None,
        reference: str | None = None,
        subject: str = "",
        causes: Iterable[Fault] = (),
    ) -> None:
        super().__init__(detail)
        self.entry: FaultType = taxonomy()[code]
        self.detail = detail
        self.pointer = pointer
        self.expected = expected
        self.found = found
        self.reference = reference
        self.subject = subject
        self.causes: tuple[Fault, ...] = tuple(causes)
        self.origin: str | None = None

    @property
    def code(self) -> str:
        """The code in the taxonomy."""
        return self.entry.code

    @property
    def blame(self) -> Blame:
        """What the fault counts against."""
        return self.entry.blame

    @property
    def retryable(self) -> bool:
        """Whether the same message, unchanged, may succeed later."""
        return self.entry.retryable

    def is_at(self, where: str) -> None:
        """``where`` in the partner's own file, as ``segment 14 (PO1), element 4``; the sentence says it from now on."""
        if where and not self.origin:
            self.origin = where
            self.detail = f"{self.detail} In the file: {where}."

    def as_dict(self) -> dict[str, Any]:
        """The fault as plain JSON values; members that say nothing are left out."""
        fields = {
            "code": self.code,
            "title": self.entry.title,
            "detail": self.detail,
            "pointer": self.pointer,
            "origin": self.origin,
            "expected": _plain(self.expected),
            "found": _plain(self.found),
            "reference": self.reference,
            "subject": self.subject or None,
            "causes": [cause.as_dict() for cause in self.causes] or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def __str__(self) -> str:
        return self.detail

    def __repr__(self) -> str:
        return f"Fault({self.code!r}, {self.detail!r})"


def _plain(value: Any) -> Any:
    """``value`` as JSON can carry it without loss: decimals and whatever JSON does not know become text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)
