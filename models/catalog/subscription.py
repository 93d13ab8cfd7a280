"""A partner asks for events; somebody in Odoo decides."""

import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..governance.lifecycle import ALWAYS_WRITABLE, USABLE
from .interface_events import CONTENT, FILTER_HELP, checked

STATES = [("requested", "Requested"), ("active", "Active"), ("refused", "Refused"), ("cancelled", "Cancelled")]
MOST_OPEN = 20
ASKED = ("name", "trading_partner_id", "document_type_ids", "event_filter", "event_content")


class SyncSubscription(models.Model):
    """What events a trading partner wants, and what became of its wish.

    ``requested -> active | refused``, and ``cancelled`` from requested or active. An integration manager says through
    which endpoint and under which policy; an approver of every domain concerned who set nothing of it decides. Only
    then there are interfaces, and they are live.
    """

    _name = "sync.subscription"
    _description = "Subscription"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"
    _guarded_fields = ("state", "uid", "author_ids", "decided_by", "decided_at", "interface_ids", "credential_id")

    name = fields.Char(string="What for", required=True, tracking=True)
    uid = fields.Char(string="Number", readonly=True, copy=False, default=lambda self: f"sub_{uuid.uuid4().hex}")
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(related="trading_partner_id.company_id", store=True, index=True, precompute=True)
    credential_id = fields.Many2one("sync.credential", string="Asked with", readonly=True, ondelete="set null")
    document_type_ids = fields.Many2many("sync.document.type", string="Events", required=True)
    event_filter = fields.Text(string="Only events with", tracking=True, help=FILTER_HELP)
    event_content = fields.Selection(CONTENT, string="Content", required=True, default="full", tracking=True)
    endpoint_id = fields.Many2one(
        "sync.endpoint",
        string="Through",
        tracking=True,
        ondelete="restrict",
        domain="[('trading_partner_id', '=', trading_partner_id), ('direction', '=', 'outbound'),"
        " ('state', '=', 'live')]",
        help="The endpoint by which the partner is sent the events, or from which it fetches them.",
    )
    policy_id = fields.Many2one(
        "sync.policy",
        tracking=True,
        ondelete="restrict",
        domain="[('state', '=', 'approved'), ('company_id', 'in', (company_id, False))]",
    )
    owner_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Answers for the business.",
    )
    state = fields.Selection(
        STATES, required=True, default="requested", copy=False, readonly=True, tracking=True, index=True
    )
    author_ids = fields.Many2many("res.users", string="Set up by", copy=False, readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    decision_note = fields.Char(string="Why", tracking=True, help="The partner reads it. Needed to refuse.")
    interface_ids = fields.One2many("sync.interface", "subscription_id", string="Interfaces", readonly=True)
    missing = fields.Text(string="Before it can be approved", compute="_compute_missing")
    can_approve = fields.Boolean(compute="_compute_can_approve")

    _uid_uniq = models.UniqueIndex("(uid)")
    _known_state = models.Constraint(
        "CHECK (state IN ('requested', 'active', 'refused', 'cancelled'))", "Unknown state."
    )

    @api.depends("state", "document_type_ids", "endpoint_id", "policy_id", "owner_id", "event_content")
    def _compute_missing(self):
        for subscription in self:
            gaps = subscription._missing() if subscription.state == "requested" else []
            subscription.missing = "\n".join(gaps) or False

    @api.depends("state", "author_ids", "document_type_ids")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        for subscription in self:
            subscription.can_approve = subscription.state == "requested" and not subscription._obstacle()

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        for subscription in subscriptions.filtered(lambda one: not one.env.su):
            subscription._move({"author_ids": [Command.link(self.env.uid)]})
        return subscriptions

    def write(self, vals):
        content = [name for name in vals if not ALWAYS_WRITABLE.match(name) and name != "decision_note"]
        if content:
            if not self.env.su and not self.env.user.has_group("sync_governance.group_manager"):
                raise AccessError(self.env._("Integration managers set it up; approvers decide, with a reason."))
            self._expect_state("requested")
            if any(subscription.credential_id for subscription in self) and set(content) & set(ASKED):
                raise UserError(self.env._("What the partner asked for stays as it is: refuse it, with the reason."))
        result = super().write(vals)
        if content and not self.env.su:
            self._move({"author_ids": [Command.link(self.env.uid)]})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A subscription is refused or cancelled, not deleted."))

    @api.constrains("event_filter", "document_type_ids")
    def _check_filter(self):
        for subscription in self:
            checked(self.env, subscription.event_filter, subscription.document_type_ids.mapped("code"))

    # -- deciding --------------------------------------------------------------------------------------------------

    def action_approve(self):
        """requested -> active, with an interface for each type that is live from now on."""
        for subscription in self:
            subscription._lock()
            subscription._expect_state("requested")
            obstacle = subscription._obstacle()
            if obstacle:
                raise AccessError(obstacle)
            missing = subscription._missing()
            if missing:
                raise UserError(self.env._("It cannot be approved yet:") + "\n- " + "\n- ".join(missing))
            deciding = subscription.sudo()  # sudo: an approver only reads it; the right to decide was checked above
            deciding._move({"state": "active", "decided_by": self.env.uid, "decided_at": fields.Datetime.now()})
            deciding._set_up()
            deciding.activity_feedback(["mail.mail_activity_data_todo"])

    def action_refuse(self):
        """requested -> refused, with the reason."""
        for subscription in self:
            subscription._lock()
            subscription._expect_state("requested")
            if not subscription._decides():
                raise AccessError(subscription._nobody())
            if not (subscription.decision_note or "").strip():
                raise UserError(self.env._("Say why: the partner reads it."))
            deciding = subscription.sudo()  # sudo: an approver only reads it; the right to decide was checked above
            deciding._move({"state": "refused", "decided_by": self.env.uid, "decided_at": fields.Datetime.now()})
            deciding.activity_feedback(["mail.mail_activity_data_todo"])

    def action_cancel(self):
        """requested or active -> cancelled: its interfaces are retired, and what waits at them is dropped."""
        self.check_access("write")
        self._expect_state("requested", "active")
        for subscription in self:
            subscription._lock()
            subscription._drop_waiting()
            subscription.interface_ids.filtered(lambda line: line.state != "retired").action_retire()
            subscription._move({"state": "cancelled"})
            subscription.activity_unlink(["mail.mail_activity_data_todo"])

    def _drop_waiting(self):
        """Nobody wants any more what waits for the partner at its interfaces."""
        waiting = self.env["sync.message"].search(
            [("interface_id", "in", self.interface_ids.ids), ("state", "in", ("ready", "parked", "failed"))]
        )
        if waiting:
            reason = self.env._("The subscription “%s” has ended.", self.name)
            self.env["sync.command"]._give("cancel", message_ids=waiting.ids, reason=reason)

    def _lock(self):
        """Two people decide one after the other; who comes second sees what the first decided."""
        self.env.cr.execute("SELECT id FROM sync_subscription WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset(["state"])

    def _decides(self):
        """Whether the current user approves for every domain that is concerned."""
        user = self.env.user
        domains = set(self.document_type_ids.mapped("domain"))
        return all(user.has_group(f"sync_governance.group_approver_{domain}") for domain in domains)

    def _obstacle(self):
        """Why the current user cannot approve, in one sentence; False if he can."""
        self.ensure_one()
        if not self._decides():
            return self._nobody()
        if self.env.user in self.author_ids:
            return self.env._("You set up “%s”: somebody else approves it (four eyes).", self.name)
        return False

    def _nobody(self):
        return self.env._("Approvers of every domain concerned decide about “%s”.", self.name)

    def _missing(self):
        """What it lacks to be approved, in sentences."""
        self.ensure_one()
        missing = []
        if self.endpoint_id.state != "live" or self.endpoint_id.direction != "outbound":
            missing.append(self.env._("A live endpoint by which the partner is given events"))
        elif self.endpoint_id.trading_partner_id != self.trading_partner_id:
            missing.append(self.env._("An endpoint of this partner, and not of another one"))
        elif self.event_content == "thin" and self.endpoint_id.transport != "feed":
            missing.append(self.env._("An endpoint from which the partner fetches: thin events are for those"))
        if self.policy_id.state not in USABLE:
            missing.append(self.env._("An approved policy"))
        if not self.owner_id:
            missing.append(self.env._("An owner"))
        for kind in self.document_type_ids:
            if not self._contract(kind):
                missing.append(self.env._("An approved contract of the canonical form of “%s”", kind.title))
            if self._carried(kind):
                missing.append(self.env._("Nothing else at the endpoint that carries “%s”", kind.title))
        return missing

    def _contract(self, kind):
        """The newest approved contract of the canonical form that this partner may use."""
        return self.env["sync.contract"].search(
            [
                ("document_type_id", "=", kind.id),
                ("form", "=", "canonical"),
                ("state", "=", "approved"),
                ("company_id", "in", (self.company_id.id, False)),
                ("trading_partner_id", "in", (self.trading_partner_id.id, False)),
            ],
            order="id desc",
            limit=1,
        )

    def _carried(self, kind):
        return self.endpoint_id.interface_ids.filtered(
            lambda line: line.document_type_id == kind and line.state == "live" and not line.handler
        )

    def _set_up(self):
        """The interfaces that deliver; as superuser, for whoever approves configures nothing."""
        for kind in self.document_type_ids:
            self.env["sync.interface"].create(
                {
                    "code": f"{self.endpoint_id.code}.{kind.code}.{self.id}",
                    "name": f"{self.name}: {kind.title}",
                    "endpoint_id": self.endpoint_id.id,
                    "document_type_id": kind.id,
                    "contract_id": self._contract(kind).id,
                    "policy_id": self.policy_id.id,
                    "owner_id": self.owner_id.id,
                    "subscription_id": self.id,
                    "event_filter": self.event_filter,
                    "event_content": self.event_content,
                }
            ).action_go_live()

    # -- what the partner does -------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _ask(self, partner, credential_id, name, document_types, wanted, content):
        """The partner's wish, and whether it is a new one: the same that still waits is not kept twice.

        :param partner: the trading partner, as superuser
        :raises UserError: too many of its wishes wait already
        """
        self.env.cr.execute("SELECT id FROM sync_trading_partner WHERE id = %s FOR NO KEY UPDATE", [partner.id])
        text = json.dumps(wanted, sort_keys=True, ensure_ascii=False) if wanted else False
        kinds = self.env["sync.document.type"].search([("code", "in", document_types)])
        waiting = self.search([("trading_partner_id", "=", partner.id), ("state", "=", "requested")])
        for one in waiting:
            if (one.document_type_ids, one.event_filter, one.event_content, one.name) == (kinds, text, content, name):
                return one, False
        if len(waiting) >= MOST_OPEN:
            raise UserError(self.env._("%s subscriptions wait for a decision already.", len(waiting)))
        asked = self.create(
            {
                "name": name,
                "trading_partner_id": partner.id,
                "document_type_ids": [Command.set(kinds.ids)],
                "event_filter": text,
                "event_content": content,
                "owner_id": partner.business_owner_id.id,
            }
        )
        asked._move({"credential_id": credential_id})
        asked.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(partner.technical_owner_id or partner.business_owner_id).id,
            summary=self.env._("%s asks for events", partner.name),
        )
        return asked, True
