"""How far a message was acknowledged, and which interchange it travelled in."""

from odoo import fields, models

from .interchange_record import VERDICTS
from .payload import CONTENT_GROUPS

SUMMARY = [
    ("none", "None awaited"),
    ("received", "Received"),
    ("awaited", "Awaited"),
    ("accepted", "Accepted"),
    ("accepted_with_changes", "Accepted with changes"),
    ("accepted_with_errors", "Accepted with errors"),
    ("rejected", "Rejected"),
    ("overdue", "Overdue"),
]
# The first of these that any level has is what is shown of all of them.
WORST = ("rejected", "overdue", "awaited", "accepted_with_errors", "accepted_with_changes", "accepted")


class SyncMessage(models.Model):
    _inherit = "sync.message"

    acknowledgement_ids = fields.One2many("sync.acknowledgement", "message_id", string="Acknowledgements")
    acknowledged = fields.Selection(
        SUMMARY,
        compute="_compute_acknowledged",
        help="What the partner has said to this document so far; of several answers the one that needs most attention.",
    )
    interchange_id = fields.Many2one("sync.interchange", compute="_compute_interchange")
    interchange_findings = fields.Text(
        string="What was found in its interchange", compute="_compute_findings", groups=CONTENT_GROUPS
    )
    answer_verdict = fields.Selection(VERDICTS, compute="_compute_interchange", string="Our answer to its interchange")

    def _compute_acknowledged(self):
        for message in self:
            states = set(message.acknowledgement_ids.mapped("state"))
            worst = next((state for state in WORST if state in states), None)
            if worst:
                message.acknowledged = worst
            else:
                delivered = message.direction == "outbound" and message.state == "done"
                message.acknowledged = "received" if delivered else "none"

    def _compute_interchange(self):
        """Of what was sent its own; of what came, the one it came in."""
        own = self.env["sync.interchange"].search([("message_id", "in", self.ids)])
        sent = {interchange.message_id.id: interchange for interchange in own}
        for message in self:
            came = message.transmission_id.interchange_id if message.direction == "inbound" else own.browse()
            message.interchange_id = sent.get(message.id) or came
            message.answer_verdict = came.verdict

    def _compute_findings(self):
        for message in self:
            message.interchange_findings = message.interchange_id.findings
