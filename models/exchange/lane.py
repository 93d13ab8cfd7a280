"""The line in which messages of one key wait."""

from odoo import fields, models

from .message import DIRECTIONS


class SyncLane(models.Model):
    """The first-in first-out line of one ordering key of one endpoint: the only row that workers contend on."""

    _name = "sync.lane"
    _description = "Lane"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "next_at, id"
    _rec_name = "key"

    endpoint_id = fields.Many2one("sync.endpoint", required=True, readonly=True, ondelete="restrict")
    key = fields.Char(string="Ordering key", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)
    next_at = fields.Datetime(string="Due", readonly=True)
    claim = fields.Char(readonly=True)
    worker_id = fields.Integer(readonly=True)
    claimed_at = fields.Datetime(string="At work since", readonly=True)
    strikes = fields.Integer(readonly=True, required=True, default=0)
    blocked_message_id = fields.Integer(readonly=True)

    _line = models.UniqueIndex("(endpoint_id, key)")
    _due = models.Index("(endpoint_id, next_at, id) WHERE claim IS NULL AND next_at IS NOT NULL")
    _claimed = models.Index("(claim) WHERE claim IS NOT NULL")
    _blocked = models.Index("(blocked_message_id) WHERE blocked_message_id IS NOT NULL")
    _sleeping_when_blocked = models.Constraint(
        "CHECK (blocked_message_id IS NULL OR next_at IS NULL OR claim IS NOT NULL)",
        "A blocked lane is not due.",
    )

    def init(self):
        # A queue's table lives on being vacuumed early; the rows stay few, so this costs nothing.
        self.env.cr.execute(
            """ALTER TABLE sync_lane SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0,
                                          autovacuum_vacuum_threshold = 500)"""
        )

    def action_open_blocking(self):
        """The message that failed and holds up this line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.message",
            "res_id": self.blocked_message_id,
            "views": [(False, "form")],
        }
