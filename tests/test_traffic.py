"""Rate and number at once of an endpoint, with several workers on connections of their own."""

import threading
import uuid

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.models.exchange import breaker

from .test_queue import QueueCase


class TestTraffic(QueueCase):
    def setUp(self):
        super().setUp()
        self.set("direction = 'outbound', company_id = 1")

    def set(self, assignments):
        with self.connection() as cr:
            cr.execute(f"UPDATE sync_endpoint SET {assignments} WHERE id = 1")

    def take_up(self, limit=10, **bounds):
        """Claim lanes of deliveries as a worker does; returns (token, lane ids)."""
        token = uuid.uuid4().hex
        with self.connection() as cr:
            lanes = queue.claim_lanes(
                cr, token=token, worker=None, pools=("delivery",), limit=limit, share=limit, **bounds
            )
        return token, [lane.lane_id for lane in lanes]

    def admit(self, token, lanes):
        with self.connection() as cr:
            return queue.admit(cr, [(lane, 1) for lane in lanes], token=token)

    def let_go(self, token, lanes):
        with self.connection() as cr:
            queue.settle(cr, token=token, lane_ids=sorted(lanes), untouched=True)

    def both_claim(self, count):
        """Two workers that claimed before either of them sent anything: what each holds."""
        self.set("delivery_rate = NULL, most_in_flight = NULL")
        self.put([f"k{n}" for n in range(2 * count)], direction="outbound")
        return self.take_up(count), self.take_up(count)

    def race(self, claims):
        """Both ask to send at the same moment; returns what each may."""
        start, admitted = threading.Barrier(2), {}

        def ask(token, lanes):
            start.wait(10)
            admitted[token] = self.admit(token, lanes)

        threads = [threading.Thread(target=ask, args=claim) for claim in claims]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return [admitted[token] for token, _lanes in claims]

    # -- how many at once --------------------------------------------------------------------------------------------

    def test_two_workers_together_keep_the_number_at_once(self):
        claims = self.both_claim(4)
        self.set("most_in_flight = 3")
        first, second = self.race(claims)
        self.assertEqual(len(first) + len(second), 3)

    def test_an_answer_makes_room_for_the_next_and_nothing_is_claimed_before(self):
        self.put(["a", "b", "c"], direction="outbound")
        self.set("most_in_flight = 2")
        token, lanes = self.take_up()
        self.assertEqual(len(lanes), 2, "what could not go is not taken up")
        self.assertEqual(self.admit(token, lanes), set(lanes))
        self.assertEqual(self.take_up()[1], [])
        self.assertIsNone(self.seconds_to_next(), "nothing to wake up for until somebody gets an answer")
        self.let_go(token, lanes[:1])
        self.assertEqual(len(self.take_up()[1]), 1)

    def test_a_worker_that_dies_with_deliveries_under_way_leaks_no_place(self):
        self.put(["a", "b"], direction="outbound")
        self.set("most_in_flight = 1")
        token, lanes = self.take_up()
        self.admit(token, lanes)
        with self.connection() as cr:
            cr.execute("UPDATE sync_lane SET claimed_at = claimed_at - interval '1 minute' WHERE claim IS NOT NULL")
            queue.rescue(cr)
        token, lanes = self.take_up()
        self.assertEqual(self.admit(token, lanes), set(lanes))

    # -- how many a second -------------------------------------------------------------------------------------------

    def test_two_workers_together_keep_the_rate(self):
        claims = self.both_claim(4)
        self.set("delivery_rate = 0.001, delivery_burst = 5")
        first, second = self.race(claims)
        self.assertEqual(len(first) + len(second), 5)
        for (token, lanes), admitted in zip(claims, (first, second), strict=True):
            self.let_go(token, set(lanes) - admitted)
        self.assertEqual(self.take_up()[1], [], "without a token nothing is taken up")

    def test_tokens_come_back_with_time_and_the_worker_knows_when(self):
        self.put(["a", "b", "c", "d"], direction="outbound")
        self.set("delivery_rate = 0.1, delivery_burst = 2")
        token, lanes = self.take_up()
        self.assertEqual(len(lanes), 2)
        self.admit(token, lanes)
        self.assertEqual(self.take_up()[1], [])
        self.assertGreater(self.seconds_to_next(), 5)
        with self.connection() as cr:
            cr.execute("UPDATE sync_endpoint_traffic SET refilled_at = refilled_at - interval '10 seconds'")
        self.assertLessEqual(self.seconds_to_next(), 0)
        token, lanes = self.take_up()
        self.assertEqual(len(lanes), 1, "one token in ten seconds")
        self.assertEqual(self.admit(token, lanes), set(lanes))

    def test_what_is_claimed_and_not_sent_costs_no_token(self):
        self.put(["a", "b"], direction="outbound")
        self.set("delivery_rate = 0.001, delivery_burst = 1")
        token, lanes = self.take_up()
        self.let_go(token, lanes)
        token, lanes = self.take_up()
        self.assertEqual(self.admit(token, lanes), set(lanes))

    def test_an_endpoint_without_limits_has_no_row_to_meet_on(self):
        self.put(["a", "b"], direction="outbound")
        token, lanes = self.take_up()
        self.assertEqual(self.admit(token, lanes), set(lanes))
        self.assertEqual(self.row("SELECT count(*) FROM sync_endpoint_traffic"), (0,))

    # -- trials ------------------------------------------------------------------------------------------------------

    def test_of_many_workers_one_sends_the_trial(self):
        self.set(
            "breaker_state = 'open', breaker_trips = 1, breaker_since = (now() AT TIME ZONE 'UTC') - interval '1 hour'"
        )
        start, allowed = threading.Barrier(6), []

        def ask(message):
            start.wait(10)
            with self.connection() as cr:
                allowed.extend({message} - breaker.refused(cr, [(message, 1)]))

        threads = [threading.Thread(target=ask, args=[message]) for message in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(len(allowed), 1)
        self.assertEqual(
            self.row("SELECT breaker_state, breaker_admitted FROM sync_endpoint WHERE id = 1"), ("half_open", 1)
        )

    # -- one worker's share ------------------------------------------------------------------------------------------

    def test_what_a_worker_has_under_way_counts_against_its_share(self):
        self.put(["a", "b", "c", "d"], direction="outbound")
        with self.connection() as cr:
            lanes = queue.claim_lanes(
                cr, token="t", worker=None, pools=("delivery",), limit=10, share=3, taken={1: 1, 2: 3}
            )
        self.assertEqual(len(lanes), 2)
        with self.connection() as cr:
            self.assertIsNone(queue.seconds_to_next(cr, ("delivery",), full=[1]))
            self.assertLessEqual(queue.seconds_to_next(cr, ("delivery",)), 0)

    def seconds_to_next(self):
        with self.connection() as cr:
            return queue.seconds_to_next(cr, ("delivery",))
