"""What was posted waits to be told in a ledger batch; what was told and changes is taken back first."""

from odoo import fields, models

from .ledger_batch import BATCH


class AccountMove(models.Model):
    _inherit = "account.move"

    ledger_waiting_since = fields.Datetime(
        string="Waits for a ledger batch since", readonly=True, copy=False, index="btree_not_null"
    )
    ledger_batch = fields.Char(
        string="Ledger batch", readonly=True, copy=False, help="The batch in which this entry was told as it stands."
    )
    ledger_times = fields.Integer(string="Times told in ledger batches", readonly=True, copy=False)

    def write(self, vals):
        if vals.get("state", "posted") != "posted" or "date" in vals:
            self._note_ledger_change()
        return super().write(vals)

    def _note_ledger(self):
        """These were posted: they wait for the batch of the day."""
        events = self.env["sync.event"]
        if events._carried(BATCH, None):
            self.filtered(lambda move: events._carried(BATCH, move.company_id.id))._wait_for_ledger(anew=True)

    def _note_ledger_change(self):
        """These are about to change or to leave the books: take back what was told of them."""
        events = self.env["sync.event"]
        if not self or not events._carried(BATCH, None):
            return
        # sudo: what was told is taken back, whoever changes it
        noted = self.sudo().filtered(
            lambda move: (
                move.state == "posted"
                and (move.ledger_batch or move.ledger_waiting_since)
                and events._carried(BATCH, move.company_id.id)
            )
        )
        if told := noted.filtered("ledger_batch"):
            self.env["sync.ledger"].sudo()._take_back(told)  # sudo: as above
        # Also what still waits is written: it must not be drawn up just now as it was before.
        noted._wait_for_ledger()

    def _wait_for_ledger(self, anew=False):
        """Wait, from now on or (unless ``anew``) from before; only what is posted then is told."""
        if self:
            self.env.cr.execute(
                """UPDATE account_move SET ledger_batch = NULL,
                          ledger_waiting_since = coalesce(CASE WHEN %s THEN NULL ELSE ledger_waiting_since END,
                                                          now() AT TIME ZONE 'UTC')
                    WHERE id = ANY(%s)""",
                [anew, self.ids],
            )
            self._forget_ledger()

    def _forget_ledger(self):
        self.invalidate_recordset(["ledger_waiting_since", "ledger_batch", "ledger_times"], flush=False)
