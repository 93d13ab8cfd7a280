"""tax_determination.request: a tax service is asked for the taxes of confirmed orders, posted invoices, credit notes.

Odoo computes its own taxes as ever; nobody waits. Which companies ask is said by their live interfaces, and which
orders and invoices by the filter of these interfaces: ``{"/purpose": ["estimate"]}``,
``{"/ship_to/address/country": ["US"]}``.
"""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from ..handlers.finance.taxes import net_of, taxed
from .rendering import address, day, item, party, quantity, timestamp, without_empty

REQUEST = "tax_determination.request"
TAXED = {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        result = super()._action_confirm()
        self.env["sync.event"]._mark(REQUEST, self)
        return result


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._ask_for_taxes()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if TAXED & vals.keys():
            self._ask_for_taxes()
        return result

    def _ask_for_taxes(self):
        """What changes on a confirmed order is asked for anew; what the service itself said is not."""
        if not self.env.context.get("sync_taxes_determined"):
            self.env["sync.event"]._mark(REQUEST, self.order_id.filtered(lambda order: order.state == "sale"))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        sales = posted.filtered(lambda move: move.move_type in ("out_invoice", "out_refund"))
        self.env["sync.event"]._mark(REQUEST, sales)
        return posted


class TaxDetermination(models.AbstractModel):
    """Each line with its net amount; its id is that of Odoo's line, by which the reply finds it again."""

    _name = "sync.publisher.tax_determination.request"
    _description = "Taxes asked for"
    _inherit = "sync.publisher"
    _document_type = REQUEST

    @api.private
    def _render(self, records):
        processes = self.env["sync.process"]._by_record(records)
        drafts = {}
        for record in records:
            if not (lines := taxed(record)):
                continue
            process = processes.get(record.id)
            order = record._name == "sale.order"
            drafts[record.id] = EventDraft(
                document=self._of_order(record, lines) if order else self._of_move(record, lines),
                ordering_key=record.name,
                company_id=record.company_id.id,
                occurred_at=fields.Datetime.now(),
                process_id=process.id if process else None,
            )
        return drafts

    @api.private
    def _of_order(self, order, lines):
        return {
            **self._common(order, lines),
            "purpose": "estimate",
            "tax_date": day(fields.Datetime.context_timestamp(order, order.date_order)),
            "buyer": party(order.partner_invoice_id),
            "ship_from": self._warehouse(order.warehouse_id, order.company_id),
            "ship_to": party(order.partner_shipping_id),
        }

    @api.private
    def _of_move(self, move, lines):
        given_back = move.move_type == "out_refund"
        sold = move.reversed_entry_id if given_back else move
        orders = move.invoice_line_ids.sale_line_ids.order_id
        return {
            **self._common(move, lines),
            "purpose": "return" if given_back else "sale",
            "tax_date": day(sold.invoice_date or move.invoice_date),
            "buyer": party(move.partner_id),
            "ship_from": self._warehouse(orders[:1].warehouse_id, move.company_id),
            "ship_to": party(move.partner_shipping_id or move.partner_id),
        }

    @api.private
    def _common(self, record, lines):
        return {
            "type": REQUEST,
            "number": record.name,
            "requested_at": timestamp(fields.Datetime.now()),
            "currency": record.currency_id.name,
            "prices_include_tax": False,
            "seller": party(record.company_id.partner_id),
            "lines": [self._line(record, line, details) for line, details in lines],
        }

    @api.private
    def _line(self, record, line, details):
        return without_empty(
            {
                "id": str(line.id),
                "item": item(line.product_id) if line.product_id else None,
                "kind": self._kind(line),
                "quantity": quantity(
                    self.env,
                    line.product_uom_qty if line._name == "sale.order.line" else line.quantity,
                    line.product_uom_id,
                ),
                "amount": net_of(record, line, details),
                "description": (line.name or line.product_id.display_name or "")[:1000],
            }
        )

    @api.private
    def _kind(self, line):
        sold = line if line._name == "sale.order.line" else line.sale_line_ids[:1]
        if sold and sold.is_delivery:
            return "shipping"
        if line.price_subtotal < 0:
            return "discount"
        return "service" if line.product_id.type == "service" else "goods"

    @api.private
    def _warehouse(self, warehouse, company):
        """Where the goods leave: the warehouse, or the company where none is known."""
        place = warehouse.partner_id or company.partner_id
        codes = [("own", warehouse.code or place.ref or str(company.id))]
        return without_empty(
            {
                "identifiers": [{"scheme": scheme, "value": value} for scheme, value in codes],
                "name": warehouse.name or place.name,
                "address": address(place),
            }
        )
