"""Close exceptions with a word on why."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class SyncExceptionClose(models.TransientModel):
    """Resolve (the cause is gone) or dismiss (its documents are given up). Nothing stays behind unnoticed: documents
    that are still open are processed again or cancelled, as the person decides.
    """

    _name = "sync.exception.close"
    _description = "Close an exception"

    exception_ids = fields.Many2many("sync.exception", required=True)
    outcome = fields.Selection([("resolved", "Resolved"), ("dismissed", "Dismissed")], required=True, readonly=True)
    note = fields.Text(required=True)
    open_count = fields.Integer(compute="_compute_open_count", string="Open documents")
    documents = fields.Selection(
        [("retry", "Process them again"), ("cancel", "Cancel them: done by hand in Odoo, or not wanted")],
        string="Its documents",
        default="retry",
        required=True,
    )

    @api.depends("exception_ids")
    def _compute_open_count(self):
        for wizard in self:
            wizard.open_count = len(wizard._open_messages())

    def _open_messages(self):
        return self.env["sync.message"].search(
            [("exception_id", "in", self.exception_ids.ids), ("state", "in", ("failed", "parked", "ready"))]
        )

    def action_confirm(self):
        """Close, and say to the engine what becomes of the documents."""
        self.ensure_one()
        self.exception_ids.check_access("write")
        if not (self.note or "").strip():
            raise UserError(self.env._("Say in a word why, for the next one who meets this."))
        messages = self._open_messages()
        failed = messages.filtered(lambda m: m.state == "failed")
        if self.outcome == "dismissed" or self.documents == "cancel":
            if messages:
                messages.action_cancel()
        elif failed:
            failed.action_retry()
        self.exception_ids._close(self.outcome, self.note.strip())
        return {"type": "ir.actions.act_window_close"}
