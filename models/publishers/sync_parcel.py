"""What a carrier reports of a parcel is part of how its order stands."""

from odoo import models


class SyncParcel(models.Model):
    _inherit = "sync.parcel"

    def write(self, vals):
        result = super().write(vals)
        if "status" in vals:
            # sudo: the user of the carrier's endpoint sees no order
            self.sudo().picking_id.sale_id._note_standing()
        return result
