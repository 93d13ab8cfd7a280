"""Whom a document of Odoo is about: by its contact, and by its warehouse."""

from odoo import api, fields, models


class SyncTradingPartner(models.Model):
    _inherit = "sync.trading.partner"

    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        "sync_trading_partner_warehouse",
        "trading_partner_id",
        "warehouse_id",
        string="Runs the warehouses",
        check_company=True,
        help="A logistics provider is asked to ship what leaves from these warehouses, and nothing else.",
    )

    @api.model
    @api.private
    def _concerned_by_contact(self, contacts):
        """``{contact id: ids of the trading partners that it belongs to}``.

        A contact belongs to the trading partner whose contact is of the same company in the address book, or of one
        that is above it.
        """
        above, level = {contact.id: contact for contact in contacts}, contacts
        while level:
            for contact in contacts:
                above[contact.id] |= above[contact.id].parent_id
            level = level.parent_id
        companies = contacts.browse({id_ for chain in above.values() for id_ in chain.ids})
        # sudo: whom a document is about is a matter of the system, whoever wrote it
        partners = self.sudo().search([("partner_id.commercial_partner_id", "in", companies.ids)])
        return {
            id_: tuple(partners.filtered(lambda p, c=chain: p.partner_id.commercial_partner_id in c).ids)
            for id_, chain in above.items()
        }

    @api.model
    @api.private
    def _concerned_by_warehouse(self, warehouses):
        """``{warehouse id: ids of the trading partners that run it}``."""
        partners = self.sudo().search([("warehouse_ids", "in", warehouses.ids)])  # sudo: as above
        return {
            warehouse.id: tuple(partners.filtered(lambda p, w=warehouse: w in p.warehouse_ids).ids)
            for warehouse in warehouses
        }


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    def _missing(self):
        """An interface that carries only what concerns its partner needs to know what that is."""
        missing = super()._missing()
        if self.own_only and self.direction == "outbound":
            try:
                publisher = self.env["sync.publisher"]._for(self.document_type_id.code)
            except LookupError:
                return missing
            if gap := publisher._gap(self.trading_partner_id):
                missing.append(gap)
        return missing
