"""Why a partner may go live although no test document went through."""

from odoo import fields, models


class SyncTrafficWaiver(models.TransientModel):
    """Asks an approver for the reason."""

    _name = "sync.traffic.waiver"
    _description = "Without test traffic"

    trading_partner_id = fields.Many2one("sync.trading.partner", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True)

    def action_waive(self):
        """Keep the reason under the name of the approver."""
        self.ensure_one()
        self.trading_partner_id.action_waive_traffic(self.reason)
        return {"type": "ir.actions.act_window_close"}
