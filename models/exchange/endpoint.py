"""The engine's own columns on an endpoint: what all nodes must agree on before they deliver."""

from odoo import fields, models


class SyncEndpoint(models.Model):
    """The state of the circuit breaker, see ``core.delivery.breaker``; written by the engine's SQL alone."""

    _inherit = "sync.endpoint"
    _guarded_fields = (
        "state",
        "paused",
        "breaker_state",
        "breaker_since",
        "breaker_calls",
        "breaker_failures",
        "breaker_admitted",
        "breaker_trips",
        "breaker_until",
        "disturbed_since",
        "alerted_at",
        "pause_reason",
        "sftp_host_key",
        "sftp_seen_key",
        "address_in_use",
        "secondary_since",
        "secondary_told_at",
        "primary_failures",
        "primary_failing_since",
        "primary_probe_at",
    )

    breaker_state = fields.Selection(
        [("closed", "Closed"), ("open", "Open"), ("half_open", "Trying")],
        string="Circuit breaker",
        readonly=True,
        default="closed",
        copy=False,
    )
    breaker_since = fields.Datetime(readonly=True, copy=False)
    breaker_calls = fields.Integer(readonly=True, default=0, copy=False)
    breaker_failures = fields.Integer(
        string="Failures",
        readonly=True,
        default=0,
        copy=False,
        help="Deliveries that failed lately because of the partner's system. Five within five minutes, and at least"
        " half of all, open the circuit breaker.",
    )
    breaker_admitted = fields.Integer(readonly=True, default=0, copy=False)
    breaker_trips = fields.Integer(readonly=True, default=0, copy=False)
    breaker_until = fields.Datetime(
        string="Next try",
        readonly=True,
        copy=False,
        help="The partner's system did not answer, or asked to wait: the next delivery is tried at this time.",
    )
    disturbed_since = fields.Datetime(
        string="Disturbed since",
        readonly=True,
        copy=False,
        help="Since then the circuit breaker has not been closed.",
    )
    alerted_at = fields.Datetime(
        string="Told somebody", readonly=True, copy=False, help="Since then an exception tells of the disturbance."
    )
    pause_reason = fields.Selection(
        [("gone", "The partner closed the address"), ("disturbed", "Disturbed for too long")],
        string="Taken off because",
        readonly=True,
        copy=False,
        help="Empty: a person paused it.",
    )
