"""Purchase orders, as their supplier reads them."""

from odoo import api, models
from odoo.fields import Domain

from ...publishers.rendering import address, amount, day, item, number, party, quantity, timestamp, without_empty


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
        return {order.id: self._document(order) for order in records if self._lines(order)}

    @api.private
    def _lines(self, order):
        return order.order_line.filtered(lambda line: not line.display_type and line.product_qty >= 0)

    @api.private
    def _document(self, order):
        currency = order.currency_id
        warehouse = order.picking_type_id.warehouse_id
        place = order.dest_address_id or warehouse.partner_id
        return without_empty(
            {
                "type": self._document_type,
                "number": order.name,
                "placed_at": timestamp(order.date_approve or order.date_order),
                "currency": currency.name,
                "buyer": party(order.company_id.partner_id),
                "supplier": party(order.partner_id),
                "ship_to": without_empty(
                    {
                        "identifiers": [{"scheme": "own", "value": warehouse.code or str(order.picking_type_id.id)}],
                        "name": (order.dest_address_id.name or warehouse.name or "")[:200],
                        "address": address(place),
                    }
                ),
                "requested_delivery_on": day(order.date_planned) if order.date_planned else None,
                "incoterm": order.incoterm_id.code,
                "payment_terms": (order.payment_term_id.name or "")[:64],
                "lines": [
                    without_empty(
                        {
                            "id": str(line.id),
                            "item": item(line.product_id),
                            "quantity": quantity(self.env, line.product_qty, line.product_uom_id),
                            "unit_price": number(line.price_unit_discounted),
                            "net_amount": amount(line.price_subtotal, currency),
                            "requested_delivery_on": day(line.date_planned) if line.date_planned else None,
                        }
                    )
                    for line in self._lines(order)
                ],
                "totals": {"net": amount(order.amount_untaxed, currency)},
            }
        )
