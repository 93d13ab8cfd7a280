"""How long it is kept."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SyncRetention(models.Model):
    """Days after which finished work leaves the database; 0 keeps it for ever."""

    _name = "sync.retention"
    _description = "Retention"
    _inherit = ["sync.policy.part"]
    _policy_field = "retention_id"
    _content = ("payload_days", "message_days", "attempt_days", "dedupe_days")

    payload_days = fields.Integer(string="Documents and bytes (days)", required=True, default=90)
    message_days = fields.Integer(string="Messages (days)", required=True, default=400)
    attempt_days = fields.Integer(string="Attempt log (days)", required=True, default=90)
    dedupe_days = fields.Integer(
        string="Keys of senders (days)",
        required=True,
        default=400,
        help="How long a repeat is recognised: longer than a partner may repeat.",
    )

    _sane = models.Constraint(
        "CHECK (payload_days >= 0 AND message_days >= 0 AND attempt_days >= 0 AND dedupe_days >= 0)",
        "Days are not negative.",
    )

    @api.constrains("message_days", "dedupe_days")
    def _check_keys_outlive_messages(self):
        """Else a repeat would come as new while the first one is still there to be seen."""
        for retention in self:
            if retention.dedupe_days and not 0 < retention.message_days <= retention.dedupe_days:
                raise ValidationError(
                    self.env._(
                        "Keys of senders are kept at least as long as messages: %s days.", retention.message_days
                    )
                    if retention.message_days
                    else self.env._("Messages are kept for ever, so keys of senders are too: enter 0 days.")
                )
