"""Payments of a process pay its invoices."""

from odoo import fields, models


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "sync.governed"]

    governed_number = fields.Char(
        string="Partner's number", copy=False, readonly=True, help="Under which trading partner reported it."
    )

    _governed_number_uniq = models.UniqueIndex(
        "(company_id, governed_number) WHERE governed_number IS NOT NULL AND state != 'canceled'",
        "This payment of the trading partner is in Odoo already.",
    )

    def _reconcile_with_process(self, process):
        """Match what is left of these payments with what is open of the invoices of the process, oldest first."""
        self._pay_invoice(process.with_env(self.env)._linked("account.move").filtered(lambda m: m.state == "posted"))

    def _pay_invoice(self, invoices):
        """Match what is left of these payments with what is open of ``invoices``, oldest first."""
        receivable = self.move_id.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        claims = invoices.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
        )
        for account in receivable.account_id & claims.account_id:
            lines = (claims + receivable).filtered(lambda line, a=account: line.account_id == a)
            lines.reconcile()
