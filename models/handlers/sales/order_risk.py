"""An order of a partner whose policy asks for it is assessed before goods leave."""

from odoo import api, models


class OrderRisk(models.AbstractModel):
    _inherit = "sync.handler.order.create"

    @api.private
    def _confirm(self, order, document, process, work):
        result = super()._confirm(order, document, process, work)
        # sudo: configuration, read only
        interface = self.env["sync.interface"].sudo().browse(work.interface_id or [])
        if interface.policy_id.asks_risk:
            self.env["sync.event"]._mark("risk.request", order)
        return result
