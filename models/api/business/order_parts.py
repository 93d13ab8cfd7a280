"""What belongs to an order: its shipments and invoices as their publishers render them, and its payments."""

from datetime import datetime, time

from odoo import api, models

from ...publishers.rendering import amount, timestamp, without_empty


class OrderPart(models.AbstractModel):
    """A part of an order of the caller's; a read equals what an event would say of it now."""

    _name = "sync.resource.order.part"
    _description = "What belongs to an order, read by its partner"
    _inherit = "sync.resource"
    _of = "order.changed"

    @api.private
    def _documents(self, profile, records):
        drafts = self.env["sync.publisher"]._for(self._document_type)._render(records)
        return {id_: draft.document for id_, draft in drafts.items()}


class ShipmentResource(models.AbstractModel):
    """The transfers to the customer that are done."""

    _name = "sync.resource.shipment"
    _description = "Shipments of an order, read by its partner"
    _inherit = "sync.resource.order.part"
    _document_type = "shipment.dispatched"
    _model = "stock.picking"

    @api.private
    def _parts(self, profile, record):
        shipped = record.picking_ids.filtered(lambda one: one.picking_type_code == "outgoing" and one.state == "done")
        return shipped.sorted("id")


class InvoiceResource(models.AbstractModel):
    """The posted invoices and credit notes that are about nobody else's order."""

    _name = "sync.resource.invoice"
    _description = "Invoices of an order, read by its partner"
    _inherit = "sync.resource.order.part"
    _document_type = "invoice.posted"
    _model = "account.move"

    @api.private
    def _parts(self, profile, record):
        return self.env["sync.resource"]._for(self._of)._invoices(profile, record)[record.id]


class PaymentResource(models.AbstractModel):
    """The payments that are booked for the process of the order."""

    _name = "sync.resource.payment"
    _description = "Payments of an order, read by its partner"
    _inherit = "sync.resource.order.part"
    _document_type = "payment.received"
    _model = "account.payment"

    @api.private
    def _parts(self, profile, record):
        payments = self.env["sync.process"]._of(record).with_env(self.env)._linked(self._model)
        return payments.filtered(
            lambda one: one.payment_type == "inbound" and one.state in ("in_process", "paid")
        ).sorted("id")

    @api.private
    def _documents(self, profile, records):
        processes = self.env["sync.process"]._by_record(records)
        found = {}
        for payment in records:
            invoices = payment.reconciled_invoice_ids
            process = processes[payment.id]
            found[payment.id] = without_empty(
                {
                    "type": self._document_type,
                    "number": payment.payment_reference or payment.name,
                    "order_number": process.reference or process.name,
                    "invoice_number": invoices.name if len(invoices) == 1 else None,
                    "amount": {
                        "amount": amount(payment.amount, payment.currency_id),
                        "currency": payment.currency_id.name,
                    },
                    # A booking knows its day; the moment stands in the milestone where the sender told it.
                    "received_at": timestamp(self._received_at(process, payment)),
                    "reference": payment.name,
                }
            )
        return found

    @api.private
    def _received_at(self, process, payment):
        """When the money was secured, as its sender told it; else the beginning of the day on which it was booked."""
        reached = process.milestone_ids.filtered(
            lambda one: one.code == "payment.received" and one.state == "reached" and one.occurred_at
        )
        told = [one.occurred_at for one in reached if one.occurred_at.date() == payment.date]
        return told[0] if len(told) == 1 else datetime.combine(payment.date, time.min)
