"""Customers keep the processes that they are part of."""

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_view_processes(self):
        """The processes of this customer."""
        return self.env["sync.process"]._open_list(
            "sync.process",
            self.env._("Processes"),
            [("partner_id", "child_of", self.commercial_partner_id.ids)],
        )
