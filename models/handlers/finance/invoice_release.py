"""invoice.release: what one shipment delivered is invoiced."""

from odoo import api, models
from odoo.fields import Command

from ....core.faults import Fault
from ....core.work import Done, Effect


class InvoiceRelease(models.AbstractModel):
    """Invoices and posts what a shipment delivered, from the canonical shipment.dispatched document.

    The interface's gate decides when. Shipping, discounts and other charges of the whole order go with its first
    invoice. A shipment is invoiced once.
    """

    _name = "sync.handler.invoice.release"
    _description = "Invoices released by shipment"
    _inherit = "sync.handler"
    _handler = "invoice.release"

    @api.private
    def _set_aside(self, effects):
        """The invoice is cancelled, so that its shipment is not invoiced; books that are closed refuse that."""
        ids = [res_id for model, res_id in effects if model == "account.move"]
        invoices = self.env["account.move"].browse(ids).exists().filtered(lambda move: move.state != "cancel")
        invoices.line_ids.remove_move_reconcile()
        invoices.button_cancel()
        self.env["sync.process.link"].search([("res_model", "=", "account.move"), ("res_id", "in", ids)]).unlink()
        return True

    @api.private
    def _apply_one(self, work):
        picking = self.env["stock.picking"]._governed_shipment(work.canonical["number"])
        process = self.env["sync.process"]._of(picking)[:1]
        if invoices := self._invoices_of(picking):
            return Done(
                effects=[Effect("linked", "account.move", move.id, move.name) for move in invoices],
                reference=picking.name,
                process_id=process.id or None,
                note=f"{picking.name} was invoiced before.",
            )
        if picking.state != "done":
            raise Fault(
                "apply.refused",
                f"{picking.name} is not shipped, so there is nothing to invoice.",
                reference=picking.name,
                subject=f"transfer {picking.name}",
            )
        invoice = self._create_invoice(picking)
        if not invoice:
            return Done(
                reference=picking.name,
                process_id=process.id or None,
                note=f"Nothing of {picking.name} is left to invoice.",
            )
        invoice.with_context(sync_message_id=work.message_id)._post()
        return Done(
            effects=[Effect("created", "account.move", invoice.id, invoice.name)],
            reference=invoice.name,
            process_id=process.id or None,
            note=f"{picking.name} is invoiced as {invoice.name}.",
        )

    @api.private
    def _invoices_of(self, picking):
        return self.env["account.move"].search(
            [("shipment_id", "=", picking.id), ("move_type", "=", "out_invoice"), ("state", "!=", "cancel")]
        )

    @api.private
    def _create_invoice(self, picking):
        order = picking.sale_id
        lines = self._invoice_lines(picking, order)
        if not lines:
            return self.env["account.move"]
        values = order._prepare_invoice() | {
            "shipment_id": picking.id,
            "invoice_line_ids": [
                Command.create(line._prepare_invoice_line(quantity=quantity, sequence=10 + index))
                for index, (line, quantity) in enumerate(lines)
            ],
        }
        return order._create_account_invoices([values], False).with_env(self.env)

    @api.private
    def _invoice_lines(self, picking, order):
        """(order line, quantity) of what was delivered and is not invoiced, and of the charges that go with it."""
        delivered = {}
        for move in picking.move_ids.filtered(lambda m: m.state == "done" and m.sale_line_id):
            line = move.sale_line_id
            quantity = move.product_uom._compute_quantity(move.quantity, line.product_uom_id, rounding_method="HALF-UP")
            delivered[line] = delivered.get(line, 0.0) + quantity
        result = []
        shipped_refs = {line.partner_line_ref for line in delivered} - {False}
        for line in order.order_line.filtered(lambda sol: not sol.display_type):
            left = line.product_uom_qty - line.qty_invoiced
            if line in delivered:
                quantity = min(delivered[line], line.qty_delivered - line.qty_invoiced)
            elif line.product_id.type == "service" and not line.is_downpayment:
                # The discount of one line goes with that line, what concerns the whole order with the first invoice.
                quantity = left if not line.partner_line_ref or line.partner_line_ref in shipped_refs else 0.0
            else:
                quantity = 0.0
            if line.product_uom_id.compare(quantity, 0.0) > 0:
                result.append((line, quantity))
        goods = [entry for entry in result if entry[0] in delivered]
        return result if goods else []
