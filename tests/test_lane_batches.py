"""Several messages of one lane in one batch: their order is that of the lane, whatever happens to one of them."""

from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Wait

from .exception_fixture import ExceptionCase

ENGINE = "odoo.addons.sync_governance.models.exchange"


class TestLaneBatches(ExceptionCase):
    def setUp(self):
        super().setUp()
        self.applied = []

    def line(self, *numbers):
        """Orders that share one ordering key."""
        return self.env["sync.message"].browse(id_ for number in numbers for id_ in self.order(number, "line").ids)

    def batches(self):
        """Whatever the handler is given at a time, by the numbers of the orders."""
        seen = []
        apply = self.registry["sync.handler"]._apply

        def watched(handler, works):
            seen.append([work.reference for work in works])
            return apply(handler, works)

        self.startPatcher(patch.object(self.registry["sync.handler"], "_apply", watched))
        return seen

    def answers(self, **outcomes):
        """Orders end as said here by number (n1001=...), the others are applied."""

        def answer(work):
            outcome = outcomes.get(f"n{work.reference}")
            if isinstance(outcome, Exception):
                raise outcome
            if outcome is not None:
                return outcome
            self.applied.append(work.reference)
            return self.done(work)

        type(self).answer = staticmethod(answer)

    def end(self, messages):
        messages.invalidate_recordset()
        return messages.mapped("state")

    def test_a_line_of_documents_is_applied_in_one_go_and_in_order(self):
        messages = self.line("1001", "1002", "1003")
        batches = self.batches()
        self.answers()
        self.run_engine()
        self.assertEqual((self.end(messages), batches), (["done"] * 3, [["1001", "1002", "1003"]]))

    def test_what_stands_behind_one_that_failed_waits_for_it(self):
        messages = self.line("1001", "1002", "1003")
        self.answers(n1002=Fault("apply.refused", "No credit."))
        self.run_engine()
        self.assertEqual((self.end(messages), self.applied), (["done", "failed", "ready"], ["1001"]))
        self.assertFalse(messages[2].attempt_ids, "it was not tried")
        self.answers()
        messages[1].action_retry()
        self.run_engine()
        self.assertEqual((self.end(messages), self.applied), (["done"] * 3, ["1001", "1002", "1003"]))

    def test_what_stands_behind_one_that_failed_goes_on_where_its_policy_says_so(self):
        self.env.cr.execute("UPDATE sync_policy SET head_policy = 'skip' WHERE id = %s", [self.policy.id])
        self.env.registry.clear_cache()
        messages = self.line("1001", "1002", "1003")
        self.answers(n1001=Fault("apply.refused", "No credit."))
        self.run_engine()
        self.assertEqual((self.end(messages), self.applied), (["failed", "done", "done"], ["1002", "1003"]))

    def test_what_stands_behind_one_that_waits_passes_it(self):
        messages = self.line("1001", "1002")
        self.answers(n1001=Wait("order", "7", Fault("apply.order_unknown", "Order 7 is not here.")))
        self.run_engine()
        self.assertEqual(self.end(messages), ["parked", "done"])

    def test_what_stands_behind_one_that_is_tried_again_waits_for_it(self):
        messages = self.line("1001", "1002")
        self.answers(n1001=Fault("engine.serialization", "Other work kept changing the same records."))
        self.run_engine()
        self.assertEqual((self.end(messages), messages[0].attempt, self.applied), (["ready", "ready"], 1, []))

    def test_a_document_that_cannot_be_read_holds_up_those_behind_it(self):
        messages = self.line("1001", "1002", "1003")
        self.answers()
        bad = Fault("validate.contract", "No lines.")
        with patch(f"{ENGINE}.stages.decode.run", self.refusing(messages[1].id, bad)):
            self.run_engine()
        self.assertEqual((self.end(messages), self.applied), (["done", "failed", "ready"], ["1001"]))

    @mute_logger(f"{ENGINE}.inbound")
    def test_an_unexpected_error_is_found_by_halving_and_order_stays(self):
        messages = self.line("1001", "1002", "1003", "1004", "1005")
        self.answers(n1004=ZeroDivisionError())
        self.run_engine()
        self.assertEqual(self.end(messages), ["done"] * 3 + ["failed", "ready"])
        last_tries = sorted(set(self.applied), key=lambda number: -self.applied[::-1].index(number))
        self.assertEqual(last_tries, ["1001", "1002", "1003"])

    def test_a_handler_of_whole_lists_that_went_on_behind_a_failure_is_undone(self):
        """It applies what it is given without looking at lanes; the engine keeps only what is in order."""
        messages = self.line("1001", "1002", "1003")
        other = self.order("2001")
        tries = []

        def whole_list(handler, works):
            tries.append([work.reference for work in works])
            for work in works:
                handler.env["res.partner"].sudo().create({"name": f"made by {work.reference}"})
            return [
                Fault("apply.refused", "No credit.") if work.reference == "1002" else self.done(work) for work in works
            ]

        with patch.object(self.registry["sync.handler.order.create"], "_apply", whole_list, create=True):
            self.run_engine()
        self.assertEqual(self.end(messages), ["done", "failed", "ready"])
        self.assertEqual(self.end(other), ["done"])
        self.assertEqual(tries, [["1001", "1002", "1003", "2001"], ["1001", "1002", "2001"]])
        made = self.env["res.partner"].search([("name", "like", "made by")]).mapped("name")
        self.assertNotIn("made by 1003", made)

    def refusing(self, message_id, fault):
        from odoo.addons.sync_governance.models.exchange.stages import decode  # noqa: PLC0415

        run = decode.run

        def refusing(batch, works):
            run(batch, works)
            for work in works:
                if work.message_id == message_id:
                    work.outcome = fault

        return refusing

    def test_a_batch_is_applied_in_an_order_that_all_workers_share(self):
        """By what the documents touch, so that two workers meet at most once; each lane keeps its own order."""
        touches = {"1001": ("c",), "1002": ("a",), "2001": ("b",)}
        messages = self.line("1001", "1002") | self.order("2001")
        self.answers()
        handler = self.registry["sync.handler.order.create"]
        with patch.object(handler, "_touches", lambda _handler, work: touches[work.reference]):
            self.run_engine()
        self.assertEqual((self.end(messages), self.applied), (["done"] * 3, ["2001", "1001", "1002"]))

    @mute_logger("odoo.sql_db")
    def test_a_batch_that_keeps_losing_races_is_halved_and_nobody_is_to_blame(self):
        messages = self.env["sync.message"].browse(id_ for n in ("1001", "1002", "1003") for id_ in self.order(n).ids)
        batches = self.batches()

        def answer(work):
            if len(batches[-1]) > 1:
                self.env.cr.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")
            return self.done(work)

        type(self).answer = staticmethod(answer)
        with patch(f"{ENGINE}.inbound.time.sleep"):
            self.run_engine()
        self.assertEqual((self.end(messages), messages.mapped("attempt")), (["done"] * 3, [1, 1, 1]))
        self.assertEqual([len(batch) for batch in batches], [3, 3, 1, 2, 2, 1, 1])
