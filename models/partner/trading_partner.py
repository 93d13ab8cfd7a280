"""A connected company or system."""

from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("shop", "Shop"),
    ("marketplace", "Marketplace"),
    ("edi", "EDI network"),
    ("crm", "CRM"),
    ("wms", "Warehouse system"),
    ("3pl", "Logistics provider"),
    ("carrier", "Carrier"),
    ("supplier", "Supplier"),
    ("tax", "Tax service"),
    ("payment", "Payment gateway"),
    ("finance", "Finance system"),
    ("internal", "Inside Odoo"),
    ("other", "Other"),
]
ENVIRONMENTS = [("production", "Production"), ("test", "Test"), ("development", "Development")]
STATES = [
    ("draft", "Draft"),
    ("testing", "Testing"),
    ("certified", "Certified"),
    ("live", "Live"),
    ("suspended", "Suspended"),
    ("retired", "Retired"),
]
CONNECTABLE = ("testing", "certified", "live")


class SyncTradingPartner(models.Model):
    """Who we exchange documents with, who answers for it on our side, and how far the connection has come.

    ``draft -> testing -> certified -> live <-> suspended -> retired``; how it gets live is in
    ``packs/going_live.py``. Suspending takes all endpoints off the wire at once, resuming brings back those that were
    live.
    """

    _name = "sync.trading.partner"
    _description = "Trading partner"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True
    _guarded_fields = ("state", "state_before")

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True, index=True, tracking=True, help="Short name in lists and logs: small letters, digits, dashes."
    )
    kind = fields.Selection(KINDS, required=True, default="other", tracking=True)
    environment = fields.Selection(
        ENVIRONMENTS,
        required=True,
        default="test",
        tracking=True,
        help="In the production database what a test or development partner sends is applied and rolled back: the"
        " result shows what would have happened.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, tracking=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        help="The company in the address book, where it is one.",
    )
    business_owner_id = fields.Many2one(
        "res.users",
        string="Business owner",
        tracking=True,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Answers for what is exchanged, and gets the questions of business.",
    )
    technical_owner_id = fields.Many2one(
        "res.users",
        string="Technical owner",
        tracking=True,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Answers for the connection.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, readonly=True, tracking=True, index=True
    )
    pack = fields.Char(readonly=True, copy=False, help="The pack that the partner was set up from.")
    pack_version = fields.Char(readonly=True, copy=False)
    state_before = fields.Selection(STATES, string="State before suspension", copy=False, readonly=True)
    active = fields.Boolean(default=True)
    note = fields.Html(string="Notes")
    endpoint_ids = fields.One2many("sync.endpoint", "trading_partner_id", string="Endpoints")
    interface_ids = fields.One2many("sync.interface", "trading_partner_id", string="Interfaces")

    endpoint_count = fields.Integer(compute="_compute_counts")
    interface_count = fields.Integer(compute="_compute_counts")
    message_open_count = fields.Integer(string="Open messages", compute="_compute_counts")
    message_failed_count = fields.Integer(string="Failed messages", compute="_compute_counts")
    health = fields.Selection(
        [("none", "Not connected"), ("good", "Good"), ("warning", "Needs attention"), ("bad", "Disturbed")],
        compute="_compute_counts",
    )

    _code_uniq = models.Constraint("UNIQUE (company_id, code)", "This code is taken in the company.")
    _code_form = models.Constraint(
        "CHECK (code ~ '^[a-z0-9][a-z0-9-]*$')", "A code has small letters, digits and dashes."
    )
    _known_state = models.Constraint(
        "CHECK (state IN ('draft', 'testing', 'certified', 'live', 'suspended', 'retired'))", "Unknown state."
    )

    def _compute_counts(self):
        endpoints = self.env["sync.endpoint"]._read_group(
            [("trading_partner_id", "in", self.ids)], ["trading_partner_id"], ["id:recordset"]
        )
        interfaces = self.env["sync.interface"]._read_group(
            [("trading_partner_id", "in", self.ids)], ["trading_partner_id"], ["__count"]
        )
        messages = []
        if self.env["sync.message"].has_access("read"):  # an auditor sees the partner, and no message
            messages = self.env["sync.message"]._read_group(
                [("trading_partner_id", "in", self.ids), ("state", "in", ("ready", "parked", "failed"))],
                ["trading_partner_id", "state"],
                ["__count"],
            )
        endpoints_of = {partner.id: records for partner, records in endpoints}
        interfaces_of = {partner.id: count for partner, count in interfaces}
        messages_of = {}
        for partner, state, count in messages:
            messages_of.setdefault(partner.id, {})[state] = count
        for partner in self:
            doors = endpoints_of.get(partner.id, self.env["sync.endpoint"])
            open_messages = messages_of.get(partner.id, {})
            partner.endpoint_count = len(doors)
            partner.interface_count = interfaces_of.get(partner.id, 0)
            partner.message_open_count = sum(open_messages.values())
            partner.message_failed_count = open_messages.get("failed", 0)
            states = set(doors.mapped("health"))
            if not doors or partner.state not in CONNECTABLE:
                partner.health = "none"
            elif "bad" in states:
                partner.health = "bad"
            elif "warning" in states or partner.message_failed_count:
                partner.health = "warning"
            else:
                partner.health = "good" if "good" in states else "none"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        self.env.registry.clear_cache()
        return partners

    def write(self, vals):
        if "company_id" in vals and any(p.company_id.id != vals["company_id"] and p.endpoint_ids for p in self):
            raise UserError(
                self.env._("A trading partner with endpoints stays in its company. Connect it anew in the other.")
            )
        if "environment" in vals and any(p.environment != vals["environment"] and p.state != "draft" for p in self):
            raise UserError(
                self.env._("The environment is fixed once testing has begun. Connect the other environment anew.")
            )
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for partner, vals in zip(self, vals_list, strict=True):
            if "code" not in (default or {}):
                vals["code"] = f"{partner.code}-copy"
                vals["name"] = self.env._("%s (copy)", partner.name)
        return vals_list

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_start_testing(self):
        """draft -> testing: its endpoints may go on the wire."""
        self._expect_state("draft")
        self._step("testing")

    def action_suspend(self):
        """Take all endpoints off the wire; what is queued waits."""
        self._expect_state(*CONNECTABLE)
        for partner in self:
            partner._step("suspended", state_before=partner.state)
        self.endpoint_ids.filtered(lambda e: e.state == "live").action_suspend()

    def action_resume(self):
        """suspended -> where it stood before: its endpoints go back on the wire, each by its own checks."""
        self._expect_state("suspended")
        for partner in self:
            partner._step(partner.state_before or "testing", state_before=False)
        self.endpoint_ids.filtered(lambda e: e.state == "suspended").action_resume()

    def action_retire(self):
        """The end: endpoints and interfaces retire with it; messages and their history stay."""
        self._expect_state("draft", "testing", "certified", "live", "suspended")
        self.interface_ids.filtered(lambda i: i.state != "retired").action_retire()
        self.endpoint_ids.filtered(lambda e: e.state != "retired").action_retire()
        self._step("retired")

    def _step(self, state, **vals):
        self.check_access("write")
        self._move({"state": state, **vals})
        self.env.registry.clear_cache()

    def _refuse_missing(self, missing):
        if missing:
            raise UserError(self.env._("%(partner)s is not ready:", partner=self.name) + "\n- " + "\n- ".join(missing))

    # -- smart buttons ---------------------------------------------------------------------------------------------

    def action_open_endpoints(self):
        """The endpoints of the partner."""
        return self._open("sync_governance.action_endpoint")

    def action_open_interfaces(self):
        """The interfaces of the partner."""
        return self._open("sync_governance.action_interface")

    def action_open_messages(self):
        """The messages of the partner that are not finished."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open messages"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("trading_partner_id", "=", self.id), ("state", "in", ("ready", "parked", "failed"))],
        }

    def _open(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("trading_partner_id", "=", self.id)]
        action["context"] = {"default_trading_partner_id": self.id}
        return action
