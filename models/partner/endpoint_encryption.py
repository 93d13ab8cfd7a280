"""Production documents travel encrypted, and a partner may be certified by an authority of its own."""

import os
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config

from ...core.delivery import certificates
from ...core.delivery.http import demand_encrypted
from ...core.faults import Fault
from ...core.security.networks import networks

PLAIN_OPTION, PLAIN_VARIABLE = "sync_governance_plain_networks", "SYNC_GOVERNANCE_PLAIN_NETWORKS"


def configured(option, variable):
    """A setting of the server's configuration file, or else of its environment; empty when there is none."""
    return config.get(option) or os.environ.get(variable) or ""


def plain_networks():
    """The networks with which production documents may be exchanged unencrypted; empty, as it should be: none.

    For simulators and a proxy on the server itself. Whoever sets up the server says it, and nobody on screen.
    """
    return configured(PLAIN_OPTION, PLAIN_VARIABLE)


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    authorities = fields.Text(
        string="Private authorities",
        help="Certificates (PEM) of the authorities that certify this partner's system. Where some stand here, only"
        " they are believed, and for this endpoint alone; else the public ones are.",
    )
    authorities_until = fields.Datetime(
        string="Valid until",
        compute="_compute_authorities",
        help="When the first of its private authorities expires. From then on the partner is not believed any more.",
    )
    authorities_note = fields.Text(string="Believed", compute="_compute_authorities")

    @api.depends("authorities")
    def _compute_authorities(self):
        for endpoint in self:
            try:
                held = certificates.authorities(endpoint.authorities or "")
            except ValueError:
                held = []
            ends = [certificates.until(one) for one in held]
            endpoint.authorities_until = min(ends).astimezone(timezone.utc).replace(tzinfo=None) if ends else False
            endpoint.authorities_note = (
                "\n".join(
                    self.env._("%(name)s, until %(day)s", name=one.subject.rfc4514_string(), day=end.date().isoformat())
                    for one, end in zip(held, ends, strict=True)
                )
                or False
            )

    @api.constrains("authorities", "direction", "carrier")
    def _check_authorities(self):
        for endpoint in self.filtered("authorities"):
            if not endpoint._connects():
                raise ValidationError(
                    self.env._(
                        "Private authorities are for endpoints that we send to or fetch from; proxies verify who calls."
                    )
                )
            problem = certificates.authorities_problem(endpoint.authorities, datetime.now(timezone.utc))
            if problem:
                raise ValidationError(self.env._("What stands as private authorities %s.", problem))

    @api.constrains("url", "authentication_settings", "direction", "environment", "trading_partner_id")
    def _check_encrypted(self):
        for endpoint in self:
            if problem := endpoint._why_not_encrypted():
                raise ValidationError(problem)

    @api.private
    def _why_not_encrypted(self):
        """Why documents of this production endpoint, or the secrets for its tokens, would leave unencrypted; or None.

        Without looking up a name: whether that leads to this very machine can change.
        """
        self.ensure_one()
        if not self._connects() or self.environment != "production":
            return None
        for url in filter(None, [*self._urls(), self._settings().get("token_url")]):
            try:
                networks(plain_networks())
                demand_encrypted(url, plain_networks())
            except ValueError as error:
                return f"{PLAIN_OPTION}: {error}"
            except Fault as fault:
                return self.env._("%s Endpoints for production have addresses of https.", fault.detail)
        return None

    def _missing(self):
        return [*super()._missing(), *filter(None, [self._why_not_encrypted()])]


class SyncTradingPartner(models.Model):
    _inherit = "sync.trading.partner"

    @api.constrains("environment")
    def _check_endpoints_encrypted(self):
        self.endpoint_ids._check_encrypted()
