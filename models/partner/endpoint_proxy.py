"""The way to a partner: through a proxy, and to a second address when the first one fails."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery.proxies import proxy_of
from ...core.delivery.shown import basic
from ...core.faults import Fault

PROXIED = ("https", "https_pull")
"""The transports that go through a proxy."""


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    proxy_url = fields.Char(
        string="Proxy",
        tracking=True,
        help="http://proxy.example:3128 or https://…, if your network lets requests out by a proxy only. Name it among"
        " the allowed private hosts too. The proxy sees where we send to, never what. Its user and password are a"
        " credential of the endpoint for the purpose “Log in at the proxy”.",
    )
    secondary_url = fields.Char(
        string="Second address",
        tracking=True,
        help="Where documents go while the first address fails. It shares authentication, limits and allowed hosts with"
        " the first.",
    )
    secondary_shares_ids = fields.Boolean(
        string="Both know what was delivered",
        tracking=True,
        help="Tick it only if the partner says that both addresses lead to one memory of message ids: then a document"
        " that one of them may have taken is repeated at the other. Otherwise such a document waits for its own"
        " address, so that it is never taken twice.",
    )
    failover_after = fields.Integer(
        string="Go over after (failures in a row)",
        required=True,
        default=3,
        tracking=True,
        help="So many deliveries must fail in a row at the first address, because it cannot be reached or fails by"
        " itself, before the second one is used.",
    )
    failback_minutes = fields.Integer(
        string="Try the first again after (minutes)",
        required=True,
        default=10,
        tracking=True,
        help="While the second address is used, one document in so many minutes is tried at the first. As soon as that"
        " succeeds all go there again.",
    )

    _failover = models.Constraint(
        "CHECK (failover_after BETWEEN 1 AND 5 AND failback_minutes BETWEEN 1 AND 1440)",
        "The second address is used after 1 to 5 failures, and the first is tried again after 1 to 1440 minutes.",
    )

    def _urls(self):
        return [*super()._urls(), *filter(None, [self.secondary_url])]

    @api.constrains("secondary_url", "url", "direction")
    def _check_secondary(self):
        self._check_url()
        self._check_encrypted()
        for endpoint in self.filtered("secondary_url"):
            if endpoint.transport != "https":
                raise ValidationError(self.env._("A second address is for endpoints that we send to by HTTPS."))
            if endpoint.secondary_url == endpoint.url:
                raise ValidationError(self.env._("The second address is another one than the first."))

    @api.constrains("proxy_url", "allowed_private_hosts", "carrier", "direction")
    def _check_proxy(self):
        for endpoint in self.filtered("proxy_url"):
            if endpoint.transport not in PROXIED:
                raise ValidationError(
                    self.env._(
                        "%s is reached directly: only web addresses can be reached through a proxy. Let your network"
                        " allow this server to connect there, and leave the proxy empty.",
                        endpoint.name,
                    )
                )
            try:
                proxy = proxy_of(endpoint.proxy_url)
            except Fault as fault:
                raise ValidationError(fault.detail) from fault
            allowed = {host.lower() for host in endpoint._private_hosts()}
            if proxy.name.lower() not in allowed:
                raise ValidationError(
                    self.env._("Name the proxy among the allowed private hosts as well: %s", proxy.name)
                )

    @api.private
    def _proxied(self):
        """What a request of :mod:`~sync_governance.core.delivery.http` takes of the proxy: nothing where there is none.

        :raises Fault: when the key that encrypted its password is not configured
        """
        self.ensure_one()
        if not self.proxy_url:
            return {}
        rows = [row for row in self._valid_rows("proxy") if row.sealed]
        secrets = self._secrets("proxy")
        shown = basic(rows[0].username or "", secrets[0].value) if secrets else ""
        return {"proxy": self.proxy_url, "proxy_authorization": shown}
