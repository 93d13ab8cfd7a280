"""Who takes care of an exception, and until when."""

from odoo import api, models

from . import wording

ACTIVITY = "sync_governance.activity_type_exception"


class SyncException(models.Model):
    _inherit = "sync.exception"

    def _assign(self):
        """Give new exceptions an owner and a due time, and each owner one reminder per exception."""
        for exception in self:
            hours = exception.interface_id.policy_id.service_level_id.resolve_hours
            exception.write(
                {
                    "user_id": exception._owner().id,
                    "due_at": exception.first_seen_at + wording.due_after(exception.severity, hours),
                }
            )
        owned = self.filtered("user_id")
        for (user, day, severity), exceptions in owned.grouped(
            lambda e: (e.user_id, e.due_at.date(), e.severity)
        ).items():
            # A critical exception is also sent by mail; the others wait in the owner's list.
            exceptions.with_context(mail_activity_quick_update=severity != "critical").activity_schedule(
                ACTIVITY, date_deadline=day, user_id=user.id
            )

    def _owner(self):
        """A named person who may work it.

        For business faults somebody who knows the order, the shipment, the payment: the interface's owner, then the
        people of the domain, then its steward. For technical ones those who look after the connection.
        """
        self.ensure_one()
        interface, partner = self.interface_id, self.trading_partner_id
        people = list(self._people(f"group_operator_{self.domain}"))
        if self.nature == "business":
            owners = [
                interface.owner_id,
                *people,
                interface.steward_id,
                partner.business_owner_id,
                partner.technical_owner_id,
            ]
        else:
            owners = [
                interface.steward_id,
                partner.technical_owner_id,
                interface.owner_id,
                *people,
                partner.business_owner_id,
            ]
        if self.fixer == "security_officer":
            owners = [*self._people("group_security_officer"), *owners]
        owners += self._people("group_manager")
        return next((user for user in owners if self._may_work(user)), self.env["res.users"])

    @api.model
    def _people(self, group):
        """The people of a group, longest serving first; the administrator, who is in all, comes last."""
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        people = self.env.ref(f"sync_governance.{group}").all_user_ids - self.env.ref("base.user_root")
        return people.sorted(lambda user: (user == admin, user.id))

    def _may_work(self, user):
        """Whether this person sees the exception and works in its company."""
        groups = [f"group_operator_{self.domain}", f"group_approver_{self.domain}", "group_manager"]
        if self.fixer == "security_officer":
            groups.append("group_security_officer")
        return (
            user.active  # an empty recordset is not
            and not user.share
            and self.company_id in user.company_ids
            and any(user.has_group(f"sync_governance.{group}") for group in groups)
        )

    @api.private
    def _drop_reminder(self):
        self.sudo().activity_unlink([ACTIVITY])  # sudo: the owner's reminder ends with whoever closes the exception

    def write(self, vals):
        """The reminder follows the owner and the due time."""
        result = super().write(vals)
        if vals.keys() & {"user_id", "due_at"}:
            for exception in self.filtered("is_open"):
                reminders = {"new_user_id": exception.user_id.id} if vals.get("user_id") else {}
                if vals.get("due_at"):
                    reminders["date_deadline"] = exception.due_at.date()
                if reminders:
                    # sudo: a reminder of somebody else is handed over together with the exception.
                    exception.sudo().with_context(mail_activity_quick_update=True).activity_reschedule(
                        [ACTIVITY], **reminders
                    )
        return result
