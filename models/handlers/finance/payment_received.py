"""payment.received: a customer's money becomes a payment that pays the invoices of the order."""

from datetime import timedelta

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Effect, Wait
from ..reading import decimal, moment, money, plain

ORDER_MAY_BE_LATE = timedelta(days=1)
PROCESS = "order_to_cash"


class PaymentReceived(models.AbstractModel):
    """Posts the payment and pays what is invoiced; the rest of it stays as the customer's credit until it is.

    The amount must be what the order still owes, in the order's currency. The same payment again is no second one.
    """

    _name = "sync.handler.payment.received"
    _description = "Payments received"
    _inherit = "sync.handler"
    _handler = "payment.received"
    _document_types = ("payment.received",)

    @api.private
    def _set_aside(self, effects):
        """The payment pays nothing any more and is no longer known to its process, so that the order owes it again."""
        ids = [res_id for model, res_id in effects if model == "account.payment"]
        payments = self.env["account.payment"].browse(ids).exists()
        payments.move_id.line_ids.remove_move_reconcile()
        payments.state = "canceled"
        self.env["sync.process.link"].search([("res_model", "=", "account.payment"), ("res_id", "in", ids)]).unlink()
        return True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        payment = self.env["sync.process"]._known_as("account.payment", work.trading_partner_id, document["number"])
        if payment:
            return self._already_there(payment, document)
        process = self._process(work, document)
        order = process.with_env(self.env)._linked("sale.order").filtered(lambda o: o.state == "sale")[:1]
        if not order:
            return self._wait_for_order(document)
        self._check_amount(document, process, order)
        payment = self._create_payment(work, document, order)
        process._link(payment)
        process._identify(payment, work.trading_partner_id, document["number"])
        process._reach("payment.received", moment(document["received_at"]), message_id=work.message_id)
        payment.with_context(sync_message_id=work.message_id)._reconcile_with_process(process)
        return Done(
            effects=[Effect("created", "account.payment", payment.id, payment.name or "")],
            reference=document["number"],
            process_id=process.id,
            note=f"{document['number']} pays {order.name}.",
        )

    # -- finding ---------------------------------------------------------------------------------------------------

    @api.private
    def _xref(self):
        return self.env["sync.xref"].sudo()  # sudo: cross-references are the engine's, not the agent's

    @api.private
    def _already_there(self, payment, document):
        said, currency = decimal(document["amount"]["amount"]), document["amount"]["currency"]
        if money(decimal(payment.amount), payment.currency_id) != said or payment.currency_id.name != currency:
            raise Fault(
                "apply.already_applied",
                f"Payment {document['number']} was booked as {payment.name} of {payment.amount:.2f}"
                f" {payment.currency_id.name}; this document says {said} {currency}.",
                reference=document["number"],
                subject=f"payment {document['number']}",
            )
        return Done(
            effects=[Effect("linked", "account.payment", payment.id, payment.name)],
            reference=document["number"],
            process_id=self.env["sync.process"]._of(payment)[:1].id or None,
            note=f"Payment {document['number']} was booked already as {payment.name}.",
        )

    @api.private
    def _process(self, work, document):
        """The process of the order number: the one under which the customer ordered, or our own."""
        number, Process = document["order_number"], self.env["sync.process"]
        found = Process._find(PROCESS, number, self.env.company)
        if not found:
            order = self.env["sale.order"].search(
                [("name", "=", number), ("company_id", "=", self.env.company.id)], limit=1
            )
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
        return found

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

    # -- amount ----------------------------------------------------------------------------------------------------

    @api.private
    def _check_amount(self, document, process, order):
        currency = document["amount"]["currency"]
        if currency != order.currency_id.name:
            raise Fault(
                "apply.payment_currency_mismatch",
                f"Payment {document['number']} is in {currency}; order {document['order_number']} ({order.name}) is in"
                f" {order.currency_id.name}.",
                pointer="/amount/currency",
                expected=order.currency_id.name,
                found=currency,
                reference=document["number"],
                subject=f"order {document['order_number']}",
            )
        paid = sum(
            (
                decimal(p.amount)
                for p in process.with_env(self.env)._linked("account.payment")
                if p.state in ("in_process", "paid")
            ),
            decimal(0),
        )
        owed = money(decimal(order.amount_total) - paid, order.currency_id)
        said = decimal(document["amount"]["amount"])
        if said != owed:
            before = f" after {plain(paid)} {currency} were paid" if paid else ""
            raise Fault(
                "apply.payment_amount_mismatch",
                f"Payment {document['number']} is {said} {currency}; order {document['order_number']} ({order.name})"
                f" owes {owed} {currency}{before}, a difference of {plain(said - owed)} {currency}.",
                pointer="/amount/amount",
                expected=f"{owed} {currency}",
                found=f"{said} {currency}",
                reference=document["number"],
                subject=f"order {document['order_number']}",
            )

    # -- payment ---------------------------------------------------------------------------------------------------

    @api.private
    def _create_payment(self, work, document, order):
        journal = self._journal(work, document)
        received = fields.Datetime.context_timestamp(
            self.with_context(tz=order.company_id.partner_id.tz or "UTC"), moment(document["received_at"])
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": order.partner_invoice_id.commercial_partner_id.id,
                "company_id": self.env.company.id,
                "amount": float(decimal(document["amount"]["amount"])),
                "currency_id": order.currency_id.id,
                "date": received.date(),
                "journal_id": journal.id,
                "payment_method_line_id": journal.inbound_payment_method_line_ids[:1].id,
                "memo": " ".join(
                    filter(None, [document["order_number"], document["number"], document.get("reference")])
                ),
                "payment_reference": document["number"],
            }
        )
        payment.action_post()
        return payment

    @api.private
    def _journal(self, work, document):
        """The journal of the method or the gateway by cross-reference, else the company's first bank journal."""
        keys = [document.get("method") or "*", "*"]
        found = self._xref()._resolve("payment_journal", work.trading_partner_id, keys)
        journal = self.env["account.journal"].browse(
            next((int(found[key]) for key in keys if key in found), None)
        ).exists() or self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.env.company.id)], order="sequence, id", limit=1
        )
        if not journal.inbound_payment_method_line_ids:
            raise Fault(
                "apply.refused",
                f"Payment {document['number']}: {self.env.company.name} has no bank journal that takes payments.",
                reference=document["number"],
                subject="payment journal",
            )
        return journal
