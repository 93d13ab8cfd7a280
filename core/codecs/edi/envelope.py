"""What an interchange is sent in: who to whom, its control numbers and its separators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...faults import Fault
from .segments import Delimiters

__all__ = ["Envelope"]

_DEFAULTS = {
    "x12": {"element": "*", "component": ">", "segment": "~", "repetition": "^"},
    "edifact": {"element": "+", "component": ":", "segment": "'", "release": "?", "decimal": ".", "repetition": "*"},
}


@dataclass(frozen=True)
class Envelope:
    """An interchange's header and the headers of its groups and messages, as far as they are not the documents' own.

    :param interchange: as the member ``interchange`` of a document that was read; ``standard``, ``sender``,
        ``receiver``, ``reference`` (the control number), ``date`` and ``time`` (ISO 8601, the sender's clock) must be
        there
    :param group: defaults of the member ``group``: X12's ``version`` and the application's ``sender`` and
        ``receiver``; EDIFACT writes groups only where this or the document has one
    :param strict: refuse what does not conform; without it, what was read with findings can be written again
    :param charset: of X12, which declares none
    """

    interchange: Mapping[str, Any]
    group: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = True
    charset: str = "utf-8"

    @classmethod
    def of(cls, document: Mapping[str, Any], **options: Any) -> Envelope:
        """The envelope in which ``document`` came; raises :class:`Fault` ``encode.value`` where it names none."""
        held = document.get("interchange") if isinstance(document, Mapping) else None
        if not isinstance(held, Mapping):
            raise Fault(
                "encode.value",
                "The document has no member 'interchange' that says who sends it to whom.",
                pointer="/interchange",
                subject="value interchange",
            )
        return cls(held, **options)

    @property
    def standard(self) -> str:
        return str(self.interchange.get("standard", ""))

    @property
    def delimiters(self) -> Delimiters:
        """The separators, with the standard's own where none are given."""
        given = self.interchange.get("delimiters") or {}
        default = _DEFAULTS.get(self.standard, {})
        values = {name: str(given.get(name, default.get(name, ""))) for name in ("element", "component", "segment")}
        repetition = str(given.get("repetition", "" if given else default.get("repetition", "")))
        if not self._repeats():
            repetition = ""
        segment = values.pop("segment")
        release = str(given.get("release", default.get("release", "")))
        return Delimiters(
            values["element"],
            values["component"],
            segment[:1],
            repetition,
            release if self.standard == "edifact" else "",
            str(given.get("decimal", ".")) if self.standard == "edifact" else ".",
            segment[1:],
        )

    def _repeats(self) -> bool:
        """Whether this version of the standard has a repetition separator."""
        if self.standard == "x12":
            return str(self.interchange.get("version", "")) >= "00402"
        return str(self.interchange.get("syntax_version", "3")) >= "4"
