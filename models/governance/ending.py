"""The end of a version: proposed by one person, agreed to by another."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .domains import DOMAINS

KINDS = [("deprecate", "Deprecate"), ("retire", "Retire"), ("last_day", "Move the last day")]
STATES = [("proposed", "Waits for a second person"), ("agreed", "Agreed"), ("refused", "Refused"),
          ("withdrawn", "Withdrawn")]  # fmt: skip
ENDS_FROM = {"deprecate": ("approved",), "retire": ("approved", "deprecated"), "last_day": ("deprecated",)}
USE_DAYS = 30

GUARD = """
CREATE OR REPLACE FUNCTION sync_lifecycle_ending_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.decider_id IS NOT NULL THEN
            RAISE EXCEPTION 'The end of a version starts as a proposal' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed'
       OR OLD.proposer_id IS DISTINCT FROM NEW.proposer_id AND OLD.proposer_id IS NOT NULL
       OR (NEW.res_model, NEW.res_id, NEW.kind, NEW.last_day, NEW.reason)
          IS DISTINCT FROM (OLD.res_model, OLD.res_id, OLD.kind, OLD.last_day, OLD.reason) THEN
        RAISE EXCEPTION 'The proposed or decided end of a version does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $guard$
"""
TRIGGER = """
CREATE TRIGGER sync_lifecycle_ending_guard BEFORE INSERT OR UPDATE OR DELETE ON sync_lifecycle_ending
FOR EACH ROW EXECUTE FUNCTION sync_lifecycle_ending_guard()
"""


class SyncLifecycleEnding(models.Model):
    """That a version is deprecated, retired, or ends on another day: ``proposed -> agreed | refused | withdrawn``.

    Whoever may write the version proposes it, an approver of its domain who did not propose it decides. The database
    lets a version end, and its last day move, only where such a decision was made (``sync_lifecycle_guard``).
    """

    _name = "sync.lifecycle.ending"
    _description = "End of a version"
    _inherit = ["sync.transition"]
    _order = "id desc"
    _rec_name = "version_name"
    _guarded_fields = (
        "state",
        "proposer_id",
        "decider_id",
        "decided_at",
        "decision_note",
        "request_id",
        "version_name",
        "domain",
        "company_id",
    )

    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Version", model_field="res_model", required=True, readonly=True)
    version_name = fields.Char(string="Version of", readonly=True)
    domain = fields.Selection(DOMAINS, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    kind = fields.Selection(KINDS, string="What", required=True)
    last_day = fields.Date(
        string="Last day", help="The last day (UTC) on which partners may use the version. Empty: no last day."
    )
    reason = fields.Text(string="Why", required=True, help="Whoever decides and, later, auditors read it.")
    state = fields.Selection(STATES, required=True, default="proposed", readonly=True, index=True)
    proposer_id = fields.Many2one("res.users", string="Proposed by", readonly=True, ondelete="restrict")
    decider_id = fields.Many2one("res.users", string="Decided by", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(string="Decided on", readonly=True)
    decision_note = fields.Char(string="Said", readonly=True)
    request_id = fields.Many2one(
        "sync.change.request", string="With change request", readonly=True, ondelete="restrict"
    )
    use_text = fields.Text(string="Who uses it", compute="_compute_use_text")
    may_decide = fields.Boolean(compute="_compute_may_decide")
    may_withdraw = fields.Boolean(compute="_compute_may_decide")

    _four_eyes = models.Constraint(
        """CHECK (state IN ('proposed', 'withdrawn')
              OR (decider_id IS NOT NULL AND proposer_id IS NOT NULL AND decider_id <> proposer_id))""",
        "Somebody else than who proposed it decides about the end of a version.",
    )
    _known_state = models.Constraint(
        "CHECK (state IN ('proposed', 'agreed', 'refused', 'withdrawn'))", "Unknown state."
    )
    _one_waits = models.UniqueIndex(
        "(res_model, res_id) WHERE state = 'proposed'", "An end of this version is proposed already."
    )
    _of_version = models.Index("(res_model, res_id)")

    def init(self):
        self.env.cr.execute(GUARD)
        self.env.cr.execute("SELECT FROM pg_trigger WHERE tgname = 'sync_lifecycle_ending_guard'")
        if not self.env.cr.rowcount:
            self.env.cr.execute(TRIGGER)

    @api.depends("res_model", "res_id", "version_name")
    def _compute_display_name(self):
        for ending in self:
            version = ending._version() if ending.res_model and not ending.version_name else None
            ending.display_name = ending.version_name or (version and version.display_name) or False

    @api.depends("res_model", "res_id")
    def _compute_use_text(self):
        for ending in self:
            words = ending._version()._use_in_words() if ending.res_model else []
            ending.use_text = "\n".join(words) or self.env._("Nobody uses it.")

    @api.depends("state", "proposer_id", "domain")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        for ending in self:
            waits = ending.state == "proposed"
            ending.may_decide = waits and not ending._obstacle()
            ending.may_withdraw = waits and ending.proposer_id == self.env.user

    def _version(self):
        """The version it is about, possibly empty; read by whoever may see the proposal."""
        self.ensure_one()
        if self.res_model not in self.env.registry.descendants(["sync.lifecycle"], "_inherit"):
            raise UserError(self.env._("“%s” has no versions.", self.res_model))
        return self.env[self.res_model].browse(self.res_id or []).exists()

    # -- proposing -------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        endings = super().create(vals_list)
        for ending in endings:
            ending._propose()
        return endings

    def _propose(self):
        version = self._version()
        version.check_access("write")
        self._check_possible(version)
        if self.kind == "last_day" and self.last_day == version.sunset_date:
            raise UserError(self.env._("That is its last day already."))
        self._move(
            {
                "proposer_id": self.env.uid,
                "version_name": version.display_name,
                "domain": version.domain,
                "company_id": version.company_id.id,
            }
        )
        # sudo: whoever may write the version says so in its chatter
        version.sudo().message_post(
            body=self.env._("Proposed: %(what)s Why: %(reason)s", what=self._in_words(), reason=self.reason),
            author_id=self.env.user.partner_id.id,
        )

    def _check_possible(self, version):
        if not version:
            raise UserError(self.env._("The version is not there any more."))
        version._expect_state(*ENDS_FROM[self.kind])
        if self.kind == "retire":
            version._check_unused()

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A proposal is not edited: withdraw it and propose again."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The end of a version is kept, also where it was refused."))

    # -- deciding --------------------------------------------------------------------------------------------------

    def action_agree(self):
        """proposed -> agreed, by a second person: the version ends as proposed."""
        for ending in self:
            ending._begin_decision()
            ending.sudo()._agree()  # sudo: an approver only reads versions; the right to decide was checked above
        self.env.registry.clear_cache()

    def _agree(self):
        self._move({"state": "agreed", "decider_id": self.env.uid, "decided_at": fields.Datetime.now()})
        version = self._version()
        self._check_possible(version)
        now = fields.Datetime.now()
        moved = {
            "deprecate": {"state": "deprecated", "deprecated_at": now, "sunset_date": self.last_day},
            "retire": {"state": "retired", "retired_at": now},
            "last_day": {"sunset_date": self.last_day},
        }
        version._move(moved[self.kind])
        version.message_post(body=self.env._("Agreed: %s", self._in_words()), author_id=self.env.user.partner_id.id)

    def action_reject(self, reason=None):
        """proposed -> refused, by a second person, who says why."""
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: whoever proposed it works from it."))
        for ending in self:
            ending._begin_decision()
            decided = ending.sudo()  # sudo: an approver only reads; the right to decide was checked above
            decided._move(
                {
                    "state": "refused",
                    "decider_id": self.env.uid,
                    "decided_at": fields.Datetime.now(),
                    "decision_note": reason,
                }
            )
            decided._version().message_post(
                body=self.env._("Refused: %(what)s Why: %(reason)s", what=ending._in_words(), reason=reason),
                author_id=self.env.user.partner_id.id,
            )

    def action_ask_rejection(self):
        """Open the question why it is refused."""
        return self._ask_why(self.env._("Refuse"))

    def action_withdraw(self):
        """proposed -> withdrawn, by whoever proposed it."""
        for ending in self:
            ending._lock()
            ending._expect_state("proposed")
            if ending.proposer_id != self.env.user:
                raise AccessError(self.env._("%s proposed it and may withdraw it.", ending.proposer_id.name))
            ending._move({"state": "withdrawn", "decided_at": fields.Datetime.now()})

    def action_open_version(self):
        """Open the version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def _begin_decision(self):
        self._lock()
        self._expect_state("proposed")
        if obstacle := self._obstacle():
            raise AccessError(obstacle)

    def _lock(self):
        """Of two who decide at once the later one waits here, and then finds it decided."""
        self.check_access("read")
        self.env.cr.execute("SELECT FROM sync_lifecycle_ending WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset()

    def _obstacle(self):
        """Why the current user cannot decide, in one sentence; False if he can."""
        self.ensure_one()
        if not self.env.user.has_group(f"sync_governance.group_approver_{self.domain}"):
            return self.env._(
                "Only approvers of the domain %(domain)s decide about the end of “%(version)s”.",
                domain=dict(DOMAINS).get(self.domain, ""),
                version=self.version_name,
            )
        if self.env.user == self.proposer_id:
            return self.env._("You proposed the end of “%s”: somebody else decides (four eyes).", self.version_name)
        return False

    def _in_words(self):
        day = format_date(self.env, self.last_day) if self.last_day else False
        if self.kind == "retire":
            return self.env._("Retire “%s”: it works no more.", self.version_name)
        if self.kind == "deprecate" and not day:
            return self.env._("Deprecate “%s”, without a last day.", self.version_name)
        if self.kind == "deprecate":
            return self.env._("Deprecate “%(version)s”; its last day is %(day)s.", version=self.version_name, day=day)
        if not day:
            return self.env._("Take the last day of “%s” away.", self.version_name)
        return self.env._("Move the last day of “%(version)s” to %(day)s.", version=self.version_name, day=day)

    # -- with a change request -------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _with_request(self, request, versions, last_day):
        """Versions are deprecated with a change request: what its author asked for, whoever decided last agreed to.

        :param versions: in force; those that end earlier already stay as they are
        """
        for version in versions:
            kind = "deprecate" if version.state == "approved" else "last_day"
            if kind == "last_day" and version.sunset_date and version.sunset_date <= last_day:
                continue
            ending = (
                self.with_user(request.submitter_id)
                .sudo()
                .create(  # sudo: the request was decided by approvers
                    {
                        "res_model": version._name,
                        "res_id": version.id,
                        "kind": kind,
                        "last_day": last_day,
                        "reason": self.env._("Change request “%s”", request.name),
                    }
                )
            )
            ending._move({"request_id": request.id})
            ending.with_user(self.env.user).sudo()._agree()  # sudo: as above


class SyncLifecycle(models.AbstractModel):
    """What a version says about its end."""

    _inherit = "sync.lifecycle"

    ending_id = fields.Many2one("sync.lifecycle.ending", string="Proposed end", compute="_compute_ending")
    ending_text = fields.Char(string="What is proposed", compute="_compute_ending")
    ending_reason = fields.Text(string="Why it ends", compute="_compute_ending")
    ending_use = fields.Text(string="Who uses it", compute="_compute_ending")
    may_decide_ending = fields.Boolean(compute="_compute_ending")
    may_withdraw_ending = fields.Boolean(compute="_compute_ending")

    @api.depends("state", "sunset_date")
    @api.depends_context("uid")
    def _compute_ending(self):
        found = self.env["sync.lifecycle.ending"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "=", "proposed")]
        )
        waits = {ending.res_id: ending for ending in found}
        for version in self:
            version.ending_id = waits.get(version.id, False)
            ending = version.ending_id
            version.ending_text = ending._in_words() if ending else False
            version.ending_reason = ending.reason
            version.ending_use = ending.use_text if ending else False
            version.may_decide_ending = ending.may_decide
            version.may_withdraw_ending = ending.may_withdraw

    def action_propose_ending(self):
        """Open the form in which the end of the version is proposed."""
        self.ensure_one()
        kind = "deprecate" if self.state == "approved" else "retire"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("End %s", self.display_name),
            "res_model": "sync.lifecycle.ending",
            "views": [(self.env.ref("sync_governance.view_lifecycle_ending_propose").id, "form")],
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_id": self.id,
                "default_kind": kind,
                "default_last_day": self.sunset_date and fields.Date.to_string(self.sunset_date),
            },
        }

    def action_agree_ending(self):
        """Agree to the end that is proposed."""
        self.ensure_one()
        return self.ending_id.action_agree()

    def action_ask_ending_rejection(self):
        """Open the question why the proposed end is refused."""
        self.ensure_one()
        return self.ending_id.action_ask_rejection()

    def action_withdraw_ending(self):
        """Withdraw the end that one has proposed."""
        self.ensure_one()
        return self.ending_id.action_withdraw()

    @api.private
    def _use_in_words(self):
        """Who uses the version, in sentences with counts; for whoever decides about its end."""
        if not self:
            return []
        interfaces = (
            self.env["sync.interface"]
            .sudo()
            .search(  # sudo: who uses it is the same whoever asks
                [(self._lifecycle_interface_field, "in", self.ids), ("state", "in", ("live", "suspended"))]
            )
        )
        since = fields.Date.subtract(fields.Date.today(), days=USE_DAYS)
        days = self.env["sync.service.day"].sudo()  # sudo: counts only
        counted = dict(
            days._read_group(
                [("interface_id", "in", interfaces.ids), ("day", ">=", since)], ["interface_id"], ["documents:sum"]
            )
        )
        return [
            self.env._(
                "%(partner)s, %(interface)s: %(count)s documents in %(days)s days",
                partner=interface.trading_partner_id.name,
                interface=interface.name,
                count=counted.get(interface, 0),
                days=USE_DAYS,
            )
            for interface in interfaces
        ]
