"""Purchase orders, as their supplier reads them."""

from odoo import api, models
from odoo.fields import Domain


class PurchaseResource(models.AbstractModel):
    """The confirmed orders to the trading partner's own company in the address book; none where none is named."""

    _name = "sync.resource.purchase"
    _description = "Purchase orders, read by their supplier"
    _inherit = "sync.resource"
    _document_type = "purchase_order.placed"
    _model = "purchase.order"

    @api.private
    def _own(self, profile):
        supplier = self.env["sync.trading.partner"].browse(profile["trading_partner_id"]).partner_id
        if not supplier:
            return list(Domain.FALSE)
        return [
            ("partner_id", "child_of", supplier.commercial_partner_id.id),
            ("company_id", "=", profile["company_id"]),
            ("state", "=", "purchase"),
        ]

    @api.private
    def _referred(self, reference):
        return ["|", ("name", "=", reference), ("partner_ref", "=", reference)]

    @api.private
    def _documents(self, profile, records):
        publisher = self.env["sync.publisher"]._for(self._document_type)
        return {order.id: publisher._document(order) for order in records if publisher._lines(order)}
