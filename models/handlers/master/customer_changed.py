"""customer.changed: a customer of another system, as far as that system says what is true of it."""

import re
from datetime import timedelta

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Effect, Wait
from ..reading import decimal, identifiers

DOMAIN = "customer"
COMPANY_MAY_BE_LATE = timedelta(days=1)


class CustomerChanged(models.AbstractModel):
    """Finds the customer by the sender's number, then by a GLN or tax number that is known, then by ours; creates it
    otherwise. What a document does not say stays as it is, so parts that another system owns can be left out. Ours is
    our code (``own``), or the number by which our own ``customer.changed`` names it (``our_number``).

    A person who is a contact of a company waits until the company is there.
    """

    _name = "sync.handler.customer.changed"
    _description = "Customers changed"
    _inherit = "sync.handler"
    _handler = "customer.changed"
    _document_types = ("customer.changed",)
    _repeatable = True
    _partial = True

    @api.private
    def _touches(self, work):
        return (work.canonical["number"],)

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        partner = self._find(work, document)
        values = self._values(document)
        if "company" in document:
            company = self._company(work, document["company"])
            if not company:
                return self._wait_for_company(document)
            values["parent_id"] = company.id
        if partner:
            changed = {name: value for name, value in values.items() if self._now(partner, name) != value}
            if changed:
                partner.write(changed)
            kind = "updated" if changed else "linked"
        else:
            if not values.get("name"):
                raise Fault(
                    "apply.refused",
                    f"Customer {document['number']} is not in Odoo, and the document says no name to create it with.",
                    reference=document["number"],
                    subject=f"customer {document['number']}",
                )
            company = self.env.company
            partner = self.env["res.partner"].create({**values, "customer_rank": 1, "company_id": company.id})
            kind = "created"
        self._xref()._remember(DOMAIN, work.trading_partner_id, document["number"], partner)
        self.env["sync.message"].sudo()._release_waiting(DOMAIN, [document["number"]])  # sudo: the engine's
        effects = [Effect(kind, "res.partner", partner.id, partner.display_name)]
        effects += [
            Effect(*self._address(work, partner, entry))
            for entry in document.get("addresses", ())
            if entry.get("number")
        ]
        return Done(effects=effects, reference=document["number"], note=f"{partner.display_name} is {kind}.")

    @api.private
    def _xref(self):
        return self.env["sync.xref"].sudo()  # sudo: cross-references are the engine's, not the agent's

    @api.private
    def _find(self, work, document):
        party = document.get("party", {})
        keys = [document["number"], *identifiers(party, "partner", "gln", "vat")]
        found = self._xref()._resolve(DOMAIN, work.trading_partner_id, keys)
        partners = self.env["res.partner"].with_context(active_test=False)
        for key in keys:
            if key in found:
                return partners.browse(int(found[key])).exists()
        return self._ours(party)

    @api.private
    def _ours(self, holder):
        """The one customer that our own identifiers name, or none; never a person who works with Odoo."""
        partners = self.env["res.partner"].with_context(active_test=False)
        company = ("company_id", "in", (self.env.company.id, False))
        numbers = [int(text) for text in identifiers(holder, "our_number") if re.fullmatch("[1-9][0-9]{0,8}", text)]
        if numbers:
            # sudo: the agent may not see who works with Odoo
            known = partners.sudo().search([("id", "in", numbers), ("user_ids", "=", False), company], limit=2)
            if known:
                return known.sudo(False) if len(known) == 1 else partners.browse()
        own = identifiers(holder, "own")
        known = partners.search([("ref", "in", own), company], limit=2)
        return known if own and len(known) == 1 else partners.browse()

    @api.private
    def _company(self, work, company):
        """The company that a person is a contact of, or none."""
        found = self._xref()._resolve(DOMAIN, work.trading_partner_id, [company["number"]]).get(company["number"])
        return self.env["res.partner"].browse(int(found or 0)).exists() or self._ours(company)

    @api.private
    def _wait_for_company(self, document):
        number = document["company"]["number"]
        return Wait(
            DOMAIN,
            number,
            Fault(
                "apply.customer_unknown",
                f"Customer {document['number']} is a contact of the company {number}, which is not in Odoo.",
                pointer="/company/number",
                found=number,
                reference=document["number"],
                subject=f"customer {number}",
            ),
            fields.Datetime.now() + COMPANY_MAY_BE_LATE,
        )

    @api.private
    def _values(self, document):
        """The fields of which the document says anything."""
        party = document.get("party", {})
        values = self._party_values(party)
        if "kind" in document:
            values["is_company"] = document["kind"] == "company"
        if "active" in document:
            values["active"] = document["active"]
        if "language" in document and (language := self._language(document["language"])):
            values["lang"] = language
        if "credit_limit" in document:
            values.update(self._credit(document))
        return values

    @api.private
    def _party_values(self, party):
        values = {}
        if name := party.get("company_name") or party.get("name"):
            values["name"] = name
        for member in ("email", "phone"):
            if member in party:
                values[member] = party[member]
        if vat := identifiers(party, "vat"):
            values["vat"] = vat[0]
        if "address" in party:
            values.update(self.env["sync.handler.order.create"]._address_values(party["address"]))
        return values

    @api.private
    def _language(self, tag):
        """The installed language that a BCP 47 tag means, if there is one."""
        code = tag.replace("-", "_")
        installed = dict(self.env["res.lang"].get_installed())
        return (
            code if code in installed else next((c for c in installed if c.split("_")[0] == code.split("_")[0]), None)
        )

    @api.private
    def _credit(self, document):
        amount, currency = document["credit_limit"]["amount"], document["credit_limit"]["currency"]
        if currency != self.env.company.currency_id.name:
            raise Fault(
                "apply.currency_unknown",
                f"The credit limit of customer {document['number']} is in {currency}; {self.env.company.name} keeps its"
                f" books in {self.env.company.currency_id.name}.",
                pointer="/credit_limit/currency",
                found=currency,
                reference=document["number"],
                subject=f"currency {currency}",
            )
        return {"credit_limit": float(decimal(amount)), "use_partner_credit_limit": True}

    @api.private
    def _now(self, partner, name):
        """What a field holds now; accounting fields are read for the comparison only."""
        value = partner.sudo()[name]  # sudo: the agent may write a credit limit and not read the field's own group
        return value.id if isinstance(value, models.BaseModel) else value

    @api.private
    def _address(self, work, partner, entry):
        """One further address, found again by the sender's number of it; (kind, model, id, label)."""
        xref = self._xref()
        found = xref._resolve(DOMAIN, work.trading_partner_id, [entry["number"]]).get(entry["number"])
        child = self.env["res.partner"].browse(int(found or 0)).exists()
        values = {**self._party_values(entry["party"]), "type": entry["role"]}
        values.setdefault("name", partner.name)
        if child:
            child.write(values)
        else:
            child = self.env["res.partner"].create(
                {**values, "parent_id": partner.id, "company_id": partner.company_id.id}
            )
            xref._remember(DOMAIN, work.trading_partner_id, entry["number"], child)
        return "updated" if found else "created", "res.partner", child.id, child.display_name
