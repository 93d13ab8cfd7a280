"""When a partner is asked what it has for us, by whom, and what came of it.

A row for each endpoint that is polled. It says that a look is wanted, and holds the claim of the one poller who looks:
all nodes agree, and a claim whose worker is silent is anybody's. ``polling.py`` does the looking.
"""

import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_datetime

from ...core import queue
from ...core.delivery import backoff
from ...core.table import arrange
from . import breaker
from .engine_record import Setting

KIND = "endpoint.poll"
RETRY = backoff.RetryPolicy(max_attempts=10_000, base=5.0, factor=2.0, cap=900.0)
"""How long until the next look after one that failed; never longer than the endpoint's interval."""

_WANTED = f"""
      FROM sync_poll p JOIN sync_endpoint e ON e.id = p.endpoint_id
     WHERE p.wanted_at <= {queue.CLOCK} AND NOT p.stop_asked
       AND e.state = 'live' AND e.active AND NOT e.paused AND e.direction = 'inbound'
       AND (e.breaker_until IS NULL OR e.breaker_until <= {queue.CLOCK})
       AND (p.claim IS NULL OR NOT EXISTS (
            SELECT FROM sync_worker w
             WHERE w.id = p.worker_id
               AND w.heartbeat_at > {queue.CLOCK} - interval '{queue.DEAD_AFTER_SECONDS} seconds'))
"""
ANY_WANTED = f"SELECT {_WANTED}"


class SyncPoll(models.Model):
    """The looks at one endpoint: when the next one is wanted, who is looking, how far it got, how the last one went.

    Written by the engine alone. ``position`` is committed together with the documents that it counts; ``memory`` may
    be lost.
    """

    _name = "sync.poll"
    _description = "Pick-up"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _rec_name = "endpoint_id"
    _order = "endpoint_id"

    endpoint_id = Setting("sync.endpoint", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    wanted_at = fields.Datetime(string="Next look", readonly=True)
    stop_asked = fields.Boolean(readonly=True)
    claim = fields.Char(readonly=True)
    worker_id = fields.Integer(readonly=True)
    claimed_at = fields.Datetime(string="Looking since", readonly=True)
    position = fields.Text(readonly=True)
    memory = fields.Text(readonly=True)
    pending = fields.Text(readonly=True, help="Taken over, and not settled at the partner yet.")
    ended_at = fields.Datetime(string="Last look", readonly=True)
    succeeded_at = fields.Datetime(string="Last look without trouble", readonly=True)
    taken = fields.Integer(string="Taken over", readonly=True, help="At the last look.")
    repeated = fields.Integer(string="Known already", readonly=True, help="At the last look.")
    refused = fields.Integer(readonly=True, help="At the last look.")
    last_name = fields.Char(string="Last received", readonly=True)
    last_received_at = fields.Datetime(string="Received", readonly=True)
    failures = fields.Integer(string="Failed looks in a row", readonly=True)
    fault_code = fields.Char(readonly=True)
    fault_detail = fields.Char(string="Trouble", readonly=True)
    alerted_code = fields.Char(readonly=True)

    _one_each = models.UniqueIndex("(endpoint_id)")

    def init(self):
        arrange(
            self.env.cr,
            self._table,
            defaults={name: "0" for name in ("taken", "repeated", "refused", "failures")} | {"stop_asked": "false"},
        )

    # -- asking for a look -----------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _want(self, cr, endpoint_ids):
        """A look at these is wanted now."""
        cr.execute(
            f"""INSERT INTO sync_poll (endpoint_id, company_id, wanted_at)
                SELECT id, company_id, {queue.CLOCK} FROM sync_endpoint WHERE id = ANY(%s) ORDER BY id
                ON CONFLICT (endpoint_id) DO UPDATE SET wanted_at = excluded.wanted_at, stop_asked = false""",
            [list(endpoint_ids)],
        )

    @api.model
    @api.private
    def _stop(self, cr, endpoint_ids):
        """Who is looking at these stops after what he has in hand; the next look is at the next time."""
        cr.execute(
            "UPDATE sync_poll SET stop_asked = (claim IS NOT NULL), wanted_at = NULL WHERE endpoint_id = ANY(%s)",
            [list(endpoint_ids)],
        )

    # -- the poller's door -----------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _claim(self, cr, token, worker_id, limit):
        """Take up to ``limit`` endpoints to look at: their ids. At most one poller has one, on all nodes."""
        cr.execute(
            f"""UPDATE sync_poll SET claim = %s, worker_id = %s, claimed_at = {queue.CLOCK}
                 WHERE id = ANY(ARRAY(SELECT p.id {_WANTED} ORDER BY p.wanted_at, p.id LIMIT %s
                                         FOR UPDATE OF p SKIP LOCKED))
             RETURNING endpoint_id""",
            [token, worker_id, limit],
        )
        claimed = [row[0] for row in cr.fetchall()]
        refused = breaker.refused(cr, [(endpoint_id, endpoint_id) for endpoint_id in claimed])
        if refused:
            cr.execute("UPDATE sync_poll SET claim = NULL WHERE endpoint_id = ANY(%s)", [sorted(refused)])
        return [endpoint_id for endpoint_id in claimed if endpoint_id not in refused]

    @api.model
    @api.private
    def _let_go(self, cr, tokens):
        """Looks under these claims ended without a word: they are free again, for a look a minute later."""
        if tokens:
            cr.execute(
                f"""UPDATE sync_poll SET claim = NULL, worker_id = NULL, claimed_at = NULL,
                           wanted_at = {queue.CLOCK} + interval '1 minute'
                     WHERE claim = ANY(%s)""",
                [tokens],
            )

    @api.model
    @api.private
    def _hold(self, cr, token, endpoint_id):
        """Whether the look is still ours and wanted; in this transaction it stays so."""
        cr.execute(
            """SELECT e.state = 'live' AND e.active AND NOT e.paused AND NOT p.stop_asked
                 FROM sync_poll p JOIN sync_endpoint e ON e.id = p.endpoint_id
                WHERE p.endpoint_id = %s AND p.claim = %s FOR NO KEY UPDATE OF p""",
            [endpoint_id, token],
        )
        return cr.fetchone() == (True,)

    @api.model
    @api.private
    def _keep(self, cr, endpoint_id, position, name, pending):
        """How far the look got, in the transaction of what was taken over; ``name`` is the last of it.

        :param pending: the ids of what was taken over and is not settled yet: should it come again, that is our doing
        """
        cr.execute(
            f"""UPDATE sync_poll SET position = %s, pending = %s, last_name = coalesce(%s, last_name),
                       last_received_at = CASE WHEN %s IS NULL THEN last_received_at ELSE {queue.CLOCK} END
                 WHERE endpoint_id = %s""",
            [None if position is None else json.dumps(position), json.dumps(pending), name, name, endpoint_id],
        )

    @api.model
    @api.private
    def _finish(self, cr, token, endpoint_id, ended):
        """Let go, and say how it went (:class:`~.polling.Ended`) and when the next look is; False if it is not ours."""
        cr.execute(
            """SELECT p.id, p.failures, p.claimed_at, p.wanted_at, e.poll_minutes
                 FROM sync_poll p JOIN sync_endpoint e ON e.id = p.endpoint_id
                WHERE p.endpoint_id = %s AND p.claim = %s FOR NO KEY UPDATE OF p""",
            [endpoint_id, token],
        )
        row = cr.fetchone()
        if not row:
            return False
        poll_id, failures, claimed_at, wanted_at, minutes = row
        fault = ended.fault
        failures = (failures or 0) + 1 if fault else 0
        if fault:
            wait = min(backoff.nominal(failures, RETRY), 60.0 * max(minutes, 1))
            wait = max(wait, ended.retry_after or 0.0)
        else:
            wait = 0.0 if ended.more else ended.again
            if wanted_at and wanted_at > claimed_at:
                wait = 0.0  # somebody has asked meanwhile
        cr.execute(
            f"""UPDATE sync_poll
                   SET claim = NULL, worker_id = NULL, claimed_at = NULL, stop_asked = false,
                       wanted_at = CASE WHEN stop_asked THEN NULL
                                        ELSE {queue.CLOCK} + make_interval(secs => %s::float8) END,
                       pending = CASE WHEN %s THEN NULL ELSE pending END,
                       memory = CASE WHEN %s THEN memory ELSE %s END, ended_at = {queue.CLOCK},
                       succeeded_at = CASE WHEN %s IS NULL THEN {queue.CLOCK} ELSE succeeded_at END,
                       taken = %s, repeated = %s, refused = %s, failures = %s, fault_code = %s, fault_detail = %s
                 WHERE id = %s""",
            [
                wait,
                ended.settled,
                ended.memory is None,
                json.dumps(ended.memory),
                fault and fault.code,
                ended.taken,
                ended.repeated,
                ended.refused,
                failures,
                fault and fault.code,
                fault and fault.detail[:500],
                poll_id,
            ],
        )
        return True

    @api.private
    def _known(self):
        """(position, memory, pending) that the looks before have left, or None each."""
        return tuple(json.loads(text) if text else None for text in (self.position, self.memory, self.pending))

    @api.private
    def _tell(self, fault):
        """Open the exception of trouble that is not the network's, or close the one there was."""
        self.ensure_one()
        endpoint = self.endpoint_id
        serious = fault is not None and fault.blame in ("self", "document")
        code = fault.code if serious else None
        if self.alerted_code and self.alerted_code != code and (fault is None or serious):
            self.env["sync.exception"]._over(
                self.alerted_code,
                subject=f"pick-up {endpoint.code}",
                company=endpoint.company_id,
                note=self.env._("What the partner has for us can be picked up again."),
                endpoint=endpoint,
            )
            self._note_alert(None)
        if code and self.alerted_code != code:
            self.env["sync.exception"]._open(
                code,
                detail=fault.detail,
                subject=f"pick-up {endpoint.code}",
                company=endpoint.company_id,
                document=endpoint.name,
                trading_partner=endpoint.trading_partner_id,
                endpoint=endpoint,
            )
            self._note_alert(code)

    def _note_alert(self, code):
        self.env.cr.execute("UPDATE sync_poll SET alerted_code = %s WHERE id = %s", [code, self.id])
        self.invalidate_recordset(["alerted_code"])


class SyncDueEndpointPoll(models.AbstractModel):
    """The interval of an endpoint is over: a look is wanted, and the next one after the interval."""

    _name = "sync.due.endpoint.poll"
    _description = "Pick-up at an endpoint"
    _inherit = ["sync.due.kind"]
    _kind = KIND
    _title = "Pick up what a partner has for us"
    _about = "sync.endpoint"

    @api.model
    @api.private
    def _due(self, due_times):
        endpoints = self.env["sync.endpoint"].browse([due.res_id for due in due_times]).exists()
        polled = endpoints.filtered(lambda endpoint: endpoint._is_polled() and endpoint.state == "live")
        self.env["sync.poll"]._want(self.env.cr, polled.ids)
        polled._schedule_poll(self.env.cr.now())


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    poll_minutes = fields.Integer(
        string="Look every (minutes)",
        required=True,
        default=5,
        tracking=True,
        help="How often we look whether the partner has something for us. After a look that failed we look sooner.",
    )
    poll_note = fields.Char(string="Pick-up", compute="_compute_poll_note")
    poll_trouble = fields.Boolean(compute="_compute_poll_note")
    poll_running = fields.Boolean(compute="_compute_poll_note")

    _poll_often = models.Constraint(
        "CHECK (poll_minutes BETWEEN 1 AND 10080)", "We look at least every week, and at most every minute."
    )

    @api.private
    def _is_polled(self):
        """Whether we fetch what comes in here, instead of being called."""
        self.ensure_one()
        return self.direction == "inbound" and self.env["sync.source"]._for(self.transport) is not None

    @api.depends("transport", "state")
    def _compute_poll_note(self):
        # sudo: how the looks went at endpoints that the user sees
        polls = self.env["sync.poll"].sudo().search([("endpoint_id", "in", self.ids)])
        found = {poll.endpoint_id.id: poll for poll in polls}
        for endpoint in self:
            poll = found.get(endpoint.id)
            endpoint.poll_note = endpoint._poll_words(poll) if poll and endpoint._is_polled() else False
            endpoint.poll_trouble = bool(poll and poll.fault_code)
            endpoint.poll_running = bool(poll and poll.claim)

    def _poll_words(self, poll):
        if poll.claim:
            return self.env._("Looking since %s", self._local(poll.claimed_at))
        if not poll.ended_at:
            return self.env._("Not looked yet")
        when = format_datetime(self.env, poll.ended_at, dt_format="short")
        if poll.fault_code:
            return self.env._("%(when)s: %(trouble)s", when=when, trouble=poll.fault_detail)
        return self.env._(
            "%(when)s: %(taken)s taken over, %(repeated)s known already, %(refused)s refused",
            when=when,
            taken=poll.taken,
            repeated=poll.repeated,
            refused=poll.refused,
        )

    # -- what people do --------------------------------------------------------------------------------------------

    def action_poll_now(self):
        """Look now, and not only when the interval is over."""
        self._may_ask_to_poll()
        for endpoint in self:
            if not endpoint._is_polled():
                raise UserError(self.env._("%s is called by its partner: there is nothing to pick up.", endpoint.name))
            if endpoint.state != "live" or endpoint.paused:
                raise UserError(self.env._("%s is not on the wire.", endpoint.name))
        self.env["sync.poll"]._want(self.env.cr, self.ids)
        self.env["sync.engine"]._wake_after_commit()

    def action_poll_stop(self):
        """Stop looking after what is just being taken over."""
        self._may_ask_to_poll()
        self.env["sync.poll"]._stop(self.env.cr, self.ids)

    def _may_ask_to_poll(self):
        self.check_access("read")
        groups = ("sync_governance.group_manager", "sync_governance.group_operator")
        if not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(self.env._("Operators and integration managers ask for a look at a partner's files."))

    # -- keeping the times -----------------------------------------------------------------------------------------

    @api.private
    def _schedule_poll(self, after):
        """Set the next look of those that are polled, by their intervals from ``after`` (naive UTC)."""
        rows = [
            (endpoint.id, endpoint.company_id.id, after + timedelta(minutes=endpoint.poll_minutes)) for endpoint in self
        ]
        self.env["sync.due"]._schedule(KIND, rows)

    @api.model
    @api.private
    def _look_after_polls(self):
        """Every endpoint that is on the wire and polled has a time for its next look, the others have none."""
        transports = list(self.env["sync.source"]._all())
        self.env.cr.execute(
            """SELECT e.id FROM sync_endpoint e
                WHERE e.direction = 'inbound' AND e.state = 'live' AND e.active AND e.transport = ANY(%s)
                  AND NOT EXISTS (SELECT FROM sync_due d WHERE d.kind = %s AND d.res_id = e.id)""",
            [transports, KIND],
        )
        missing = self.browse(row[0] for row in self.env.cr.fetchall())
        now = self.env.cr.now()
        self.env["sync.due"]._schedule(KIND, [(one.id, one.company_id.id, now) for one in missing])

    def _step(self, **vals):
        result = super()._step(**vals)
        for endpoint in self.filtered(lambda one: one.state == "live" and not one.paused and one._is_polled()):
            self.env["sync.due"]._schedule(KIND, [(endpoint.id, endpoint.company_id.id, self.env.cr.now())])
        gone = self.filtered(lambda one: one.state != "live")
        self.env["sync.due"]._cancel(KIND, gone.ids)
        return result

    def write(self, vals):
        result = super().write(vals)
        if "poll_minutes" in vals:
            live = self.filtered(lambda one: one.state == "live" and one._is_polled())
            live._schedule_poll(self.env.cr.now())
        return result
