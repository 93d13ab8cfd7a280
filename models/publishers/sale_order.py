"""Sale orders move their process: accepted, cancelled; how they stand is told to whoever wants to know."""

from odoo import api, models

STANDING = "order.changed"
TOLD = {"state", "client_order_ref", "commitment_date", "date_order"}
TOLD_OF_LINES = {"product_id", "name", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "sync.governed"]

    def _action_confirm(self):
        result = super()._action_confirm()
        for order_id, process in self.env["sync.process"]._by_record(self).items():
            self.browse(order_id).picking_ids._join_process(process)
            process._reach("order.accepted")
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        for process in self.env["sync.process"]._of(self):
            if all(
                order.state == "cancel" for order in process._linked("sale.order").sudo()
            ):  # sudo: only the state is read
                process._cancel()
        return result

    def write(self, vals):
        told = not TOLD.isdisjoint(vals) and self.env["sync.event"]._carried(STANDING, None)
        stood = self.filtered(lambda order: order.state == "sale") if told else self.browse()
        result = super().write(vals)
        if told:
            self._note_standing(also=stood)
        return result

    def _note_standing(self, also=()):
        """Remember that these orders may stand otherwise than was told: those that are confirmed, and ``also``."""
        if self.env["sync.event"]._carried(STANDING, None):
            # sudo: whoever ships or invoices it, only the state is read
            stand = [order for order in self.sudo() if order.state == "sale"]
            changed = {(order.company_id.id, order.id) for order in (*stand, *also)}
            self.env["sync.mark"]._note(STANDING, "sale.order", changed)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._note_standing()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if not TOLD_OF_LINES.isdisjoint(vals):
            self.order_id._note_standing()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._note_standing()
        return result
