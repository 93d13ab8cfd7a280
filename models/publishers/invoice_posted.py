"""invoice.posted: an invoice or credit note of a process is in the books."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import amount, day, item, number, party, quantity, without_empty


class InvoicePosted(models.AbstractModel):
    """The invoice with its lines, and per line the taxes as Odoo booked them."""

    _name = "sync.publisher.invoice.posted"
    _description = "Invoices posted"
    _inherit = "sync.publisher"
    _document_type = "invoice.posted"

    @api.private
    def _render(self, records):
        processes = self.env["sync.process"]._by_record(records)
        drafts = {}
        for move in records:
            process = processes.get(move.id)
            drafts[move.id] = EventDraft(
                document=self._document(move),
                ordering_key=move.name,
                company_id=move.company_id.id,
                occurred_at=fields.Datetime.now(),
                process_id=process.id if process else None,
            )
        return drafts

    @api.private
    def _document(self, move):
        currency = move.currency_id
        orders = move.invoice_line_ids.sale_line_ids.order_id
        due = move.invoice_date_due or move.invoice_date
        return without_empty(
            {
                "type": self._document_type,
                "number": move.name,
                "order_numbers": orders.sorted("id").mapped("name"),
                "partner_order_numbers": list(filter(None, orders.sorted("id").mapped("client_order_ref"))) or None,
                "kind": "credit_note" if move.move_type == "out_refund" else "invoice",
                "issued_on": day(move.invoice_date),
                "due_on": day(due),
                "currency": currency.name,
                "seller": party(move.company_id.partner_id),
                "buyer": party(move.partner_id),
                "lines": self._lines(move),
                "totals": {
                    "net": amount(move.amount_untaxed, currency),
                    "tax": amount(move.amount_tax, currency),
                    "gross": amount(move.amount_total, currency),
                },
                "payment_reference": move.payment_reference,
            }
        )

    @api.private
    def _lines(self, move):
        AccountTax = self.env["account.tax"]
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        base_lines = [move._prepare_product_base_line_for_taxes_computation(line) for line in lines]
        AccountTax._add_tax_details_in_base_lines(base_lines, move.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, move.company_id)
        return [
            self._line(index, line, base["tax_details"], move.currency_id)
            for index, (line, base) in enumerate(zip(lines, base_lines, strict=True), 1)
        ]

    @api.private
    def _line(self, index, line, details, currency):
        # Documents carry positive amounts; whether they are claimed or given back is the document's kind.
        net = abs(details["total_excluded_currency"] + details["delta_total_excluded_currency"])
        sign = -1 if line.price_subtotal < 0 else 1
        full = 1 - line.discount / 100
        unit = net / line.quantity / full if line.quantity and full else 0.0
        return without_empty(
            {
                "id": str(index),
                "item": item(line.product_id) if line.product_id else None,
                "description": line.name or line.product_id.display_name or "",
                "quantity": quantity(self.env, line.quantity, line.product_uom_id),
                "unit_price": number(sign * unit),
                "discount_percent": number(line.discount) if line.discount else None,
                "taxes": [
                    {
                        "title": data["tax"].name,
                        "rate": number(data["tax"].amount / 100) if data["tax"].amount_type == "percent" else "0",
                        "amount": amount(sign * abs(data["tax_amount_currency"]), currency),
                        "base": amount(sign * abs(data["base_amount_currency"]), currency),
                    }
                    for data in details["taxes_data"]
                ],
                "net_amount": amount(sign * net, currency),
            }
        )
