"""The rows of the ownership matrix: which parts of a domain have an owner of their own."""

from odoo import api, fields, models

from ...core.ownership import domains
from .ownership import DOMAINS, EVERYTHING, ON_OTHER_WRITE

REST = "rest"


class SyncFieldGroup(models.Model):
    """One part of what a domain's documents say: the address of customers, the prices of orders.

    The records follow the catalogue in the code. The columns beside it are the matrix of the current company.
    """

    _name = "sync.field.group"
    _description = "Field group"
    _order = "domain_sequence, sequence, id"

    domain = fields.Selection(DOMAINS, required=True, readonly=True, index=True)
    domain_sequence = fields.Integer(required=True, readonly=True)
    sequence = fields.Integer(required=True, readonly=True)
    code = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Field group", required=True, readonly=True)
    members = fields.Char(
        string="In documents", required=True, readonly=True, help="Members of the canonical documents; *: all others."
    )
    odoo_fields = fields.Char(
        string="Held in Odoo", readonly=True, help="What people cannot simply change in Odoo when another owns it."
    )
    active = fields.Boolean(default=True, readonly=True)

    owner = fields.Char(string="System of record", compute="_compute_matrix")
    ownership = fields.Selection(
        [("odoo", "Odoo"), ("partner", "A partner"), ("nobody", "Nobody")], compute="_compute_matrix"
    )
    on_other_write = fields.Selection(ON_OTHER_WRITE, string="A write by another is", compute="_compute_matrix")
    steward_ids = fields.Many2many("res.users", string="Stewards", compute="_compute_matrix")
    inherited = fields.Boolean(
        string="By “everything else”", compute="_compute_matrix", help="No line of its own: that of everything else."
    )

    _code_uniq = models.Constraint("UNIQUE (domain, code)", "A domain has each field group once.")

    @api.depends_context("allowed_company_ids")
    def _compute_matrix(self):
        lines = self.env["sync.ownership"].search([("company_id", "=", self.env.company.id)])
        of_domain = lines.grouped("domain")
        for group in self:
            known = of_domain.get(group.domain, lines.browse())
            names = group._names()
            own = known.filtered(lambda line, names=names: line._names() & names)
            found = own or known.filtered(lambda line: EVERYTHING in line._names())
            partners = found.trading_partner_id
            group.owner = " / ".join(partners.mapped("name")) or (
                self.env._("Odoo") if found else self.env._("Nobody yet: everybody may write")
            )
            group.ownership = "partner" if partners else "odoo" if found else "nobody"
            group.on_other_write = found[:1].on_other_write
            group.steward_ids = found.steward_id
            group.inherited = bool(found and not own)

    def _names(self):
        return set(self.members.split(", "))

    def action_decide(self):
        """Open the lines that say who owns the group, or a new one."""
        self.ensure_one()
        found = self.env["sync.ownership"].search(
            [("company_id", "=", self.env.company.id), ("domain", "=", self.domain)]
        )
        own = found.filtered(lambda line: line._names() & self._names())
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("%(domain)s: %(group)s", domain=dict(DOMAINS)[self.domain], group=self.name),
            "res_model": "sync.ownership",
            "context": {
                "default_domain": self.domain,
                "default_group_id": self.id if self.code != REST else False,
                "default_name": self.name,
                "default_field_names": self.members,
            },
        }
        if len(own) > 1:
            return {**action, "view_mode": "list", "domain": [("id", "in", own.ids)]}
        return {**action, "view_mode": "form", "res_id": own.id, "target": "new"}

    @api.model
    @api.private
    def _sync_catalogue(self):
        """Make the records equal to the catalogue in the code; what left it is archived."""
        groups = self.sudo().with_context(active_test=False)  # sudo: the catalogue is the same for everybody
        known = {(group.domain, group.code): group for group in groups.search([])}
        for place, values in enumerate(self._catalogue()):
            record = known.pop((values["domain"], values["code"]), None)
            values = {**values, "sequence": place, "active": True}
            if record is None:
                groups.create(values)
            elif changed := {name: value for name, value in values.items() if record[name] != value}:
                record.write(changed)
        for gone in known.values():
            gone.active = False

    @api.model
    def _catalogue(self):
        labels = self._labels()
        for place, entry in enumerate(domains().values()):
            for group in entry.groups:
                held = [labels(model, name) for model, names in group.fields.items() for name in names]
                yield {
                    "domain": entry.code,
                    "domain_sequence": place,
                    "code": group.code,
                    "name": group.title,
                    "members": ", ".join(group.members),
                    "odoo_fields": ", ".join(dict.fromkeys(filter(None, held))) or False,
                }
            yield {
                "domain": entry.code,
                "domain_sequence": place,
                "code": REST,
                "name": "Everything else" if entry.groups else "Everything",
                "members": EVERYTHING,
                "odoo_fields": False,
            }

    def _labels(self):
        """A function (model, field) -> what people call the field; None where this database has none."""

        def label(model, name):
            field = self.env[model]._fields.get(name) if model in self.env else None
            return field and field.string

        return label
