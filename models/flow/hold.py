"""Why a process stands still."""

from odoo import api, fields, models


class SyncHold(models.Model):
    """One reason why a process stands still. While it is open the gates of the process stay closed.

    A hold with a gate closes that gate alone. The same reason is held once.
    """

    _name = "sync.hold"
    _description = "Hold"
    _order = "released_at DESC NULLS FIRST, placed_at DESC, id DESC"
    _rec_name = "reason"

    process_id = fields.Many2one("sync.process", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="process_id.company_id", store=True, index=True)
    reason_code = fields.Char(required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    gate_id = fields.Many2one("sync.gate", readonly=True, ondelete="restrict", help="Only this gate is closed.")
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="set null", index="btree_not_null")
    placed_at = fields.Datetime(string="Placed", required=True, readonly=True, default=fields.Datetime.now)
    placed_by_id = fields.Many2one("res.users", string="Placed by", readonly=True, default=lambda self: self.env.uid)
    released_at = fields.Datetime(string="Released", readonly=True)
    released_by_id = fields.Many2one("res.users", string="Released by", readonly=True)

    _open_once = models.UniqueIndex(
        "(process_id, reason_code) WHERE released_at IS NULL", "The process is on hold for this reason already."
    )
    _released_by_somebody = models.Constraint(
        "CHECK ((released_at IS NULL) = (released_by_id IS NULL))", "A released hold names who released it."
    )

    def action_release(self):
        """Let the process go on; asks for an approver."""
        self.check_access("read")
        self.process_id._check_approver()
        self._release()

    @api.private
    def _release(self):
        open_holds = self.filtered(lambda hold: not hold.released_at)
        # sudo: holds are written by the process only; who may release was checked by the caller.
        open_holds.sudo().write({"released_at": fields.Datetime.now(), "released_by_id": self.env.uid})
        open_holds.process_id._resume()
