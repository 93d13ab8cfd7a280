"""When documents are worked: as they arrive, gathered, or at set hours."""

import time
from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.queue import Timing

LOOK_AHEAD_DAYS = 14
"""Without a window within so many days, it is looked again when they are over."""
REMEMBERED_SECONDS = 60.0
# Windows of calendars as this process knows them; a change of hours is seen within a minute.
_WINDOWS: dict[tuple[str, int], tuple[float, list[tuple[datetime, datetime]]]] = {}


class SyncPolicy(models.Model):
    _inherit = "sync.policy"

    timing = fields.Selection(
        selection_add=[("micro_batch", "Collected, then together"), ("window", "Only at set hours")],
        ondelete={"micro_batch": "set default", "window": "set default"},
        help="Documents that are collected, or that arrive outside the set hours, wait and then go on in their order."
        " What is sent to a partner leaves in one go, each document as a delivery of its own, a few at a time.",
    )
    batch_documents = fields.Integer(
        string="Collect (documents)", required=True, default=100, help="As soon as so many wait they go on together."
    )
    batch_seconds = fields.Integer(
        string="At most (seconds)", required=True, default=60, help="They go on so long after the first, however few."
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Hours",
        ondelete="restrict",
        help="Documents are worked within these hours, in the time zone of the calendar; days off count as closed."
        " What has begun is finished. A change of the hours counts within a minute.",
    )
    timing_text = fields.Char(string="Timing in words", compute="_compute_timing_text")

    _batch_sane = models.Constraint(
        "CHECK (batch_documents BETWEEN 1 AND 100000 AND batch_seconds BETWEEN 1 AND 86400)",
        "Collect 1 to 100,000 documents, for a day at most.",
    )
    _window_has_hours = models.Constraint(
        "CHECK (timing <> 'window' OR calendar_id IS NOT NULL)", "Say at which hours documents are worked."
    )

    @api.depends("timing", "patience", "batch_documents", "batch_seconds", "calendar_id")
    def _compute_timing_text(self):
        for policy in self:
            if policy.timing == "micro_batch":
                policy.timing_text = self.env._(
                    "Collect %(documents)s documents or %(seconds)s seconds, whichever comes first.",
                    documents=policy.batch_documents,
                    seconds=policy.batch_seconds,
                )
            elif policy.timing == "window":
                policy.timing_text = self.env._("Only within the hours of “%s”.", policy.calendar_id.name or "?")
            elif policy.timing == "synchronous":
                policy.timing_text = self.env._(
                    "Worked while the sender waits, %s seconds at most; what takes longer goes on without him.",
                    policy.patience,
                )
            else:
                policy.timing_text = self.env._("Each document is worked as soon as it arrives and it is its turn.")

    @api.constrains("timing", "calendar_id", "company_id")
    def _check_calendar(self):
        for policy in self.filtered("calendar_id"):
            company = policy.calendar_id.company_id
            if company and company != policy.company_id:
                raise ValidationError(self.env._("The hours “%s” are another company's.", policy.calendar_id.name))
            if policy.calendar_id.flexible_hours:
                raise ValidationError(self.env._("“%s” has no set hours.", policy.calendar_id.name))

    @api.private
    def _timing(self):
        """The :class:`~sync_governance.core.queue.Timing` of a document that comes now; None: worked as it arrives."""
        if self.timing == "micro_batch":
            return Timing("batch", float(self.batch_seconds), self.batch_documents)
        if self.timing == "window":
            return Timing("window", self._seconds_to_window())
        return None

    @api.private
    def _seconds_to_window(self):
        """Seconds until the documents of this policy may be worked; 0: now."""
        if self.timing != "window":
            return 0.0
        now = datetime.now(timezone.utc)
        for start, end in self._windows(now):
            if now < end:
                return max((start - now).total_seconds(), 0.0)
        return LOOK_AHEAD_DAYS * 86400.0

    def _windows(self, now):
        """The windows of the next days as (start, end), remembered for a minute."""
        key = self.env.cr.dbname, self.calendar_id.id
        known = _WINDOWS.get(key)
        if known is None or time.monotonic() - known[0] > REMEMBERED_SECONDS:
            calendar = self.calendar_id.sudo()  # sudo: hours are configuration, whoever brings the document
            found = calendar._work_intervals_batch(now - timedelta(days=1), now + timedelta(days=LOOK_AHEAD_DAYS))
            windows = [(start.astimezone(timezone.utc), end.astimezone(timezone.utc)) for start, end, _ in found[False]]
            known = _WINDOWS[key] = time.monotonic(), windows
        return known[1]


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        """Hours that are changed here count at once in this process."""
        for calendar in self:
            _WINDOWS.pop((self.env.cr.dbname, calendar.id), None)
        return super().write(vals)


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    def write(self, vals):
        """What was gathered under another policy goes on now, or as the new one says."""
        result = super().write(vals)
        if "policy_id" in vals:
            self.env["sync.due"]._hasten_gathered(self)
        return result
