"""Take what a partner was tuned to over to another one: from test to production, with the difference shown first."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.exchange.cursor import rolled_back
from ..models.packs import reading


class SyncPackPromote(models.TransientModel):
    """Shows item by item what would change at the other partner, and then changes it: drafts, as a pack does.

    The difference is found by doing it in a transaction of its own that is rolled back.
    """

    _name = "sync.pack.promote"
    _description = "Take over to production"

    source_id = fields.Many2one("sync.trading.partner", string="From", required=True, readonly=True)
    company_id = fields.Many2one(related="source_id.company_id")
    target_id = fields.Many2one(
        "sync.trading.partner",
        string="To",
        domain="[('company_id', '=', company_id), ('id', '!=', source_id), ('environment', '=', 'production')]",
        help="Empty: a new partner for production is set up.",
    )
    name = fields.Char(string="Name of the new partner")
    code = fields.Char(string="Code of the new partner")
    difference = fields.Text(compute="_compute_difference", string="What changes")
    differs = fields.Boolean(compute="_compute_difference")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        source = self.env["sync.trading.partner"].browse(values.get("source_id") or self.env.context.get("active_id"))
        if source:
            base = source.code.removesuffix("-test")
            values |= {
                "source_id": source.id,
                "name": source.name,
                "code": base if base != source.code else f"{base}-live",
            }
        return values

    @api.depends("source_id", "target_id", "name", "code")
    def _compute_difference(self):
        for wizard in self:
            changes = wizard._tried() if wizard.source_id and (wizard.target_id or wizard.code and wizard.name) else []
            lines = [line for change in changes for line in change.lines()]
            wizard.difference = "\n".join(lines) or self.env._("Nothing differs.")
            wizard.differs = any(change.action != "keep" for change in changes)

    def _tried(self):
        """The changes, of which nothing stays."""
        wanted = self._wanted()
        with rolled_back(self.env.registry) as cr:
            return self.browse().with_env(self.env(cr=cr))._taken_over(*wanted)[1]

    def _wanted(self):
        source, target = self.source_id, self.target_id
        return source._origin.id or source.id, target._origin.id or target.id, self.code, self.name

    @api.model
    def _taken_over(self, source_id, target_id, code, name):
        """(partner, changes) once the target, or a new partner, says what the source says."""
        packs, partners = self.env["sync.pack"], self.env["sync.trading.partner"]
        source, target = partners.browse(source_id), partners.browse(target_id or [])
        values = {"code": target.code if target else code, "environment": "production"}
        if not target:
            if partners.search_count([("company_id", "=", source.company_id.id), ("code", "=", code)], limit=1):
                raise UserError(
                    self.env._("There is a trading partner “%s” already: choose it, or another code.", code)
                )
            values |= {
                "name": name,
                "partner_id": source.partner_id.id,
                "business_owner_id": source.business_owner_id.id,
                "technical_owner_id": source.technical_owner_id.id,
            }
        # Under the name of its own pack, so that the samples of that pack go on certifying it.
        exported = packs._export(source, source.pack or source.code)
        with reading.lent(exported) as pack:
            return packs._apply(pack, source.company_id, values)

    def action_promote(self):
        """Do it, and open the partner: drafts are reviewed, secrets and addresses are entered there."""
        self.ensure_one()
        partner, _changes = self._taken_over(*self._wanted())
        return {"type": "ir.actions.act_window", "res_model": partner._name, "res_id": partner.id, "view_mode": "form"}
