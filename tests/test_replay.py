"""Replay: from any stage, with the versions of then or of now, tried first, and never a second effect."""

import json
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from odoo.addons.sync_governance.core.work import Done, Effect

from . import documents as docs
from . import test_flow
from .test_control import ControlCase


class TestReplay(ControlCase):
    """Orders whose handler does as the test says."""

    def replay(self, messages, **values):
        asked = self.ask(messages, "replay", **values)
        self.run_engine()
        asked.invalidate_recordset()
        messages.invalidate_recordset()
        return asked

    def seen(self):
        """What the handler is given from now on."""
        seen = []
        type(self).answer = staticmethod(lambda work: seen.append(work) or self.done(work))
        return seen

    def repeatable(self, yes=True):
        return patch.object(self.registry["sync.handler.order.create"], "_repeatable", yes)

    def made(self, work):
        """The handler made a partner."""
        partner = self.env(cr=self.env.cr)["res.partner"].create({"name": f"Made by {work.reference}"})
        return Done(effects=[Effect("created", "res.partner", partner.id, partner.name)], reference=work.reference)

    # -- never twice -------------------------------------------------------------------------------------------------

    def test_what_was_applied_is_not_applied_a_second_time(self):
        message = self.orders_that(self.done, "1001")
        seen = self.seen()
        self.replay(message)
        self.assertEqual((message.state, seen), ("done", []))
        self.assertIn("Already applied: S1", message.attempt_ids[0].detail)
        self.assertEqual(len(message.effect_ids), 1, "what it did is noted once")

    def test_what_was_undone_by_hand_is_applied_again(self):
        message = self.orders_that(self.made, "1001")
        self.env["res.partner"].browse(message.effect_ids.res_id).unlink()
        self.replay(message)
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "Made by 1001")]), 1)

    def test_a_statement_that_may_be_repeated_is_applied_again(self):
        message = self.orders_that(self.done, "1001")
        seen = self.seen()
        with self.repeatable():
            self.replay(message)
        self.assertEqual((message.state, len(seen), len(message.effect_ids)), ("done", 1, 1))

    def test_a_replay_that_failed_in_between_still_knows_that_it_was_done(self):
        message = self.orders_that(self.done, "1001")
        with patch("odoo.addons.sync_governance.models.exchange.stages.enrich.run", side_effect=ZeroDivisionError):
            with self.assertLogs("odoo.addons.sync_governance.models.exchange.inbound", "ERROR"):
                self.replay(message)
        self.assertEqual(message.state, "failed")
        seen = self.seen()
        message.action_retry()
        self.run_engine()
        message.invalidate_recordset()
        self.assertEqual((message.state, seen), ("done", []))

    def test_an_acknowledgement_is_not_given_twice(self):
        self.env.cr.execute("UPDATE sync_policy SET acknowledgement = 'business' WHERE id = %s", [self.policy.id])
        message = self.orders_that(self.done, "1001")
        with self.repeatable(), patch.object(self.registry["sync.event"], "_insert") as insert:
            self.replay(message)
        self.assertEqual([call.args[1] for call in insert.call_args_list if call.args[1]], [])

    # -- from where, with what -----------------------------------------------------------------------------------------

    def test_from_the_translated_document_nothing_is_decoded_or_translated(self):
        message = self.orders_that(self.fails("apply.refused"), "1001")
        seen = self.seen()
        self.env.cr.execute("DELETE FROM sync_payload WHERE transmission_id = %s", [message.transmission_id.id])
        self.replay(message, start_inbound="apply")
        self.assertEqual(message.state, "done")
        self.assertEqual((seen[0].canonical["number"], seen[0].raw), ("1001", None))
        self.assertNotIn("decode", json.loads(message.attempt_ids[0].timings))

    def test_a_document_whose_bytes_are_gone_is_left_alone(self):
        message = self.orders_that(self.done, "1001")
        self.env.cr.execute("DELETE FROM sync_payload WHERE transmission_id = %s", [message.transmission_id.id])
        asked = self.replay(message)
        self.assertEqual((asked.moved, asked.left_alone, message.state), (0, 1, "done"))

    def test_it_takes_its_old_place_in_the_line(self):
        line = self.line_of("1001", 3)
        self.run_engine()
        held = self.line_of("1001", 1)
        self.ask(held, "hold")
        self.run_engine()
        seen = self.seen()
        with self.repeatable():
            self.replay(line)
        self.assertEqual([work.message_id for work in seen], line.ids)
        self.assertEqual(self.states(held), ["parked"], "and what stands before a held document goes on")

    def test_a_message_whose_line_was_cleared_away_gets_one_again(self):
        message = self.orders_that(self.done, "1001")
        self.env.cr.execute("DELETE FROM sync_lane WHERE id = %s", [message.lane_id])
        seen = self.seen()
        with self.repeatable():
            self.replay(message)
        self.assertEqual((message.state, len(seen)), ("done", 1))

    # -- snapshots -------------------------------------------------------------------------------------------------

    def test_an_old_snapshot_does_not_overwrite_a_newer_one(self):
        self.env.cr.execute("UPDATE sync_policy SET head_policy = 'supersede' WHERE id = %s", [self.policy.id])
        old = self.orders_that(self.fails("apply.refused"), "1001")
        new = self.orders_that(self.done, "1001")
        seen = self.seen()
        with self.repeatable():
            old.action_retry()
            self.run_engine()
            self.assertEqual((old.state, new.state, seen), ("superseded", "done", []))
            self.replay(old)
            self.assertEqual((old.state, seen), ("superseded", []))
            self.replay(new)
            self.assertEqual((new.state, len(seen)), ("done", 1), "the newest itself may come again")

    # -- trying it -------------------------------------------------------------------------------------------------

    def test_a_dry_run_says_what_would_happen_and_leaves_no_trace(self):
        done, failed = self.orders_that(
            lambda work: self.fails("apply.refused")(work) if work.reference == "1002" else self.done(work),
            "1001",
            "1002",
        )
        before = self.trace()
        type(self).answer = staticmethod(self.made)
        wizard = self.wizard(done + failed, "replay")
        with self.engine_cursors():
            wizard.action_dry_run()
        self.assertEqual(
            [(line.message_id, line.outcome) for line in wizard.line_ids], [(done, "already"), (failed, "applied")]
        )
        self.assertIn("created: Made by 1002", wizard.line_ids[1].changes)
        self.assertIn("Tried 2 of 2", wizard.summary)
        self.assertEqual(self.trace(), before)
        self.assertEqual(self.states(done + failed), ["done", "failed"])

    def test_a_dry_run_shows_a_fault_in_words_and_changes_of_the_document(self):
        message = self.orders_that(self.done, "1001")
        self.env.cr.execute(
            "UPDATE sync_payload SET content = %s WHERE message_id = %s AND kind = 'canonical'",
            [json.dumps({"number": "1000"}).encode(), message.id],
        )
        type(self).answer = staticmethod(self.fails("apply.refused", detail="No credit."))
        wizard = self.wizard(message, "replay")
        with self.engine_cursors(), self.repeatable():
            wizard.action_dry_run()
        self.assertEqual((wizard.line_ids.outcome, wizard.line_ids.detail), ("failed", "No credit."))
        self.assertIn("/number: 1000 → 1001", wizard.line_ids.differences)

    def trace(self):
        self.env.flush_all()
        counts = []
        for table in ("res_partner", "sync_attempt", "sync_effect", "sync_event", "mail_message", "sync_payload"):
            self.env.cr.execute(f"SELECT count(*) FROM {table}")
            counts.append(self.env.cr.fetchone()[0])
        return counts


class TestReplayInTheFlow(test_flow.FlowCase):
    """Real partners, real handlers."""

    def replay(self, messages, **values):
        wizard = self.env["sync.message.request"].create(
            {"kind": "replay", "selection": "selected", "message_ids_text": ",".join(map(str, messages.ids)),
             "reason": "test", **values}
        )  # fmt: skip
        wizard.action_confirm()
        self.run_engine()
        messages.invalidate_recordset()

    def test_the_same_order_replayed_is_still_one_order(self):
        with self.partner_answers():
            receipt = self.shop_orders()
            self.run_engine()
            self.assertDone(receipt)
            orders = self.env["sale.order"].search_count([])
            for start in ("receive", "apply"):
                self.replay(self.message(receipt), start_inbound=start)
                self.assertDone(receipt)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)

    def test_a_mapping_of_then_or_of_now_translates_the_document(self):
        with self.partner_answers():
            receipt = self.shop_orders(lines=[docs.shopify_line(1, "LAMP-UNKNOWN", 2, "40.00")])
            self.run_engine()
            message, interface = self.message(receipt), self.message(receipt).interface_id
            then = message.mapping_id
            now = self.next_version(then)
            self.goes_over(interface, mapping_id=now)
            with self.mappings_used() as used:
                self.replay(message, versions="then")
                self.assertEqual((message.mapping_id, used), (then, [then]))
                self.replay(message, versions="now")
                self.assertEqual((message.mapping_id, used), (now, [then, now]))

    @contextmanager
    def mappings_used(self):
        """The versions by which documents are translated, in turn."""
        used, compiled = [], type(self.env["sync.mapping"])._compiled

        def watched(mapping):
            def evaluate_many(*args, **kwargs):
                used.append(self.env["sync.mapping"].browse(mapping.id))
                return compiled(mapping).evaluate_many(*args, **kwargs)

            return SimpleNamespace(evaluate_many=evaluate_many)

        with patch.object(self.registry["sync.mapping"], "_compiled", watched):
            yield used

    def next_version(self, mapping):
        version = mapping.with_user(self.author)._next_version()
        version.action_submit()
        version.with_user(self.approver).action_approve()
        return version

    def test_what_was_sent_is_sent_again_under_the_same_message_id(self):
        with self.partner_answers():
            self.assertDone(receipt := self.ordered())
            message = self.env["sync.message"].search(
                [("process_id", "=", self.message(receipt).process_id.id), ("direction", "=", "outbound"),
                 ("state", "=", "done")], limit=1
            )  # fmt: skip
            self.assertTrue(message, "something was sent for the order")
            (first,) = [parcel for parcel in self.sent if parcel.message_id == message.id]
            for start in ("deliver", "translate"):
                self.sent.clear()
                self.replay(message, start_outbound=start)
                self.assertEqual(message.state, "done")
                (again,) = self.sent
                self.assertEqual(again.headers["webhook-id"], first.headers["webhook-id"])
                if start == "deliver":
                    self.assertEqual(again.body, first.body)

    def ordered(self):
        receipt = self.shop_orders()
        self.run_engine()
        return receipt
