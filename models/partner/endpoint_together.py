"""Several documents in one interchange or file."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_TOGETHER = 16
"""As many deliveries as a worker has under way to one endpoint."""
TOGETHER = ("x12", "edifact", "flat", "ndjson")
"""The codecs that have room for several documents."""


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    documents_together = fields.Integer(
        string="Documents in one file",
        default=1,
        tracking=True,
        help="Of what waits for this partner and is of one kind, at most so many documents leave in one interchange or"
        " file, up to 16. Each keeps its own place, is acknowledged on its own and can be replayed on its own."
        " Let the policy collect documents if they are to wait for each other. 1: each leaves alone.",
    )

    @api.constrains("documents_together", "codec", "transport", "direction", "secondary_url")
    def _check_documents_together(self):
        for endpoint in self.filtered(lambda each: each.documents_together != 1):
            if not 1 <= endpoint.documents_together <= MOST_TOGETHER:
                raise ValidationError(self.env._("A file carries between 1 and %s documents.", MOST_TOGETHER))
            if (
                endpoint.direction != "outbound"
                or endpoint.codec not in TOGETHER
                or endpoint.transport not in ("https", "folder", "sftp")
                or endpoint.secondary_url
            ):
                raise ValidationError(
                    self.env._(
                        "%s: several documents leave together as EDI, CSV or JSON lines, over HTTPS, SFTP or into a"
                        " folder, to one address.",
                        endpoint.name,
                    )
                )

    @api.private
    def _leaving_together(self):
        """How many documents of one kind leave in one file at most."""
        self.ensure_one()
        return self.documents_together if self.direction == "outbound" and self.codec in TOGETHER else 1

    def write(self, vals):
        result = super().write(vals)
        if "documents_together" in vals:
            self.env.registry.clear_cache()
        return result
