"""The role of a publisher: Odoo records -> canonical documents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import api, models


@dataclass(slots=True)
class EventDraft:
    """One event before it is written.

    ``document`` is the canonical document, ``ordering_key`` what the event must stay in order with (an order number),
    ``occurred_at`` when it became true (naive means UTC). ``subject`` is what it happened to (``shipment/WH/OUT/7``):
    its events are counted; unless it is given, the noun of the type and the document's number. ``concerns`` are the
    ids of the trading partners whom the document is about: an interface that carries only its own carries it to them.
    """

    document: dict[str, Any]
    ordering_key: str
    company_id: int
    occurred_at: datetime
    process_id: int | None = None
    trading_partner_id: int | None = None
    subject: str | None = None
    concerns: tuple[int, ...] = ()


class SyncPublisher(models.AbstractModel):
    """Inherit this role and name the document type to publish it.

    ``_render`` gets all marked records at once, as superuser, in en_US and UTC, and returns
    ``{record id: EventDraft}``;
    a record that is left out is not published. A fact is rendered in the transaction that made it true
    (``sync.event._mark``), a state when the engine sends it (``sync.mark._note``), in the company that it is told in.
    """

    _name = "sync.publisher"
    _description = "Publisher of canonical documents"
    _document_type = None
    _moving = ()
    """Of a state: members that differ each time it is drawn up and are nothing new by themselves."""

    @api.private
    def _for(self, document_type):
        """The publisher of a document type."""
        for name in self.env.registry.descendants(["sync.publisher"], "_inherit"):
            if self.env[name]._document_type == document_type and name != "sync.publisher":
                return self.env[name]
        raise LookupError(f"No publisher renders {document_type}")

    @api.private
    def _gap(self, trading_partner):
        """What is not known of a trading partner without which nothing concerns it, as a sentence; None if all is."""
        return None

    @api.private
    def _render(self, records):
        raise LookupError(f"{self._name} does not render anything")
