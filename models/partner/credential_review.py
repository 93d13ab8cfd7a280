"""Somebody looks every so many days whether a credential is still needed; else it is suspended, if that is agreed."""

from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

DUE = "credential.review"
"""The kind of due time of a credential that is to be reviewed."""
ACTIVITY = "sync_governance.activity_type_review"
REVIEW_EVERY_DAYS = 180
GRACE_DAYS = 14


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    review_days = fields.Integer(
        string="Review credentials every (days)",
        default=REVIEW_EVERY_DAYS,
        tracking=True,
        help="So often the owner confirms that each credential is still needed. 0: never.",
    )
    review_grace_days = fields.Integer(string="Time to confirm (days)", default=GRACE_DAYS, tracking=True)
    review_unconfirmed = fields.Selection(
        [("remind", "It goes on"), ("suspend", "The credential is suspended")],
        string="When nobody confirms",
        required=True,
        default="remind",
        tracking=True,
    )

    _review_times = models.Constraint(
        "CHECK (coalesce(review_days, 0) >= 0 AND coalesce(review_grace_days, 0) >= 0)",
        "Days of a review are not below 0.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"review_days", "review_grace_days", "review_unconfirmed"}:
            self.sudo().credential_ids._schedule_review()  # sudo: set for whatever credentials there are
        return result


class SyncCredential(models.Model):
    _inherit = "sync.credential"

    suspended_at = fields.Datetime(
        string="Suspended",
        readonly=True,
        copy=False,
        tracking=True,
        help="Nobody confirmed in time that it is still needed. Confirm it, and it works again at once.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        credentials = super().create(vals_list)
        for credential, vals in zip(credentials, vals_list, strict=True):
            if not vals.get("review_date"):
                credential.review_date = credential._next_review()
        credentials._schedule_review()
        return credentials

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"review_date", "active"}:
            self._schedule_review()
        return result

    def action_confirm_review(self):
        """Somebody looked: the credential is still needed. For its owner and for security officers."""
        for credential in self:
            credential._check_reviewer()
            mine = credential.sudo()  # sudo: the owner may confirm, and change nothing else
            if mine.suspended_at:
                mine._move({"suspended_at": False})
                mine.env["sync.credential.version"]._forget()
            mine.review_date = mine._next_review()
            mine.message_post(body=self.env._("Reviewed by %s: still needed.", self.env.user.name))

    def _check_reviewer(self):
        self.check_access("read")
        partner = self.trading_partner_id
        owners = partner.technical_owner_id | partner.business_owner_id
        if self.env.user not in owners and not self.has_access("write"):
            raise AccessError(
                self.env._(
                    "The owners of %(partner)s and security officers confirm that “%(credential)s” is still needed.",
                    partner=partner.name,
                    credential=self.name,
                )
            )

    def _next_review(self):
        days = self.endpoint_id.review_days
        return fields.Date.today() + timedelta(days=days) if days else False

    def _review_ends(self):
        """The day by which somebody must have confirmed."""
        return self.review_date + timedelta(days=self.endpoint_id.review_grace_days)

    def _schedule_review(self):
        """Look on the day of the review. A new day is a new matter: earlier reminders are over."""
        self.sudo().activity_unlink([ACTIVITY])  # sudo: the reminder is the owner's, whoever sets the day
        waiting = self.filtered(lambda c: c.active and c.review_date and c.endpoint_id.review_days)
        self.env["sync.due"]._cancel(DUE, (self - waiting).ids)
        self.env["sync.due"]._schedule(DUE, [(c.id, c.company_id.id, _begin(c.review_date)) for c in waiting])

    def _review(self):
        """Remind the owner, or suspend what was not confirmed in time; returns when to look again, or None."""
        self.ensure_one()
        today = fields.Date.today()
        if today < self.review_date:
            return _begin(self.review_date)
        suspends = self.endpoint_id.review_unconfirmed == "suspend"
        if suspends and today >= self._review_ends():
            self._suspend()
            return None
        if not self.activity_search([ACTIVITY]):
            self._ask_owner(suspends)
        return _begin(self._review_ends()) if suspends else None

    def _ask_owner(self, suspends):
        used = self.last_used_at
        note = self.env._(
            "Is “%(credential)s” of %(partner)s still needed? Last used: %(used)s. Press “Still needed”, or let it be"
            " revoked.",
            credential=self.name,
            partner=self.trading_partner_id.name,
            used=used.strftime("%Y-%m-%d") if used else self.env._("never"),
        )
        if suspends:
            note += " " + self.env._("It is suspended on %s if nobody confirms.", self._review_ends())
        self.activity_schedule(ACTIVITY, date_deadline=self._review_ends(), user_id=self._warned_user().id, note=note)

    def _suspend(self):
        if not self.suspended_at:
            self._move({"suspended_at": fields.Datetime.now()})
            self.env["sync.credential.version"]._forget()
            self.message_post(
                body=self.env._("Suspended: nobody confirmed by %s that it is still needed.", self._review_ends())
            )


def _begin(day):
    return datetime.combine(day, time())


class SyncDueReview(models.AbstractModel):
    """A credential is to be reviewed."""

    _name = "sync.due.review"
    _description = "Review of a credential"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "A credential is to be reviewed"
    _about = "sync.credential"

    @api.model
    @api.private
    def _due(self, due_times):
        credentials = self.env["sync.credential"].browse([due.res_id for due in due_times]).exists()
        waiting = credentials.filtered(lambda c: c.active and c.review_date and c.endpoint_id.review_days)
        again = [(c.id, c.company_id.id, c._review()) for c in waiting]
        self.env["sync.due"]._schedule(DUE, [row for row in again if row[2]])
