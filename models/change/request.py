"""A change of what partners rely on: several new versions, decided together."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..governance.domains import DOMAINS
from ..governance.lifecycle import ALWAYS_WRITABLE, USABLE, numbers

STATES = [("draft", "Draft"), ("in_review", "In review"), ("approved", "Approved"), ("cancelled", "Cancelled")]
VERSIONED = ("contract_ids", "mapping_ids", "policy_ids")
SINGLE = {"contract_ids": "contract_id", "mapping_ids": "mapping_id", "policy_ids": "policy_id"}


class SyncChangeRequest(models.Model):
    """New versions of contracts, mappings and policies, and the interfaces that go over to them.

    ``draft -> in_review -> approved``; sent back it is a draft again. Each domain that is concerned decides for itself:
    the first approver of a domain approves its versions. With the last decision all of it comes into force in one
    transaction: the interfaces go over, what they used before is deprecated with its last day, and partners are told.
    What an interface that is live does changes in no other way.
    """

    _name = "sync.change.request"
    _description = "Change request"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"
    _guarded_fields = (
        "state",
        "author_ids",
        "submitter_id",
        "submitted_at",
        "approved_at",
        "decision_ids",
        "replay_ids",
        "replayed_at",
        "replay_summary",
    )

    name = fields.Char(string="Change", required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    reason = fields.Text(string="Why", help="What the change is for; approvers and, later, auditors read it.")
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, readonly=True, tracking=True, index=True
    )
    contract_ids = fields.Many2many("sync.contract", string="Contracts", copy=False)
    mapping_ids = fields.Many2many("sync.mapping", string="Mappings", copy=False)
    policy_ids = fields.Many2many("sync.policy", string="Policies", copy=False)
    line_ids = fields.One2many("sync.change.interface", "request_id", string="Interfaces that go over", copy=False)
    decision_ids = fields.One2many("sync.change.decision", "request_id", string="Decisions", readonly=True, copy=False)
    author_ids = fields.Many2many("res.users", string="Authors", copy=False, readonly=True)
    submitter_id = fields.Many2one("res.users", string="Submitted by", copy=False, readonly=True, ondelete="restrict")
    submitted_at = fields.Datetime(string="Submitted on", copy=False, readonly=True)
    approved_at = fields.Datetime(string="In force since", copy=False, readonly=True)
    sunset_date = fields.Date(
        string="Old versions end on",
        tracking=True,
        help="The last day on which partners may use the versions that are replaced. Empty: they stay as they are.",
    )
    notify = fields.Boolean(
        string="Tell the partners", default=True, help="The contacts of the partners concerned get a mail at approval."
    )
    notice = fields.Text(string="What partners are told", help="What they have to do, in their words.")
    can_approve = fields.Boolean(compute="_compute_can_approve")
    pending = fields.Char(string="Waits for", compute="_compute_pending")

    # -- what it is about ---------------------------------------------------------------------------------------------

    @api.private
    def _versions(self):
        """The new versions, a recordset for each kind."""
        return [self[name] for name in VERSIONED]

    @api.private
    def _domains(self):
        """The domains that have a say."""
        self.ensure_one()
        found = {version.domain for versions in self._versions() for version in versions}
        for name in SINGLE.values():
            found |= set(self.line_ids[name].mapped("domain"))
        return found | set(self.line_ids.interface_id.mapped("domain"))

    @api.private
    def _undecided(self):
        """The domains that have not decided yet."""
        self.ensure_one()
        return self._domains() - set(self.decision_ids.mapped("domain"))

    @api.private
    def _replaced(self, version):
        """The versions in force of the same thing with a lower number."""
        lower = version.sudo().search(  # sudo: what is replaced is the same whoever looks
            [*version._sibling_domain(), ("state", "in", USABLE), ("id", "!=", version.id)]
        )
        return lower.filtered(lambda other: numbers(other.version) < numbers(version.version))

    @api.depends("state", "decision_ids", "contract_ids", "mapping_ids", "policy_ids", "line_ids")
    def _compute_pending(self):
        labels = dict(DOMAINS)
        for request in self:
            waits = request._undecided() if request.state == "in_review" else ()
            request.pending = ", ".join(label for domain, label in labels.items() if domain in waits) or False

    @api.depends("state", "author_ids", "decision_ids")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        for request in self:
            request.can_approve = request.state == "in_review" and not request._approval_obstacle()

    # -- writing ------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests._move({"author_ids": [Command.link(self.env.uid)]})
        return requests

    def write(self, vals):
        content = [name for name in vals if not ALWAYS_WRITABLE.match(name)]
        if content:
            self._check_open()
        result = super().write(vals)
        if content:
            self._move({"author_ids": [Command.link(self.env.uid)]})
        return result

    def _check_open(self):
        """What is in review or decided stays as it was shown."""
        for request in self:
            if request.state != "draft":
                label = dict(STATES)[request.state].lower()
                raise UserError(self.env._("“%(name)s” is %(state)s and no longer changes.",
                                           name=request.name, state=label))  # fmt: skip

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(request.state != "draft" for request in self):
            raise UserError(self.env._("Only drafts are deleted; a change that was decided is kept."))

    # -- transitions --------------------------------------------------------------------------------------------------

    def action_find_interfaces(self):
        """Propose to take over every interface that uses an older version of what is in the request."""
        self.check_access("write")
        self._expect_state("draft")
        for request in self:
            found = {}
            for name, single in SINGLE.items():
                for version in request[name]:
                    users = self.env["sync.interface"].search(
                        [
                            (single, "in", request._replaced(version).ids),
                            ("state", "in", ("live", "suspended")),
                            ("company_id", "=", request.company_id.id),
                        ]
                    )
                    for interface in users:
                        found.setdefault(interface, {})[single] = version.id
            known = {line.interface_id: line for line in request.line_ids}
            request.line_ids = [
                Command.update(known[interface].id, values)
                if interface in known
                else Command.create({"interface_id": interface.id, **values})
                for interface, values in found.items()
            ]

    def action_submit(self):
        """draft -> in review, with the drafts in it."""
        self.check_access("write")
        self._expect_state("draft")
        for request in self:
            if not any(request._versions()) and not request.line_ids:
                raise UserError(self.env._("There is nothing in the request yet: add a new version or an interface."))
            request.line_ids._check_usable()
            for versions in request._versions():
                versions.filtered(lambda version: version.state == "draft").action_submit()
            request._move(
                {
                    "state": "in_review",
                    "submitter_id": self.env.uid,
                    "submitted_at": fields.Datetime.now(),
                    "author_ids": [Command.link(self.env.uid)],
                }
            )

    def action_approve(self):
        """Decide for the domains of whoever presses the button; with the last of them it comes into force."""
        for request in self:
            request._lock()
            request._expect_state("in_review")
            obstacle = request._approval_obstacle()
            if obstacle:
                raise AccessError(obstacle)
            mine = request._mine()
            for versions in request._versions():
                versions.filtered(lambda v, mine=mine: v.state == "in_review" and v.domain in mine).action_approve()
            deciding = request.sudo()  # sudo: an approver only reads the model; the right to decide was checked above
            deciding._move(
                {"decision_ids": [Command.create({"domain": domain, "user_id": self.env.uid}) for domain in mine]}
            )
            if not deciding._undecided():
                deciding._come_into_force()

    def action_reject(self, reason=None):
        """in review -> draft, with the versions in it that are not approved yet."""
        self._expect_state("in_review")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the author works from it."))
        for request in self:
            if not request._mine() and self.env.user != request.submitter_id:
                raise AccessError(self.env._("Approvers of a domain concerned decide, or the author takes it back."))
            for versions in request._versions():
                for version in versions.filtered(lambda v: v.state == "in_review"):
                    if version._is_domain_approver() or self.env.user == version.submitter_id:
                        version.action_reject(reason)
            decided = request.sudo()  # sudo: an approver only reads the model; the right to decide was checked above
            decided._move(
                {"state": "draft", "submitter_id": False, "submitted_at": False, "decision_ids": [Command.clear()]}
            )
            decided.message_post(body=self.env._("Sent back: %s", reason), author_id=self.env.user.partner_id.id)

    def action_ask_rejection(self):
        """Open the question why the request is sent back."""
        return self._ask_why(self.env._("Send back"))

    def action_cancel(self):
        """draft -> cancelled."""
        self.check_access("write")
        self._expect_state("draft")
        self._move({"state": "cancelled"})

    # -- deciding -----------------------------------------------------------------------------------------------------

    def _lock(self):
        """Two approvers decide one after the other; who comes second sees what the first decided."""
        self.env.cr.execute("SELECT id FROM sync_change_request WHERE id = %s FOR UPDATE", [self.id])

    def _mine(self):
        """The undecided domains that the current user may decide for."""
        user = self.env.user
        return {d for d in self._undecided() if user.has_group(f"sync_governance.group_approver_{d}")}

    def _approval_obstacle(self):
        """Why the current user cannot decide now, in one sentence; False if he can."""
        self.ensure_one()
        if self.env.user in self.author_ids or self.env.user == self.submitter_id:
            return self.env._("You wrote “%s”: somebody else approves it (four eyes).", self.name)
        if not self._mine():
            return self.env._("“%(name)s” waits for approvers of: %(domains)s.",
                              name=self.name, domains=self.pending or "-")  # fmt: skip
        return False

    def _come_into_force(self):
        """All have decided: interfaces go over, what they used is deprecated, partners are told."""
        self._move({"state": "approved", "approved_at": fields.Datetime.now()})
        affected = self._affected_interfaces()
        self.line_ids._go_over()
        if self.sunset_date:
            for versions in self._versions():
                for version in versions:
                    self.env["sync.lifecycle.ending"]._with_request(self, self._replaced(version), self.sunset_date)
        self.env.registry.clear_cache()
        if self.notify:
            self._tell_partners(affected.trading_partner_id)

    # -- who is concerned ---------------------------------------------------------------------------------------------

    @api.private
    def _affected_interfaces(self):
        """The interfaces in use that have what is replaced, or go over."""
        self.ensure_one()
        found = self.line_ids.interface_id
        for name, single in SINGLE.items():
            old = [self._replaced(version).ids for version in self[name]]
            found |= self.env["sync.interface"].search(
                [(single, "in", sum(old, [])), ("state", "in", ("live", "suspended"))]
            )
        return found

    @api.private
    def _tell_partners(self, partners):
        """A mail to the contact of each; who cannot be reached is named in the chatter."""
        template = self.env.ref("sync_governance.mail_template_change", raise_if_not_found=False)
        silent = partners.filtered(lambda partner: not partner.partner_id.email)
        if template:
            for partner in partners - silent:
                template.with_context(trading_partner=partner).send_mail(
                    self.id, email_values={"recipient_ids": [Command.link(partner.partner_id.id)]}
                )
        if told := partners - silent:
            self.message_post(body=self.env._("Told by mail: %s", ", ".join(told.mapped("name"))))
        if silent:
            self.message_post(
                body=self.env._(
                    "No contact with a mail address; please tell them: %s", ", ".join(silent.mapped("name"))
                )
            )
