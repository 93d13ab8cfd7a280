"""From testing to live: certification, a complete checklist, and a second person who lets the partner go live."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .checklist import AFTER_CERTIFICATION, STEPS

ACTIVITY = "sync_governance.activity_type_going_live"
BEFORE_CERTIFICATION = tuple(code for code, _title in STEPS if code not in (*AFTER_CERTIFICATION, "interfaces"))


class SyncTradingPartner(models.Model):
    """``testing -> certified`` needs everything but test traffic; ``certified -> live`` the whole checklist, and an
    approver who neither set the partner up nor asked for it. The transitions look at the facts themselves.
    """

    _inherit = "sync.trading.partner"
    _guarded_fields = (
        "state",
        "state_before",
        "live_requested_by",
        "live_requested_at",
        "live_approved_by",
        "live_approved_at",
        "traffic_waiver",
        "traffic_waived_by",
    )

    step_ids = fields.One2many("sync.onboarding.step", "trading_partner_id", string="Checklist")
    steps_done = fields.Char(string="Onboarding", compute="_compute_steps_done")
    certification_ids = fields.One2many("sync.certification", "trading_partner_id", string="Certifications")
    live_requested_by = fields.Many2one(
        "res.users", string="Going live asked for by", readonly=True, copy=False, ondelete="restrict"
    )
    live_requested_at = fields.Datetime(string="Asked for on", readonly=True, copy=False)
    live_approved_by = fields.Many2one(
        "res.users", string="Let live by", readonly=True, copy=False, tracking=True, ondelete="restrict"
    )
    live_approved_at = fields.Datetime(string="Let live on", readonly=True, copy=False)
    traffic_waiver = fields.Char(string="Without test traffic because", readonly=True, copy=False, tracking=True)
    traffic_waived_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    may_connect = fields.Boolean(compute="_compute_may_connect")
    may_let_live = fields.Boolean(compute="_compute_may_let_live")

    _two_people = models.Constraint(
        "CHECK (live_approved_by IS NULL OR live_approved_by <> live_requested_by)",
        "Somebody else than who asked for it lets a partner go live.",
    )

    @api.depends("state", "live_requested_by")
    @api.depends_context("uid")
    def _compute_may_let_live(self):
        for partner in self:
            partner.may_let_live = partner.state == "certified" and not partner._obstacle_to_live()

    @api.depends("state", "endpoint_ids.state", "interface_ids.state")
    def _compute_may_connect(self):
        for partner in self:
            drafts = "draft" in [*partner.endpoint_ids.mapped("state"), *partner.interface_ids.mapped("state")]
            partner.may_connect = drafts and partner.state in ("testing", "certified")

    def _compute_steps_done(self):
        for partner in self:
            done = partner.step_ids.filtered("done")
            partner.steps_done = self.env._("%(done)s of %(all)s", done=len(done), all=len(partner.step_ids))

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_connect(self):
        """Put its endpoints and interfaces on the wire, each by its own checks; until it is live they rehearse."""
        self._expect_state("testing", "certified")
        self.endpoint_ids.filtered(lambda door: door.state == "draft").action_go_live()
        self.interface_ids.filtered(lambda line: line.state == "draft").action_go_live()

    def action_run_certification(self):
        """Try samples and test messages under the versions of now; nothing in Odoo changes by it."""
        self.check_access("write")
        self._expect_state("draft", "testing", "certified", "live")
        for partner in self:
            self.env["sync.certification"]._run(partner)
        self.step_ids.invalidate_recordset()

    def action_certify(self):
        """testing -> certified: certified on samples, and everything that its interfaces need is there and approved."""
        self._expect_state("testing")
        for partner in self:
            partner._refuse_missing(partner._missing_of(BEFORE_CERTIFICATION))
        self._step("certified")

    def action_request_live(self):
        """Ask that somebody else lets the partner go live; the whole checklist is done."""
        self.check_access("write")
        self._expect_state("certified")
        for partner in self:
            partner._refuse_missing(partner._missing_of())
            partner._move({"live_requested_by": self.env.uid, "live_requested_at": fields.Datetime.now()})
            partner.message_post(body=self.env._("The checklist is complete. An approver lets the partner go live."))
            for user in partner._approvers():
                partner.with_context(mail_activity_quick_update=True).activity_schedule(ACTIVITY, user_id=user.id)

    def action_go_live(self):
        """certified -> live, by an approver who did not ask for it; looks at the checklist once more."""
        self._expect_state("certified")
        for partner in self:
            if obstacle := partner._obstacle_to_live():
                raise AccessError(obstacle)
            # sudo: an approver only reads partners; the right to let them go live was checked one line above
            checked = partner.sudo()
            checked._refuse_missing(checked._missing_of())
            checked._move(
                {"state": "live", "live_approved_by": self.env.uid, "live_approved_at": fields.Datetime.now()}
            )
            checked.activity_unlink([ACTIVITY])
        self.env.registry.clear_cache()

    def action_waive_traffic(self, reason=None):
        """Let the partner go live without test traffic, for a reason; by an approver, as going live itself."""
        self.ensure_one()
        self._expect_state("testing", "certified")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the partner can go live although no test document went through."))
        if obstacle := self._stranger_to_approvals():
            raise AccessError(obstacle)
        # sudo: an approver only reads partners; the right was checked one line above
        self.sudo()._move({"traffic_waiver": reason, "traffic_waived_by": self.env.uid})

    def _approvers(self):
        """Those who may let the partner go live, by their groups and their companies; not who asks."""
        self.ensure_one()
        groups = [self.env.ref(f"sync_governance.group_approver_{domain}").id for domain in self._domains()]
        users = self.env["res.users"].sudo()  # sudo: who is in which group, to tell them
        found = users.search(
            [("all_group_ids", "in", groups), ("share", "=", False), ("company_ids", "in", self.company_id.ids)]
        )
        return found - self.env.user - self.create_uid

    def _domains(self):
        return sorted(set(self.interface_ids.mapped("domain")) or {"integration"})

    # -- rules -----------------------------------------------------------------------------------------------------

    def _missing_of(self, codes=None):
        """What the steps of the checklist (``codes``, or all) still lack, in sentences."""
        self.ensure_one()
        self.flush_recordset()
        steps = self.env["sync.onboarding.step"].search([("trading_partner_id", "=", self.id)])
        if codes is not None:
            steps = steps.filtered(lambda step: step.code in codes)
        return [sentence for step in steps for sentence in step._look()[0]]

    def _obstacle_to_live(self):
        """Why the current user cannot let the partner go live, in one sentence; False if he can."""
        self.ensure_one()
        if not self.live_requested_by:
            return self.env._("Nobody has asked yet that “%s” goes live.", self.name)
        if self.env.user == self.live_requested_by:
            return self.env._("You asked for it: somebody else lets “%s” go live (four eyes).", self.name)
        return self._stranger_to_approvals()

    def _stranger_to_approvals(self):
        """Why the current user decides nothing about the partner, in one sentence; False if he does."""
        domains = self._domains()
        if not any(self.env.user.has_group(f"sync_governance.group_approver_{domain}") for domain in domains):
            return self.env._("An approver of %s decides about this.", " / ".join(domains))
        if self.env.user == self.create_uid:
            return self.env._("You set “%s” up: somebody else decides (four eyes).", self.name)
        return False

    def action_ask_waiver(self):
        """Open the question why the partner may go live without test traffic."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Without test traffic"),
            "res_model": "sync.traffic.waiver",
            "view_mode": "form",
            "target": "new",
            "context": {"default_trading_partner_id": self.id},
        }

    # -- buttons ---------------------------------------------------------------------------------------------------

    def action_open_certifications(self):
        """What came of certifying the partner."""
        return self._open("sync_governance.action_certification")

    def action_open_all_messages(self):
        """All messages of the partner."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("trading_partner_id", "=", self.id)],
        }
