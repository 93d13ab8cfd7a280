"""What is late, or went wrong on the road, becomes an exception that a person owns; it closes when it is over."""

from odoo import api, models

LATE = "process.milestone_overdue"
TROUBLE = "process.delivery_exception"


class SyncMilestone(models.Model):
    _inherit = "sync.milestone"

    @api.model
    def _mark_overdue(self, milestone_ids):
        overdue = super()._mark_overdue(milestone_ids)
        for milestone in overdue:
            milestone._alert(
                LATE,
                self.env._(
                    "“%(milestone)s” of %(subject)s was due on %(due)s UTC and has not happened.",
                    milestone=milestone.name,
                    subject=milestone.subject_name,
                    due=milestone.due_at.strftime("%Y-%m-%d %H:%M"),
                ),
            )
        return overdue

    @api.model
    def _reach(self, processes, code, occurred_at, subject=None, message_id=None):
        changed = super()._reach(processes, code, occurred_at, subject, message_id)
        if changed:
            changed._close_alerts(LATE, self.env._("It has happened by now."))
        if code == "carrier.exception":
            for milestone in changed:
                milestone._alert(TROUBLE, self.env._("The carrier reports a problem with %s.", milestone.subject_name))
        elif code == "carrier.delivered":
            troubled = self.search(
                [
                    ("process_id", "in", processes.ids),
                    ("code", "=", "carrier.exception"),
                    ("subject_id", "in", changed.mapped("subject_id")),
                ]
            )
            troubled._close_alerts(TROUBLE, self.env._("The parcel was delivered."))
        return changed

    def action_waive(self):
        result = super().action_waive()
        self._close_alerts(LATE, self.env._("Waived by %s.", self.env.user.name))
        return result

    def _alert(self, code, detail):
        self.ensure_one()
        process = self.process_id
        self.env["sync.exception"]._open(
            code,
            detail=detail,
            subject=self._alert_subject(),
            company=self.company_id,
            document=process.name,
            document_domain=self.type_id.domain,
            trading_partner=process.trading_partner_id,
            process=process,
        )

    def _close_alerts(self, code, note):
        """Close what was opened about these milestones; one search where nothing was."""
        open_alerts = self.env["sync.exception"].sudo()  # sudo: alerts are opened and closed by the system
        if self and open_alerts.search_count(
            [("code", "=", code), ("is_open", "=", True), ("process_id", "in", self.process_id.ids)], limit=1
        ):
            for milestone in self:
                open_alerts._over(code, subject=milestone._alert_subject(), company=milestone.company_id, note=note)

    def _alert_subject(self):
        return f"milestone {self.code} of {self.subject_model},{self.subject_id}"
