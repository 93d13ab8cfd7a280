"""Due times, gathering and the watermark under real concurrency: real connections, real commits, own tables."""

import random
import threading
import uuid
from datetime import datetime, timedelta

from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.tests import tagged

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.queue import watermark

from .own_tables import OwnTablesCase

TABLES = ("sync_due", "sync_lane", "sync_message", "sync_watermark")
PAST, FUTURE = datetime(2001, 1, 1), datetime(2101, 1, 1)
KIND = "test"


class Died(Exception):
    """The process of this worker was killed."""


@tagged("post_install", "-at_install")
class TestDue(OwnTablesCase):
    tables = TABLES
    further = ("CREATE TABLE effect (res_id int)", "CREATE TABLE line (id serial PRIMARY KEY)")

    def schedule(self, due_at=PAST, *ids):
        with self.connection() as cr:
            queue.schedule(cr, [(KIND, res_id, None, due_at) for res_id in ids])

    def rows(self, query, *params):
        with self.connection() as cr:
            cr.execute(query, params)
            return cr.fetchall()

    # -- due times ---------------------------------------------------------------------------------------------------

    def test_a_process_that_dies_between_taking_and_doing_leaves_the_due_time(self):
        self.schedule(PAST, 1, 2)
        with self.assertRaises(Died), self.connection() as cr:
            self.assertEqual([due.res_id for due in queue.take(cr, KIND, [1, 2])], [1, 2])
            cr.execute("INSERT INTO effect VALUES (1)")
            raise Died
        self.assertEqual(self.rows("SELECT * FROM effect"), [])
        with self.connection() as cr:
            self.assertEqual([due.res_id for due in queue.take(cr, KIND, [1, 2])], [1, 2])

    def test_two_workers_take_different_due_times_and_wait_for_nobody(self):
        self.schedule(PAST, 1, 2)
        with self.connection() as one, self.connection() as other:
            self.assertEqual([due.res_id for due in queue.take(one, KIND, [1])], [1])
            self.assertEqual([due.res_id for due in queue.take(other, KIND, [1, 2])], [2])

    def test_what_is_not_due_yet_or_was_taken_back_is_not_taken(self):
        self.schedule(FUTURE, 1)
        self.schedule(PAST, 2)
        with self.connection() as cr:
            queue.cancel_due(cr, KIND, [2])
            self.assertEqual((queue.due_kinds(cr), queue.take(cr, KIND, [1, 2])), ([], []))

    def test_a_new_time_replaces_the_one_before_and_forgets_its_failures(self):
        self.schedule(PAST, 1)
        with self.connection() as cr:
            queue.postpone(cr, KIND, 1, "broken")
            cr.execute("SELECT tries, reason, due_at > now() AT TIME ZONE 'UTC' FROM sync_due")
            self.assertEqual(cr.fetchone(), (1, "broken", True))
        self.schedule(FUTURE, 1)
        self.assertEqual(self.rows("SELECT due_at, tries, reason FROM sync_due"), [(FUTURE, 0, None)])

    def test_each_failure_waits_longer_but_never_more_than_an_hour(self):
        self.schedule(PAST, 1)
        waits = []
        for _ in range(15):
            with self.connection() as cr:
                queue.postpone(cr, KIND, 1, "broken")
                cr.execute("SELECT extract(epoch FROM due_at - (now() AT TIME ZONE 'UTC'))::int FROM sync_due")
                waits.append(cr.fetchone()[0])
                cr.execute("UPDATE sync_due SET due_at = %s", [PAST])
        self.assertEqual(waits[:3] + waits[-1:], [5, 10, 20, 3600])

    def test_business_transactions_that_find_the_same_time_do_not_wait_for_each_other(self):
        self.schedule(FUTURE, 1)
        with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as one:
            queue.schedule(one, [(KIND, 1, None, FUTURE), (KIND, 2, None, FUTURE)])
            with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as other:
                queue.schedule(other, [(KIND, 1, None, FUTURE), (KIND, 3, None, FUTURE)])
        self.assertEqual(self.rows("SELECT res_id FROM sync_due ORDER BY 1"), [(1,), (2,), (3,)])

    def test_a_business_transaction_takes_back_what_is_not_in_a_handlers_hands_and_waits_for_none(self):
        self.schedule(PAST, 1, 2)
        with self.connection() as handler:
            queue.take(handler, KIND, [1])
            with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as business:
                queue.cancel_due(business, KIND, [1, 2])
        self.assertEqual(self.rows("SELECT res_id FROM sync_due"), [])

    def test_the_next_due_time_wakes_a_worker(self):
        with self.connection() as cr:
            self.assertIsNone(queue.seconds_to_next(cr, ["standard"]))
            queue.schedule_in(cr, KIND, [(1, None, 0.5)])
            self.assertAlmostEqual(queue.seconds_to_next(cr, ["standard"]), 0.5, places=3)

    def test_with_dying_workers_each_due_time_is_done_once(self):
        self.schedule(PAST, *range(200))
        dice = random.Random(7)
        deaths = []

        def worker(number):
            own = random.Random(dice.random())
            while True:
                try:
                    with self.connection() as cr:
                        wanted = queue.due_ids(cr, KIND, 10)
                        if not wanted:
                            return
                        for due in queue.take(cr, KIND, wanted):
                            cr.execute("INSERT INTO effect VALUES (%s)", [due.res_id])
                        if own.random() < 0.3:
                            raise Died
                except Died:
                    deaths.append(number)

        run(worker, 4)
        self.assertTrue(deaths)
        self.assertEqual(self.rows("SELECT res_id FROM effect ORDER BY 1"), [(n,) for n in range(200)])

    # -- gathering ---------------------------------------------------------------------------------------------------

    def put(self, key, timing, count=1):
        with self.connection() as cr:
            return queue.enqueue(
                cr,
                [
                    queue.NewMessage(
                        uid=uuid.uuid4().hex,
                        direction="inbound",
                        endpoint_id=1,
                        trading_partner_id=1,
                        company_id=1,
                        key=key,
                        interface_id=5,
                        timing=timing,
                    )
                    for _ in range(count)
                ],
            )

    def release(self, limit=1000):
        """As the handler of gathered documents does; returns the ids released."""
        with self.connection() as cr:
            if not queue.take(cr, queue.GATHERED, [5]):
                return []
            moved, more = queue.release_waiting(cr, "window", ["5"], limit=limit, patient=False)
            if more:
                queue.schedule_in(cr, queue.GATHERED, [(5, 1, 0)])
            return moved

    def test_documents_are_released_in_chunks_oldest_first(self):
        ids = self.put("a", queue.Timing("window", 3600.0), count=5)
        self.assertEqual(self.release(), [], "the window is closed")
        with self.connection() as cr:
            cr.execute("UPDATE sync_due SET due_at = %s", [PAST])
        self.assertEqual([self.release(2), self.release(2), self.release(2)], [ids[:2], ids[2:4], ids[4:]])
        self.assertEqual(self.rows("SELECT * FROM sync_due"), [])

    def test_nobody_overtakes_while_a_window_opens_and_closes(self):
        """Producers who see the window open or closed, and a release in small chunks: each lane stays in its order."""
        done, over = [], threading.Event()

        def work():
            token = uuid.uuid4().hex
            with self.connection() as cr:
                cr.execute(
                    """UPDATE sync_lane SET claim = %s, strikes = 0 WHERE id = ANY(ARRAY(SELECT id FROM sync_lane
                        WHERE claim IS NULL AND next_at IS NOT NULL LIMIT 2 FOR NO KEY UPDATE SKIP LOCKED))
                       RETURNING id""",
                    [token],
                )
                lanes = [row[0] for row in cr.fetchall()]
                heads = queue.heads(cr, lanes, 3)
            with self.connection() as cr:
                held = queue.fence(cr, [head.message_id for head in heads])
                queue.finish(cr, [(message, None, None) for message in held])
                done.extend((head.lane_id, head.message_id) for head in heads)
                queue.settle(cr, token=token, lane_ids=lanes)

        def part(number):
            dice = random.Random(number)
            if number < 3:
                for _ in range(60):
                    self.put(dice.choice("ab"), queue.Timing("window", dice.choice((0.0, 0.0, 0.002))))
            elif number == 3:
                while not over.is_set():
                    self.release(limit=2)
            else:
                while not over.is_set():
                    work()

        producers = [threading.Thread(target=part, args=[number]) for number in range(3)]
        others = [threading.Thread(target=part, args=[number]) for number in (3, 4)]
        for thread in producers + others:
            thread.start()
        for thread in producers:
            thread.join()
        for _ in range(5000):
            if len(done) == 180:
                break
            over.wait(0.01)
        over.set()
        for thread in others:
            thread.join()
        self.assertEqual(len(done), 180)
        for lane in {lane for lane, _message in done}:
            mine = [message for of, message in done if of == lane]
            self.assertEqual(mine, sorted(mine))
        self.assertEqual(self.rows("SELECT DISTINCT state FROM sync_message"), [("done",)])

    # -- the watermark -----------------------------------------------------------------------------------------------

    def next_range(self):
        with self.connection() as cr:
            return watermark.next_range(cr, "test", "line")

    def test_a_row_that_commits_late_is_read_once_and_not_missed(self):
        with self.connection() as cr:
            cr.execute("INSERT INTO sync_watermark (name) VALUES ('test')")
        with self.connection() as late:
            late.execute("INSERT INTO line DEFAULT VALUES")
            with self.connection() as early:
                early.execute("INSERT INTO line DEFAULT VALUES")
            self.assertEqual([self.next_range() for _ in range(3)], [None] * 3, "1 may still become visible")
            with self.connection() as later:
                later.execute("INSERT INTO line DEFAULT VALUES")
        self.assertEqual([self.next_range() for _ in range(3)], [(0, 2), (2, 3), None], "each is read once")

    def test_much_is_read_in_steps(self):
        with self.connection() as cr:
            cr.execute("INSERT INTO sync_watermark (name) VALUES ('test')")
            cr.execute("INSERT INTO line SELECT FROM generate_series(1, 5)")
        with self.connection() as cr:
            self.assertEqual(watermark.next_range(cr, "test", "line", limit=3), (0, 3))
            self.assertEqual(watermark.next_range(cr, "test", "line", limit=3), (3, 5))

    def test_a_range_is_read_again_when_its_reader_dies(self):
        with self.connection() as cr:
            cr.execute("INSERT INTO sync_watermark (name) VALUES ('test')")
            cr.execute("INSERT INTO line DEFAULT VALUES")
        with self.assertRaises(Died), self.connection() as cr:
            self.assertEqual(watermark.next_range(cr, "test", "line"), (0, 1))
            raise Died
        self.assertEqual(self.next_range(), (0, 1))

    def test_a_deadline_that_was_moved_on_is_not_met_too_early(self):
        (message,) = self.put("a", None)
        with self.connection() as cr:
            cr.execute(
                """UPDATE sync_message SET state = 'parked', wait_type = 'order', wait_ref = '7', wait_until = %s
                    WHERE id = %s""",
                [FUTURE, message],
            )
            self.assertEqual(queue.end_waits(cr, [message]), ([], []))
        self.assertEqual(self.rows("SELECT kind, res_id, due_at FROM sync_due"), [(queue.PARKED, message, FUTURE)])

    def test_a_deadline_waits_for_no_lane_that_somebody_holds(self):
        (message,) = self.put("a", None)
        with self.connection() as cr:
            cr.execute(
                """UPDATE sync_message SET state = 'parked', wait_type = 'order', wait_ref = '7', wait_until = %s,
                                           wait_goes_on = true WHERE id = %s""",
                [PAST, message],
            )
        with self.connection() as holder, self.connection() as cr:
            holder.execute("SELECT id FROM sync_lane FOR NO KEY UPDATE")
            self.assertEqual(queue.end_waits(cr, [message]), ([], []))
        (due_at,) = self.rows("SELECT due_at FROM sync_due")[0]
        self.assertLess(due_at - timedelta(seconds=5), self.rows("SELECT now() AT TIME ZONE 'UTC'")[0][0])
        with self.connection() as cr:
            self.assertEqual(queue.end_waits(cr, [message]), ([], [message]))


def run(target, count):
    threads = [threading.Thread(target=target, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
