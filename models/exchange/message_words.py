"""Why a message is where it is, in words."""

from odoo import fields, models
from odoo.tools.misc import format_datetime

from ...core import queue

# The document of the same line that must not be overtaken, of those that stand behind it.
_STOPPED_BY = """
    SELECT m.id, l.blocked_message_id FROM sync_message m
      JOIN sync_lane l ON l.id = m.lane_id
      JOIN sync_message b ON b.id = l.blocked_message_id AND b.id < m.id
     WHERE m.id = ANY(%s)
"""
# Who asked for it last, and why; whoever asked by a filter is not found by the id.
_ASKED = """
    SELECT user_id, reason FROM sync_command
     WHERE kind = %s AND message_ids IS NOT NULL AND message_ids::jsonb @> to_jsonb(%s::int)
     ORDER BY id DESC LIMIT 1
"""


class SyncMessage(models.Model):
    """What keeps a message is asked from what keeps it (endpoint, interface, line), not written down on each."""

    _inherit = "sync.message"

    explanation = fields.Char(string="What is the matter", compute="_compute_explanation")
    last_detail = fields.Text(string="In words", compute="_compute_last_detail")

    def _compute_explanation(self):
        waiting = self.filtered(lambda message: message.state == "ready")
        self.env.cr.execute(_STOPPED_BY, [waiting.ids])
        stopped_by = dict(self.env.cr.fetchall())
        for message in self:
            if message in waiting:
                message.explanation = message._waits_because(stopped_by.get(message.id))
            else:
                message.explanation = message.fault_title

    def _waits_because(self, stopped_by):
        """Why it is not its turn yet; False when nothing is in its way."""
        now, endpoint = fields.Datetime.now(), self.endpoint_id
        if endpoint.paused:
            return self.env._("The endpoint “%s” is paused", endpoint.name)
        if self.direction == "outbound" and (trouble := self._partner_in_trouble(endpoint, now)):
            return trouble
        if self.interface_id.held_until:
            return self.env._("The interface is held: the same error in many lines")
        if stopped_by:
            return self.env._("Waits behind %s", self.browse(stopped_by).display_name)
        if self.fault_code and self.run_at and self.run_at > now:
            at = format_datetime(self.env, self.run_at, dt_format="short")
            return self.env._("%(fault)s; tried again at %(at)s", fault=self.fault_title, at=at)
        return False

    def _partner_in_trouble(self, endpoint, now):
        """Why nothing is delivered there just now; False when the partner's system answers."""
        until = endpoint.breaker_until if endpoint.breaker_until and endpoint.breaker_until > now else False
        at = format_datetime(self.env, until, dt_format="short") if until else ""
        if endpoint.breaker_state not in ("open", "half_open"):
            return until and self.env._("The partner asked us to wait until %s", at)
        if until:
            return self.env._("The partner does not answer; tried again at %s", at)
        return self.env._("The partner does not answer; one document is tried now")

    def _compute_last_detail(self):
        """What the last attempt said; of what a person held or cancelled, who and why."""
        for message in self:
            if message.state == "parked" and message.wait_type == queue.HELD:
                message.last_detail = message._asked("hold")
            elif message.state == "cancelled":
                message.last_detail = message._asked("cancel")
            else:
                message.last_detail = message.attempt_ids.sorted("id")[-1:].detail

    def _asked(self, kind):
        self.env.cr.execute(_ASKED, [kind, self.id])
        row = self.env.cr.fetchone()
        if not row:
            return False
        user_id, reason = row
        # sudo: the name of a colleague, nothing else of him
        name = self.env["res.users"].sudo().browse(user_id or []).name or self.env._("Somebody")
        return f"{name}: {reason}" if reason else name
