"""How fast it has to be."""

from odoo import fields, models


class SyncServiceLevel(models.Model):
    """Targets of an interface; 0 sets none.

    The engine measures finished documents against them and tells before one that waits is late; exceptions take their
    due time from them.
    """

    _name = "sync.service.level"
    _description = "Service level"
    _inherit = ["sync.policy.part"]
    _policy_field = "service_level_id"
    _content = (
        "applied_seconds",
        "delivered_seconds",
        "acknowledged_seconds",
        "fulfilled_hours",
        "resolve_hours",
        "target_percent",
    )

    applied_seconds = fields.Integer(
        string="Received to applied (s)", help="From the receipt of a document to its effect in Odoo."
    )
    delivered_seconds = fields.Integer(
        string="Event to delivered (s)", help="From the business event to the partner's confirmation."
    )
    acknowledged_seconds = fields.Integer(
        string="Received to acknowledged (s)",
        help="From the receipt of a document to the delivery of our acknowledgement, where the policy asks for one.",
    )
    fulfilled_hours = fields.Float(string="Ordered to fulfilled (h)")
    resolve_hours = fields.Float(string="Exception resolved within (h)", default=8)
    target_percent = fields.Float(
        string="Target (%)", default=99.0, help="Share of documents that must meet the times."
    )

    _sane = models.Constraint(
        """CHECK (COALESCE(applied_seconds, 0) >= 0 AND COALESCE(delivered_seconds, 0) >= 0
              AND COALESCE(acknowledged_seconds, 0) >= 0 AND COALESCE(fulfilled_hours, 0) >= 0
              AND COALESCE(resolve_hours, 0) >= 0 AND target_percent > 0 AND target_percent <= 100)""",
        "Times are not negative, the target is a percentage.",
    )
