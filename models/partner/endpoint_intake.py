"""How much an endpoint takes in, and whether an unreadable document holds up what follows."""

from odoo import fields, models


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    rate_per_minute = fields.Integer(
        string="Documents per minute",
        default=0,
        tracking=True,
        help="More than so many a minute are refused, and the sender is told when to come back. 0: no limit.",
    )
    max_waiting = fields.Integer(
        string="Documents waiting at most",
        default=0,
        tracking=True,
        help="While so many documents of this endpoint wait to be worked, further ones are refused, and the sender is"
        " told when to come back. 0: no limit of its own.",
    )
    hold_unread = fields.Boolean(
        string="Unreadable documents hold up later ones",
        tracking=True,
        help="A document whose ordering key cannot be read may concern any of the others: it is worked when all that"
        " came before it are done, and what comes after it waits.",
    )
    refused_count = fields.Integer(string="Turned away", compute="_compute_refused")
    refused_at = fields.Datetime(string="Last turned away", compute="_compute_refused")

    _intake_limits = models.Constraint(
        "CHECK (coalesce(rate_per_minute, 0) >= 0 AND coalesce(max_waiting, 0) >= 0)",
        "A limit is not below 0; 0 is no limit.",
    )

    def _compute_refused(self):
        gauges = self.env["sync.gauge"].sudo().search([("endpoint_id", "in", self.ids)])  # sudo: counts, no document
        found = {gauge.endpoint_id.id: gauge for gauge in gauges}
        for endpoint in self:
            gauge = found.get(endpoint.id)
            endpoint.refused_count = gauge.refused if gauge else 0
            endpoint.refused_at = gauge.refused_at if gauge else False
