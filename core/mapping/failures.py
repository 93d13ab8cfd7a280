"""Why a rule could not give its value, in words that somebody who knows the business understands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..faults import Fault
from .exact import plain, shortened
from .scope import Place, place_pointer, place_text

__all__ = ["ConversionError", "TranslationFault", "label", "shown"]


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
    ambiguous cross-reference. ``pointer`` points into the source document.
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
    ) -> None:
        self.target = place_text(target)
        self.source = None if place is None else place_text(place)
        self.value = value
        self.domain = domain
        origin = f" Read from {self.source}." if self.source else ""
        super().__init__(
            code,
            f"{label(target)}: {reason}.{origin}",
            pointer=None if place is None else place_pointer(place),
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
    words: list[str] = []
    for step in target:
        if isinstance(step, int):
            words[-1:] = [f"{_singular(words[-1]) if words else 'item'} {step + 1}"]
        else:
            words.append(step.replace("_", " ").strip())
    text = ", ".join(words) or "document"
    return text[:1].upper() + text[1:]


def shown(value: Any) -> str:
    """A value for a sentence: quoted when it is text, cut when it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value) if abs(value.adjusted()) < 40 else str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "an object"


def _singular(word: str) -> str:
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if word.endswith(ending) and not word.endswith(("ss", "us")):
            return word[: -len(ending)] + singular
    return word
