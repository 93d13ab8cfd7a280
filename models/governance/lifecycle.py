"""The lifecycle of what is governed: draft, in review, approved, deprecated, retired, with four eyes."""

import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from .domains import DOMAINS

STATES = [
    ("draft", "Draft"),
    ("in_review", "In review"),
    ("approved", "Approved"),
    ("deprecated", "Deprecated"),
    ("retired", "Retired"),
]
USABLE = ("approved", "deprecated")
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
ALWAYS_WRITABLE = re.compile(r"(message_|activity_|website_message_|rating_|has_message$|my_activity_)")

GUARD = """
CREATE OR REPLACE FUNCTION sync_lifecycle_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE
    column_name text;
    decided record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'A new version in % starts as a draft', TG_TABLE_NAME USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'Version % in % is % and is kept', OLD.version, TG_TABLE_NAME, OLD.state
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'approved'),
        ('approved', 'deprecated'), ('approved', 'retired'), ('deprecated', 'retired')) THEN
        RAISE EXCEPTION 'Version % in % cannot go from % to %', OLD.version, TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.state <> NEW.state AND NEW.state IN ('deprecated', 'retired'))
       OR (OLD.state <> 'draft' AND OLD.sunset_date IS DISTINCT FROM NEW.sunset_date) THEN
        SELECT e.kind, e.last_day INTO decided FROM sync_lifecycle_ending e
         WHERE replace(e.res_model, '.', '_') = TG_TABLE_NAME AND e.res_id = OLD.id AND e.state = 'agreed'
         ORDER BY e.id DESC LIMIT 1;
        IF NOT FOUND
           OR (OLD.state <> NEW.state
               AND decided.kind <> CASE NEW.state WHEN 'retired' THEN 'retire' ELSE 'deprecate' END)
           OR (OLD.sunset_date IS DISTINCT FROM NEW.sunset_date
               AND NEW.sunset_date IS DISTINCT FROM decided.last_day) THEN
            RAISE EXCEPTION 'Version % in % ends, and its last day moves, as a second person decides',
                OLD.version, TG_TABLE_NAME USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF OLD.state <> 'draft' THEN
        FOREACH column_name IN ARRAY TG_ARGV LOOP
            IF to_jsonb(OLD) -> column_name IS DISTINCT FROM to_jsonb(NEW) -> column_name THEN
                RAISE EXCEPTION 'Version % in % is % and cannot change (%)',
                    OLD.version, TG_TABLE_NAME, OLD.state, column_name USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
    END IF;
    RETURN NEW;
END $guard$
"""


def numbers(version):
    """The three numbers of a version, to compare it by; (0, 0, 0) for what is none."""
    return tuple(map(int, version.split("."))) if SEMVER.fullmatch(version or "") else (0, 0, 0)


class SyncLifecycle(models.AbstractModel):
    """A version of something that is reviewed before it works.

    ``draft -> in_review -> approved -> deprecated -> retired``; a rejection leads back to draft. Whoever wrote any of
    a version cannot approve it; the approver belongs to the approvers of its domain. From the review on the content
    (:attr:`_lifecycle_content`) does not change, which a PostgreSQL trigger guarantees also to raw SQL. A version
    ends as one person proposes and another agrees (``ending.py``), which the trigger asks for too.
    """

    _name = "sync.lifecycle"
    _description = "Version with a lifecycle"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _lifecycle_content = ("code", "version")
    _lifecycle_interface_field = None
    _mail_post_access = "read"
    _guarded_fields = (
        "state",
        "author_ids",
        "submitter_id",
        "submitted_at",
        "approver_id",
        "approved_at",
        "deprecated_at",
        "retired_at",
        "sunset_date",
    )

    version = fields.Char(
        required=True,
        default="1.0.0",
        copy=False,
        tracking=True,
        help="Semantic version: a breaking change raises the first number, an addition the second, a repair the third.",
    )
    domain = fields.Selection(
        DOMAINS, required=True, default="integration", help="Approvers of this domain decide about the version."
    )
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, tracking=True, readonly=True, index=True
    )
    author_ids = fields.Many2many("res.users", string="Authors", copy=False, readonly=True)
    submitter_id = fields.Many2one("res.users", string="Submitted by", copy=False, readonly=True, ondelete="restrict")
    submitted_at = fields.Datetime(string="Submitted on", copy=False, readonly=True)
    approver_id = fields.Many2one(
        "res.users", string="Approved by", copy=False, readonly=True, tracking=True, ondelete="restrict"
    )
    approved_at = fields.Datetime(string="Approved on", copy=False, readonly=True)
    deprecated_at = fields.Datetime(string="Deprecated on", copy=False, readonly=True)
    retired_at = fields.Datetime(string="Retired on", copy=False, readonly=True)
    sunset_date = fields.Date(
        string="Last day",
        copy=False,
        readonly=True,
        tracking=True,
        help="The last day (UTC) on which partners may use the deprecated version.",
    )
    can_approve = fields.Boolean(compute="_compute_can_approve")

    _semantic_version = models.Constraint(
        r"CHECK (version ~ '^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$')",
        "A version has three numbers: 1.0.0",
    )
    _four_eyes = models.Constraint(
        """CHECK ((state IN ('draft', 'in_review'))
               OR (approver_id IS NOT NULL AND submitter_id IS NOT NULL AND approver_id <> submitter_id))""",
        "An approved version has an approver who is not its author.",
    )

    def init(self):
        result = super().init()
        if self._abstract:
            return result
        self.env.cr.execute(GUARD)
        table = SQL.identifier(self._table)
        self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS sync_lifecycle_guard ON %s", table))
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER sync_lifecycle_guard BEFORE INSERT OR UPDATE OR DELETE ON %s"
                " FOR EACH ROW EXECUTE FUNCTION sync_lifecycle_guard(%s)",
                table,
                SQL(", ").join(SQL("%s", name) for name in self._lifecycle_content if self._fields[name].column_type),
            )
        )
        return result

    @api.depends("state", "author_ids", "domain")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        for record in self:
            record.can_approve = record.state == "in_review" and not record._approval_obstacle()

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._move({"author_ids": [Command.link(self.env.uid)]})
        return records

    def write(self, vals):
        content = [name for name in vals if not self._is_always_writable(name)]
        if content:
            fixed = self.filtered(lambda record: record.state != "draft")
            if fixed:
                raise UserError(
                    self.env._(
                        "“%(version)s” is %(state)s and no longer changes. Make a new version.",
                        version=fixed[0].display_name,
                        state=dict(STATES)[fixed[0].state].lower(),
                    )
                )
        result = super().write(vals)
        if content:
            self._move({"author_ids": [Command.link(self.env.uid)]})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(record.state != "draft" for record in self):
            raise UserError(self.env._("Only drafts are deleted. Retire the version instead."))

    @api.model
    def _is_always_writable(self, name):
        return name in self._guarded_fields or bool(ALWAYS_WRITABLE.match(name))

    @api.constrains("version")
    def _check_version(self):
        for record in self:
            if not SEMVER.fullmatch(record.version or ""):
                raise ValidationError(
                    self.env._("A version has three numbers, like 1.0.0: “%s” has not.", record.version)
                )

    @api.depends("code", "version")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.code} {record.version}" if record.code else record.version

    @api.private
    def _move(self, vals):
        """As every transition; an approval only of what may be approved, whichever way it is reached."""
        if vals.get("state") == "approved":
            self._lock_siblings()
            missing = [sentence for record in self for sentence in record._missing_for_approval()]
            if missing:
                raise UserError("\n".join(missing))
        return super()._move(vals)

    def _lock_siblings(self):
        """Two versions of one thing are approved one after the other: each is judged by what is in force then.

        Whoever comes second loses the race and is tried again by Odoo.
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %(table)s WHERE (code, coalesce(company_id, 0)) IN"
                " (SELECT code, coalesce(company_id, 0) FROM %(table)s WHERE id = ANY(%(ids)s))"
                " ORDER BY id FOR NO KEY UPDATE",
                table=SQL.identifier(self._table),
                ids=self.ids,
            )
        )

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_submit(self):
        """draft -> in review."""
        self.check_access("write")
        self._expect_state("draft")
        for record in self:
            missing = record._missing_for_review()
            if missing:
                raise UserError("\n".join(missing))
            record._move(
                {
                    "state": "in_review",
                    "submitter_id": self.env.uid,
                    "submitted_at": fields.Datetime.now(),
                    "author_ids": [Command.link(self.env.uid)],
                }
            )

    def action_approve(self):
        """in review -> approved, by somebody who wrote none of it."""
        self._expect_state("in_review")
        for record in self:
            obstacle = record._approval_obstacle()
            if obstacle:
                raise AccessError(obstacle)
            # sudo: an approver only reads the model; the right to approve was checked one line above
            record.sudo()._move(
                {"state": "approved", "approver_id": self.env.uid, "approved_at": fields.Datetime.now()}
            )
        self.env.registry.clear_cache()

    def action_reject(self, reason=None):
        """in review -> draft; the reason is kept in the chatter."""
        self._expect_state("in_review")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the author works from it."))
        for record in self:
            if not record._is_domain_approver() and record.submitter_id != self.env.user:
                raise AccessError(self.env._("Approvers of the domain decide, or the author takes it back."))
            # sudo: an approver only reads the model; the right to decide was checked above
            record.sudo()._move({"state": "draft", "submitter_id": False, "submitted_at": False})
            record.sudo().message_post(body=self.env._("Sent back: %s", reason), author_id=self.env.user.partner_id.id)

    def action_ask_rejection(self):
        """Open the question why the version is sent back."""
        return self._ask_why(self.env._("Send back"))

    def action_new_version(self):
        """A draft with the same content and the next minor number."""
        self.ensure_one()
        copy = self._next_version()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": copy.id,
            "view_mode": "form",
        }

    def action_request_change(self):
        """A change request for this version, with the interfaces that use the one before."""
        self.ensure_one()
        request = self.env["sync.change.request"].create(
            {
                "name": self.env._("%(name)s, version %(version)s", name=self.name, version=self.version),
                "company_id": self.company_id.id or self.env.company.id,
                f"{self._lifecycle_interface_field}s": [Command.link(self.id)],
            }
        )
        request.action_find_interfaces()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change request"),
            "res_model": request._name,
            "res_id": request.id,
            "view_mode": "form",
        }

    @api.private
    def _next_version(self):
        self.ensure_one()
        siblings = self.search(self._sibling_domain())
        major, minor, _patch = max(tuple(map(int, version.split("."))) for version in siblings.mapped("version"))
        return self.copy({"code": self.code, "name": self.name, "version": f"{major}.{minor + 1}.0"})

    def _sibling_domain(self):
        """All versions of the same thing."""
        return [("code", "=", self.code), ("company_id", "=", self.company_id.id)]

    # -- rules -----------------------------------------------------------------------------------------------------

    def _missing_for_review(self):
        """Hook: what is missing before a review makes sense, in sentences."""
        return []

    def _missing_for_approval(self):
        """Hook: why the version cannot be approved as it is, in sentences; asked whoever approves it and how."""
        return []

    def _check_unused(self):
        """Refuse while an interface that is live uses the version."""
        interface_field = self._lifecycle_interface_field
        used = (
            self.env["sync.interface"]
            .sudo()
            .search(  # sudo: of every company, or the answer would be wrong
                [(interface_field, "in", self.ids), ("state", "=", "live")], limit=5
            )
        )
        if used:
            raise UserError(self.env._("Still used by live interfaces: %s.", ", ".join(used.mapped("code"))))

    def _is_domain_approver(self):
        self.ensure_one()
        return self.env.user.has_group(f"sync_governance.group_approver_{self.domain}")

    def _approval_obstacle(self):
        """Why the current user cannot approve this version, in one sentence; False if he can."""
        self.ensure_one()
        domain = dict(DOMAINS)[self.domain]
        if not self._is_domain_approver():
            return self.env._(
                "Only approvers of the domain %(domain)s decide about “%(version)s”.",
                domain=domain,
                version=self.display_name,
            )
        if self.env.user in self.author_ids or self.env.user == self.submitter_id:
            return self.env._("You wrote “%s”: somebody else approves it (four eyes).", self.display_name)
        return False
