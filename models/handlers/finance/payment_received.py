"""payment.received: a customer's money becomes a payment that pays the invoices of the order."""

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Effect
from ..reading import decimal, moment, money

MEMO = ("order_number", "invoice_number", "number", "reference")


class PaymentReceived(models.AbstractModel):
    """Posts the payment and pays what is invoiced; the rest of it stays as the customer's credit until it is.

    It pays the order that the document names, or the invoice (see ``payment_due.py``). The amount must be what that
    still owes, in its currency. The same payment again is no second one.
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
        if payment := self._booked(work, document):
            return self._already_there(payment, document)
        due = self._due(work, document)
        if not isinstance(due, self._Due):
            return due
        self._check_amount(document, due)
        payment = self._create_payment(work, document, due)
        process = due.process.with_context(sync_message_id=work.message_id)
        if process:
            process._link(payment)
            process._identify(payment, work.trading_partner_id, document["number"])
            process._reach("payment.received", moment(document["received_at"]), message_id=work.message_id)
        payment = payment.with_context(sync_message_id=work.message_id)
        payment._pay_invoice(due.invoice)
        if process:
            payment._reconcile_with_process(process)
        return Done(
            effects=[Effect("created", "account.payment", payment.id, payment.name or "")],
            reference=document["number"],
            process_id=process.id or None,
            note=f"{document['number']} pays {(due.invoice or due.order).name}.",
        )

    # -- once ------------------------------------------------------------------------------------------------------

    @api.private
    def _xref(self):
        return self.env["sync.xref"].sudo()  # sudo: cross-references are the engine's, not the agent's

    @api.private
    def _booked(self, work, document):
        """The payment as which this trading partner's number was booked, possibly empty."""
        known = self.env["sync.process"]._known_as("account.payment", work.trading_partner_id, document["number"])
        return known or self.env["account.payment"].search(
            [
                ("governed_number", "=", _governed(work, document)),
                ("company_id", "=", self.env.company.id),
                ("state", "!=", "canceled"),
            ],
            limit=1,
        )

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

    # -- payment ---------------------------------------------------------------------------------------------------

    @api.private
    def _create_payment(self, work, document, due):
        journal = self._journal(work, document)
        received = fields.Datetime.context_timestamp(
            self.with_context(tz=self.env.company.partner_id.tz or "UTC"), moment(document["received_at"])
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": due.payer.id,
                "company_id": self.env.company.id,
                "amount": float(decimal(document["amount"]["amount"])),
                "currency_id": due.currency.id,
                "date": received.date(),
                "journal_id": journal.id,
                "payment_method_line_id": journal.inbound_payment_method_line_ids[:1].id,
                "memo": " ".join(dict.fromkeys(filter(None, (document.get(name) for name in MEMO)))),
                "payment_reference": document["number"],
                "governed_number": _governed(work, document),
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


def _governed(work, document):
    """The payment by its number at whom it comes from: one number is one payment."""
    return f"{work.trading_partner_id}/{document['number']}"
