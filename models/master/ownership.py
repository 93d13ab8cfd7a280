"""Which system says what is true."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

DOMAINS = [
    ("customer", "Customers"),
    ("product", "Products"),
    ("price", "Prices"),
    ("inventory", "Inventory"),
    ("order", "Orders"),
    ("shipment", "Shipments"),
    ("invoice", "Invoices"),
    ("payment", "Payments"),
    ("purchase", "Purchases"),
    ("return", "Returns"),
]
ON_OTHER_WRITE = [
    ("refuse", "Refused"),
    ("ignore", "Ignored"),
    ("propose", "Proposed to the steward"),
    ("accept", "Accepted, steward told"),
]
EVERYTHING = "*"


class SyncOwnership(models.Model):
    """One line of the matrix: who owns some fields of a domain, and what happens to a write by another."""

    _name = "sync.ownership"
    _description = "Ownership"
    _order = "domain, sequence, id"

    domain = fields.Selection(DOMAINS, required=True, index=True)
    group_id = fields.Many2one(
        "sync.field.group",
        string="Field group",
        domain="[('domain', '=', domain)]",
        ondelete="restrict",
        index=True,
        help="Address, credit, prices … of the domain.",
    )
    name = fields.Char(
        string="What",
        required=True,
        compute="_compute_names",
        store=True,
        readonly=False,
        precompute=True,
        help="In business words: prices, delivery address …",
    )
    field_names = fields.Char(
        string="Fields",
        required=True,
        compute="_compute_names",
        store=True,
        readonly=False,
        precompute=True,
        help="Names in the canonical document, separated by commas; * means all the others. A field group brings its"
        " own.",
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    system_of_record = fields.Selection(
        [("odoo", "Odoo"), ("partner", "A trading partner")], string="System of record", required=True, default="odoo"
    )
    trading_partner_id = fields.Many2one("sync.trading.partner", string="Which one", ondelete="restrict", index=True)
    steward_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Decides what others propose, is told what they changed, and may override in Odoo.",
    )
    on_other_write = fields.Selection(
        ON_OTHER_WRITE,
        string="A write by another is",
        required=True,
        default="refuse",
        help="A document that writes it is refused; or goes on without it; or waits for the steward; or is applied, and"
        " the steward is told. In Odoo's own screens “ignored” refuses as well: nobody loses his typing unseen.",
    )

    _owner_named = models.Constraint(
        "CHECK ((system_of_record = 'partner') = (trading_partner_id IS NOT NULL))",
        "Name the trading partner that owns it, or Odoo.",
    )

    @api.depends("group_id")
    def _compute_names(self):
        for line in self:
            if line.group_id:
                line.name, line.field_names = line.group_id.name, line.group_id.members
            else:
                line.name, line.field_names = line.name, line.field_names or EVERYTHING

    @api.constrains("domain", "group_id")
    def _check_group(self):
        for line in self.filtered("group_id"):
            if line.group_id.domain != line.domain:
                raise ValidationError(self.env._("“%s” is a field group of another domain.", line.group_id.name))

    @api.constrains("domain", "field_names", "company_id", "system_of_record", "trading_partner_id")
    def _check_once(self):
        """Several partners may each own theirs (two shops their orders); Odoo and a partner cannot own the same."""
        for line in self:
            names = line._names()
            if not names:
                raise ValidationError(self.env._("Say which fields “%s” is about.", line.name))
            others = self.search(
                [("domain", "=", line.domain), ("company_id", "=", line.company_id.id), ("id", "!=", line.id)]
            )
            for other in others:
                both_partners = line.trading_partner_id and other.trading_partner_id
                if both_partners and line.trading_partner_id != other.trading_partner_id:
                    continue
                twice = names & other._names()
                if twice:
                    raise ValidationError(
                        self.env._(
                            "%(fields)s: “%(other)s” says already who owns it.",
                            fields=", ".join(sorted(twice)),
                            other=other.name,
                        )
                    )

    @api.constrains("company_id", "trading_partner_id")
    def _check_company(self):
        for line in self.filtered("trading_partner_id"):
            if line.trading_partner_id.company_id != line.company_id:
                raise ValidationError(self.env._("%s belongs to another company.", line.trading_partner_id.name))

    def _names(self):
        self.ensure_one()
        return {name.strip() for name in (self.field_names or "").split(",") if name.strip()}

    # -- versions --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self._take_version(lines.company_id)
        return lines

    def write(self, vals):
        companies = self.company_id
        result = super().write(vals)
        self._take_version(companies | self.company_id)
        return result

    def unlink(self):
        companies = self.company_id
        result = super().unlink()
        self._take_version(companies)
        return result

    @api.model
    def _take_version(self, companies):
        """Keep the whole matrix of each company under the next number."""
        # sudo: who may change the matrix may not write its history by hand
        history = self.env["sync.ownership.version"].sudo()
        for company in companies:
            latest = history.search([("company_id", "=", company.id)], order="number desc", limit=1).number
            lines = self.sudo().search([("company_id", "=", company.id)])  # sudo: the whole matrix, always
            history.create(
                {
                    "company_id": company.id,
                    "number": latest + 1,
                    "matrix": "\n".join(line._sentence() for line in lines) or "-",
                }
            )
        self.env.registry.clear_cache()

    def _sentence(self):
        owner = self.trading_partner_id.name if self.system_of_record == "partner" else "Odoo"
        verdict = dict(ON_OTHER_WRITE)[self.on_other_write].lower()
        sentence = f"{dict(DOMAINS)[self.domain]} / {self.name} ({self.field_names}): {owner}; others {verdict}"
        return f"{sentence}; steward {self.steward_id.name}" if self.steward_id else sentence

    @api.model
    @ormcache("company_id")
    def _current_version(self, company_id):
        """The number of the matrix in force for a company; 0 while it is empty."""
        latest = (
            self.env["sync.ownership.version"]
            .sudo()
            .search(  # sudo: a number
                [("company_id", "=", company_id)], order="number desc", limit=1
            )
        )
        return latest.number
