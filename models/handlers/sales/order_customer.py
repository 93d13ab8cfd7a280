"""Who ordered: the customer of an order and its addresses."""

from odoo import api, models
from odoo.tools import email_normalize

from ....core.faults import Fault
from ..reading import identifiers

ADDRESS = ("street", "street2", "city", "zip")


class OrderCustomer(models.AbstractModel):
    """Matches a customer by the trading partner's own number, then by e-mail among the customers that this trading
    partner brought, and creates it otherwise. Customers of others are never matched by e-mail: an address that somebody
    typed into a shop proves nothing.
    """

    _inherit = "sync.handler.order.create"

    @api.private
    def _parties(self, work, document):
        """The customer, the invoice address and the delivery address."""
        customer = self._customer(work, document)
        bill_to = self._address(customer, document.get("bill_to"), "invoice")
        ship_to = self._address(customer, document.get("ship_to"), "delivery")
        return customer, bill_to, ship_to

    @api.private
    def _customer(self, work, document):
        buyer = document["buyer"]
        keys = identifiers(buyer, "partner", "gln", "vat")
        found = self._xref()._resolve("customer", work.trading_partner_id, keys)
        partner = self.env["res.partner"].browse(next((int(found[key]) for key in keys if key in found), None)).exists()
        if not partner:
            partner = self._customer_by_own_code(buyer) or self._customer_by_email(work, document)
        if not partner:
            partner = self.env["res.partner"].create(self._customer_values(buyer))
        for key in identifiers(buyer, "partner")[:1] or self._email_key(buyer):
            if key not in found:
                self._xref()._remember("customer", work.trading_partner_id, key, partner)
        return partner

    @api.private
    def _email_key(self, buyer):
        email = email_normalize(buyer.get("email") or "")
        return [f"mailto:{email}"] if email else []

    @api.private
    def _customer_by_own_code(self, buyer):
        codes = identifiers(buyer, "own")
        if not codes:
            return self.env["res.partner"]
        found = self.env["res.partner"].search(
            [("ref", "in", codes), ("company_id", "in", (self.env.company.id, False))], limit=2
        )
        return found if len(found) == 1 else self.env["res.partner"]

    @api.private
    def _customer_by_email(self, work, document):
        email = email_normalize(document["buyer"].get("email") or "")
        if not email:
            return self.env["res.partner"]
        # The customers of this trading partner: those behind its earlier processes and its cross-references.
        known = (
            self.env["sync.process"]
            .sudo()
            ._read_group(  # sudo: only the customers' ids are used
                [
                    ("trading_partner_id", "=", work.trading_partner_id),
                    ("company_id", "=", self.env.company.id),
                    ("partner_id.email_normalized", "=", email),
                ],
                ["partner_id"],
            )
        )
        by_key = self._xref()._resolve("customer", work.trading_partner_id, [f"mailto:{email}"])
        ids = {partner.id for (partner,) in known} | {int(res_id) for res_id in by_key.values()}
        partners = self.env["res.partner"].browse(ids).exists().filtered("active")
        if len(partners) > 1:
            names = ", ".join(f"{partner.display_name} ({partner.id})" for partner in partners.sorted("id"))
            raise Fault(
                "apply.customer_ambiguous",
                f"Order {document['number']} is of {email}, and these customers have that address: {names}."
                " Merge them, or add a cross-reference for the customer's number.",
                pointer="/buyer",
                found=email,
                reference=document["number"],
                subject=f"customer {email}",
            )
        return partners

    @api.private
    def _customer_values(self, buyer):
        name = buyer.get("company_name") or buyer.get("name") or buyer.get("email") or self.env._("Guest")
        return {
            "name": name,
            "is_company": bool(buyer.get("company_name")),
            "company_id": self.env.company.id,
            "email": buyer.get("email") or False,
            "phone": buyer.get("phone") or False,
            "vat": next(iter(identifiers(buyer, "vat")), False),
            "customer_rank": 1,
            **self._address_values(buyer.get("address")),
        }

    @api.private
    def _address_values(self, address):
        address = address or {}
        country = self.env["res.country"].search([("code", "=", address.get("country") or "")], limit=1)
        region = (address.get("region") or "").split("-")[-1].strip()
        state = self.env["res.country.state"]
        if country and region:
            state = state.search(
                [("country_id", "=", country.id), "|", ("code", "=ilike", region), ("name", "=ilike", region)], limit=1
            )
        return {
            "street": address.get("street") or False,
            "street2": address.get("street2") or False,
            "city": address.get("city") or False,
            "zip": address.get("postal_code") or False,
            "country_id": country.id,
            "state_id": state.id,
        }

    @api.private
    def _address(self, customer, party, kind):
        """The customer itself or one of its addresses that says the same; a new address otherwise."""
        if not party or not (party.get("address") or party.get("name") or party.get("company_name")):
            return customer
        values = self._address_values(party.get("address"))
        name = party.get("name") or party.get("company_name") or customer.name
        children = customer.child_ids.filtered(lambda child: child.type in (kind, "other"))
        for candidate in customer | children.sorted(lambda child: (child.type != kind, child.id)):
            if self._same_address(candidate, name, values):
                return candidate
        return self.env["res.partner"].create(
            {
                "parent_id": customer.id,
                "type": kind,
                "name": name,
                "company_id": customer.company_id.id,
                "email": party.get("email") or False,
                "phone": party.get("phone") or False,
                **values,
            }
        )

    @api.private
    def _same_address(self, partner, name, values):
        def folded(text):
            return " ".join((text or "").casefold().split())

        return (
            folded(partner.name) == folded(name)
            and partner.country_id.id == values["country_id"]
            and (partner.state_id.id == values["state_id"] or not values["state_id"])
            and all(folded(partner[field]) == folded(values[field]) for field in ADDRESS)
        )
