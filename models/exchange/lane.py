"""The line in which messages of one key wait."""

from odoo import api, fields, models

from ...core.table import arrange
from .engine_record import Setting
from .message import DIRECTIONS

POOLS = [
    ("real_time", "At once"),
    ("standard", "Standard"),
    ("bulk", "When there is time"),
    ("delivery", "Delivery"),
]
STANDINGS = [
    ("blocked", "Stopped by a document"),
    ("working", "At work"),
    ("waiting", "Waiting"),
    ("resting", "At rest"),
]
COUNTED = 1_000
"""How far the documents of one line are counted for people."""


class SyncLane(models.Model):
    """The first-in first-out line of one ordering key of one endpoint: the only row that workers contend on."""

    _name = "sync.lane"
    _description = "Lane"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "next_at, id"
    _rec_name = "key"

    endpoint_id = Setting("sync.endpoint", required=True, readonly=True, ondelete="restrict")
    key = fields.Char(string="Ordering key", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)
    worker_pool = fields.Selection(
        POOLS, required=True, readonly=True, default="standard", help="The pool of workers that takes this line."
    )
    next_at = fields.Datetime(string="Due", readonly=True)
    claim = fields.Char(readonly=True)
    worker_id = fields.Integer(readonly=True)
    wire_claim = fields.Char(
        readonly=True, help="The claim under which a delivery went out; equal to the claim while it is under way."
    )
    claimed_at = fields.Datetime(string="At work since", readonly=True)
    strikes = fields.Integer(
        readonly=True, required=True, default=0, help="How often in a row it was taken up without progress."
    )
    allowance = fields.Integer(
        string="Allowed at once",
        readonly=True,
        help="A worker died over it. Below eight it is worked alone, so many documents at a time, from eight on with "
        "others like it. Each round that goes well doubles this, until there is no limit any more. Empty: no limit.",
    )
    blocked_message_id = fields.Integer(
        readonly=True, help="The first message that must not be overtaken: what stands before it goes on."
    )
    usual_pool = fields.Selection(
        POOLS, readonly=True, help="Set while the line was brought forward: where it goes back to once it is empty."
    )
    rested_at = fields.Datetime(
        string="At rest since", readonly=True, help="A lane that has been at rest for a day is removed."
    )

    standing = fields.Selection(STANDINGS, compute="_compute_standing")
    waiting = fields.Char(
        string="Documents waiting", compute="_compute_waiting", help="How many documents wait for their turn in it."
    )

    _line = models.UniqueIndex("(endpoint_id, key)")
    _due = models.Index("(worker_pool, endpoint_id, next_at, id) WHERE claim IS NULL AND next_at IS NOT NULL")
    _in_doubt = models.Index(
        "(worker_pool, endpoint_id, next_at, id) WHERE claim IS NULL AND next_at IS NOT NULL AND allowance > 0"
    )
    _claimed = models.Index("(claim) WHERE claim IS NOT NULL")
    _blocked = models.Index("(blocked_message_id) WHERE blocked_message_id IS NOT NULL")

    def init(self):
        # A queue's table lives on being vacuumed early; the rows stay few, so this costs nothing.
        arrange(
            self.env.cr,
            self._table,
            defaults={"worker_pool": "'standard'"},
            storage={"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 500},
        )

    @api.depends("blocked_message_id", "claim", "next_at")
    def _compute_standing(self):
        for lane in self:
            if lane.claim:
                lane.standing = "working"
            elif lane.next_at:
                lane.standing = "waiting"
            else:
                lane.standing = "blocked" if lane.blocked_message_id else "resting"

    def _compute_waiting(self):
        """Counted up to a limit: one line may have fifty thousand."""
        self.env.cr.execute(
            """SELECT l.id, w.documents FROM unnest(%s) AS l (id),
                      LATERAL (SELECT count(*) AS documents FROM (
                               SELECT FROM sync_message WHERE lane_id = l.id AND state = 'ready' LIMIT %s) m) w""",
            [self.ids, COUNTED + 1],
        )
        found = dict(self.env.cr.fetchall())
        for lane in self:
            documents = found.get(lane.id, 0)
            lane.waiting = self.env._("more than %s", COUNTED) if documents > COUNTED else str(documents or "")

    def action_open_documents(self):
        """The documents of this line, the first in the line first."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Line %s", self.key),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("lane_id", "=", self.id)],
            "context": {"search_default_open": 1},
        }

    def action_open_blocking(self):
        """The message that failed and holds up this line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.message",
            "res_id": self.blocked_message_id,
            "views": [(False, "form")],
        }
