"""Files that are expected: until when, how many; what is late, empty or comes again is told."""

import fnmatch
from datetime import datetime, time, timedelta, timezone

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.table import arrange

KIND = "expectation.cutoff"
LOOK_AHEAD_DAYS = 40
LATE, REPEATED = "receive.file_late", "receive.file_repeated"


class SyncExpectation(models.Model):
    """What an endpoint that we fetch from should bring, and until when on each day that its calendar works.

    ``received``, ``last_name`` and ``last_received_at`` are counted by the engine in the transaction that takes a file
    over; the cut-off asks for them and begins to count anew.
    """

    _name = "sync.expectation"
    _description = "Expected files"
    _order = "endpoint_id, cutoff_hour, id"

    name = fields.Char(required=True, help="What people call it: orders of the morning.")
    endpoint_id = fields.Many2one(
        "sync.endpoint",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('direction', '=', 'inbound'), ('carrier', '!=', False)]",
    )
    trading_partner_id = fields.Many2one(related="endpoint_id.trading_partner_id", string="Trading partner")
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True, precompute=True)
    pattern = fields.Char(
        string="Files", required=True, default="*", help="Which names count: orders_*.csv. All that arrives: *"
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Expected on",
        help="The working days of this calendar, without its holidays. Empty: every day.",
    )
    cutoff_hour = fields.Float(
        string="At the latest at", required=True, default=9.0, help="By then it has arrived, local time."
    )
    tz = fields.Selection(
        "_select_tz", string="Time zone", required=True, default=lambda self: self.env.user.tz or "UTC"
    )
    minimum = fields.Integer(string="At least", required=True, default=1, help="So many files until then.")
    active = fields.Boolean(default=True)
    next_at = fields.Datetime(string="Next cut-off", compute="_compute_next_at")
    received = fields.Integer(string="Arrived since the last cut-off", readonly=True, copy=False)
    last_name = fields.Char(string="Last file", readonly=True, copy=False)
    last_received_at = fields.Datetime(string="Arrived", readonly=True, copy=False)
    late_since = fields.Datetime(string="Late since", readonly=True, copy=False)

    _sensible = models.Constraint(
        "CHECK (cutoff_hour >= 0 AND cutoff_hour < 24 AND minimum >= 1)",
        "The latest time is from 00:00 to 23:59, and at least one file is expected.",
    )

    def init(self):
        arrange(self.env.cr, self._table, defaults={"received": "0"})

    @api.model
    def _select_tz(self):
        return [(name, name) for name in pytz.common_timezones]

    @api.constrains("endpoint_id")
    def _check_endpoint(self):
        for expectation in self:
            if not expectation.endpoint_id._is_polled():
                raise ValidationError(
                    self.env._(
                        "%s is called by its partner: files are expected where we fetch them.",
                        expectation.endpoint_id.name,
                    )
                )

    @api.depends("calendar_id", "cutoff_hour", "tz", "active")
    def _compute_next_at(self):
        now = datetime.now(timezone.utc)
        for expectation in self:
            found = expectation._next_cutoff(now) if expectation.active and expectation.tz else None
            expectation.next_at = found.replace(tzinfo=None) if found else False

    def _next_cutoff(self, after):
        """The first cut-off after ``after`` (aware), aware and in UTC; None when the calendar works on no day soon."""
        self.ensure_one()
        zone = pytz.timezone(self.tz)
        minutes = round(self.cutoff_hour * 60)
        clock = time(minutes // 60 % 24, minutes % 60)
        first = after.astimezone(zone).date()
        days = [first + timedelta(days=number) for number in range(LOOK_AHEAD_DAYS)]
        working = self._working_days(days, zone)
        for day in days:
            # A time that the clock passes over, or shows twice, is its later one: nobody is late too early.
            moment = zone.normalize(zone.localize(datetime.combine(day, clock), is_dst=False)).astimezone(timezone.utc)
            if day in working and moment > after:
                return moment
        return None

    def _working_days(self, days, zone):
        if not self.calendar_id:
            return set(days)
        start = zone.localize(datetime.combine(days[0], time.min))
        end = zone.localize(datetime.combine(days[-1], time.max))
        calendar = self.calendar_id.sudo()  # sudo: hours of work are no secret of the engine's
        intervals = calendar._work_intervals_batch(start, end)[False]
        return {interval[0].astimezone(zone).date() for interval in intervals}

    # -- the times -------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        expectations = super().create(vals_list)
        expectations._schedule_cutoff()
        return expectations

    def write(self, vals):
        result = super().write(vals)
        if {"calendar_id", "cutoff_hour", "tz", "active"} & set(vals):
            self._schedule_cutoff()
        for expectation in self.filtered(lambda one: one.late_since and not one.active):
            expectation._arrived_late()
        return result

    def unlink(self):
        self.env["sync.due"]._cancel(KIND, self.ids)
        for expectation in self:
            expectation._arrived_late()
        return super().unlink()

    def _schedule_cutoff(self):
        # The database's clock, by which the cut-off comes: it is not the next one while it is being handled.
        now = self.env.cr.now().replace(tzinfo=timezone.utc)
        rows, none = [], self.browse()
        for expectation in self:
            found = expectation._next_cutoff(now) if expectation.active else None
            if found:
                rows.append((expectation.id, expectation.company_id.id, found.replace(tzinfo=None)))
            else:
                none += expectation
        self.env["sync.due"]._schedule(KIND, rows)
        self.env["sync.due"]._cancel(KIND, none.ids)

    # -- what arrives ----------------------------------------------------------------------------------------------

    @api.private
    def _note(self, items, now):
        """Count what arrived, in the transaction that keeps it.

        :param items: :class:`~.collecting.Received` of one endpoint, that were taken over
        """
        for expectation in self:
            patterns = [one.strip() for one in expectation.pattern.split(",") if one.strip()]
            mine = [item for item in items if any(fnmatch.fnmatchcase(item.name, one) for one in patterns)]
            fresh = [item for item in mine if not item.repeated]
            if fresh:
                self.env.cr.execute(
                    """UPDATE sync_expectation SET received = coalesce(received, 0) + %s, last_name = %s,
                              last_received_at = %s WHERE id = %s RETURNING received""",
                    [len(fresh), fresh[-1].name[:255], now, expectation.id],
                )
                (received,) = self.env.cr.fetchone()
                expectation.invalidate_recordset()
                if expectation.late_since and received >= expectation.minimum:
                    expectation._arrived_late()
            for item in mine:
                if item.repeated:
                    expectation._open(
                        REPEATED,
                        f"{item.name} has come again: all that is in it was known. It was set aside and has no effect.",
                        f"repeated at {expectation.endpoint_id.code}: {item.name}",
                    )

    @api.private
    def _cut_off(self, now):
        """The time is over: tell if too little has arrived, and count anew."""
        for expectation in self:
            received = expectation.received or 0
            if received < expectation.minimum and expectation.endpoint_id.state == "live":
                expectation._say_late(received, now)
            elif received >= expectation.minimum:
                # Counted anew: a file that is late belongs to the time before.
                self.env.cr.execute("UPDATE sync_expectation SET received = 0 WHERE id = %s", [expectation.id])
        self.invalidate_recordset()

    def _say_late(self, received, now):
        zone = pytz.timezone(self.tz)
        at = pytz.utc.localize(now).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        last = f" The last one was {self.last_name}." if self.last_name else " None has ever arrived."
        self._open(
            LATE,
            f"{self.name}: by {at} ({self.tz}) {self.minimum} should have arrived, and {received} had.{last}",
            self._subject(),
        )
        if not self.late_since:
            self.env.cr.execute("UPDATE sync_expectation SET late_since = %s WHERE id = %s", [now, self.id])

    def _arrived_late(self):
        """What was late is here: its exception is over, and what arrived counts for the time that is over."""
        self.env["sync.exception"]._over(
            LATE,
            subject=self._subject(),
            company=self.company_id,
            note=self.env._("It has arrived.") if self.active else self.env._("It is not expected any more."),
            endpoint=self.endpoint_id,
        )
        self.env.cr.execute("UPDATE sync_expectation SET late_since = NULL, received = 0 WHERE id = %s", [self.id])
        self.invalidate_recordset()

    def _subject(self):
        return f"expected {self.endpoint_id.code} {self.id}"

    def _open(self, code, detail, subject):
        self.env["sync.exception"]._open(
            code,
            detail=detail,
            subject=subject,
            company=self.company_id,
            document=self.name,
            trading_partner=self.trading_partner_id,
            endpoint=self.endpoint_id,
        )


class SyncDueExpectation(models.AbstractModel):
    """The time until which files were expected is over."""

    _name = "sync.due.expectation"
    _description = "Cut-off of expected files"
    _inherit = ["sync.due.kind"]
    _kind = KIND
    _title = "Files were expected until now"
    _about = "sync.expectation"

    @api.model
    @api.private
    def _due(self, due_times):
        expectations = self.env["sync.expectation"].browse([due.res_id for due in due_times]).exists()
        expectations = expectations.filtered("active")
        expectations._cut_off(self.env.cr.now())
        expectations._schedule_cutoff()


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    expectation_ids = fields.One2many("sync.expectation", "endpoint_id", string="Expected files")

    @api.private
    def _note_received(self, items):
        result = super()._note_received(items)
        taken = [item for item in items if item.fault is None and item.name]
        if taken:
            self.expectation_ids._note(taken, self.env.cr.now())
        return result
