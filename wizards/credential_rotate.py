"""Give a credential its next secret."""

from odoo import fields, models
from odoo.exceptions import UserError


class SyncCredentialRotate(models.TransientModel):
    """The secret goes straight into the credential: the wizard keeps nothing but the hours."""

    _name = "sync.credential.rotate"
    _description = "New secret"

    credential_id = fields.Many2one("sync.credential", required=True, ondelete="cascade")
    secret_input = fields.Char(string="New secret", compute="_compute_secret_input", inverse="_inverse_secret_input")
    overlap_hours = fields.Integer(
        string="Old secret stays valid (hours)",
        default=24,
        required=True,
        help="Time for the partner to switch. 0 ends the old one at once.",
    )
    valid_until = fields.Datetime(string="Expires on")
    is_issued = fields.Boolean(related="credential_id.is_issued")
    may_be_issued = fields.Boolean(related="credential_id.may_be_issued")

    def _compute_secret_input(self):
        self.secret_input = False

    def _inverse_secret_input(self):
        for wizard in self:
            wizard._check_hours()
            if wizard.secret_input:
                wizard.credential_id._rotate(
                    wizard.secret_input, overlap_hours=wizard.overlap_hours, valid_until=wizard.valid_until
                )
                if wizard.valid_until:
                    wizard.credential_id.valid_until = wizard.valid_until
        self.invalidate_recordset(["secret_input"])

    def _check_hours(self):
        if not 0 <= self.overlap_hours <= 24 * 90:
            raise UserError(self.env._("The overlap is between 0 hours and 90 days."))

    def action_issue(self):
        """Let Odoo make the secret, and show it this once."""
        self.ensure_one()
        self._check_hours()
        credential = self.credential_id
        secret = credential._issue(overlap_hours=self.overlap_hours, valid_until=self.valid_until)
        if self.valid_until:
            credential.valid_until = self.valid_until
        return credential._shown_once(secret)

    def action_done(self):
        """Close: saving the wizard has stored the secret."""
        return {"type": "ir.actions.act_window_close"}
