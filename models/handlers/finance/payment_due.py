"""What a payment is for: the order or the invoice that it names, and what that still owes."""

from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ....core.faults import Fault
from ....core.work import Wait
from ..reading import decimal, money, plain

ORDER_MAY_BE_LATE = timedelta(days=1)
PROCESS = "order_to_cash"

Due = namedtuple("Due", ("process", "order", "invoice", "payer", "currency"))
"""What is paid: records, of which process, order or invoice may be empty."""


class PaymentReceived(models.AbstractModel):
    """An order is known by our number or the customer's; an invoice by its number or by the payment reference that the
    customer was asked to quote. What could be meant twice, or contradicts itself, is for a person.
    """

    _inherit = "sync.handler.payment.received"
    _Due = Due

    @api.private
    def _due(self, work, document):
        """What the document pays (:class:`Due`); a Wait where its order may still come.

        :raises Fault: ``apply.order_unknown``, ``apply.invoice_unknown``
        """
        process, order = self._order_named(document)
        invoice = self._invoice(document, order)
        if not order and not invoice and not document.get("order_number"):
            process, order = self._order_quoted(document)
        if invoice:
            its_process = self.env["sync.process"]._of(invoice)[:1]
            if order and its_process and its_process != process:
                raise self._contradiction(document, order, invoice)
            process = process or its_process
        if order or invoice:
            payer = (order.partner_invoice_id or invoice.partner_id).commercial_partner_id
            return Due(process, order, invoice, payer, (order or invoice).currency_id)
        if document.get("order_number"):
            return self._wait_for_order(document)
        raise self._invoice_fault(document, _named(document), "which is no open invoice in Odoo")

    # -- the order -------------------------------------------------------------------------------------------------

    @api.private
    def _order_named(self, document):
        """(process, order) of the order number: the one under which the customer ordered, or our own."""
        number, Process = document.get("order_number"), self.env["sync.process"]
        orders = self.env["sale.order"]
        if not number:
            return Process, orders
        found = Process._find(PROCESS, number, self.env.company)
        if not found:
            order = orders.search([("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1)
            found = Process._of(order)
        if len(found) > 1:
            raise Fault(
                "apply.order_unknown",
                f"Payment {document['number']} is for order {number}, and there are {len(found)} orders of that number:"
                f" {', '.join(found._linked('sale.order').mapped('name'))}.",
                pointer="/order_number",
                found=number,
                reference=document["number"],
                subject=f"order {number}",
            )
        order = found.with_env(self.env)._linked("sale.order").filtered(lambda each: each.state == "sale")[:1]
        return (found if order else Process), order

    @api.private
    def _order_quoted(self, document):
        """(process, order) of the payment reference that stands on the order itself."""
        quoted, process = document.get("reference"), self.env["sync.process"]
        ours = [("reference", "=", quoted), ("company_id", "=", self.env.company.id), ("state", "=", "sale")]
        orders = self.env["sale.order"].search(ours) if quoted else self.env["sale.order"]
        if len(orders) > 1:
            raise self._invoice_fault(
                document, quoted, f"which may be any of {', '.join(orders.mapped('name'))}", "/reference"
            )
        return process._of(orders)[:1], orders

    @api.private
    def _wait_for_order(self, document):
        number = document["order_number"]
        return Wait(
            "order",
            number,
            Fault(
                "apply.order_unknown",
                f"Payment {document['number']} is for order {number}, which is not in Odoo.",
                pointer="/order_number",
                found=number,
                reference=document["number"],
                subject=f"order {number}",
            ),
            fields.Datetime.now() + ORDER_MAY_BE_LATE,
        )

    # -- the invoice -----------------------------------------------------------------------------------------------

    @api.private
    def _invoice(self, document, order):
        """The invoice that is named, locked until the payment is booked; empty if none is, or the order will do."""
        if order and not document.get("invoice_number"):
            return self.env["account.move"]
        # Payers write the number of the invoice where that of the order belongs.
        for name in ("invoice_number", "order_number", "reference"):
            number = document.get(name)
            if not number or (order and name != "invoice_number"):
                continue
            if name == "reference" and document.get("order_number"):
                continue  # the order that is named may still come
            found = self._invoices_numbered(number)
            if len(found) > 1:
                names = ", ".join(invoice.name for invoice in found)
                raise self._invoice_fault(document, number, f"which may be any of {names}", f"/{name}")
            if found:
                # Two payments of one invoice come one after the other.
                self.env.execute_query(SQL("SELECT id FROM account_move WHERE id = %s FOR NO KEY UPDATE", found.id))
                return found
        return self.env["account.move"]

    @api.private
    def _invoices_numbered(self, number):
        """Posted customer invoices by their number, else by the reference that the payer was asked to quote."""
        invoices = self.env["account.move"]
        ours = [
            ("company_id", "=", self.env.company.id),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
        ]
        found = invoices.search([*ours, ("name", "=", number)])
        return found or invoices.search([*ours, ("payment_reference", "=", number)])

    @api.private
    def _invoice_fault(self, document, number, why, pointer="/invoice_number"):
        return Fault(
            "apply.invoice_unknown",
            f"Payment {document['number']} is for {number}, {why}.",
            pointer=pointer,
            found=number,
            reference=document["number"],
            subject=f"invoice {number}",
        )

    @api.private
    def _contradiction(self, document, order, invoice):
        return self._invoice_fault(
            document, invoice.name, f"which is no invoice of order {document['order_number']} ({order.name})"
        )

    # -- amount ----------------------------------------------------------------------------------------------------

    @api.private
    def _check_amount(self, document, due):
        """The amount is what the invoice still owes, or what the order does, in its currency.

        :raises Fault: ``apply.payment_currency_mismatch``, ``apply.payment_amount_mismatch``
        """
        currency, said = document["amount"]["currency"], decimal(document["amount"]["amount"])
        what, subject = self._in_words(document, due)
        if currency != due.currency.name:
            raise Fault(
                "apply.payment_currency_mismatch",
                f"Payment {document['number']} is in {currency}; {what} is in {due.currency.name}.",
                pointer="/amount/currency",
                expected=due.currency.name,
                found=currency,
                reference=document["number"],
                subject=subject,
            )
        paid = self._paid(due)
        owed = [money(decimal(due.invoice.amount_residual), due.currency)] if due.invoice else []
        if due.order:
            owed.append(money(decimal(due.order.amount_total) - paid, due.currency))
        if said not in owed:
            before = f" after {plain(paid)} {currency} were paid" if paid and not due.invoice else ""
            raise Fault(
                "apply.payment_amount_mismatch",
                f"Payment {document['number']} is {said} {currency}; {what} owes {owed[0]} {currency}{before},"
                f" a difference of {plain(said - owed[0])} {currency}.",
                pointer="/amount/amount",
                expected=f"{owed[0]} {currency}",
                found=f"{said} {currency}",
                reference=document["number"],
                subject=subject,
            )

    @api.private
    def _paid(self, due):
        """What was paid of the order before."""
        payments = due.process.with_env(self.env)._linked("account.payment") if due.order and due.process else ()
        return sum((decimal(p.amount) for p in payments if p.state in ("in_process", "paid")), decimal(0))

    @api.private
    def _in_words(self, document, due):
        """What is paid, and the subject of its exception."""
        if due.invoice:
            return f"invoice {due.invoice.name}", f"invoice {due.invoice.name}"
        number = document.get("order_number") or document["reference"]
        return f"order {number} ({due.order.name})", f"order {number}"


def _named(document):
    return document.get("invoice_number") or document.get("reference") or document["number"]
