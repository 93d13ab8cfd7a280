"""Why a rule could not give its value, in words that somebody who knows the business understands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..contracts import pointer
from ..contracts.pointer import place as place_words
from ..faults import Fault
from .exact import plain, shortened
from .scope import Place, place_text

__all__ = ["ConversionError", "Notice", "TranslationFault", "label", "shown"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a check found odd and that does not stop the document."""

    name: str
    text: str
    place: Place | None


class ConversionError(ValueError):
    """A converter refuses a value; the message continues "Line 2, quantity: ...".

    ``code`` is the fault it becomes: ``translate.mapping_failed`` or ``translate.value_unknown``.
    """

    def __init__(self, message: str, *, expected: str | None = None, code: str = "translate.mapping_failed") -> None:
        super().__init__(message)
        self.expected = expected
        self.code = code


class TranslationFault(Fault):
    """A fault of the stage *translate*: knows both ends of the rule.

    ``target`` is the path in the document that was to be made (``lines[1].quantity``), ``source`` the path in the
    document that was read, if it is known, ``value`` what stood there, and ``domain`` the domain of a missing or
    ambiguous cross-reference. ``pointer`` points into the source document, ``rule`` (mapping document, JSON pointer in
    it) at the rule as it is written.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        target: Place,
        place: Place | None,
        value: Any = None,
        domain: str | None = None,
        expected: str | None = None,
        subject: str = "",
        rule: tuple[str, str] | None = None,
    ) -> None:
        self.rule = rule
        self.target = place_text(target)
        self.source = None if place is None else place_text(place)
        self.value = value
        self.domain = domain
        origin = f" Read from {self.source}." if self.source else ""
        super().__init__(
            code,
            f"{label(target)}: {reason}.{origin}" if target else f"{reason}.{origin}",
            pointer=None if place is None else pointer(place),
            expected=expected,
            found=value,
            subject=subject,
        )

    def as_dict(self) -> dict[str, Any]:
        """The fault as plain JSON values, with both ends of the rule."""
        ends = {"target": self.target, "source": self.source, "domain": self.domain}
        return {**super().as_dict(), **{name: text for name, text in ends.items() if text}}


def label(target: Place) -> str:
    """A target path in words: ``Line 2, unit price``."""
    text = ", ".join(place_words(target)) or "document"
    return text[:1].upper() + text[1:]


def shown(value: Any) -> str:
    """A value for a sentence: quoted when it is text, cut when it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value) if value.is_finite() and abs(value.adjusted()) < 40 else str(value)
    if isinstance(value, int):
        return shortened(str(value))
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "an object"
