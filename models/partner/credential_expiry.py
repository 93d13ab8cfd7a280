"""A secret that is about to expire is somebody's work before the partner notices."""

from datetime import timedelta

from odoo import api, fields, models

DUE = "credential.expiry"
"""The kind of due time of a credential whose newest secret has an end."""
ACTIVITY = "sync_governance.activity_type_credential"
WARNING_DAYS = 14


class SyncCredential(models.Model):
    _inherit = "sync.credential"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"valid_until", "active"}:
            self._schedule_warning()
        return result

    def action_revoke(self):
        result = super().action_revoke()
        self._schedule_warning()
        return result

    @api.private
    def _rotate(self, secret, *, overlap_hours, valid_until=None):
        version = super()._rotate(secret, overlap_hours=overlap_hours, valid_until=valid_until)
        self._schedule_warning()
        return version

    def _ends_at(self):
        """When the newest secret ends; False without an end, or without a secret in use."""
        self.ensure_one()
        return self.active and self.version_ids.filtered(lambda v: v.state == "active").valid_until

    def _schedule_warning(self):
        """Warn so many days before the end. A new end is a new matter: earlier warnings are over."""
        self.sudo().activity_unlink([ACTIVITY])  # sudo: the reminder is the owner's, whoever sets the secret
        ending = self.filtered(lambda c: c._ends_at())
        self.env["sync.due"]._cancel(DUE, (self - ending).ids)
        self.env["sync.due"]._schedule(
            DUE, [(c.id, c.company_id.id, c._ends_at() - timedelta(days=WARNING_DAYS)) for c in ending]
        )

    def _warn(self):
        """Remind the owner, once for each end."""
        for credential in self:
            user = credential._warned_user()
            credential.activity_schedule(
                ACTIVITY,
                date_deadline=credential._ends_at().date(),
                user_id=user.id,
                note=self.env._(
                    "The secret of “%(endpoint)s” ends on %(end)s UTC. Agree on a new one with %(partner)s before.",
                    endpoint=credential.endpoint_id.name,
                    end=credential._ends_at().strftime("%Y-%m-%d %H:%M"),
                    partner=credential.trading_partner_id.name,
                ),
            )

    def _warned_user(self):
        """The technical owner, else a security officer, else a manager: somebody who sees the credential."""
        self.ensure_one()
        partner = self.trading_partner_id
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        officers = self.env.ref("sync_governance.group_security_officer").all_user_ids
        people = [
            partner.technical_owner_id,
            partner.business_owner_id,
            *officers.sorted(lambda user: (user == admin, user.id)),
            *self.env.ref("sync_governance.group_manager").all_user_ids.sorted(lambda user: (user == admin, user.id)),
        ]
        return next((user for user in people if self._sees(user)), self.env["res.users"])

    def _sees(self, user):
        # sudo(False): what is asked is what the user himself may read
        return (
            user.active
            and not user.share
            and self.company_id in user.company_ids
            and bool(self.sudo(False).with_user(user)._filtered_access("read"))
        )


class SyncDueCredential(models.AbstractModel):
    """A secret ends soon."""

    _name = "sync.due.credential"
    _description = "Warning before a secret ends"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "A secret ends soon"
    _about = "sync.credential"

    @api.model
    @api.private
    def _due(self, due_times):
        credentials = self.env["sync.credential"].browse([due.res_id for due in due_times]).exists()
        ending = credentials.filtered(lambda c: c._ends_at())
        soon = ending.filtered(lambda c: c._ends_at() - timedelta(days=WARNING_DAYS) <= fields.Datetime.now())
        soon._warn()
        self.env["sync.due"]._schedule(
            DUE, [(c.id, c.company_id.id, c._ends_at() - timedelta(days=WARNING_DAYS)) for c in ending - soon]
        )
