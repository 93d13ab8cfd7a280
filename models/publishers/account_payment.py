"""Payments of a process pay its invoices."""

from odoo import models


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "sync.governed"]

    def _reconcile_with_process(self, process):
        """Match what is left of these payments with what is open of the invoices of the process, oldest first."""
        receivable = self.move_id.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        invoices = process.with_env(self.env)._linked("account.move").filtered(lambda m: m.state == "posted")
        claims = invoices.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
        )
        for account in receivable.account_id & claims.account_id:
            lines = (claims + receivable).filtered(lambda line, a=account: line.account_id == a)
            lines.reconcile()
