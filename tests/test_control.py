"""What people do with messages: cancel, hold, release, bring forward, many at once."""

import runpy
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import command, inbound, interface_hold, request

from .exception_fixture import ExceptionCase

EXCHANGE = "odoo.addons.sync_governance.models.exchange"


class ControlCase(ExceptionCase):
    """Orders of the keys that the test names, and the state in which each is."""

    def setUp(self):
        super().setUp()
        self.env.user.group_ids += self.env.ref("sync_governance.group_manager")

    def orders(self, *numbers):
        return self.env["sync.message"].browse(id_ for number in numbers for id_ in self.order(number).ids)

    def line_of(self, key, count):
        """Orders that stand in one line, first to last."""
        return self.orders(*[key] * count)

    def states(self, messages):
        messages.invalidate_recordset()
        return messages.mapped("state")

    def commands(self):
        return self.env["sync.command"].search([("kind", "!=", "release")], order="id")

    def ask(self, messages, kind, user=None, **values):
        """Fill in the wizard for these messages and confirm it; returns the command."""
        wizard = self.wizard(messages, kind, user=user, **values)
        return self.env["sync.command"].browse(wizard.action_confirm()["res_id"])

    def wizard(self, messages, kind, user=None, **values):
        return (
            self.env["sync.message.request"]
            .with_user(user or self.env.user)
            .create(
                {
                    "kind": kind,
                    "selection": "selected",
                    "message_ids_text": ",".join(map(str, messages.ids)),
                    "reason": "the test says so",
                    **values,
                }
            )
        )


class TestControl(ControlCase):
    # -- hold and release ------------------------------------------------------------------------------------------

    def test_what_is_held_waits_for_a_person_and_what_stands_behind_it_waits_too(self):
        first, second, third = line = self.line_of("1001", 3)
        other = self.orders("1002")
        self.ask(second, "hold")
        self.run_engine()
        self.assertEqual(self.states(line), ["done", "parked", "ready"], "what stands before it goes on")
        self.assertEqual(self.states(other), ["done"])
        second.action_release_held()
        self.run_engine()
        self.assertEqual(self.states(line), ["done"] * 3)
        self.assertLess(second.done_at, datetime.max)
        self.assertFalse(first.fault_code or third.fault_code)

    def test_where_the_policy_lets_others_pass_a_held_document_stops_nobody(self):
        self.env.cr.execute("UPDATE sync_policy SET head_policy = 'skip' WHERE id = %s", [self.policy.id])
        line = self.line_of("1001", 2)
        self.ask(line[0], "hold")
        self.run_engine()
        self.assertEqual(self.states(line), ["parked", "done"])

    def test_two_held_in_one_line_are_released_one_by_one(self):
        line = self.line_of("1001", 4)
        self.ask(line[0] + line[2], "hold")
        self.run_engine()
        self.assertEqual(self.states(line), ["parked", "ready", "parked", "ready"], "the first of them stops the line")
        line[0].action_release_held()
        self.run_engine()
        self.assertEqual(self.states(line), ["done", "done", "parked", "ready"])
        line[2].action_cancel()
        self.run_engine()
        self.assertEqual(self.states(line), ["done", "done", "cancelled", "done"])

    def test_a_failed_document_keeps_its_line_stopped_when_a_held_one_before_it_is_released(self):
        line = self.line_of("1001", 3)
        self.ask(line[0], "hold")
        self.run_engine()
        self.env.cr.execute(
            "UPDATE sync_message SET state = 'failed', stops_lane = true, fault_code = 'apply.refused' WHERE id = %s",
            [line[1].id],
        )
        line[0].action_release_held()
        self.run_engine()
        self.assertEqual(self.states(line), ["done", "failed", "ready"])

    def test_a_hold_that_comes_while_the_document_is_worked_keeps_it_from_being_applied(self):
        message = self.orders("1001")
        apply_stage = "odoo.addons.sync_governance.models.exchange.inbound._apply_group"
        apply_group = inbound._apply_group

        def held_meanwhile(*args):
            if not self.commands():
                self.ask(message, "hold")
                self.env.flush_all()
                self.env["sync.command"]._execute_open()
            return apply_group(*args)

        with patch(apply_stage, held_meanwhile):
            self.run_engine()
        self.assertEqual(self.states(message), ["parked"])
        self.assertFalse(message.effect_ids)

    def test_what_stands_behind_a_document_that_is_held_while_both_are_worked_does_not_pass_it(self):
        messages = self.line_of("1001", 3)
        apply_group = inbound._apply_group

        def held_meanwhile(*args):
            if not self.commands():
                self.ask(messages[1], "hold")
                self.env.flush_all()
                self.env["sync.command"]._execute_open()
            return apply_group(*args)

        with patch(f"{EXCHANGE}.inbound._apply_group", held_meanwhile):
            self.run_engine()
        self.assertEqual(self.states(messages), ["done", "parked", "ready"])
        self.assertEqual((messages[2].attempt, messages[2].fault_code), (0, False), "it keeps its place")
        self.ask(messages[1], "release_held")
        self.run_engine()
        self.assertEqual(self.states(messages), ["done"] * 3)

    def test_a_line_that_ran_empty_because_people_cancelled_it_is_no_longer_in_front(self):
        message = self.line_of("1001", 1)
        usual = self.env["sync.lane"].browse(message.lane_id).worker_pool
        with self.engine_cursors():
            for kind in ("bring_forward", "cancel"):
                self.ask(message, kind)
                self.env["sync.command"]._execute_open()
        self.assertEqual(self.states(message), ["cancelled"])
        lane = self.env["sync.lane"].browse(message.lane_id)
        lane.invalidate_recordset()
        self.assertEqual((lane.worker_pool, lane.usual_pool, lane.next_at), (usual, False, False))

    # -- to the front ----------------------------------------------------------------------------------------------

    def test_a_line_that_is_brought_forward_is_worked_first_until_it_has_run_empty(self):
        waiting = self.orders("1001", "1002")
        urgent = self.line_of("1003", 2)
        self.env.cr.execute("UPDATE sync_lane SET worker_pool = 'bulk' WHERE id = %s", [urgent[0].lane_id])
        urgent[1].action_bring_forward()
        seen = []
        type(self).answer = staticmethod(lambda work: seen.append(work.reference) or self.done(work))
        with patch.object(command, "CHUNKS_PER_PASS", 1):
            self.run_engine()
        self.assertEqual(seen, ["1003", "1003", "1001", "1002"])
        self.assertEqual(self.states(waiting + urgent), ["done"] * 4)
        lane = self.env["sync.lane"].browse(urgent[0].lane_id)
        self.assertEqual((lane.worker_pool, lane.usual_pool), ("bulk", False))

    # -- who may ---------------------------------------------------------------------------------------------------

    def test_operators_steer_the_documents_of_their_own_domain_only(self):
        message = self.orders("1001")
        with self.assertRaises(AccessError):
            message.with_user(self.warehouse).action_bring_forward()
        message.with_user(self.sales).action_bring_forward()
        with self.assertRaises(AccessError):
            self.wizard(message, "hold", user=self.viewer)
        with self.assertRaises(UserError):
            self.ask(message, "hold", user=self.warehouse)

    def test_a_request_says_who_asked_for_what_and_why(self):
        message = self.orders("1001")
        asked = self.ask(message, "hold", user=self.sales, reason="The customer called.")
        self.run_engine()
        asked.invalidate_recordset()
        self.assertEqual(
            (asked.kind, asked.user_id, asked.reason, asked.moved, asked.state),
            ("hold", self.sales, "The customer called.", 1, "done"),
        )
        self.assertEqual(asked.with_user(self.sales).reason, "The customer called.")
        with self.assertRaises(AccessError):
            asked.with_user(self.finance).read(["reason"])

    def test_nothing_is_held_or_replayed_without_a_reason(self):
        with self.assertRaises(UserError):
            self.wizard(self.orders("1001"), "hold", reason=" ").action_confirm()

    # -- many ------------------------------------------------------------------------------------------------------

    def test_a_filter_is_executed_in_steps_that_can_be_followed_and_stopped(self):
        messages = self.orders(*(f"20{n:02}" for n in range(7)))
        with patch.object(request, "CHUNK", 3):
            asked = self.env["sync.command"].browse(
                self.wizard(self.env["sync.message"], "hold", selection="filter", domain="[]",
                            endpoint_id=self.endpoint.id).action_confirm()["res_id"]
            )  # fmt: skip
            self.assertEqual((asked.total, asked.message_ids), (7, "[]"), "no list of ids")
            with self.engine_cursors():
                self.assertTrue(self.env["sync.command"]._step(long=True))
            asked.invalidate_recordset()
            self.assertEqual((asked.state, asked.moved, round(asked.progress)), ("open", 3, 43))
            asked.action_stop()
            with self.engine_cursors():
                self.assertFalse(self.env["sync.command"]._step(long=True))
        self.assertEqual(self.states(messages), ["parked"] * 3 + ["ready"] * 4)
        self.assertEqual(asked.state, "cancelled")

    def test_a_long_request_goes_on_over_several_passes_to_its_end(self):
        messages = self.orders(*(f"20{n:02}" for n in range(7)))
        with (
            patch.object(request, "CHUNK", 2),
            patch.object(command, "CHUNKS_PER_PASS", 1),
            patch.object(request, "WINDOW", 4),
        ):
            asked = self.env["sync.command"].browse(
                self.env["sync.message"]._ask("cancel", domain=self.of_the_endpoint(), total=7)
            )
            with self.engine_cursors():
                while self.env["sync.command"]._execute_open():
                    continue
        self.assertEqual(self.states(messages), ["cancelled"] * 7)
        asked.invalidate_recordset()
        self.assertEqual((asked.state, asked.moved, asked.progress), ("done", 7, 100.0))

    def of_the_endpoint(self):
        return Domain("endpoint_id", "any", Domain("id", "in", self.endpoint.ids)) & Domain(
            "created_at", ">=", fields.Datetime.now() - timedelta(days=1)
        )

    def test_a_filter_finds_what_its_asker_may_steer_and_nothing_else(self):
        messages = self.orders("1001", "1002")
        self.env["sync.message"].with_user(self.warehouse)._ask("hold", domain=[], total=0)
        self.run_engine()
        self.assertEqual(self.states(messages), ["done"] * 2)

    def test_all_of_a_list_that_is_longer_than_the_web_client_can_name_is_its_filter(self):
        messages = self.orders("1001", "1002", "1003")
        listed = messages.with_context(active_domain=[("endpoint_id", "=", self.endpoint.id)])
        with patch("odoo.addons.sync_governance.models.exchange.message_requests.SELECTABLE", 2):
            listed[:2].action_cancel()
        self.run_engine()
        self.assertEqual(self.states(messages), ["cancelled"] * 3)

    @mute_logger("odoo.addons.sync_governance.models.exchange.command", "odoo.sql_db")
    def test_a_filter_that_makes_no_sense_is_shown_as_not_possible(self):
        asked = self.env["sync.command"].browse(
            self.env["sync.command"]._give("hold", domain=[("no_such_field", "=", 1)], total=0)
        )
        self.run_engine()
        asked.invalidate_recordset()
        self.assertEqual(asked.state, "failed")
        self.assertIn("no_such_field", asked.problem)

    # -- an older database -----------------------------------------------------------------------------------------

    def test_an_upgrade_carries_over_what_stops_lines_and_which_requests_were_executed(self):
        message = self.orders_that(self.fails("apply.refused"), "1001")
        asked = self.env["sync.command"].browse(self.env["sync.command"]._give("retry", message_ids=[0]))
        self.env.cr.execute("UPDATE sync_message SET stops_lane = NULL WHERE id = %s", [message.id])
        self.env.cr.execute(
            "UPDATE sync_command SET state = NULL, executed_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [asked.id]
        )
        script = runpy.run_path(str(Path(__file__).parent.parent / "migrations" / "19.0.1.1.0" / "post-control.py"))
        script["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertTrue(message.stops_lane)
        self.assertEqual(asked.state, "done")


class TestInterfaceHold(ControlCase):
    """The same error of ours in many lines."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(interface_hold, "LANES", 3))

    def fail_in(self, *numbers):
        messages = self.orders(*numbers)
        type(self).answer = staticmethod(self.broken)
        with mute_logger(f"{EXCHANGE}.inbound", f"{EXCHANGE}.interface_hold"):
            self.run_engine()
        return messages

    @staticmethod
    def broken(work):
        raise AttributeError("'sale.order' object has no attribute 'colour'")

    def rest_is_over(self):
        self.env.cr.execute(
            "UPDATE sync_interface SET held_until = now() AT TIME ZONE 'UTC' WHERE held_until IS NOT NULL"
        )
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
        self.interface.invalidate_recordset()

    def held_exception(self):
        return self.env["sync.exception"].search([("code", "=", "engine.interface_held")])

    def test_many_lines_with_one_error_of_ours_hold_the_interface_with_one_exception(self):
        messages = self.fail_in("1001", "1002", "1003", "1004")
        self.assertEqual(self.states(messages), ["ready"] * 4, "none of them failed")
        self.assertTrue(self.interface.held_until)
        exception = self.held_exception()
        self.assertEqual((exception.state, exception.count), ("new", 1))
        self.assertIn("colour", exception.detail)
        later = self.fail_in("1005")
        self.assertEqual(self.states(later), ["ready"])
        self.assertFalse(later.attempt_ids, "what waits was not tried")

    def test_one_document_is_tried_from_time_to_time_and_the_pauses_double(self):
        messages = self.fail_in("1001", "1002", "1003", "1004")
        tried = len(messages.attempt_ids)
        pauses = []
        for _ in range(3):
            self.rest_is_over()
            with mute_logger(f"{EXCHANGE}.inbound"):
                self.run_engine()
            self.interface.invalidate_recordset()
            pauses.append(round((self.interface.held_until - fields.Datetime.now()).total_seconds() / 60))
        messages.invalidate_recordset()
        self.assertEqual(len(messages.attempt_ids), tried + 3)
        self.assertEqual(pauses, [2, 4, 8])
        self.assertEqual(self.states(messages), ["ready"] * 4)

    def test_when_the_one_goes_through_all_go_on_and_the_exception_closes(self):
        messages = self.fail_in("1001", "1002", "1003", "1004")
        exception = self.held_exception()
        type(self).answer = staticmethod(self.done)
        self.interface.with_user(self.author).action_try_now()
        with mute_logger(f"{EXCHANGE}.interface_hold"):
            self.run_engine()
        self.assertEqual(self.states(messages), ["done"] * 4)
        self.interface.invalidate_recordset()
        self.assertFalse(self.interface.held_until or self.interface.held_since)
        self.assertEqual(exception.state, "resolved")

    def test_faults_of_documents_and_errors_with_other_causes_hold_nothing(self):
        faults = [Fault("apply.refused", "No credit.", subject="credit")] * 3
        faults += [Fault("engine.internal", "Odd.", subject=subject) for subject in "abc"]
        self.orders(*(f"10{n:02}" for n in range(6)))

        def answer(_work):
            raise faults.pop()

        type(self).answer = staticmethod(answer)
        self.run_engine()
        self.assertFalse(self.interface.held_until)

    def test_an_interface_on_which_most_goes_through_is_not_held(self):
        self.orders_that(self.done, *(f"20{n:02}" for n in range(8)))
        self.env.cr.execute(
            """UPDATE sync_interface SET trouble = 'engine.internal AttributeError', trouble_lanes = '[1, 2]',
                      trouble_since = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE id = %s""",
            [self.interface.id],
        )
        messages = self.fail_in("1001")
        self.assertEqual(self.states(messages), ["failed"])
        self.assertFalse(self.interface.held_until)
