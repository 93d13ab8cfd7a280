"""Secrets that Odoo makes itself: shown once, and kept as a hash."""

from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core.delivery import certificates, secret_forms


class SyncCredential(models.Model):
    _inherit = "sync.credential"

    is_issued = fields.Boolean(compute="_compute_issuing")
    may_be_issued = fields.Boolean(compute="_compute_issuing")

    @api.depends("endpoint_id.authentication", "purpose")
    def _compute_issuing(self):
        for credential in self:
            scheme, sends = credential._scheme() or "none", credential.purpose != "verify"
            credential.is_issued = scheme != "none" and secret_forms.is_issued(scheme, sends=sends)
            credential.may_be_issued = scheme != "none" and secret_forms.may_be_issued(scheme, sends=sends)

    @api.private
    def _issue(self, *, overlap_hours, valid_until=None):
        """Make the next secret and keep its hash; returns the secret, which nobody can get again."""
        self.ensure_one()
        self.check_access("write")
        if not self.may_be_issued:
            raise UserError(self.env._("The partner gives the secret of %s; Odoo cannot make it.", self.name))
        secret = secret_forms.issue(self._scheme())
        self._rotate(secret, overlap_hours=overlap_hours, valid_until=valid_until)
        return secret

    @api.private
    def _rotate(self, secret, *, overlap_hours, valid_until=None):
        end = valid_until or self._end_of(secret)
        version = super()._rotate(secret, overlap_hours=overlap_hours, valid_until=end)
        if end and self.valid_until != end:
            self.valid_until = end
        return version

    @api.private
    def _scheme(self):
        """The scheme whose secret it holds; a proxy asks for a user and a password."""
        return "basic" if self.purpose == "proxy" else self.endpoint_id.authentication

    def _end_of(self, secret):
        """When a certificate that we show ends by itself: its owner is reminded before. False for anything else."""
        if self.endpoint_id.authentication != "mtls" or self.purpose != "sign":
            return False
        try:
            held = certificates.pair(certificates.rewrapped(secret))
        except ValueError:
            return False  # storing it says what is wrong
        return certificates.until(held).astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)

    @api.private
    def _shown_once(self, secret):
        """The action that shows a new secret on the screen of whoever asked for it, and stores it nowhere."""
        self.ensure_one()
        self._secret_is_shown()
        return {
            "type": "ir.actions.client",
            "tag": "sync_governance_secret_once",
            "params": {"name": self.name, "username": self.username or "", "secret": secret},
        }

    def _secret_is_shown(self):
        """Hook: a secret is on somebody's screen now."""
