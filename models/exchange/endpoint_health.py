"""How an endpoint fares, what is done about it, and who is told.

    good -> warning (deliveries fail) -> bad (circuit breaker) -> somebody is told -> taken off

Each step follows by itself, the way back too: one exception for each incident, resolved when the partner answers again.
Only what was taken off waits for a person.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_datetime

from ..partner.endpoint import STATES

RECENTLY = timedelta(hours=1)
"""A disturbed endpoint is tried at least every quarter of an hour while anything waits for it. One that nobody sends to
is not taken off: nobody has asked its partner lately."""

# Rows of which something may have to be said: few, and most of the time none.
_SUSPECTS = """
    SELECT id FROM sync_endpoint
     WHERE disturbed_since IS NOT NULL OR alerted_at IS NOT NULL OR pause_reason IS NOT NULL
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    health = fields.Selection(
        [("none", "Not on the wire"), ("good", "Good"), ("warning", "Needs attention"), ("bad", "Disturbed")],
        compute="_compute_health",
    )
    health_note = fields.Char(string="Health note", compute="_compute_health")
    alert_after_minutes = fields.Integer(
        string="Tell somebody after (minutes)",
        required=True,
        default=15,
        tracking=True,
        help="When the partner's system has been disturbed for so long, an exception tells whoever looks after it.",
    )
    stop_after_days = fields.Integer(
        string="Take off after (days)",
        required=True,
        default=5,
        tracking=True,
        help="When it has been disturbed for so long, nothing more is tried until a person lets it go on; what is to be"
        " delivered waits. 0: never.",
    )

    _ladder = models.Constraint(
        "CHECK (alert_after_minutes >= 1 AND stop_after_days >= 0)",
        "Somebody is told after a minute or later, and an endpoint is taken off after days, or never (0).",
    )

    # -- what people see -------------------------------------------------------------------------------------------

    @api.depends("state", "paused", "pause_reason", "breaker_state", "breaker_until", "breaker_failures")
    def _compute_health(self):
        now = fields.Datetime.now()
        for endpoint in self:
            endpoint.health, endpoint.health_note = endpoint._health(now)

    def _health(self, now):
        """(health, what is the matter and what is being done)."""
        self.ensure_one()
        waits = self.breaker_until and self.breaker_until > now
        if self.state != "live":
            return "none", dict(STATES)[self.state] if self.state else ""
        if self.pause_reason == "gone":
            return "bad", self.env._("The partner has closed this address. What is to be delivered waits for you")
        if self.pause_reason == "disturbed":
            return "bad", self.env._(
                "Disturbed since %s and taken off. What is to be delivered waits for you",
                self._local(self.disturbed_since),
            )
        if self.paused:
            return "warning", self.env._("Paused: its documents are kept and wait")
        if self.breaker_state in ("open", "half_open"):
            return "bad", self._disturbance(waits)
        if waits:
            return "warning", self.env._("The partner asked us to wait until %s", self._local(self.breaker_until))
        if self.breaker_failures:
            if self._is_polled():
                return "warning", self.env._("Looks that failed lately: %s", self.breaker_failures)
            return "warning", self.env._("Deliveries that failed lately: %s", self.breaker_failures)
        return "good", self.env._("No trouble known")

    def _disturbance(self, waits):
        since = self._local(self.disturbed_since or self.breaker_since)
        if self._is_polled():
            return self.env._("No answer since %s. We look again from time to time", since)
        if waits and self.breaker_state == "open":
            return self.env._(
                "No answer since %(since)s. One document is tried at %(at)s; the others wait",
                since=since,
                at=self._local(self.breaker_until),
            )
        return self.env._("No answer since %s. One document is tried now; the others wait", since)

    def _local(self, moment):
        """A time as the user reads it; UTC where nobody reads yet."""
        if not moment:
            return "?"
        return format_datetime(self.env, moment, dt_format="short")

    def action_open_messages(self):
        """The documents that come or go through it, what waits first of all."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("endpoint_id", "=", self.id)],
            "context": {"search_default_waiting": 1} if self.health in ("warning", "bad") else {},
        }

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_unpause(self):
        """Let the queue go on; one that was taken off begins anew, as if its partner had never failed."""
        stopped = self.filtered("pause_reason")
        result = super().action_unpause()
        stopped._begin_anew()
        return result

    def action_resume(self):
        """As :meth:`action_unpause`: whoever puts it back on the wire expects it to be tried."""
        result = super().action_resume()
        self.filtered(lambda endpoint: not endpoint.paused)._begin_anew()
        return result

    def _begin_anew(self):
        self._move(
            {
                "pause_reason": False,
                "disturbed_since": False,
                "breaker_state": "closed",
                "breaker_since": False,
                "breaker_calls": 0,
                "breaker_failures": 0,
                "breaker_admitted": 0,
                "breaker_trips": 0,
                "breaker_until": False,
            }
        )
        for endpoint in self.filtered("alerted_at"):
            endpoint._say_over(self.env._("%s lets deliveries go on.", self.env.user.name))

    # -- the ladder ------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _look_after(self):
        """Tell people, take off, and say when it is over; in the engine's transaction, as superuser."""
        self.env.cr.execute(_SUSPECTS)
        now = self.env.cr.now()
        for endpoint in self.browse(row[0] for row in self.env.cr.fetchall()):
            endpoint._look_after_one(now)
        self.env.flush_all()

    def _look_after_one(self, now):
        since = self.disturbed_since
        if self.state == "retired" or not (since or self.pause_reason):
            if self.alerted_at:
                self._say_over(self.env._("The partner answers again."))
            return
        if self.state != "live":
            return
        too_long = self.stop_after_days and since and since <= now - timedelta(days=self.stop_after_days)
        if too_long and not self.paused and self.breaker_since and self.breaker_since > now - RECENTLY:
            self._move({"paused": True, "pause_reason": "disturbed"})
            self._say()
        elif not self.alerted_at and (
            self.pause_reason or (not self.paused and since <= now - timedelta(minutes=self.alert_after_minutes))
        ):
            self._say()

    def _say(self):
        """Open the exception of this incident, or bring it up to date."""
        code = self._incident()
        if self.pause_reason == "gone":
            detail = self.env._("%s answers that its address is closed for good (HTTP 410).", self.name)
        else:
            detail = self.env._(
                "%(endpoint)s has not answered since %(since)s (UTC).",
                endpoint=self.name,
                since=str(self.disturbed_since),
            )
        detail += " " + self._what_waits()
        self.env["sync.exception"]._open(
            code,
            detail=detail,
            subject=f"endpoint {self.code}",
            company=self.company_id,
            document=self.name,
            trading_partner=self.trading_partner_id,
            endpoint=self,
        )
        self._move({"alerted_at": self.env.cr.now()})

    def _what_waits(self):
        if self._is_polled():
            return (
                self.env._("Nothing more is fetched there until somebody lets it go on.")
                if self.pause_reason
                else self.env._("We look again from time to time; what the partner has for us stays there.")
            )
        return (
            self.env._("Nothing more is sent there; what is to be delivered waits until somebody lets it go on.")
            if self.pause_reason
            else self.env._("What is to be delivered waits; one document goes out from time to time to try.")
        )

    def _say_over(self, note):
        for code in ("deliver.gone", "deliver.disturbed"):
            self.env["sync.exception"]._over(
                code, subject=f"endpoint {self.code}", company=self.company_id, note=note, endpoint=self
            )
        self._move({"alerted_at": False})

    def _incident(self):
        return "deliver.gone" if self.pause_reason == "gone" else "deliver.disturbed"
