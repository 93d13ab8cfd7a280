"""Orders that a trading partner placed, as they stand."""

from odoo import api, models

from ...handlers.reading import unit_code
from ...publishers.rendering import amount, day, item, number, quantity, timestamp, without_empty

SHIPMENT = {"done": "shipped", "cancel": "cancelled", "assigned": "ready"}
PAYMENT = {"paid": "paid", "in_payment": "paid", "reversed": "paid", "partial": "partly_paid"}


class OrderResource(models.AbstractModel):
    """The orders of the processes that this trading partner began. Who ordered is not in it: he knows, and what Odoo
    knows of a customer beside that is the customer's own."""

    _name = "sync.resource.order"
    _description = "Orders, read by their partner"
    _inherit = "sync.resource"
    _document_type = "order.changed"
    _model = "sale.order"

    @api.private
    def _own(self, profile):
        links = self.env["sync.process.link"]._search(
            [
                ("res_model", "=", self._model),
                ("company_id", "=", profile["company_id"]),
                ("process_id.trading_partner_id", "=", profile["trading_partner_id"]),
            ]
        )
        return [("id", "in", links.subselect("res_id")), ("company_id", "=", profile["company_id"])]

    @api.private
    def _changed(self, moment):
        later = ("write_date", ">=", moment)
        return [
            "|",
            "|",
            "|",
            later,
            ("order_line", "any", [later]),
            ("picking_ids", "any", [later]),
            ("order_line.invoice_lines.move_id", "any", [later]),
        ]

    @api.private
    def _referred(self, reference):
        return ["|", ("name", "=", reference), ("client_order_ref", "=", reference)]

    @api.private
    def _documents(self, profile, records):
        parcels, invoices = self._parcels(records.picking_ids), self._invoices(profile, records)
        return {order.id: self._document(order, parcels, invoices[order.id]) for order in records}

    @api.private
    def _invoices(self, profile, records):
        """{order id: its posted invoices that are about nobody else's order}."""
        posted = records.invoice_ids.filtered(lambda move: move.state == "posted" and move.is_sale_document())
        invoiced = posted.invoice_line_ids.sale_line_ids.order_id
        own = self.env[self._model].search([*self._own(profile), ("id", "in", invoiced.ids)])
        shown = posted.filtered(lambda move: move.invoice_line_ids.sale_line_ids.order_id <= own)
        return {order.id: (order.invoice_ids & shown).sorted("id") for order in records}

    @api.private
    def _parcels(self, pickings):
        """{(transfer id, tracking number): parcel}."""
        parcels = self.env["sync.parcel"].search([("picking_id", "in", pickings.ids)])
        return {(parcel.picking_id.id, parcel.tracking_number): parcel for parcel in parcels}

    @api.private
    def _document(self, order, parcels, invoices):
        currency = order.currency_id
        pickings = order.picking_ids.filtered(lambda picking: picking.picking_type_code == "outgoing").sorted("id")
        touched = [order, *order.order_line, *pickings, *invoices]
        status = {"sale": "confirmed", "cancel": "cancelled"}.get(order.state, "open")
        return {
            **without_empty(
                {
                    "type": self._document_type,
                    "number": order.name,
                    "partner_order_number": order.client_order_ref,
                    "status": status,
                    "placed_at": timestamp(order.date_order),
                    "changed_at": timestamp(max(one.write_date for one in touched)),
                    "currency": currency.name,
                    "requested_delivery_on": day(order.commitment_date) if order.commitment_date else None,
                    "delivery": {"full": "full", "partial": "partial"}.get(order.delivery_status, "none"),
                }
            ),
            "lines": [self._line(line) for line in order.order_line if not line.display_type],
            "totals": {
                "net": amount(order.amount_untaxed, currency),
                "tax": amount(order.amount_tax, currency),
                "gross": amount(order.amount_total, currency),
            },
            "shipments": [self._shipment(picking, parcels) for picking in pickings],
            "invoices": [
                {
                    "number": move.name,
                    "kind": "credit_note" if move.move_type == "out_refund" else "invoice",
                    "payment": PAYMENT.get(move.payment_state, "open"),
                    "gross": amount(move.amount_total, move.currency_id),
                }
                for move in invoices
            ],
        }

    @api.private
    def _line(self, line):
        unit = unit_code(self.env, line.product_uom_id)
        return without_empty(
            {
                "id": line.partner_line_ref or str(line.id),
                "item": item(line.product_id) if line.product_id else None,
                "description": (line.name or "")[:2000],
                "quantity": quantity(self.env, max(line.product_uom_qty, 0.0), line.product_uom_id),
                "shipped": {"value": number(line.qty_delivered), "unit": unit},
                "invoiced": {"value": number(line.qty_invoiced), "unit": unit},
                "unit_price": number(line.price_unit),
                "net_amount": amount(line.price_subtotal, line.currency_id),
            }
        )

    @api.private
    def _shipment(self, picking, parcels):
        return {
            "number": picking.name,
            "status": SHIPMENT.get(picking.state, "waiting"),
            **({"shipped_at": timestamp(picking.date_done)} if picking.state == "done" and picking.date_done else {}),
            "parcels": [
                self._parcel(tracking, parcels.get((picking.id, tracking))) for tracking in picking._tracking_numbers()
            ],
        }

    @api.private
    def _parcel(self, tracking, parcel):
        document = {"tracking_number": tracking}
        if parcel:
            document["status"] = parcel.status
            if parcel.status_at:
                document["status_at"] = timestamp(parcel.status_at)
        return document
