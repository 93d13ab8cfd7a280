"""Add a trading partner from a pack."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.packs import reading
from ..models.partner.trading_partner import ENVIRONMENTS

STEPS = [
    ("what", "What is it?"),
    ("who", "Who answers for it?"),
    ("how", "How is it connected?"),
    ("tried", "Does it work?"),
]


class SyncPackInstall(models.TransientModel):
    """Asks in three steps for what a pack cannot know: what it is, who answers for it, where to and the secrets.

    Then the partner is there as a draft, and the samples of the pack have gone through it.
    """

    _name = "sync.pack.install"
    _description = "Add a partner"

    step = fields.Selection(STEPS, default="what", required=True)
    pack = fields.Selection(selection="_select_pack", required=True)
    description = fields.Text(compute="_compute_description")
    matrix = fields.Html(compute="_compute_description", string="What it brings")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    name = fields.Char(required=True)
    code = fields.Char(required=True)
    environment = fields.Selection(ENVIRONMENTS, required=True, default="test")
    business_owner_id = fields.Many2one(
        "res.users",
        string="Business owner",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    technical_owner_id = fields.Many2one(
        "res.users",
        string="Technical owner",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", check_company=True, help="Whom to call or write to at the partner."
    )
    kind = fields.Char(compute="_compute_description")
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Runs the warehouses",
        check_company=True,
        help="It is asked to ship what leaves from these warehouses, and nothing else.",
    )
    endpoint_ids = fields.One2many("sync.pack.install.endpoint", "wizard_id", string="Endpoints")
    question_ids = fields.One2many("sync.pack.question", "install_id", string="Questions of the pack")
    partner_made_id = fields.Many2one("sync.trading.partner", readonly=True)
    certification_ids = fields.Many2many("sync.certification", compute="_compute_certification_ids")
    all_passed = fields.Boolean(compute="_compute_certification_ids")

    @api.model
    def _select_pack(self):
        return self.env["sync.pack"]._available()

    @api.depends("pack")
    def _compute_description(self):
        for wizard in self:
            pack = self.env["sync.pack"]._read(wizard.pack) if wizard.pack else None
            wizard.description = pack["description"] if pack else False
            wizard.kind = pack["partner"]["kind"] if pack else False
            wizard.matrix = self._matrix(pack) if pack else False

    def _matrix(self, pack):
        """What travels in which direction, and how many samples show it."""
        ways = {"inbound": self.env._("to us"), "outbound": self.env._("to the partner")}
        ways["internal"] = self.env._("inside Odoo")
        types = self.env["sync.document.type"]
        lines = Markup().join(
            Markup("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>")
            % (
                entry["name"],
                ways[reading.direction_of(pack, entry)],
                types.browse(types._id_of(entry["document_type"])).display_name,
                sum(sample["interface"] == entry["code"] for sample in pack.get("samples", ())) or "",
            )
            for entry in pack["interfaces"]
        )
        heads = (self.env._("Message"), self.env._("Goes"), self.env._("What it is here"), self.env._("Samples"))
        head = Markup().join(Markup("<th>%s</th>") % title for title in heads)
        table = Markup('<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>')
        return table % (head, lines)

    @api.depends("partner_made_id")
    def _compute_certification_ids(self):
        runs = self.env["sync.certification"]
        for wizard in self:
            done = (
                runs.search([("trading_partner_id", "=", wizard.partner_made_id.id)])
                if wizard.step == "tried"
                else runs
            )
            newest = done.grouped("interface_id").values()
            wizard.certification_ids = runs.union(*(each[0] for each in newest))
            wizard.all_passed = all(each[0].passed for each in newest)

    @api.onchange("pack")
    def _onchange_pack(self):
        if not self.pack:
            return
        pack = self.env["sync.pack"]._read(self.pack)
        self.name = pack["partner"]["name"]
        self.code = pack["partner"]["code"]
        asks = pack.get("asks", ())
        self.question_ids = [Command.clear(), *self.env["sync.pack.question"]._lines(asks)]
        asked = {place["endpoint"] for ask in asks for place in ask["goes_to"] if place["place"] == "url"}
        self.endpoint_ids = [Command.clear()] + [
            Command.create(
                {
                    "code": entry["code"],
                    "name": entry["name"],
                    "direction": entry["direction"],
                    "optional": entry.get("optional", False),
                    "url_asked": entry["code"] in asked,
                    "wanted": not entry.get("optional", False),
                }
            )
            for entry in pack["endpoints"]
            if entry["transport"] not in ("internal", "feed")  # a feed has no address and no secret
        ]

    def action_next(self):
        """The next of the steps."""
        return self._turn(1)

    def action_back(self):
        """The step before."""
        return self._turn(-1)

    def _turn(self, by):
        self.ensure_one()
        codes = [code for code, _title in STEPS]
        self.step = codes[min(max(codes.index(self.step) + by, 0), len(codes) - 1)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a partner"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_install(self):
        """Set the partner up as a draft, and try the samples of its pack under what it has: nothing acts by it."""
        self.ensure_one()
        taken = self.env["sync.trading.partner"].search_count(
            [("company_id", "=", self.company_id.id), ("code", "=", self.code)], limit=1
        )
        if taken:
            raise UserError(
                self.env._("There is a trading partner “%s” already: give this one a code of its own.", self.code)
            )
        wanted = self.endpoint_ids.filtered("wanted")
        values = {
            "code": self.code,
            "name": self.name,
            "environment": self.environment,
            "partner_id": self.partner_id.id,
            "warehouse_ids": self.warehouse_ids.ids,
            "business_owner_id": self.business_owner_id.id,
            "technical_owner_id": self.technical_owner_id.id,
            "endpoints": wanted.mapped("code"),
            "urls": {line.code: line.url for line in wanted},
            "private_hosts": {line.code: line.private_hosts for line in wanted},
            "secrets": {line.code: line._secret() for line in wanted},
            "answers": self.question_ids._answers(),
        }
        partner = self.env["sync.pack"]._load(self.pack, self.company_id, values)
        self.endpoint_ids.sudo().secret_token = False  # sudo: nobody reads or writes the field otherwise
        self.partner_made_id = partner
        self.env["sync.certification"]._run(partner)
        return self._turn(1)

    def action_open(self):
        """The partner: its checklist says what comes next."""
        partner = self.partner_made_id
        return {"type": "ir.actions.act_window", "res_model": partner._name, "res_id": partner.id, "view_mode": "form"}


class SyncPackInstallEndpoint(models.TransientModel):
    """One door of the partner to be. The secret waits here encrypted, and only until the partner is there."""

    _name = "sync.pack.install.endpoint"
    _description = "Endpoint of a partner to add"

    wizard_id = fields.Many2one("sync.pack.install", required=True, ondelete="cascade")
    code = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True)
    direction = fields.Selection([("inbound", "Receives"), ("outbound", "Sends")], readonly=True)
    optional = fields.Boolean(readonly=True)
    wanted = fields.Boolean(default=True, help="A partner may do without some: tick those that are to be set up.")
    url_asked = fields.Boolean(readonly=True, help="The address follows from the answer to a question of the pack.")
    url = fields.Char(string="Address")
    private_hosts = fields.Char(
        string="Allowed private host", help="host:port, where the address is inside our own network."
    )
    secret_input = fields.Char(
        string="Secret",
        compute="_compute_secret_input",
        inverse="_inverse_secret_input",
        groups="sync_governance.group_security_officer",
    )
    secret_token = fields.Char(groups=fields.NO_ACCESS)

    def _compute_secret_input(self):
        self.secret_input = False

    def _inverse_secret_input(self):
        for line in self:
            if line.secret_input:
                line.sudo().secret_token = self.env["sync.credential.version"]._seal(  # sudo: the field is nobody's
                    line.secret_input, line._aad()
                )
        self.invalidate_recordset(["secret_input"])

    @api.private
    def _secret(self):
        """The secret that was typed in, or None."""
        self.ensure_one()
        token = self.sudo().secret_token  # sudo: the field is nobody's
        return self.env["sync.credential.version"]._unseal(token, self._aad()) if token else None

    def _aad(self):
        return f"sync.pack.install.endpoint:{self.id}:secret"
