"""Orders that a trading partner placed, as they stand."""

from odoo import api, models


class OrderResource(models.AbstractModel):
    """The orders of the processes that this trading partner began. Who ordered is not in it: he knows, and what Odoo
    knows of a customer beside that is the customer's own."""

    _name = "sync.resource.order"
    _description = "Orders, read by their partner"
    _inherit = "sync.resource"
    _document_type = "order.changed"
    _model = "sale.order"

    @api.private
    def _own(self, profile):
        links = self.env["sync.process.link"]._search(
            [
                ("res_model", "=", self._model),
                ("company_id", "=", profile["company_id"]),
                ("process_id.trading_partner_id", "=", profile["trading_partner_id"]),
            ]
        )
        return [("id", "in", links.subselect("res_id")), ("company_id", "=", profile["company_id"])]

    @api.private
    def _changed(self, moment):
        later = ("write_date", ">=", moment)
        return [
            "|",
            "|",
            "|",
            later,
            ("order_line", "any", [later]),
            ("picking_ids", "any", [later]),
            ("order_line.invoice_lines.move_id", "any", [later]),
        ]

    @api.private
    def _referred(self, reference):
        return ["|", ("name", "=", reference), ("client_order_ref", "=", reference)]

    @api.private
    def _documents(self, profile, records):
        return (
            self.env["sync.publisher"]._for(self._document_type)._documents(records, self._invoices(profile, records))
        )

    @api.private
    def _invoices(self, profile, records):
        """{order id: its posted invoices that are about nobody else's order}."""
        posted = records.invoice_ids.filtered(lambda move: move.state == "posted" and move.is_sale_document())
        invoiced = posted.invoice_line_ids.sale_line_ids.order_id
        own = self.env[self._model].search([*self._own(profile), ("id", "in", invoiced.ids)])
        shown = posted.filtered(lambda move: move.invoice_line_ids.sale_line_ids.order_id <= own)
        return {order.id: (order.invoice_ids & shown).sorted("id") for order in records}
