"""Who owns what a document or a person writes, and what becomes of the write."""

from dataclasses import dataclass, field
from typing import NamedTuple

from odoo import api, models
from odoo.tools import ormcache

from ...core.ownership import covers, domains, parts
from .ownership import EVERYTHING

STRICTEST = ("refuse", "ignore", "propose", "accept")
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


class Rule(NamedTuple):
    """One line of the matrix as decisions read it; ``owner`` is the trading partner's id, None is Odoo."""

    names: frozenset
    owner: int | None
    verdict: str
    what: str
    owner_name: str
    steward: int | None
    steward_name: str


@dataclass(frozen=True)
class Decision:
    """What may become of a write: names by verdict, and why, under which version of the matrix.

    ``told`` are among the accepted: their steward learns of them. ``rules``: name -> the rule that decided, of those
    that belong to somebody else.
    """

    accepted: tuple = ()
    ignored: tuple = ()
    refused: tuple = ()
    proposed: tuple = ()
    told: tuple = ()
    reason: str = ""
    version: int = 0
    domain: str = ""
    rules: dict = field(default_factory=dict)


class SyncOwnership(models.Model):
    _inherit = "sync.ownership"

    @api.model
    @ormcache("company_id", "domain")
    def _lines_of(self, company_id, domain):
        """The :class:`Rule` of each line of a domain, in order; empty where nobody owns anything."""
        lines = self.sudo().search(
            [("company_id", "=", company_id), ("domain", "=", domain)]
        )  # sudo: same for everybody
        return tuple(
            Rule(
                frozenset(line._names()),
                line.trading_partner_id.id or None,
                line.on_other_write,
                line.name,
                line.trading_partner_id.name or "Odoo",
                line.steward_id.id or None,
                line.steward_id.name or "",
            )
            for line in lines
        )

    @api.model
    @api.private
    def _rule_for(self, domain, name, company_id=None):
        """The rules about a member: those that name it most exactly, else those for all the others; maybe none."""
        lines = self._lines_of(company_id or self.env.company.id, domain)
        exact = {rule: max((len(n) for n in rule.names if covers(n, name)), default=0) for rule in lines}
        best = max(exact.values(), default=0)
        return [rule for rule in lines if (exact[rule] == best if best else EVERYTHING in rule.names)]

    @api.model
    @api.private
    def _group_rules(self, company_id, domain):
        """{code of a field group: its rules}, of those groups of a domain that somebody owns."""
        if not self._lines_of(company_id, domain):
            return {}
        found = {group.code: self._rule_for(domain, group.members[0], company_id) for group in domains()[domain].groups}
        return {code: rules for code, rules in found.items() if rules}

    @api.model
    @ormcache()
    def _owned_elsewhere(self):
        """The domains of which a trading partner owns anything, in whichever company: all others cost nothing."""
        groups = self.sudo()._read_group([("system_of_record", "=", "partner")], ["domain"])  # sudo: same for everybody
        return frozenset(domain for (domain,) in groups)

    @api.model
    @api.private
    def _check_write(self, domain, field_names, trading_partner_id, company_id=None):
        """What may become of a write of ``field_names`` by a trading partner (None: a person in Odoo)."""
        company_id = company_id or self.env.company.id
        verdicts = {verdict: [] for verdict in STRICTEST}
        foreign, told, reasons = {}, [], []
        for name in field_names:
            rules = self._rule_for(domain, name, company_id)
            if not rules or any(rule.owner == (trading_partner_id or None) for rule in rules):
                verdicts["accept"].append(name)
                continue
            rule = min(rules, key=lambda rule: STRICTEST.index(rule.verdict))
            verdicts[rule.verdict].append(name)
            foreign[name] = rule
            if rule.verdict == "accept":
                told.append(name)
            else:
                reason = self._owned_by(rules)
                if reason not in reasons:
                    reasons.append(reason)
        return Decision(
            accepted=tuple(verdicts["accept"]),
            ignored=tuple(verdicts["ignore"]),
            refused=tuple(verdicts["refuse"]),
            proposed=tuple(verdicts["propose"]),
            told=tuple(told),
            reason=" ".join(reasons),
            version=self._current_version(company_id),
            domain=domain,
            rules=foreign,
        )

    @api.model
    @api.private
    def _owned_by(self, rules):
        owners = " / ".join(rule.owner_name for rule in rules)
        return self.env._("%(owner)s is the system of record of “%(what)s”.", owner=owners, what=rules[0].what)

    @api.model
    @api.private
    def _decide(self, document_type, document, trading_partner_id, company_id):
        """What may become of a canonical document that a trading partner sent; None when all of it may be applied."""
        domain = DOMAIN_OF_TYPE.get(document_type.split(".")[0])
        if domain is None or not self._concerns(company_id, domain, trading_partner_id):
            return None
        return self._check_write(domain, parts(domain, document), trading_partner_id, company_id)

    @api.model
    @ormcache("company_id", "domain", "trading_partner_id")
    def _concerns(self, company_id, domain, trading_partner_id):
        """Whether anything of the domain belongs to somebody else than this partner."""
        lines = self._lines_of(company_id, domain)
        own = set().union(*(rule.names for rule in lines if rule.owner == trading_partner_id))
        return any(rule.owner != trading_partner_id and rule.names - own for rule in lines)
