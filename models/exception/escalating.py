"""An exception that nobody resolved in time is shown to those who decide."""

from odoo import api, fields, models

DUE = "exception.resolve"
"""The kind of due time of an open exception: until when it should be resolved."""
ACTIVITY = "sync_governance.activity_type_escalation"


class SyncException(models.Model):
    _inherit = "sync.exception"

    escalated_at = fields.Datetime(
        string="Escalated",
        readonly=True,
        copy=False,
        help="When the approvers of the domain were told that it is late.",
    )

    def write(self, vals):
        """A new due time is a new deadline; what is closed has none."""
        result = super().write(vals)
        if vals.get("due_at"):
            self.filtered("escalated_at")._move({"escalated_at": False})
            still_open = self.filtered("is_open")
            self.env["sync.due"]._schedule(DUE, [(e.id, e.company_id.id, e.due_at) for e in still_open])
        return result

    @api.private
    def _drop_reminder(self):
        result = super()._drop_reminder()
        self.sudo().activity_unlink([ACTIVITY])  # sudo: approvers' reminders end with whoever closes the exception
        self.env["sync.due"]._cancel(DUE, self.ids)
        return result

    def _escalate(self):
        """Tell the approvers of the domain, once for each due time."""
        now = fields.Datetime.now()
        late = self.filtered(lambda e: e.is_open and e.due_at and e.due_at <= now and not e.escalated_at)
        late._move({"escalated_at": now})
        for exception in late:
            for user in exception._escalation_users():
                exception.with_context(mail_activity_quick_update=True).activity_schedule(
                    ACTIVITY,
                    date_deadline=now.date(),
                    user_id=user.id,
                    note=self.env._(
                        "This should have been resolved by %(due)s UTC. %(owner)s has it.",
                        due=exception.due_at.strftime("%Y-%m-%d %H:%M"),
                        owner=exception.user_id.name or self.env._("Nobody"),
                    ),
                )
        return late

    def _escalation_users(self):
        """The approvers of its domain who may see it; without any, the integration managers."""
        self.ensure_one()
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        for group in (f"group_approver_{self.domain}", "group_manager"):
            users = [user for user in self._people(group) if self._may_work(user)]
            people = [user for user in users if user != admin]
            if users:
                return people or users
        return []


class SyncDueException(models.AbstractModel):
    """An exception should have been resolved by now."""

    _name = "sync.due.exception"
    _description = "Due time of an exception"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "An exception should be resolved"
    _about = "sync.exception"

    @api.model
    @api.private
    def _due(self, due_times):
        exceptions = self.env["sync.exception"].with_context(tracking_disable=True)
        exceptions = exceptions.browse([due.res_id for due in due_times]).exists()
        exceptions._escalate()
        # One whose due time was moved on.
        later = exceptions.filtered(lambda e: e.is_open and e.due_at and not e.escalated_at)
        self.env["sync.due"]._schedule(DUE, [(e.id, e.company_id.id, e.due_at) for e in later])
