"""What people read about the engine's rows: why a document waits, who stopped it, what a request or a line is."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault

from .test_control import ControlCase


class TestWords(ControlCase):
    def explained(self, messages):
        messages.invalidate_recordset()
        return messages.mapped("explanation")

    # -- why a document waits --------------------------------------------------------------------------------------

    def test_a_document_of_a_paused_endpoint_says_so(self):
        self.endpoint.action_pause()
        message = self.orders("1001")
        self.run_engine()
        self.assertIn("is paused", self.explained(message)[0])
        self.endpoint.action_unpause()
        self.run_engine()
        self.assertEqual(self.explained(message), [False])

    def test_a_document_of_a_held_interface_says_so(self):
        message = self.orders("1001")
        self.assertEqual(self.explained(message), [False], "nothing is in its way")
        self.assertEqual(self.interface.health, "good")
        with mute_logger("odoo.addons.sync_governance.models.exchange.interface_hold"):
            self.interface._hold_back(Fault("engine.internal", "Something of ours broke."), 20)
        self.interface.invalidate_recordset()
        self.assertEqual(self.interface.health, "bad")
        self.assertIn("interface is held", self.explained(message)[0])

    def test_a_document_for_a_partner_that_does_not_answer_says_when_it_is_tried(self):
        soon = fields.Datetime.now() + timedelta(minutes=5)
        message = self.orders("1001")
        self.env.cr.execute("UPDATE sync_message SET direction = 'outbound' WHERE id = %s", [message.id])
        for state, until, said in (
            ("open", soon, "does not answer; tried again at"),
            ("half_open", False, "one document is tried now"),
            ("closed", soon, "asked us to wait until"),
        ):
            self.env.cr.execute(
                "UPDATE sync_endpoint SET breaker_state = %s, breaker_until = %s WHERE id = %s",
                [state, until or None, self.endpoint.id],
            )
            self.endpoint.invalidate_recordset()
            self.assertIn(said, self.explained(message)[0])

    def test_a_document_behind_a_stopped_one_names_it_and_the_line_says_how_many_wait(self):
        first, second, third = self.line_of("1001", 3)
        self.ask(first, "hold")
        self.run_engine()
        self.assertEqual(self.explained(second + third), [f"Waits behind {first.display_name}"] * 2)
        lane = self.env["sync.lane"].browse(first.lane_id)
        self.assertEqual((lane.standing, lane.waiting), ("blocked", "2"))
        self.assertEqual(
            self.env["sync.message"].search(lane.action_open_documents()["domain"]), first + second + third
        )

    def test_a_document_that_is_tried_again_says_what_was_wrong_and_when(self):
        message = self.orders("1001")
        self.env.cr.execute(
            "UPDATE sync_message SET attempt = 1, fault_code = 'engine.internal', run_at = %s WHERE id = %s",
            [fields.Datetime.now() + timedelta(hours=1), message.id],
        )
        self.assertIn("tried again at", self.explained(message)[0])

    def test_who_held_a_document_and_why_stands_on_it(self):
        message = self.orders("1001")
        self.ask(message, "hold")
        self.run_engine()
        message.invalidate_recordset()
        self.assertIn("the test says so", message.last_detail)
        self.assertIn(self.env.user.name, message.last_detail)

    # -- what people ask -------------------------------------------------------------------------------------------

    def test_of_many_selected_those_are_asked_for_that_have_something_to_do(self):
        done = self.orders("1001")
        self.run_engine()
        waiting = self.orders("1002")
        told = (done + waiting).action_cancel()
        self.assertIn("1 of 2", told["params"]["message"])
        self.run_engine()
        self.assertEqual(self.states(done + waiting), ["done", "cancelled"])
        with self.assertRaisesRegex(UserError, "Done"):
            done.action_cancel()
        with self.assertRaisesRegex(UserError, "2 of these documents.*Done, Cancelled"):
            (done + waiting).action_bring_forward()

    def test_an_approver_gives_up_a_document_and_says_why(self):
        message = self.orders("1001")
        approver = new_test_user(self.env, "approver.of.sales", groups="sync_governance.group_approver_sales")
        asked = message.with_user(approver).action_give_up()["context"]
        wizard = self.env["sync.message.request"].with_user(approver).with_context(**asked).create({})
        with self.assertRaisesRegex(UserError, "why"):
            wizard.action_confirm()
        wizard.reason = "Ordered by phone"
        wizard.action_confirm()
        self.run_engine()
        self.assertEqual(self.states(message), ["cancelled"])
        self.assertEqual(message.last_detail, f"{approver.name}: Ordered by phone")

    def test_a_request_says_in_words_what_it_is_and_opens_its_documents(self):
        message = self.orders("1001")
        self.run_engine()
        request = self.env["sync.message.request"].create(
            {"kind": "replay", "selection": "selected", "message_ids_text": str(message.id), "reason": "to see"}
        )
        self.assertEqual(request.count_text, message.display_name)
        command = self.env["sync.command"].browse(request.action_confirm()["res_id"])
        self.assertEqual(command.display_name, "Replay")
        self.assertIn("Incoming: The bytes as received", command.how)
        self.assertEqual(self.env["sync.message"].search(command.action_open_documents()["domain"]), message)

    # -- what an attempt says --------------------------------------------------------------------------------------

    def test_an_attempt_is_read_without_codes(self):
        attempt = self.env["sync.attempt"].new(
            {
                "outcome": "failed",
                "fault_code": "apply.total_mismatch",
                "blame": "document",
                "detail": "The total is wrong.",
                "faults": '[{"pointer": "/total", "detail": "The total is wrong.", "expected": "9", "found": "8"}]',
                "timings": '{"decode": 0.5, "apply": 20.0}',
                "duration_ms": 21,
            }
        )
        self.assertEqual(attempt.blame_text, "In the document")
        self.assertEqual(attempt.faults_text, "/total, expected 9, found 8")
        self.assertEqual(attempt.timings_text, "21 ms (Decode 0.5 ms, Apply 20 ms)")
        self.assertTrue(attempt.fault_title)
        self.assertNotIn("total_mismatch", attempt.fault_title)
