"""Sale orders move their process: accepted, cancelled."""

from odoo import models


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
