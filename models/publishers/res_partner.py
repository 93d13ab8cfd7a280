"""Customers and their contacts: who has changed is published, where an interface carries it."""

from odoo import api, models

TYPE = "customer.changed"
TOLD = frozenset(
    "name ref vat email phone street street2 city zip state_id country_id is_company active lang parent_id type"
    " property_product_pricelist property_payment_term_id".split()
)
"""The fields that the document says."""


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._publish_customers()
        return partners

    def write(self, vals):
        new = self.filtered(lambda one: not one.customer_rank) if "customer_rank" in vals else self.browse()
        result = super().write(vals)
        if TOLD & vals.keys():
            self._publish_customers()
        elif new:
            new._publish_customers()
        return result

    def _publish_customers(self):
        """Mark those of these records that are customers, or contacts of customers, and the companies whose addresses
        they are. People who work with Odoo, and our own companies, are nobody's customers."""
        company = self.env.company
        events = self.env["sync.event"]
        if not any(events._carried(TYPE, id_) for id_ in {company.id, *self.company_id.ids}):
            return
        # sudo: that a customer changed is the system's fact, whoever may see the company's other records
        customers = self.sudo().filtered(lambda one: one.commercial_partner_id.customer_rank)
        customers |= customers.commercial_partner_id
        told = customers.filtered(lambda one: not one.parent_id or one.is_company or one.type == "contact")
        # sudo: which companies are ours
        ours = self.env["res.company"].sudo().search([("partner_id", "in", told.ids)]).partner_id
        told = (told - ours).filtered(lambda one: not one.user_ids.filtered(lambda user: not user.share))
        if told and not self._only_told_by(company):
            events._mark(TYPE, told, company)

    def _only_told_by(self, company):
        """Whether all who would be told are the very partner by whose document the record changes."""
        # sudo: which partner acts, and whom the company tells, is configuration
        door = self.env["sync.endpoint"].sudo().search([("user_id", "=", self.env.uid)], limit=1)
        if not door:
            return False
        carriers = (
            self.env["sync.interface"]
            .sudo()
            .search(  # sudo: as above
                [
                    ("document_type_id.code", "=", TYPE),
                    ("direction", "in", ("outbound", "internal")),
                    ("state", "in", ("live", "suspended")),
                    ("company_id", "in", (company.id, False)),
                ]
            )
        )
        return carriers.trading_partner_id == door.trading_partner_id
