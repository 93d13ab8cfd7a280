"""The queue under real concurrency: real connections, real commits, in a schema of its own."""

import random
import threading
import uuid

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.tests import tagged

from odoo.addons.sync_governance.core import queue

from .own_tables import OwnTablesCase

TABLES = ("sync_due", "sync_endpoint", "sync_endpoint_traffic", "sync_lane", "sync_message", "sync_worker")


@tagged("post_install", "-at_install")
class QueueCase(OwnTablesCase):
    """Two endpoints that are live."""

    tables = TABLES
    further = ("CREATE TABLE effect (message_id int, lane text, position int)",)

    def setUp(self):
        super().setUp()
        with self.connection() as cr:
            cr.execute(
                """INSERT INTO sync_endpoint (id, state, paused, active, direction)
                   SELECT id, 'live', false, true, 'inbound' FROM generate_series(1, 2) AS id"""
            )

    def put(self, keys, endpoint=1, direction="inbound"):
        with self.connection() as cr:
            return queue.enqueue(
                cr,
                [
                    queue.NewMessage(
                        uid=uuid.uuid4().hex,
                        direction=direction,
                        endpoint_id=endpoint,
                        trading_partner_id=1,
                        company_id=1,
                        key=key,
                        document_type_id=None,
                        reference=str(position),
                    )
                    for position, key in enumerate(keys)
                ],
            )

    def claim(self, limit=10, worker=None, pools=("standard",)):
        token = uuid.uuid4().hex
        with self.connection() as cr:
            lanes = queue.claim_lanes(cr, token=token, worker=worker, pools=pools, limit=limit)
            return token, lanes, queue.heads(cr, [lane.lane_id for lane in lanes])

    def row(self, sql, *params):
        with self.connection() as cr:
            cr.execute(sql, params)
            return cr.fetchone()


class TestQueue(QueueCase):
    def test_messages_of_one_key_come_first_in_first_out_and_one_at_a_time(self):
        first, second = self.put(["order-1", "order-1"])
        token, lanes, heads = self.claim()
        self.assertEqual([head.message_id for head in heads], [first])
        self.assertEqual(self.claim()[1], [], "the lane is taken, so the second message has to wait")
        with self.connection() as cr:
            queue.fence(cr, [first])
            queue.finish(cr, [(first, None, "SO1")])
        with self.connection() as cr:
            queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id])
        self.assertEqual([head.message_id for head in self.claim()[2]], [second])

    def test_a_message_that_arrives_while_its_lane_is_released_is_not_lost(self):
        (first,) = self.put(["k"])
        token, lanes, _heads = self.claim()
        with self.connection() as releasing:
            queue.fence(releasing, [first])
            queue.finish(releasing, [(first, None, None)])
            releasing.connection.commit()
            releasing.execute("SELECT 1 FROM sync_lane WHERE id = %s FOR NO KEY UPDATE", [lanes[0].lane_id])
            arrived = []
            thread = threading.Thread(target=lambda: arrived.extend(self.put(["k"])))
            thread.start()
            queue.settle(releasing, token=token, lane_ids=[lanes[0].lane_id])
        thread.join(10)
        self.assertEqual([head.message_id for head in self.claim()[2]], arrived)

    def test_a_worker_that_wakes_from_the_dead_changes_nothing(self):
        (message,) = self.put(["k"])
        token, lanes, _heads = self.claim()
        with self.connection() as cr:
            cr.execute("UPDATE sync_lane SET claimed_at = claimed_at - interval '1 minute'")
            self.assertEqual(queue.rescue(cr), [lanes[0].lane_id])
        other, _lanes, _heads = self.claim()
        with self.connection() as cr:
            queue.fence(cr, [message])
            queue.finish(cr, [(message, None, None)])
        with self.connection() as cr:
            self.assertEqual(queue.fence(cr, [message]), set(), "the message is no longer open")
            verdict = queue.Verdict(message, lanes[0].lane_id, "fail", fault_code="apply.refused")
            self.assertEqual(queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id], verdicts=[verdict]), set())
        self.assertEqual(self.row("SELECT state FROM sync_message WHERE id = %s", message), ("done",))
        self.assertEqual(self.row("SELECT claim FROM sync_lane"), (other,))

    def test_a_worker_that_wakes_from_the_dead_does_not_pass_a_message_that_blocks_its_lane(self):
        first, second = self.put(["k", "k"])
        token = uuid.uuid4().hex
        with self.connection() as cr:
            lanes = queue.claim_lanes(cr, token=token, worker=None, pools=["standard"], limit=10)
            heads = queue.heads(cr, [lanes[0].lane_id], 2)
            self.assertEqual([head.message_id for head in heads], [first, second])
            cr.execute("UPDATE sync_lane SET claimed_at = claimed_at - interval '1 minute'")
            queue.rescue(cr)
        other, _lanes, _heads = self.claim()
        verdict = queue.Verdict(first, lanes[0].lane_id, "fail", fault_code="apply.product_unknown", block=True)
        with self.connection() as cr:
            queue.settle(cr, token=other, lane_ids=[lanes[0].lane_id], verdicts=[verdict])
            self.assertEqual(queue.fence(cr, [first, second], token=token), set())

    def test_a_message_that_was_cancelled_under_work_does_not_block_its_lane(self):
        first, second = self.put(["k", "k"])
        token, lanes, _heads = self.claim()
        verdict = queue.Verdict(first, lanes[0].lane_id, "fail", fault_code="apply.product_unknown", block=True)
        with self.connection() as cr:
            self.assertEqual(queue.cancel(cr, [first]), [first])
            queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id], verdicts=[verdict])
        self.assertEqual([head.message_id for head in self.claim()[2]], [second])

    def test_a_failed_head_blocks_its_lane_and_only_its_lane_until_somebody_retries(self):
        first, second, neighbour = self.put(["a", "a", "b"])
        token, lanes, heads = self.claim()
        lane_of = {head.message_id: head.lane_id for head in heads}
        verdict = queue.Verdict(first, lane_of[first], "fail", fault_code="apply.product_unknown", block=True)
        with self.connection() as cr:
            queue.finish(cr, [(neighbour, None, None)])
            queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes], verdicts=[verdict])
        self.put(["a"])
        self.assertEqual(self.claim()[1], [], "what comes behind waits with the head")
        with self.connection() as cr:
            self.assertEqual(queue.retry(cr, [first]), [first])
        self.assertEqual([head.message_id for head in self.claim()[2]], [first])
        self.assertEqual(self.row("SELECT state FROM sync_message WHERE id = %s", second), ("ready",))

    def test_a_parked_message_lets_others_pass_and_comes_back_when_its_wait_is_met(self):
        first, second = self.put(["k", "k"])
        token, lanes, _heads = self.claim()
        verdict = queue.Verdict(
            first, lanes[0].lane_id, "park", fault_code="sequence.predecessor_missing", wait_type="order", wait_ref="7"
        )
        with self.connection() as cr:
            queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id], verdicts=[verdict])
        token, lanes, heads = self.claim()
        self.assertEqual([head.message_id for head in heads], [second])
        with self.connection() as cr:
            self.assertEqual(queue.release_waiting(cr, "order", ["7", "8"]), ([first], False))
            queue.finish(cr, [(second, None, None)])
            queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id])
        self.assertEqual([head.message_id for head in self.claim()[2]], [first])

    def test_a_paused_endpoint_keeps_its_messages_and_delays_nobody(self):
        with self.connection() as cr:
            cr.execute("UPDATE sync_endpoint SET paused = true WHERE id = 1")
        self.put(["k"], endpoint=1)
        (other,) = self.put(["k"], endpoint=2)
        self.assertEqual([head.message_id for head in self.claim()[2]], [other])
        with self.connection() as cr:
            cr.execute("UPDATE sync_endpoint SET paused = false WHERE id = 1")
        self.assertEqual(len(self.claim()[2]), 1)

    def test_a_partner_with_much_to_be_sent_leaves_room_for_the_others(self):
        with self.connection() as cr:
            cr.execute("UPDATE sync_endpoint SET direction = 'outbound'")
        self.put([f"order-{n}" for n in range(30)], endpoint=1, direction="outbound")
        (other,) = self.put(["k"], endpoint=2, direction="outbound")
        heads = self.claim(limit=20, pools=("delivery",))[2]
        self.assertIn(other, [head.message_id for head in heads])
        self.assertEqual(len(heads), 6, "a quarter of the places for the first endpoint, and the other one")

    def test_a_message_that_kills_its_workers_is_set_aside_after_three_deaths_alone(self):
        (message,) = self.put(["k"])
        seen = []
        while not seen or seen[-1][0] <= queue.STRIKES_UNTIL_POISON:
            token, lanes, _heads = self.claim()
            seen.append((lanes[0].strikes, lanes[0].allowance))
            if lanes[0].strikes <= queue.STRIKES_UNTIL_POISON:
                with self.connection() as cr:
                    cr.execute("UPDATE sync_lane SET claimed_at = claimed_at - interval '1 minute'")
                    queue.rescue(cr)
        self.assertEqual(
            seen,
            [(1, 0), (1, 8), (1, 1), (2, 1), (3, 1), (4, 1)],
            "the first two deaths happened in company and say nothing",
        )
        with self.connection() as cr:
            self.assertEqual(queue.quarantine(cr, lanes[0].lane_id, token=token, block=True), message)
            queue.settle(cr, token=token, lane_ids=[lanes[0].lane_id])
        self.assertEqual(
            self.row("SELECT state, fault_code FROM sync_message WHERE id = %s", message), ("failed", "engine.poison")
        )

    def test_racing_producers_and_dying_workers_give_every_message_one_effect_in_order(self):
        """Six threads on four keys; a third of all claims are abandoned halfway, some after their business commit."""
        produced, producers, stop = 120, 3, threading.Event()
        chance = random.Random(20261121)

        def produce(seed):
            own = random.Random(seed)
            for _ in range(produced // producers):
                self.put([f"key-{own.randrange(4)}"])

        def consume():
            while not stop.is_set():
                token, lanes, heads = self.claim(limit=2)
                if not heads:
                    with self.connection() as cr:
                        queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes])
                        cr.execute(
                            """UPDATE sync_lane SET claimed_at = claimed_at - interval '1 minute'
                                WHERE claim LIKE 'dead%%'"""
                        )
                        queue.rescue(cr)
                    stop.wait(0.005)
                    continue
                dies = chance.random()
                try:
                    with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as cr:
                        for message in queue.fence(cr, [head.message_id for head in heads]):
                            cr.execute(
                                """INSERT INTO effect SELECT m.id, l.key, m.id FROM sync_message m
                                     JOIN sync_lane l ON l.id = m.lane_id WHERE m.id = %s""",
                                [message],
                            )
                            queue.finish(cr, [(message, None, None)])
                        if dies < 0.15:
                            raise InterruptedError
                except (InterruptedError, psycopg2.errors.SerializationFailure):
                    self.abandon(token)
                    continue
                if dies > 0.85:
                    self.abandon(token)
                    continue
                with self.connection() as cr:
                    queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes])

        threads = [threading.Thread(target=produce, args=[seed]) for seed in range(producers)]
        workers = [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads + workers:
            thread.start()
        for thread in threads:
            thread.join(60)
        waiting = threading.Event()
        for _ in range(600):
            if self.row("SELECT count(*) FROM sync_message WHERE state <> 'done'") == (0,):
                break
            waiting.wait(0.05)
        stop.set()
        for thread in workers:
            thread.join(60)
        self.assertEqual(self.row("SELECT count(*), count(DISTINCT message_id) FROM effect"), (produced, produced))
        with self.connection() as cr:
            cr.execute("SELECT lane, position FROM effect ORDER BY ctid")
            seen = {}
            for lane, position in cr.fetchall():
                self.assertGreater(position, seen.get(lane, 0), f"{lane} went out of order")
                seen[lane] = position

    def abandon(self, token):
        """The worker is dead: its claim stays behind until somebody rescues it."""
        with self.connection() as cr:
            cr.execute("UPDATE sync_lane SET claim = 'dead-' || claim WHERE claim = %s", [token])

    # -- documents whose key cannot be read ---------------------------------------------------------------------------

    def new(self, key):
        return queue.NewMessage(
            uid=uuid.uuid4().hex,
            direction="inbound",
            endpoint_id=1,
            trading_partner_id=1,
            company_id=1,
            key=key,
            behind=queue.UNREAD,
        )

    def holding(self):
        with self.connection() as cr:
            cr.execute("UPDATE sync_endpoint SET hold_unread = true WHERE id = 1")

    def lane_of(self, message_id):
        return self.row(
            "SELECT l.key FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id WHERE m.id = %s", message_id
        )

    def test_a_document_stored_beside_an_unreadable_one_comes_before_it_or_waits_behind_it(self):
        self.holding()
        with self.connection() as cr:
            queue.enqueue(cr, [self.new("a")])
        stored = []
        with self.connection() as slow:
            (unread,) = queue.enqueue(slow, [self.new(queue.UNREAD)])

            def later():
                with self.connection() as cr:
                    stored.extend(queue.enqueue(cr, [self.new("b")]))

            thread = threading.Thread(target=later)
            thread.start()
            self.assertFalse(stored, "it waits for the unread line")
        thread.join(30)
        self.assertGreater(stored[0], unread)
        self.assertEqual(self.lane_of(stored[0]), (queue.UNREAD,))

    def test_an_unreadable_document_is_held_while_an_earlier_one_is_open(self):
        self.holding()
        with self.connection() as cr:
            first, unread, behind = queue.enqueue(cr, [self.new("a"), self.new(queue.UNREAD), self.new("b")])
        token, lanes, heads = self.claim()
        with self.connection() as cr:
            (held,) = queue.hold_unread(cr, lanes)
        self.assertEqual(self.row("SELECT key FROM sync_lane WHERE id = %s", held), (queue.UNREAD,))
        with self.connection() as cr:
            queue.fence(cr, [first])
            cr.execute("UPDATE sync_message SET state = 'done', done_at = now() WHERE id = %s", [first])
        with self.connection() as cr:
            queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes])
            cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
            cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
        _token, lanes, heads = self.claim()
        with self.connection() as cr:
            self.assertEqual(queue.hold_unread(cr, lanes), set())
        self.assertEqual([head.message_id for head in heads], [unread])
        self.assertEqual(self.lane_of(behind), (queue.UNREAD,))
