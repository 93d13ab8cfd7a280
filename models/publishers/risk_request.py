"""risk.request: a fraud service is asked what it thinks of an order that came by import."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import amount, item, party, quantity, timestamp, without_empty


class RiskRequest(models.AbstractModel):
    """The order as it was confirmed, with who buys, who gets the goods and who pays."""

    _name = "sync.publisher.risk.request"
    _description = "Risk assessments requested"
    _inherit = "sync.publisher"
    _document_type = "risk.request"

    @api.private
    def _render(self, records):
        processes = self.env["sync.process"]._by_record(records)
        now = fields.Datetime.now()
        return {
            order.id: EventDraft(
                document=self._document(order, now),
                ordering_key=order.name,
                company_id=order.company_id.id,
                occurred_at=now,
                process_id=processes[order.id].id if order.id in processes else None,
            )
            for order in records
            if order.state == "sale" and self._lines(order)
        }

    @api.private
    def _lines(self, order):
        return order.order_line.filtered(lambda line: line.product_id and not line.display_type)

    @api.private
    def _document(self, order, now):
        currency, buyer = order.currency_id, order.partner_id
        others = {"ship_to": order.partner_shipping_id, "bill_to": order.partner_invoice_id}
        return without_empty(
            {
                "type": self._document_type,
                "number": f"RQ-{order.name}",
                "order_number": order.client_order_ref or order.name,
                "requested_at": timestamp(now),
                "placed_at": timestamp(order.date_order),
                "amount": {"amount": amount(order.amount_total, currency), "currency": currency.name},
                "buyer": party(buyer),
                **{role: party(other) for role, other in others.items() if other and other != buyer},
                "payment": without_empty({"reference": order.reference}),
                "lines": [
                    {
                        "id": line.partner_line_ref or str(line.id),
                        "item": item(line.product_id),
                        "quantity": quantity(self.env, max(line.product_uom_qty, 0.0), line.product_uom_id),
                        "amount": amount(line.price_total, currency),
                    }
                    for line in self._lines(order)
                ],
            }
        )
