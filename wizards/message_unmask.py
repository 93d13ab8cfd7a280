"""See what a document says unmasked."""

from odoo import api, fields, models


class SyncMessageUnmask(models.TransientModel):
    """The reason comes first and stands in the audit trail before anything is shown; the wizard keeps no content."""

    _name = "sync.message.unmask"
    _description = "Show a document unmasked"

    message_id = fields.Many2one("sync.message", string="Document", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(string="Why", required=True, help="It is kept in the audit trail with your name.")
    is_shown = fields.Boolean(readonly=True)
    received_text = fields.Text(string="As received", compute="_compute_bodies")
    canonical_text = fields.Text(string="Translated document", compute="_compute_bodies")
    sent_text = fields.Text(string="As sent", compute="_compute_bodies")
    response_text = fields.Text(string="Answer", compute="_compute_bodies")

    @api.depends("is_shown", "message_id")
    def _compute_bodies(self):
        for wizard in self:
            # Each look is written down, whatever asks for it.
            message = wizard.message_id._unmasked(wizard.reason) if wizard.is_shown else None
            for name in ("received_text", "canonical_text", "sent_text", "response_text"):
                wizard[name] = message[name] if message else False

    def action_show(self):
        """Write the reason down, then show the document."""
        self.ensure_one()
        self.message_id._check_may_unmask(self.reason)
        self.is_shown = True
        return {
            "type": "ir.actions.act_window",
            "name": self._description,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
