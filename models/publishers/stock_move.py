"""Reservations move the process: reserved stock, and the request to the warehouse."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        self.picking_id._after_reservation()
        return result
