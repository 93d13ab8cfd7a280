"""The envelopes of EDI: what was sent under which control number, and what came and how it was answered."""

from odoo import fields, models

from .engine_record import Setting
from .payload import CONTENT_GROUPS

VERDICTS = [
    ("accepted", "Accepted"),
    ("accepted_with_errors", "Accepted with errors"),
    ("partially", "Partly accepted"),
    ("rejected", "Rejected"),
]


class SyncInterchange(models.Model):
    """One interchange. Of one that we sent, the message it carries has its control number for good, on every try."""

    _name = "sync.interchange"
    _description = "EDI interchange"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "reference"
    _rec_names_search = ["reference", "sender", "receiver"]

    direction = fields.Selection([("inbound", "Received"), ("outbound", "Sent")], required=True, readonly=True)
    standard = fields.Selection([("x12", "X12"), ("edifact", "UN/EDIFACT")], required=True, readonly=True)
    sender = fields.Char(string="From", required=True, readonly=True)
    receiver = fields.Char(string="To", required=True, readonly=True)
    reference = fields.Char(string="Control number", required=True, readonly=True)
    number = fields.Integer(readonly=True)
    group_kind = fields.Char(string="Group", readonly=True)
    position = fields.Integer(
        string="Place",
        readonly=True,
        help="Of documents that left together in one interchange: which of them this is. 0: it left alone.",
    )
    document_kind = fields.Char(string="Document", readonly=True, help="What the standard calls it: 850 or ORDERS.")
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="cascade", help="What it carries.")
    endpoint_id = Setting("sync.endpoint", required=True, readonly=True)
    trading_partner_id = Setting("sync.trading.partner", string="Trading partner", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    made_at = fields.Datetime(string="When", required=True, readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    verdict = fields.Selection(VERDICTS, string="Our answer", readonly=True)
    findings = fields.Text(string="What was found", readonly=True, groups=CONTENT_GROUPS)
    repeats = fields.Integer(readonly=True, help="How often it came again. Each time it was answered alike.")
    answer_event_id = fields.Many2one("sync.event", readonly=True, ondelete="set null", index="btree_not_null")
    answer_ids = fields.Many2many("sync.message", compute="_compute_answer_ids", string="Acknowledged by")
    transmission_ids = fields.One2many("sync.transmission", "interchange_id", string="Transmissions")

    _number_once = models.UniqueIndex(
        "(company_id, standard, sender, receiver, number, coalesce(position, 0)) WHERE direction = 'outbound'",
        "This control number was used before.",
    )
    _of_message = models.UniqueIndex("(message_id) WHERE message_id IS NOT NULL")
    _acknowledged_by = models.Index("(trading_partner_id, number) WHERE direction = 'outbound'")
    _came = models.UniqueIndex("(endpoint_id, sender, receiver, reference, sha256) WHERE direction = 'inbound'")

    def _compute_answer_ids(self):
        """The messages that told the sender, of each time it came; as the user may see them."""
        messages = self.env["sync.message"]
        for interchange in self:
            told = messages
            if interchange.direction == "inbound" and interchange.verdict:
                told = messages.search(
                    [
                        (
                            "event_id",
                            "any",
                            [
                                ("document_type", "=", "interchange.acknowledgement"),
                                ("subject", "=", f"interchange/{interchange.id}"),
                                ("company_id", "=", interchange.company_id.id),
                            ],
                        ),
                        ("direction", "=", "outbound"),
                    ]
                )
            interchange.answer_ids = told


class SyncTransmission(models.Model):
    _inherit = "sync.transmission"

    interchange_id = fields.Many2one("sync.interchange", readonly=True, ondelete="set null", index="btree_not_null")
    answer_ids = fields.Many2many("sync.message", related="interchange_id.answer_ids", string="Acknowledged by")


class SyncEvent(models.Model):
    _inherit = "sync.event"

    _of_interchange = models.Index("(subject) WHERE document_type = 'interchange.acknowledgement'")
