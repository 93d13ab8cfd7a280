"""Purchase orders are told to their supplier: placed, changed, cancelled."""

from odoo import api, models

PLACED = "purchase_order.placed"
TOLD = {
    "state",
    "partner_id",
    "currency_id",
    "picking_type_id",
    "dest_address_id",
    "date_planned",
    "incoterm_id",
    "payment_term_id",
}
TOLD_OF_LINES = {"product_id", "product_qty", "product_uom_id", "price_unit", "discount", "date_planned"}


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        result = super().write(vals)
        if not TOLD.isdisjoint(vals):
            self._tell_supplier()
        return result

    def _tell_supplier(self):
        """A confirmed order is told whole with each change; whether anything is new, its publisher says."""
        events = self.env["sync.event"]
        # What the supplier's own answer changed is not told to the supplier.
        if not self.env.context.get("sync_supplier_answer") and events._carried(PLACED, None):
            events._mark(PLACED, self.filtered(lambda order: order.state in ("purchase", "cancel")))


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._tell_supplier()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if not TOLD_OF_LINES.isdisjoint(vals):
            self.order_id._tell_supplier()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._tell_supplier()
        return result
