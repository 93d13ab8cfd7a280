"""The queue."""

from odoo import api, fields, models

from ...core.faults import taxonomy
from ...core.table import arrange
from .engine_record import Setting

STATES = [
    ("ready", "Waiting for its turn"),
    ("parked", "Parked"),
    ("failed", "Needs attention"),
    ("done", "Done"),
    ("superseded", "Superseded"),
    ("cancelled", "Cancelled"),
]
DIRECTIONS = [
    ("inbound", "Incoming"),
    ("outbound", "Outgoing"),
    ("internal", "Inside Odoo"),
]
STAGES = [
    ("receive", "Receive"),
    ("decode", "Decode"),
    ("validate", "Validate"),
    ("translate", "Translate"),
    ("enrich", "Enrich"),
    ("sequence", "Order"),
    ("gate", "Gate"),
    ("apply", "Apply"),
    ("acknowledge", "Acknowledge"),
    ("publish", "Publish"),
    ("route", "Route"),
    ("encode", "Encode"),
    ("deliver", "Deliver"),
    ("confirm", "Confirm"),
]
REPLAY_STARTS = [
    ("receive", "The bytes as received"),
    ("apply", "The translated document"),
    ("translate", "The event, translated anew"),
    ("deliver", "The bytes as sent"),
]
REPLAY_VERSIONS = [("now", "As they are now"), ("then", "As they were then")]


class SyncMessage(models.Model):
    """One business document exchanged with one trading partner.

    The row is narrow and hot: bodies, attempts and effects live in tables of their own. Its state moves only through
    ``core.queue``; see the diagram in ``docs/guarantees.md``.
    """

    _name = "sync.message"
    _description = "Message"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "reference"
    _rec_names_search = ["reference", "uid"]

    uid = fields.Char(string="Message id", required=True, readonly=True)
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    stage = fields.Selection(STAGES, readonly=True, help="The stage at which the last attempt ended.")
    lane_id = fields.Integer(readonly=True)
    endpoint_id = Setting("sync.endpoint", required=True, readonly=True, ondelete="restrict")
    interface_id = Setting("sync.interface", readonly=True, ondelete="restrict")
    trading_partner_id = Setting(
        "sync.trading.partner", string="Trading partner", required=True, readonly=True, ondelete="restrict"
    )
    company_id = Setting("res.company", required=True, readonly=True)
    document_type_id = Setting("sync.document.type", string="Document type", readonly=True, ondelete="restrict")
    transmission_id = fields.Many2one("sync.transmission", readonly=True, ondelete="set null")
    event_id = fields.Many2one("sync.event", readonly=True, ondelete="set null")
    process_id = fields.Many2one("sync.process", readonly=True, ondelete="set null", index="btree_not_null")
    exception_id = fields.Many2one("sync.exception", readonly=True, ondelete="set null", index="btree_not_null")
    reference = fields.Char(string="Document", readonly=True)
    attempt = fields.Integer(string="Attempts", readonly=True)
    run_at = fields.Datetime(string="Next try", readonly=True)
    wait_type = fields.Char(readonly=True)
    wait_ref = fields.Char(string="Waits for", readonly=True)
    wait_until = fields.Datetime(string="Waits until", readonly=True)
    wait_goes_on = fields.Boolean(
        string="Then goes on", readonly=True, help="At the end of the wait it goes on by itself, else a person decides."
    )
    stops_lane = fields.Boolean(readonly=True, help="What stands behind it in its line waits until it goes on.")
    fault_code = fields.Char(string="Fault code", readonly=True)
    replay_from = fields.Selection(
        REPLAY_STARTS, string="Replayed from", readonly=True, help="The stage at which it started anew."
    )
    replay_versions = fields.Selection(REPLAY_VERSIONS, string="Replayed with", readonly=True)
    was_done = fields.Boolean(
        string="Was done before", readonly=True, help="It had been processed before it was opened again."
    )
    snapshot = fields.Boolean(readonly=True, help="It was applied as the newest statement of its line.")
    created_at = fields.Datetime(string="Created", readonly=True)
    done_at = fields.Datetime(string="Finished", readonly=True)

    credential_id = fields.Many2one("sync.credential", readonly=True, ondelete="set null")
    contract_id = Setting("sync.contract", readonly=True, ondelete="restrict")
    mapping_id = Setting("sync.mapping", readonly=True, ondelete="restrict")
    policy_id = Setting("sync.policy", readonly=True, ondelete="restrict")
    ownership_version = fields.Integer(
        string="Ownership version",
        readonly=True,
        help="Version of the ownership matrix under which the message ran.",
    )

    attempt_ids = fields.One2many("sync.attempt", "message_id", string="Attempt log")
    effect_ids = fields.One2many("sync.effect", "message_id", string="Changes in Odoo")
    payload_ids = fields.Many2many("sync.payload", compute="_compute_payload_ids", string="Documents")
    fault_title = fields.Char(compute="_compute_fault_title", string="What is wrong")
    lane_key = fields.Char(compute="_compute_lane", string="Ordering key")
    blocks_count = fields.Integer(compute="_compute_lane", string="Waiting behind it")

    _uid_uniq = models.UniqueIndex("(uid)")
    _by_age = models.Index("USING brin (created_at)")
    _in_lane = models.Index("(lane_id, id) WHERE state = 'ready'")
    _waiting = models.Index("(wait_type, wait_ref) WHERE state = 'parked'")
    _may_come_back = models.Index("(lane_id) WHERE state IN ('parked', 'failed', 'cancelled')")
    _unexplained = models.Index("(id) WHERE state = 'failed' AND exception_id IS NULL")
    _stops_lane = models.Index("(lane_id, id) WHERE stops_lane")
    _snapshots = models.Index("(lane_id, id) WHERE snapshot AND state = 'done'")
    _of_transmission = models.Index("(transmission_id) WHERE transmission_id IS NOT NULL")
    _fan_out = models.UniqueIndex("(event_id, interface_id) WHERE event_id IS NOT NULL")
    _stands_in_line = models.Constraint(
        "CHECK (state <> 'ready' OR lane_id IS NOT NULL)", "A message that waits for its turn stands in a lane."
    )
    _known_state = models.Constraint(
        "CHECK (state IN ('ready', 'parked', 'failed', 'done', 'superseded', 'cancelled'))",
        "Unknown state.",
    )
    _parked_for_something = models.Constraint(
        "CHECK ((state = 'parked') <= (wait_type IS NOT NULL AND wait_ref IS NOT NULL))",
        "A parked message names what it waits for.",
    )
    _finished_has_time = models.Constraint(
        "CHECK ((state IN ('done', 'superseded', 'cancelled')) = (done_at IS NOT NULL))",
        "A finished message has the time it finished.",
    )

    def init(self):
        arrange(
            self.env.cr,
            self._table,
            defaults={"attempt": "0"},
            storage={"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000},
        )

    @api.depends("reference", "uid", "document_type_id")
    def _compute_display_name(self):
        for message in self:
            kind = message.document_type_id.title or self.env._("Document")
            message.display_name = f"{kind} {message.reference or message.uid.removeprefix('msg_')[:8]}"

    def _compute_payload_ids(self):
        """Own documents, and the body that its transmission carried."""
        for message in self:
            message.payload_ids = self.env["sync.payload"].search(
                [
                    ("kind", "!=", "file"),
                    "|",
                    ("message_id", "=", message.id),
                    "&",
                    ("transmission_id", "!=", False),
                    ("transmission_id", "=", message.transmission_id.id),
                ],
                order="id",
            )

    def _compute_fault_title(self):
        known = taxonomy()
        for message in self:
            fault = known.get(message.fault_code or "")
            message.fault_title = fault.title if fault else message.fault_code

    def _compute_lane(self):
        self.env.cr.execute(
            """SELECT m.id, l.key, (SELECT count(*) FROM sync_message o WHERE o.lane_id = m.lane_id
                                     AND o.state = 'ready' AND l.blocked_message_id = m.id
                                     AND o.id > m.id)
                 FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id WHERE m.id = ANY(%s)""",
            [self.ids],
        )
        found = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for message in self:
            message.lane_key, message.blocks_count = found.get(message.id, (False, 0))
