"""order.changed: an order as it stands: what is ordered, shipped and invoiced of it."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from ..handlers.reading import unit_code
from .rendering import amount, day, item, number, quantity, timestamp, without_empty

SHIPMENT = {"done": "shipped", "cancel": "cancelled", "assigned": "ready"}
PAYMENT = {"paid": "paid", "in_payment": "paid", "reversed": "paid", "partial": "partly_paid"}


class OrderChanged(models.AbstractModel):
    """Who ordered is not in it: he knows, and what Odoo knows of a customer beside that is the customer's own."""

    _name = "sync.publisher.order.changed"
    _description = "Orders as they stand"
    _inherit = "sync.publisher"
    _document_type = "order.changed"
    _moving = ("changed_at",)

    @api.private
    def _render(self, records):
        processes = self.env["sync.process"]._by_record(records)
        now = fields.Datetime.now()
        drafts = {}
        for id_, document in self._documents(records, self._invoices_alone(records)).items():
            process = processes.get(id_)
            drafts[id_] = EventDraft(
                document=document,
                ordering_key=document["number"],
                company_id=self.env.company.id,
                occurred_at=now,
                process_id=process.id if process else None,
            )
        return drafts

    @api.private
    def _invoices_alone(self, records):
        """{order id: its posted invoices that are about no order of another trading partner}."""
        posted = records.invoice_ids.filtered(lambda move: move.state == "posted" and move.is_sale_document())
        invoiced = {move: move.invoice_line_ids.sale_line_ids.order_id for move in posted}
        begun = self.env["sync.process"]._by_record(posted.invoice_line_ids.sale_line_ids.order_id | records)
        owner = {id_: process.trading_partner_id for id_, process in begun.items()}
        found = {}
        for order in records:
            mine = owner.get(order.id)
            alone = [
                move.id
                for move in order.invoice_ids
                if move in invoiced and all(owner.get(other.id) == mine for other in invoiced[move])
            ]
            found[order.id] = order.invoice_ids.browse(sorted(alone))
        return found

    @api.private
    def _documents(self, records, invoices):
        """{order id: document}.

        :param invoices: {order id: the invoices that are told of}
        """
        parcels = self._parcels(records.picking_ids)
        return {order.id: self._document(order, parcels, invoices[order.id]) for order in records}

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
