"""What happened at each try."""

from odoo import fields, models

from .engine_record import Setting
from .message import STAGES


class SyncAttempt(models.Model):
    """One try at a message: the stage it reached, who is to blame, how long each stage took, and on which worker."""

    _name = "sync.attempt"
    _description = "Attempt"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "stage"

    message_id = fields.Many2one("sync.message", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = Setting("res.company", required=True, readonly=True)
    outcome = fields.Selection(
        [
            ("done", "Done"),
            ("retry", "Will try again"),
            ("parked", "Parked"),
            ("failed", "Needs attention"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
    )
    stage = fields.Selection(STAGES, readonly=True)
    fault_code = fields.Char(string="Fault code", readonly=True)
    blame = fields.Char(readonly=True)
    detail = fields.Text(readonly=True)
    faults = fields.Text(
        readonly=True,
        help="Every single fault with its place in the document, as JSON.",
    )
    subject = fields.Char(readonly=True)
    timings = fields.Text(readonly=True, help="Milliseconds per stage, as JSON.")
    worker = fields.Char(readonly=True)
    started_at = fields.Datetime(string="Started", readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    duration_ms = fields.Integer(string="Milliseconds", readonly=True)
    request_status = fields.Integer(string="HTTP status", readonly=True)
