"""Invoices move their process: released, posted, paid."""

from odoo import fields, models
from odoo.exceptions import UserError

RELEASE_GATE = "invoice.release"


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "sync.governed"]

    shipment_id = fields.Many2one(
        "stock.picking",
        string="Invoiced shipment",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The shipment whose delivery this invoice claims.",
    )

    def _post(self, soft=True):
        invoices = self.filtered(lambda m: m.move_type in ("out_invoice", "out_refund") and m.state == "draft")
        by_invoice = invoices._processes_by_order()
        for invoice, process in by_invoice.items():
            if invoice.move_type == "out_invoice":
                invoice._check_released(process)
        posted = super()._post(soft)
        for invoice, process in by_invoice.items():
            if invoice in posted:
                invoice._after_posting(process)
        self.env["sync.event"]._mark("invoice.posted", posted.filtered(lambda m: m in by_invoice))
        posted._note_orders()
        posted._note_ledger()
        return posted

    def _note_orders(self):
        """What is told of the orders that these invoices claim changes with them."""
        sold = self.filtered(lambda move: move.is_sale_document())
        if sold and self.env["sync.event"]._carried("order.changed", None):
            # sudo: whoever posts or pays, the order is another one's
            sold.sudo().invoice_line_ids.sale_line_ids.order_id._note_standing()

    def _processes_by_order(self):
        """``{invoice: process}`` of those that invoice an order of a process."""
        orders = self.invoice_line_ids.sale_line_ids.order_id
        by_order = self.env["sync.process"]._by_record(orders) if orders else {}
        result = {}
        for invoice in self if by_order else ():
            own = [by_order[o.id] for o in invoice.invoice_line_ids.sale_line_ids.order_id if o.id in by_order]
            if own:
                result[invoice] = own[0]
        return result

    def _check_released(self, process):
        """The gate of the company's policy decides, also when a person presses Confirm."""
        # sudo: whoever posts an invoice is bound by the gate without being allowed to read it.
        gates = self.env["sync.gate"].sudo()._governing(RELEASE_GATE, self.company_id)
        verdicts = [gate._evaluate(process, self.sudo()) for gate in gates]
        if closed := next((verdict for verdict in verdicts if not verdict.open), None):
            raise UserError(
                self.env._(
                    "This invoice of %(order)s cannot be posted yet: %(reason)s\n"
                    "It is released by itself when that is done. An approver can waive it on the process.",
                    order=process.name,
                    reason=closed.reason,
                )
            )

    def _after_posting(self, process):
        process._link(self)
        if self.move_type == "out_invoice":
            process._expect("invoice", self)
            process._reach("invoice.posted", subject=self)
            # Money that came before the invoice pays it now.
            process.with_env(self.env)._linked("account.payment")._reconcile_with_process(process)
        process._reach_order_invoiced()
        process._reach_payment_reconciled()

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        invoices = self.filtered(lambda m: m.is_sale_document())
        invoices._note_orders()
        for process in self.env["sync.process"]._of(invoices) if invoices else ():
            # What a partner reported is linked already, with the time it happened; a person's entry knows only its day.
            if entered := process._link(process._invoices()._get_reconciled_payments()):
                process._reach("payment.received", process._payment_date(entered))
            process._reach_payment_reconciled()
        return result
