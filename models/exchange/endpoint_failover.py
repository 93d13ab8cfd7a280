"""What people see of an endpoint with two addresses, and who is told that the first one fails."""

from datetime import timedelta

from odoo import api, fields, models

# Rows of which something may have to be said: few, and most of the time none.
_SUSPECTS = """
    SELECT id FROM sync_endpoint WHERE secondary_since IS NOT NULL OR secondary_told_at IS NOT NULL
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
_FIRST = {
    "address_in_use": "primary",
    "secondary_since": False,
    "primary_failures": 0,
    "primary_failing_since": False,
    "primary_probe_at": False,
}


class SyncMessage(models.Model):
    _inherit = "sync.message"

    sent_address = fields.Selection(
        [("primary", "First address"), ("secondary", "Second address")],
        string="May have arrived at",
        readonly=True,
        help="The address of its endpoint that may have taken it. It is repeated there and not at the other one, unless"
        " both know what was delivered.",
    )


class SyncEndpoint(models.Model):
    """The state of the failover, see ``core.delivery.failover``; written by the engine's SQL alone."""

    _inherit = "sync.endpoint"

    address_in_use = fields.Selection(
        [("primary", "First address"), ("secondary", "Second address")],
        string="Sends to",
        readonly=True,
        default="primary",
        copy=False,
    )
    secondary_since = fields.Datetime(string="Second address since", readonly=True, copy=False)
    secondary_told_at = fields.Datetime(
        string="Told somebody of the first address",
        readonly=True,
        copy=False,
        help="Since then an exception tells of it.",
    )
    primary_failures = fields.Integer(
        string="Failures of the first address", readonly=True, default=0, copy=False, help="In a row, lately."
    )
    primary_failing_since = fields.Datetime(readonly=True, copy=False)
    primary_probe_at = fields.Datetime(
        string="First address is tried again", readonly=True, copy=False, help="One document goes there at this time."
    )

    @api.depends("address_in_use", "secondary_since", "primary_probe_at", "secondary_url")
    def _compute_health(self):
        return super()._compute_health()

    def _health(self, now):
        health, note = super()._health(now)
        if health == "good" and self.secondary_url and self.secondary_since:
            return "warning", self.env._(
                "The first address fails: the second one is used since %(since)s, the first is tried again at %(at)s",
                since=self._local(self.secondary_since),
                at=self._local(self.primary_probe_at),
            )
        return health, note

    def action_use_first_address(self):
        """Send to the first address again at once, as if it had never failed."""
        self.check_access("write")
        for endpoint in self.filtered("secondary_since"):
            endpoint._move(dict(_FIRST))
            endpoint._say_first_works(self.env._("%s uses the first address again.", self.env.user.name))

    def write(self, vals):
        result = super().write(vals)
        if "url" in vals or "secondary_url" in vals:
            # Another address has failed nobody yet.
            changed = self.filtered(lambda endpoint: endpoint.secondary_since or endpoint.primary_failures)
            changed._move(dict(_FIRST))
        return result

    @api.model
    @api.private
    def _look_after(self):
        result = super()._look_after()
        self.env.cr.execute(_SUSPECTS)
        now = self.env.cr.now()
        for endpoint in self.browse(row[0] for row in self.env.cr.fetchall()):
            since = endpoint.secondary_since
            if not since:
                endpoint._say_first_works(self.env._("The first address answers again."))
            elif not endpoint.secondary_told_at and since <= now - timedelta(minutes=endpoint.alert_after_minutes):
                endpoint._say_first_fails()
        self.env.flush_all()
        return result

    def _say_first_fails(self):
        self.env["sync.exception"]._open(
            "deliver.secondary_used",
            detail=self.env._(
                "The first address of %(endpoint)s has failed since %(since)s (UTC). Documents go to the second one.",
                endpoint=self.name,
                since=str(self.secondary_since),
            ),
            subject=f"endpoint {self.code}",
            company=self.company_id,
            document=self.name,
            trading_partner=self.trading_partner_id,
            endpoint=self,
        )
        self._move({"secondary_told_at": self.env.cr.now()})

    def _say_first_works(self, note):
        if self.secondary_told_at:
            self.env["sync.exception"]._over(
                "deliver.secondary_used",
                subject=f"endpoint {self.code}",
                company=self.company_id,
                note=note,
                endpoint=self,
            )
            self._move({"secondary_told_at": False})
