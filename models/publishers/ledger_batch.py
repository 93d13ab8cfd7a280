"""ledger_batch.posted: what was posted in a company in a day, and what of it does not hold any more."""

import logging
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytz

from odoo import SUPERUSER_ID, api, fields, models

from ..exchange.cursor import CONFLICTS, LOST, business
from ..exchange.publisher import EventDraft
from .rendering import amount, day, timestamp, without_empty

_logger = logging.getLogger(__name__)

BATCH = "ledger_batch.posted"
MOST_LINES = 1_000
"""Postings in one document; an entry that has more stands alone."""
NO_POSTING = ("line_section", "line_subsection", "line_note")


class SyncLedger(models.AbstractModel):
    """The day's entries of a company, in documents of one journal and one month.

    An entry waits from when it is posted (``account.move.ledger_waiting_since``) and is told in the transaction that
    writes the event (``ledger_batch``). What was told and is changed or reset is taken back by the transaction that
    does it, before it does: debit and credit are exchanged.
    """

    _name = "sync.ledger"
    _description = "Ledger batches"

    # -- the day -------------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _run(self, now=None):
        """Draw up the day that has ended, of each company that tells anybody; returns how many documents.

        :param now: naive UTC, for who wants another time than it is
        """
        events = self.env["sync.event"]
        if not events._carried(BATCH, None) or self.env["sync.production"]._standing().reason:
            return 0
        # sudo: what is posted is told of every company, whoever runs this
        companies = self.env["res.company"].sudo().search([("active", "=", True)], order="id")
        now = now or fields.Datetime.now()
        return sum(self._guarded(company.id, now) for company in companies if events._carried(BATCH, company.id))

    def _guarded(self, company_id, now):
        """One company in a transaction of its own; when it fails the others go on, and it comes again."""
        try:
            with business(self.env.registry) as cr:
                context = {"allowed_company_ids": [company_id], "lang": "en_US", "tz": "UTC"}
                # Superuser: the books are told whole, and not as far as somebody may see them.
                env = api.Environment(cr, SUPERUSER_ID, context)
                drawn = env[self._name]._draw(env.company, now)
                env.flush_all()
                return drawn
        except Exception as error:
            if isinstance(error, LOST) and not getattr(error, "pgcode", None):
                raise
            if getattr(error, "pgcode", None) in CONFLICTS:
                _logger.info("The ledger batches of company %s lost a race and come again", company_id)
            else:
                _logger.exception("The ledger batches of company %s cannot be drawn up and come again", company_id)
            return 0

    def _draw(self, company, now):
        """Tell what waited when the last day of the company ended, once; returns how many documents."""
        zone = pytz.timezone(company.partner_id.tz or "UTC")
        today = pytz.utc.localize(now).astimezone(zone).date()
        until = zone.localize(datetime.combine(today, time.min)).astimezone(pytz.utc).replace(tzinfo=None)
        ended = today - timedelta(days=1)
        self.env.cr.execute(
            """UPDATE res_company SET ledger_told_on = %(day)s
                WHERE id = %(id)s AND (ledger_told_on IS NULL OR ledger_told_on < %(day)s)""",
            {"day": ended, "id": company.id},
        )
        if not self.env.cr.rowcount:
            return 0
        company.invalidate_recordset(["ledger_told_on"], flush=False)
        waiting = self.env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("ledger_waiting_since", "<", until),
            ]
        )
        numbers, drafts, told = {}, [], []
        for journal, period, entries in self._parts(waiting):
            numbers[journal] = numbers.get(journal, 0) + 1
            number = f"LB-{journal.code}-{day(ended)}-{numbers[journal]}"
            drafts.append((None, self._draft(company, journal, period, number, entries)))
            told += [(move.id, number) for move, _entry in entries]
        self.env["sync.event"]._insert(BATCH, drafts)
        self._note_told(waiting, told)
        return len(drafts)

    def _note_told(self, waiting, told):
        """None of ``waiting`` waits any more; those of ``told`` (id, number of the batch) are told."""
        self.env.cr.execute(
            "UPDATE account_move SET ledger_waiting_since = NULL WHERE id = ANY(%s)",
            [waiting.ids],
        )
        if told:
            self.env.cr.execute(
                """UPDATE account_move m SET ledger_batch = t.number, ledger_times = coalesce(m.ledger_times, 0) + 1
                     FROM unnest(%s::int[], %s::text[]) AS t(id, number) WHERE m.id = t.id""",
                [list(column) for column in zip(*told, strict=True)],
            )
        waiting._forget_ledger()

    # -- what was told and does not hold any more ----------------------------------------------------------------------

    @api.private
    def _take_back(self, moves):
        """Tell of told entries, as they still are, that they are taken back: at once, in this transaction."""
        moves = moves.with_context(lang="en_US", tz="UTC")
        drafts = []
        for company, of_company in moves.grouped("company_id").items():
            own = of_company.with_company(company)
            for journal, period, entries in self._parts(own, back=True):
                number = f"LB-{journal.code}-{entries[0][1]['id']}"
                drafts.append((None, self._draft(company, journal, period, number, entries)))
        self.env["sync.event"]._insert(BATCH, drafts)

    # -- documents -----------------------------------------------------------------------------------------------------

    def _parts(self, moves, back=False):
        """(journal, month, [(move, its entry)]) of each document, in the order of the books.

        Left out is an entry of fewer than two postings: as debit and credit are equal, it says nothing.
        """
        moves = moves.sorted(lambda move: (move.journal_id.id, move.date, move.name, move.id))
        parts = moves.grouped(lambda move: (move.journal_id, move.date.strftime("%Y-%m")))
        for (journal, period), group in parts.items():
            part, lines = [], 0
            for move in group:
                said = self._entry(move, back)
                size = len(said["lines"])
                if size < 2:
                    continue
                if part and lines + size > MOST_LINES:
                    yield journal, period, part
                    part, lines = [], 0
                part.append((move, said))
                lines += size
            if part:
                yield journal, period, part

    def _draft(self, company, journal, period, number, entries):
        said, now = [entry for _move, entry in entries], fields.Datetime.now()
        lines = [line for entry in said for line in entry["lines"]]
        document = {
            "type": BATCH,
            "number": number,
            "company": company._sync_party(),
            "ledger": journal.code,
            "period": period,
            "currency": company.currency_id.name,
            "posted_at": timestamp(now),
            "entries": said,
            "totals": {
                "entries": len(said),
                **{side: f"{sum(Decimal(line[side]) for line in lines):f}" for side in ("debit", "credit")},
            },
        }
        return EventDraft(
            document=document, ordering_key=f"ledger/{journal.code}", company_id=company.id, occurred_at=now
        )

    def _entry(self, move, back=False):
        """An entry as it is told: the next time, or (``back``) what takes back how it was told last."""
        times = move.ledger_times if back else move.ledger_times + 1
        known = move.name if times < 2 else f"{move.name}#{times}"
        kind = dict(move._fields["move_type"]._description_selection(move.env))[move.move_type]
        about = " ".join(filter(None, (kind, move.partner_id.commercial_partner_id.name)))
        return without_empty(
            {
                "id": f"{known}-R" if back else known,
                "posted_on": day(move.date),
                "reference": known if back else (move.ref or move.invoice_origin or "")[:128],
                "description": (f"Taken back: {about}" if back else about)[:2000],
                "lines": [
                    self._posting(line, -1 if back else 1)
                    for line in move.line_ids.sorted("id")
                    if line.display_type not in NO_POSTING
                ],
            }
        )

    def _posting(self, line, sign):
        # By the balance: where corrections are booked as negative debits, the canonical form has none.
        balance, own = sign * line.balance, line.company_currency_id
        partner, taxes = line.partner_id.commercial_partner_id, line.tax_line_id or line.tax_ids
        foreign = line.currency_id if line.currency_id != own else None
        return without_empty(
            {
                "account": line.account_id.code,
                "debit": amount(max(balance, 0.0), own),
                "credit": amount(max(-balance, 0.0), own),
                "original": foreign
                and {"amount": amount(abs(line.amount_currency), foreign), "currency": foreign.name},
                "party": {"scheme": "own", "value": partner.ref or str(partner.id)} if partner else None,
                "tax": ", ".join(taxes.mapped("name"))[:64],
            }
        )
