"""Postings of a told entry that change while it stays posted, as when a line of a bank statement is matched."""

from odoo import api, models

TOLD = {"account_id", "balance", "debit", "credit", "amount_currency", "currency_id", "partner_id"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        moves = {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        self.env["account.move"].browse(moves)._note_ledger_change()
        return super().create(vals_list)

    def write(self, vals):
        if not TOLD.isdisjoint(vals):
            self._note_ledger_change()
        return super().write(vals)

    def unlink(self):
        self._note_ledger_change()
        return super().unlink()

    def _note_ledger_change(self):
        if self.env["sync.event"]._carried("ledger_batch.posted", None):
            self.move_id._note_ledger_change()
