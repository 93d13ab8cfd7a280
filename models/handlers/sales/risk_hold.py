"""Whoever lets an order go on that was held for its risk has decided about it."""

from odoo import models

from .risk_assessed import CLEARED, HOLD


class SyncHold(models.Model):
    _inherit = "sync.hold"

    def _release(self):
        about_risk = self.filtered(lambda hold: not hold.released_at and hold.reason_code == HOLD)
        result = super()._release()
        about_risk.process_id._reach(CLEARED)
        return result
