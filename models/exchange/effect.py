"""What a message changed in Odoo."""

from odoo import fields, models

from .engine_record import Setting


class SyncEffect(models.Model):
    """One record that a message created, changed or cancelled."""

    _name = "sync.effect"
    _description = "Change in Odoo"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id"
    _rec_name = "label"

    message_id = fields.Many2one("sync.message", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = Setting("res.company", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("created", "Created"),
            ("updated", "Changed"),
            ("linked", "Linked"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    label = fields.Char(readonly=True)
    model_name = fields.Char(compute="_compute_model_name", string="Kind of record")

    _of_record = models.Index("(res_model, res_id)")

    def _compute_model_name(self):
        for effect in self:
            known = effect.res_model in self.env
            effect.model_name = self.env["ir.model"]._get(effect.res_model).name if known else effect.res_model

    def action_open(self):
        """Open the record that was changed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
