"""What the engine does with batches, errors, conflicts, deaths, waits and requests."""

import json
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Wait
from odoo.addons.sync_governance.models.exchange import breaker, inbound
from odoo.addons.sync_governance.models.exchange.publisher import EventDraft
from odoo.addons.sync_governance.models.exchange.worker import Worker

from .exception_fixture import ExceptionCase

ENGINE = "odoo.addons.sync_governance.models.exchange"
TIMEOUT = Fault("deliver.timeout", "No answer.")


class TestEngine(ExceptionCase):
    def states(self, messages):
        messages.invalidate_recordset()
        return {message.reference or message.lane_key: message.state for message in messages}

    def handled_by(self, apply_one):
        """The handler of these orders is ``apply_one(handler, work)``."""
        return patch.object(self.registry["sync.handler.order.create"], "_apply_one", apply_one)

    def due(self, messages):
        """Waiting is over for these messages."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)", [messages.ids]
        )
        self.env.cr.execute(
            """UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC'
                WHERE id = ANY(%s) AND claim IS NULL AND blocked_message_id IS NULL""",
            [messages.mapped("lane_id")],
        )

    def test_a_worker_that_lost_the_database_goes_on_while_its_old_row_is_still_there(self):
        with self.engine_cursors(), Worker(self.registry, "process") as worker:
            before = worker.id
            worker.doubt()
            worker.renew()
            self.assertNotEqual(worker.id, before)
            self.env.cr.execute("SELECT count(DISTINCT token) FROM sync_worker WHERE id IN %s", [(before, worker.id)])
            self.assertEqual(self.env.cr.fetchone(), (2,))

    # -- batches -----------------------------------------------------------------------------------------------------

    def test_a_fault_of_one_document_lets_the_others_of_its_batch_through(self):
        def answer(work):
            if work.reference == "1002":
                raise Fault("apply.refused", "No credit.")
            return self.done(work)

        messages = self.orders_that(answer, "1001", "1002", "1003")
        self.assertEqual(self.states(messages), {"1001": "done", "1002": "failed", "1003": "done"})

    @mute_logger(f"{ENGINE}.inbound")
    def test_an_unexpected_error_is_halved_down_to_its_culprit(self):
        def answer(work):
            if work.reference == "1003":
                raise ZeroDivisionError
            return self.done(work)

        messages = self.orders_that(answer, "1001", "1002", "1003", "1004", "1005")
        self.assertEqual(self.states(messages).pop("1003"), "failed")
        self.assertEqual(messages[2].fault_code, "engine.internal")
        self.assertEqual((messages - messages[2]).mapped("state"), ["done"] * 4)

    @mute_logger(f"{ENGINE}.inbound")
    def test_a_handler_that_commits_is_refused(self):
        message = self.order("1001")
        with self.handled_by(lambda handler, work: handler.env.cr.commit()):
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "engine.internal"))
        self.assertIn("must not commit", message.attempt_ids.detail)

    @mute_logger("odoo.sql_db")
    def test_a_lost_race_is_run_again_and_uses_up_nothing(self):
        tries = []

        def apply_one(handler, work):
            tries.append(work.reference)
            if len(tries) == 1:
                handler.env.cr.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")
            return self.done(work)

        message = self.order("1001")
        with self.handled_by(apply_one), patch.object(inbound.time, "sleep"):
            self.run_engine()
        self.assertEqual((len(tries), message.state, message.attempt), (2, "done", 1))

    @mute_logger(f"{ENGINE}.inbound")
    def test_what_a_rolled_back_transaction_announced_is_taken_back(self):
        def apply_one(handler, work):
            handler.env.registry.clear_cache()
            if work.reference == "1001":
                raise ZeroDivisionError
            return self.done(work)

        self.order("1001")
        announced = []
        reset = type(self.registry).reset_changes

        def seen(registry):
            announced.append(set(registry.cache_invalidated))
            return reset(registry)

        def fails(*_args):
            self.registry.clear_cache()
            raise ZeroDivisionError

        with (
            self.handled_by(apply_one),
            patch.object(type(self.registry), "reset_changes", seen),
            patch.object(inbound.journal, "record", fails),
        ):
            self.run_engine()
        self.assertTrue(any("default" in caches for caches in announced))
        self.assertFalse(self.registry.cache_invalidated)

    # -- waiting -----------------------------------------------------------------------------------------------------

    def test_a_document_that_waits_leaves_no_trace_and_uses_up_nothing(self):
        def apply_one(handler, work):
            handler.env["res.company"].sudo().browse(handler.env.company.id).partner_id.comment = "half a document"
            return Wait("order", "7", Fault("apply.order_unknown", "Order 7 is not here."))

        message = self.order("1001")
        with self.handled_by(apply_one):
            self.run_engine()
        self.assertEqual((message.state, message.attempt), ("parked", 0))
        self.assertNotIn("half", self.company.partner_id.comment or "")

    def test_what_waits_goes_on_when_it_is_released(self):
        message = self.orders_that(self.waits(), "1001")
        self.assertEqual(message.state, "parked")
        type(self).answer = staticmethod(self.done)
        self.env["sync.message"]._release_waiting("order", ["7"])
        self.run_engine()
        self.assertEqual(message.state, "done")

    def test_a_release_that_is_still_under_way_counts_for_what_parks_now(self):
        """It may have looked for parked messages before ours was one."""
        self.env["sync.message"]._release_waiting("order", ["7"])
        since = datetime(2100, 1, 1)
        command = self.env["sync.command"]
        self.assertEqual(command._released_since(self.env.cr, "order", {"7", "8"}, since), ["7"])
        self.env.cr.execute("UPDATE sync_command SET state = 'done', executed_at = now() AT TIME ZONE 'UTC'")
        self.assertEqual(command._released_since(self.env.cr, "order", {"7", "8"}, since), [])

    def test_at_its_deadline_a_wait_needs_a_person_or_goes_on(self):
        past = datetime.now() - timedelta(days=2)
        stays = self.orders_that(self.waits(deadline=past), "1001")
        goes_on = self.orders_that(self.waits(deadline=past, goes_on=True), "1002")
        type(self).answer = staticmethod(self.done)
        self.time_comes("message.parked")
        self.run_engine()
        self.assertEqual((stays.state, goes_on.state), ("failed", "done"))

    @staticmethod
    def waits(**settings):
        return lambda work: Wait("order", "7", Fault("apply.order_unknown", "Order 7 is not here."), **settings)

    # -- deaths ------------------------------------------------------------------------------------------------------

    @mute_logger(f"{ENGINE}.engine")
    def test_a_message_that_kills_its_workers_takes_no_other_with_it(self):
        messages = self.env["sync.message"].browse(self.order(number).id for number in ("1001", "1002", "1003", "1004"))
        killer = messages[1]
        drive = inbound.drive

        def deadly(registry, claim, heads):
            if killer.id in [head.message_id for head in heads]:
                raise SystemExit
            return drive(registry, claim, heads)

        with patch.object(inbound, "drive", deadly):
            for _death in range(queue.STRIKES_UNTIL_POISON + 3):
                try:
                    self.run_engine()
                except SystemExit:
                    self.due(messages)
        self.assertEqual((killer.state, killer.fault_code), ("failed", "engine.poison"))
        self.assertEqual((messages - killer).mapped("state"), ["done"] * 3)

    @mute_logger(f"{ENGINE}.engine", f"{ENGINE}.inbound")
    def test_a_lane_never_stays_claimed_by_a_worker_that_lives_on(self):
        message = self.order("1001")
        with (
            patch(f"{ENGINE}.engine.verdicts", side_effect=ZeroDivisionError),
            patch(f"{ENGINE}.inbound.drive", side_effect=ZeroDivisionError),
        ):
            self.run_engine()
        self.assertEqual(message.state, "ready")
        self.env.cr.execute("SELECT claim, strikes FROM sync_lane WHERE id = %s", [message.lane_id])
        self.assertEqual(self.env.cr.fetchone(), (None, 0))
        self.due(message)
        self.run_engine()
        self.assertEqual(message.state, "done")

    # -- requests ----------------------------------------------------------------------------------------------------

    @mute_logger(f"{ENGINE}.command", "odoo.sql_db")
    def test_a_request_that_cannot_be_executed_stops_nobody(self):
        self.env["sync.command"]._give("retry", message_ids=["nonsense"])
        message = self.orders_that(self.done, "1001")
        self.assertEqual(message.state, "done")
        self.env.cr.execute("SELECT count(*) FROM sync_command WHERE executed_at IS NULL")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    @mute_logger(f"{ENGINE}.engine")
    def test_a_part_of_a_pass_that_fails_does_not_stop_the_others(self):
        message = self.order("1001")
        with patch(f"{ENGINE}.engine.route.run", side_effect=ZeroDivisionError):
            self.run_engine()
        self.assertEqual(message.state, "done")

    def test_the_engine_is_woken_once_per_transaction(self):
        with patch.object(self.registry["sync.engine"], "_wake") as wake:
            for _ in range(3):
                self.env["sync.engine"]._wake_after_commit()
            self.env.cr.postcommit.run()
            self.assertEqual(wake.call_count, 1)
            self.env["sync.engine"]._wake_after_commit()
            self.env.cr.postcommit.run()
            self.assertEqual(wake.call_count, 2)

    # -- events ------------------------------------------------------------------------------------------------------

    def publish(self, number):
        draft = EventDraft({"number": number}, "o-1", self.company.id, datetime(2026, 11, 21))
        self.env["sync.event"]._insert("order.create", [(self.company.partner_id, draft)])

    def events(self):
        self.env.cr.execute(
            "SELECT document FROM sync_event WHERE res_model = 'res.partner' AND res_id = %s",
            [self.company.partner_id.id],
        )
        return [json.loads(row[0])["number"] for row in self.env.cr.fetchall()]

    def test_marks_of_one_transaction_are_one_event_across_savepoints(self):
        self.publish("1")
        with self.env.cr.savepoint():
            self.publish("2")
        self.assertEqual(self.events(), ["2"])

    def test_an_event_vanishes_with_what_it_reports(self):
        self.publish("1")
        with self.env.cr.savepoint() as savepoint:
            self.publish("2")
            savepoint.rollback()
        self.assertEqual(self.events(), ["1"])

    # -- circuit breaker ---------------------------------------------------------------------------------------------

    def breaker(self):
        self.env.cr.execute(
            "SELECT breaker_state, breaker_until > now() AT TIME ZONE 'UTC' FROM sync_endpoint WHERE id = %s",
            [self.endpoint.id],
        )
        return self.env.cr.fetchone()

    def over(self):
        self.env.cr.execute(
            """UPDATE sync_endpoint SET breaker_since = breaker_since - interval '1 hour', breaker_until = NULL
                WHERE id = %s""",
            [self.endpoint.id],
        )

    def test_five_failures_open_the_circuit_breaker_and_one_probe_closes_it(self):
        cr, endpoint = self.env.cr, self.endpoint.id
        self.env.flush_all()
        breaker.record(cr, [(endpoint, TIMEOUT, None)] * 4)
        self.assertEqual(self.breaker(), ("closed", None))
        breaker.record(cr, [(endpoint, TIMEOUT, None)])
        self.assertEqual(self.breaker(), ("open", True))
        self.assertEqual(breaker.refused(cr, [(1, endpoint)]), {1}, "what was claimed before is kept back")
        self.over()
        self.assertEqual(breaker.refused(cr, [(1, endpoint), (2, endpoint)]), {2}, "one goes out to try")
        self.assertEqual(self.breaker(), ("half_open", True), "nothing more is claimed until it reports")
        breaker.record(cr, [(endpoint, None, None)])
        self.assertEqual(self.breaker(), ("closed", None))

    def test_a_partner_that_asks_to_slow_down_gets_nothing_for_so_long(self):
        self.env.flush_all()
        breaker.record(self.env.cr, [(self.endpoint.id, Fault("deliver.throttled", "Slow down."), 60.0)])
        self.assertEqual(self.breaker(), ("closed", True))

    def test_a_healthy_endpoint_is_not_written(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT ctid FROM sync_endpoint WHERE id = %s", [self.endpoint.id])
        before = self.env.cr.fetchone()
        breaker.record(self.env.cr, [(self.endpoint.id, None, None)])
        self.assertEqual(breaker.refused(self.env.cr, [(1, self.endpoint.id)]), set())
        self.env.cr.execute("SELECT ctid FROM sync_endpoint WHERE id = %s", [self.endpoint.id])
        self.assertEqual(self.env.cr.fetchone(), before)
