"""In which form documents leave."""

from odoo import fields, models


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    event_form = fields.Selection(
        [
            ("document", "The document alone"),
            ("binary", "CloudEvents: the document, what is told about it in headers"),
            ("structured", "CloudEvents: one object around the document"),
            ("batched", "CloudEvents: a list"),
        ],
        string="Sent as",
        required=True,
        default="document",
        tracking=True,
        help="CloudEvents 1.0 tell with each document its type, what it happened to, when, and which event of that it"
        " is. A signature is made over the body: of headers it says nothing.",
    )

    _event_form_fits = models.Constraint(
        "CHECK (event_form = 'document' OR transport = 'https')",
        "Only what is sent has a form of its own: who fetches says which form it wants.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "event_form" in vals:
            self.env.registry.clear_cache()
        return result
