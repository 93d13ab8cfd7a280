"""From where an endpoint takes anything in at all, and what a change of its authentication asks for."""

from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...core.delivery.schemes import kind_of
from ...core.security.networks import networks


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    allowed_sources = fields.Text(
        string="Accepted sender addresses",
        tracking=True,
        help="One address or network per line: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32. Whoever sends from elsewhere"
        " is refused, whatever he can prove. Empty: from everywhere.",
    )

    @api.constrains("allowed_sources")
    def _check_allowed_sources(self):
        for endpoint in self.filtered("allowed_sources"):
            try:
                networks(endpoint.allowed_sources)
            except ValueError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("authentication_settings", "authentication", "allowed_private_hosts")
    def _check_token_url(self):
        for endpoint in self.filtered(lambda e: e.authentication == "oauth2" and e._connects()):
            parts = urlsplit(endpoint._settings().get("token_url", ""))
            if parts.scheme == "http" and f"{parts.hostname}:{parts.port or 80}" not in endpoint._private_hosts():
                raise ValidationError(
                    self.env._(
                        "Secrets leave encrypted (https): token_url. Plain http is for allowed private hosts only."
                    )
                )

    def write(self, vals):
        if "authentication" in vals:
            self._refuse_other_kind(vals["authentication"])
        return super().write(vals)

    def _refuse_other_kind(self, authentication):
        """A password does not become a key that signs: what is kept of it is something else."""
        for endpoint in self:
            if kind_of(endpoint.authentication) == kind_of(authentication):
                continue
            versions = endpoint.sudo().credential_ids.version_ids  # sudo: whether there are any, and nothing of them
            if versions.filtered(lambda version: version.state != "revoked"):
                raise UserError(
                    self.env._(
                        "The secrets of %s were made for another way of authentication. Let a security officer revoke"
                        " its credentials, or set up another endpoint beside it.",
                        endpoint.name,
                    )
                )
