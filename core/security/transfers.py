"""Personal data that crosses from one data region to another: who allowed it, and what of it goes.

A route crosses when the company and the partner's system stand in different regions and its documents can say who
somebody is. Without an approval that is valid today nothing goes: what is not known is not allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from ..faults import Fault
from .masking import mask_document


@dataclass(frozen=True, slots=True)
class Crossing:
    """The crossing of one interface, as the configuration says.

    ``source`` and ``target`` are names of regions, None where nobody has said which. ``until`` is the last day (UTC)
    of the approval, None without one. ``kept``: places in the canonical document that leave unmasked, see
    :func:`~.masking.mask_document`; all else that is personal leaves masked.
    """

    interface: str
    source: str | None
    target: str | None
    outbound: bool
    until: date | None = None
    kept: tuple[str, ...] = ()

    def refusal(self, today: date | None = None) -> Fault | None:
        """Why nothing crosses ``today`` (or now), or None."""
        today = today or datetime.now(timezone.utc).date()
        if self.until is not None and today <= self.until and self.source and self.target:
            return None
        code = "deliver.transfer_not_approved" if self.outbound else "receive.transfer_not_approved"
        if not self.source or not self.target:
            said = "and nobody has said in which data region the partner's system is"
        elif self.until is None:
            said = f"from {self.source} to {self.target}, and nobody has approved that"
        else:
            said = f"from {self.source} to {self.target}; the approval ended on {self.until.isoformat()}"
        return Fault(
            code, f"Documents of {self.interface} carry personal data {said}.", subject=f"interface {self.interface}"
        )

    def shown(self, document: Any) -> Any:
        """The canonical document as it may leave."""
        return mask_document(document, kept=self.kept) if self.outbound else document
