"""purchase_order.placed: what we order from a supplier, and what became of it since."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from ..exchange.told import digest
from .rendering import address, amount, day, item, number, party, quantity, timestamp, without_empty

CONFIRMED, CANCELLED = "confirmed", "cancelled"


class PurchaseOrderPlaced(models.AbstractModel):
    """The whole order each time something of it is new, with its revision. One of which nothing is wanted any more is
    cancelled: its lines are told once more, with nothing of each; if its supplier never heard of it, it is not told.
    """

    _name = "sync.publisher.purchase.order.placed"
    _description = "Purchase orders placed"
    _inherit = "sync.publisher"
    _document_type = "purchase_order.placed"

    @api.private
    def _gap(self, trading_partner):
        if trading_partner.partner_id:
            return None
        return self.env._("A contact of the trading partner: it is told of the orders to that company, and of no other")

    @api.private
    def _render(self, records):
        drafts = {}
        concerned = self.env["sync.trading.partner"]._concerned_by_contact(records.partner_id)
        events, told = self.env["sync.event"], self.env["sync.told"]
        for company, orders in records.grouped("company_id").items():
            orders = orders.filtered(
                lambda order: events._is_told(self._document_type, order.company_id.id, concerned[order.partner_id.id])
            )
            known = told._told(self._document_type, company.id, orders)
            documents = {
                order.id: self._document(order)
                for order in orders
                if self._lines(order) and (self._status(order) == CONFIRMED or order.id in known)
            }
            news = told._news(
                self._document_type,
                company.id,
                records._name,
                {id_: digest(document) for id_, document in documents.items()},
            )
            for id_, revision in news.items():
                order = records.browse(id_)
                drafts[id_] = EventDraft(
                    document={**documents[id_], "revision": revision},
                    ordering_key=order.name,
                    company_id=company.id,
                    occurred_at=fields.Datetime.now(),
                    concerns=concerned[order.partner_id.id],
                )
        return drafts

    @api.private
    def _lines(self, order):
        return order.order_line.filtered(lambda line: not line.display_type and line.product_qty >= 0)

    @api.private
    def _status(self, order):
        wanted = order.state == "purchase" and any(line.product_qty for line in self._lines(order))
        return CONFIRMED if wanted else CANCELLED

    @api.private
    def _document(self, order):
        currency = order.currency_id
        warehouse = order.picking_type_id.warehouse_id
        place = order.dest_address_id or warehouse.partner_id
        status = self._status(order)
        stands = status == CONFIRMED
        lines = self._lines(order).filtered(lambda line: line.product_qty or not stands)
        return without_empty(
            {
                "type": self._document_type,
                "number": order.name,
                "placed_at": timestamp(order.date_approve or order.date_order),
                "status": status,
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
                "lines": [self._line(line, currency, stands) for line in lines],
                "totals": {"net": amount(order.amount_untaxed if stands else 0.0, currency)},
            }
        )

    @api.private
    def _line(self, line, currency, stands):
        return without_empty(
            {
                "id": str(line.id),
                "item": self._item(line),
                "quantity": quantity(self.env, line.product_qty if stands else 0.0, line.product_uom_id),
                "unit_price": number(line.price_unit_discounted),
                "net_amount": amount(line.price_subtotal if stands else 0.0, currency),
                "requested_delivery_on": day(line.date_planned) if line.date_planned else None,
            }
        )

    @api.private
    def _item(self, line):
        """The product by our codes and by what its supplier calls it."""
        supplier = line.order_id.partner_id.commercial_partner_id
        sellers = line.product_id.seller_ids.filtered(
            lambda seller: (
                seller.partner_id.commercial_partner_id == supplier
                and seller.product_code
                and seller.product_id.id in (False, line.product_id.id)
            )
        )
        found = item(line.product_id)
        # Its code for the variant before that for the whole product.
        if codes := sellers.sorted(lambda seller: not seller.product_id).mapped("product_code"):
            own = [entry for entry in found["identifiers"] if entry["scheme"] != "own"]
            found["identifiers"] = [*own, {"scheme": "partner", "value": codes[0]}]
        return found
