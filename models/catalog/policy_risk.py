"""Whether the orders that come under a policy are assessed for fraud."""

from odoo import fields, models


class SyncPolicy(models.Model):
    _inherit = "sync.policy"

    asks_risk = fields.Boolean(
        string="Ask for a risk assessment",
        help="For orders that come in: once one is confirmed, the fraud service is asked about it (risk.request). The"
        " order waits for the answer only where a gate says so, by the milestone risk.cleared.",
    )
