"""Send a version in review back to its author, with a reason."""

from odoo import fields, models

GOVERNED = [
    ("sync.contract", "Contract"),
    ("sync.mapping", "Mapping"),
    ("sync.policy", "Policy"),
    ("sync.change.request", "Change request"),
    ("sync.lifecycle.ending", "End of a version"),
]


class SyncLifecycleReject(models.TransientModel):
    _name = "sync.lifecycle.reject"
    _description = "Send back a version"

    res_model = fields.Selection(GOVERNED, required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    reason = fields.Text(required=True)

    def action_reject(self):
        """Send it back; the rules are the version's own."""
        self.ensure_one()
        self.env[self.res_model].browse(self.res_id).action_reject(self.reason)
        return {"type": "ir.actions.act_window_close"}
