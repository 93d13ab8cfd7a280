"""Which system says what is true."""

from dataclasses import dataclass, replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ...core.canonical import catalogue

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
ON_OTHER_WRITE = [("refuse", "Refused"), ("ignore", "Ignored"), ("accept", "Accepted")]
EVERYTHING = "*"
STRICTEST = ("refuse", "ignore", "accept")
REFERENCES = ("type", "number", "extensions")
# The first word of a document type -> the domain that its documents write.
DOMAIN_OF_TYPE = {
    "customer": "customer",
    "product": "product",
    "price": "price",
    "availability": "inventory",
    "inventory": "inventory",
    "order": "order",
    "shipment": "shipment",
    "tracking": "shipment",
    "fulfilment": "shipment",
    "invoice": "invoice",
    "credit_note": "invoice",
    "supplier_invoice": "invoice",
    "payment": "payment",
    "refund": "payment",
    "dispute": "payment",
    "payout": "payment",
    "purchase_order": "purchase",
    "receipt": "purchase",
    "return": "return",
}


@dataclass(frozen=True)
class Decision:
    """What may become of a write: field names by verdict, and why, under which version of the matrix."""

    accepted: tuple = ()
    ignored: tuple = ()
    refused: tuple = ()
    reason: str = ""
    version: int = 0


class SyncOwnership(models.Model):
    """One line of the matrix: who owns some fields of a domain, and what happens to a write by another."""

    _name = "sync.ownership"
    _description = "Ownership"
    _order = "domain, sequence, id"

    domain = fields.Selection(DOMAINS, required=True, index=True)
    name = fields.Char(string="What", required=True, help="In business words: prices, delivery address …")
    field_names = fields.Char(
        string="Fields",
        required=True,
        default=EVERYTHING,
        help="Names in the canonical document, separated by commas; * means all the others.",
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    system_of_record = fields.Selection(
        [("odoo", "Odoo"), ("partner", "A trading partner")], string="System of record", required=True, default="odoo"
    )
    trading_partner_id = fields.Many2one("sync.trading.partner", string="Which one", ondelete="restrict", index=True)
    steward_id = fields.Many2one(
        "res.users", domain="[('share', '=', False)]", ondelete="restrict", help="Decides in doubt."
    )
    on_other_write = fields.Selection(ON_OTHER_WRITE, string="A write by another is", required=True, default="refuse")

    _owner_named = models.Constraint(
        "CHECK ((system_of_record = 'partner') = (trading_partner_id IS NOT NULL))",
        "Name the trading partner that owns it, or Odoo.",
    )

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
        return f"{dict(DOMAINS)[self.domain]} / {self.name} ({self.field_names}): {owner}; others {verdict}"

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

    # -- decisions -------------------------------------------------------------------------------------------------

    @api.model
    @ormcache("company_id", "domain")
    def _lines_of(self, company_id, domain):
        """(names, owner's id or None, verdict for others, what, owner's name) of a domain, in order."""
        lines = self.sudo().search(
            [("company_id", "=", company_id), ("domain", "=", domain)]
        )  # sudo: same for everybody
        return tuple(
            (
                frozenset(line._names()),
                line.trading_partner_id.id or None,
                line.on_other_write,
                line.name,
                line.trading_partner_id.name or "Odoo",
            )
            for line in lines
        )

    @api.model
    @api.private
    def _rule_for(self, domain, field_name, company_id=None):
        """The lines about a field: those that name it, else those for all others; none: nobody owns it."""
        lines = self._lines_of(company_id or self.env.company.id, domain)
        named = [line for line in lines if field_name in line[0]]
        return named or [line for line in lines if EVERYTHING in line[0]]

    @api.model
    @api.private
    def _check_write(self, domain, field_names, trading_partner_id, company_id=None):
        """What may become of a write of ``field_names`` by a trading partner (None: a person in Odoo)."""
        company_id = company_id or self.env.company.id
        verdicts = {"accept": [], "ignore": [], "refuse": []}
        reasons = []
        for name in field_names:
            rules = self._rule_for(domain, name, company_id)
            owned = not rules or any(owner == (trading_partner_id or None) for _names, owner, *_rest in rules)
            verdict = "accept" if owned else min((rule[2] for rule in rules), key=STRICTEST.index)
            verdicts[verdict].append(name)
            if verdict == "refuse":
                owners = " / ".join(rule[4] for rule in rules)
                reason = self.env._("%(owner)s is the system of record of “%(what)s”.", owner=owners, what=rules[0][3])
                if reason not in reasons:
                    reasons.append(reason)
        return Decision(
            accepted=tuple(verdicts["accept"]),
            ignored=tuple(verdicts["ignore"]),
            refused=tuple(verdicts["refuse"]),
            reason=" ".join(reasons),
            version=self._current_version(company_id),
        )

    @api.model
    @api.private
    def _decision(self, document_type, direction, trading_partner_id, company_id):
        """Whether a partner's documents of a type (its code) may say anything at all of what they say.

        Refused only when every member of the document belongs to somebody else; what a document may change in
        detail is :meth:`_check_write`'s, asked by its handler.
        """
        domain = DOMAIN_OF_TYPE.get(document_type.split(".")[0])
        if domain is None or direction != "inbound":
            return Decision(version=self._current_version(company_id))
        names = [name for name in catalogue()[document_type].schema.get("properties", {}) if name not in REFERENCES]
        decision = self._check_write(domain, names, trading_partner_id, company_id)
        if decision.accepted or decision.ignored:
            return replace(decision, refused=(), reason="")
        return decision
