"""A day's entries are told once, and what was told and changes is taken back."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import Form
from odoo.tools import mute_logger
from odoo.tools.misc import file_open

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate
from odoo.addons.sync_governance.models.publishers import ledger_batch

from .outward_fixture import OutwardCase

BATCH = "ledger_batch.posted"
LEDGER = "odoo.addons.sync_governance.models.publishers.ledger_batch"


class TestPublishLedger(OutwardCase):
    def setUp(self):
        super().setUp()
        self.company.partner_id.tz = "Europe/Berlin"
        self.env["account.chart.template"].try_loading("generic_coa", company=self.company, install_demo=False)
        self.clerk = self.person("clara", "account.group_account_manager")
        self.customer = self.env["res.partner"].create({"name": "Fjord KG", "ref": "10511", "is_company": True})
        self.journal = self.book(self.company)
        self.tomorrow = fields.Datetime.now() + timedelta(days=1)

    def book(self, company):
        return self.env["account.journal"].create(
            {"name": "Ledger of the tests", "code": "TLED", "type": "general", "company_id": company.id}
        )

    def accounts(self, company):
        found = self.env["account.account"].with_company(company)
        kinds = ("asset_receivable", "income")
        return [
            found.search([("account_type", "=", kind), ("company_ids", "in", company.ids)], limit=1) for kind in kinds
        ]

    def entry(self, amount="119.30", journal=None, lines=1, company=None, user=None, **values):
        """An entry that an accountant posts: claimed from the customer, in so many postings of income."""
        company = company or self.company
        claim, income = self.accounts(company)
        share = Decimal(amount) / lines
        postings = [{"account_id": claim.id, "partner_id": self.customer.id, "debit": float(amount)}]
        postings += [{"account_id": income.id, "credit": float(share)} for _ in range(lines)]
        move = (
            self.env["account.move"]
            .with_user(user or self.clerk)
            .with_company(company)
            .create(
                {
                    "journal_id": (journal or self.journal).id,
                    "ref": "10482",
                    "line_ids": [Command.create(posting) for posting in postings],
                    **values,
                }
            )
        )
        move.action_post()
        return move

    def day_ends(self, now=None):
        """The scheduled action, at a time of the next day; how many documents it makes."""
        with self.engine_cursors():
            return self.env["sync.ledger"]._run(now or self.tomorrow)

    def told(self):
        documents = self.documents(BATCH)
        for document in documents:
            self.assertEqual(validate(validator(BATCH), document), [])
            lines = [line for entry in document["entries"] for line in entry["lines"]]
            for side in ("debit", "credit"):
                self.assertEqual(sum(Decimal(line[side]) for line in lines), Decimal(document["totals"][side]))
            for entry in document["entries"]:
                self.assertEqual(
                    sum(Decimal(line["debit"]) - Decimal(line["credit"]) for line in entry["lines"]), 0, entry["id"]
                )
        return documents

    def ids(self, document):
        return [entry["id"] for entry in document["entries"]]

    # -- end to end ----------------------------------------------------------------------------------------------------

    def test_what_was_posted_in_a_day_is_one_file_of_the_finance_system(self):
        line = self.live("bank-files").interface_ids.filtered(lambda each: each.document_type == BATCH)
        first, second = self.entry("119.30"), self.entry("0.30", lines=3)
        self.assertEqual(self.day_ends(fields.Datetime.now()), 0, "the day has not ended")
        self.assertEqual(self.day_ends(), 1)
        self.run_engine()
        (text,) = self.texts(line.endpoint_id)
        said = json.loads(text)
        self.assertEqual([each["entry"] for each in said["entries"]], [first.name, second.name])
        self.assertEqual(said["ledger"], "TLED")
        self.assertEqual(said["control"], {"entries": 2, "debit": "119.60", "credit": "119.60"})
        claim, income = self.accounts(self.company)
        self.assertEqual(
            said["entries"][0]["postings"],
            [
                {"account": claim.code, "debit": "119.30", "credit": "0.00", "party": "10511"},
                {"account": income.code, "debit": "0.00", "credit": "119.30"},
            ],
        )
        self.assertEqual(said["entries"][0]["reference"], "10482")
        (document,) = self.told()
        self.assertEqual((first + second).mapped("ledger_batch"), [document["number"]] * 2)

    def test_run_again_it_tells_nothing_again(self):
        self.live("bank-files")
        self.entry()
        self.assertEqual(
            [self.day_ends(), self.day_ends(), self.day_ends(self.tomorrow + timedelta(days=1))], [1, 0, 0]
        )
        self.assertEqual(len(self.told()), 1)

    def test_what_is_posted_into_a_day_that_was_told_is_in_the_next_batch(self):
        self.live("bank-files")
        self.entry()
        self.day_ends()
        late = self.entry("7.00")
        self.assertEqual(self.day_ends(), 0, "the day was told")
        self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=1)), 1)
        first, second = self.told()
        self.assertEqual(self.ids(second), [late.name])
        self.assertNotEqual(first["number"], second["number"])

    def test_the_day_ends_where_the_company_is(self):
        self.live("bank-files")
        move = self.entry()
        self.at(move, "2026-06-30 22:30:00")  # the first of July in Berlin
        self.assertEqual(self.day_ends(datetime(2026, 7, 1, 21, 59)), 0)
        self.assertEqual(self.day_ends(datetime(2026, 7, 1, 22, 1)), 1)
        self.assertIn("2026-07-01", self.told()[0]["number"])

    def test_the_scheduled_action_tells_what_was_posted_before_today(self):
        self.live("bank-files")
        before, today = self.entry(), self.entry()
        self.at(before, fields.Datetime.now() - timedelta(days=2))
        self.at(today, fields.Datetime.now() + timedelta(minutes=1))
        with self.engine_cursors():
            self.env.ref("sync_governance.cron_ledger").ir_actions_server_id.run()
        self.assertEqual([self.ids(document) for document in self.told()], [[before.name]])
        self.assertFalse(before.ledger_waiting_since)
        self.assertTrue(today.ledger_waiting_since)

    def test_the_accountant_sees_on_the_entry_in_which_batch_it_was_told(self):
        self.live("bank-files")
        move = self.entry()
        self.day_ends()
        with Form(move.with_user(self.clerk)) as form:
            self.assertEqual(form.ledger_batch, self.told()[0]["number"])

    def at(self, move, since):
        self.env.cr.execute("UPDATE account_move SET ledger_waiting_since = %s WHERE id = %s", [since, move.id])
        move.invalidate_recordset()

    def test_taxes_and_the_invoices_own_currency_are_told(self):
        self.live("bank-files")
        self._currency("CHF")
        tax = self.env["account.tax"].create({"name": "VAT 19", "amount": 19, "company_id": self.company.id})
        move = (
            self.env["account.move"]
            .with_user(self.clerk)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "currency_id": self.env.ref("base.CHF").id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 100.0, "tax_ids": [Command.set(tax.ids)]}),
                        Command.create({"display_type": "line_note", "name": "Thank you"}),
                    ],
                }
            )
        )
        move.action_post()
        self.day_ends()
        (document,) = self.told()
        lines = document["entries"][0]["lines"]
        self.assertEqual(len(lines), 3)
        self.assertEqual(sorted(line.get("tax", "") for line in lines), ["", "VAT 19", "VAT 19"])
        self.assertEqual(
            sorted(line["original"]["amount"] for line in lines), ["100.00", "119.00", "19.00"], "in francs"
        )
        self.assertEqual(document["entries"][0]["description"], "Customer Invoice Fjord KG")

    # -- parts ---------------------------------------------------------------------------------------------------------

    def test_a_long_day_is_several_documents_with_numbers_of_their_own(self):
        self.live("bank-files")
        moves = [self.entry() for _ in range(5)]
        with patch.object(ledger_batch, "MOST_LINES", 4):
            self.assertEqual(self.day_ends(), 3)
        told = self.told()
        self.assertEqual(
            [self.ids(document) for document in told], [[m.name for m in moves[i : i + 2]] for i in (0, 2, 4)]
        )
        self.assertEqual([document["number"][-2:] for document in told], ["-1", "-2", "-3"])

    def test_journals_and_months_are_documents_of_their_own(self):
        self.live("bank-files")
        other = self.journal.copy({"code": "TLE2"})
        self.entry(date="2026-03-05")
        self.entry(date="2026-04-05")
        self.entry(journal=other, date="2026-04-05")
        self.assertEqual(self.day_ends(), 3)
        self.assertEqual(
            [(document["ledger"], document["period"]) for document in self.told()],
            [("TLED", "2026-03"), ("TLED", "2026-04"), ("TLE2", "2026-04")],
        )

    # -- what does not hold any more -----------------------------------------------------------------------------------

    def test_reset_before_it_is_told_it_is_told_as_it_is_posted_in_the_end(self):
        self.live("bank-files")
        move, gone = self.entry("10.00"), self.entry("20.00")
        gone.button_draft()
        move.button_draft()
        claim, income = move.line_ids
        move.write(
            {"line_ids": [Command.update(claim.id, {"debit": 12.0}), Command.update(income.id, {"credit": 12.0})]}
        )
        move.action_post()
        self.day_ends()
        (document,) = self.told()
        self.assertEqual((self.ids(document), document["totals"]["debit"]), ([move.name], "12.00"))

    def test_reset_after_it_was_told_it_is_taken_back_at_once_and_told_anew_as_it_is_posted(self):
        line = self.live("bank-files").interface_ids.filtered(lambda each: each.document_type == BATCH)
        move = self.entry("10.00")
        self.day_ends()
        move.button_draft()
        claim, income = move.line_ids
        move.write(
            {"line_ids": [Command.update(claim.id, {"debit": 12.0}), Command.update(income.id, {"credit": 12.0})]}
        )
        move.action_post()
        self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=1)), 1)
        first, back, anew = self.told()
        self.assertEqual(
            [self.ids(first), self.ids(back), self.ids(anew)], [[move.name], [f"{move.name}-R"], [f"{move.name}#2"]]
        )
        self.assertEqual(
            [(line["debit"], line["credit"]) for line in back["entries"][0]["lines"]][0], ("0.00", "10.00")
        )
        self.assertEqual(back["entries"][0]["reference"], move.name)
        self.assertEqual(anew["totals"]["debit"], "12.00")
        move.button_draft()
        self.assertEqual(self.ids(self.told()[-1]), [f"{move.name}#2-R"])
        move.button_cancel()
        self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=2)), 0, "it is in no books")
        self.run_engine()
        self.assertEqual(len(self.texts(line.endpoint_id)), 4)

    def test_a_reversal_is_an_entry_of_its_own(self):
        self.live("bank-files")
        move = self.entry("10.00")
        self.day_ends()
        reversal = move._reverse_moves(cancel=True)
        self.assertFalse(reversal.ledger_batch)
        self.day_ends(self.tomorrow + timedelta(days=1))
        first, second = self.told()
        self.assertEqual(self.ids(second), [reversal.name])
        self.assertEqual(first["totals"], second["totals"])

    def test_a_posting_that_changes_in_a_told_entry_is_told_as_the_difference(self):
        self.live("bank-files")
        move = self.entry("10.00")
        self.day_ends()
        income = move.line_ids[1]
        other = income.account_id.copy({"code": "499901"})
        income.account_id = other
        self.day_ends(self.tomorrow + timedelta(days=1))
        _first, back, anew = self.told()
        self.assertEqual((self.ids(back), self.ids(anew)), ([f"{move.name}-R"], [f"{move.name}#2"]))
        self.assertNotEqual(back["entries"][0]["lines"][1]["account"], "499901")
        self.assertEqual(anew["entries"][0]["lines"][1]["account"], "499901")

    # -- companies -----------------------------------------------------------------------------------------------------

    def another(self):
        """Another company with books."""
        other = self.env["res.company"].create({"name": "Nordwind Suisse"})
        other.partner_id.tz = "Pacific/Auckland"
        self.env["account.chart.template"].try_loading("generic_coa", company=other, install_demo=False)
        keeper = self.person("otto", "account.group_account_manager")
        keeper.write({"company_ids": [Command.link(other.id)]})
        return other, keeper

    def test_entries_of_a_company_that_tells_nobody_stay_in_it(self):
        other, keeper = self.another()
        self.live("bank-files")
        theirs = self.entry(company=other, journal=self.book(other), user=keeper)
        mine = self.entry()
        self.assertFalse(theirs.ledger_waiting_since)
        self.assertEqual(self.day_ends(), 1)
        self.assertEqual(self.ids(self.told()[0]), [mine.name])
        self.assertFalse(other.ledger_told_on)

    @mute_logger(LEDGER)
    def test_each_company_has_its_documents_and_one_that_fails_stops_no_other(self):
        other, keeper = self.another()
        self.startPatcher(patch.object(type(self.env["sync.event"]), "_carried", lambda *_args: True))
        theirs = self.entry("5.00", company=other, journal=self.book(other), user=keeper)
        mine = self.entry("6.00")
        model = type(self.env["sync.ledger"])
        real = model._entry

        def entry(this, move, back=False):
            if move.company_id == self.company:
                raise ArithmeticError("no figure")
            return real(this, move, back)

        with patch.object(model, "_entry", entry):
            self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=1)), 1)
        self.assertEqual(self.ids(self.told()[0]), [theirs.name])
        self.assertTrue(mine.ledger_waiting_since, "it waits on")
        self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=1)), 1)
        self.assertEqual([self.ids(document) for document in self.told()], [[theirs.name], [mine.name]])
        self.assertEqual(
            self.events(BATCH).mapped("company_id"), other + self.company, "each in the name of its company"
        )

    # -- what it costs -------------------------------------------------------------------------------------------------

    def test_where_nobody_is_told_nothing_is_written_and_nothing_is_asked(self):
        move = self.entry()
        self.assertFalse(move.ledger_waiting_since)
        self.assertEqual((move.state, len(move.line_ids)), ("posted", 2))
        self.env["sync.event"]._carried(BATCH, None)
        self.env.flush_all()
        with self.assertQueryCount(0):
            move._note_ledger()
            move._note_ledger_change()
            move.line_ids._note_ledger_change()
            self.assertEqual(self.env["sync.ledger"]._run(self.tomorrow), 0)
        self.assertFalse(self.events(BATCH))

    def test_many_entries_take_as_many_statements_as_few(self):
        self.live("bank-files")
        counts = []
        for days, many in enumerate((2, 30)):
            for _ in range(many):
                self.entry()
            self.happened()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.day_ends(self.tomorrow + timedelta(days=days)), 1)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_a_copy_does_not_tell_what_waited_in_the_original(self):
        self.live("bank-files")
        move = self.entry()
        with file_open("sync_governance/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(move.ledger_waiting_since)
        self.assertEqual(self.day_ends(), 0)
