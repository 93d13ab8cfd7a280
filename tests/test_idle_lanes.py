"""Lanes that nobody needs leave while producers go on: real connections, real commits, a schema of its own."""

import random
import threading
import uuid
from contextlib import contextmanager

import psycopg2

from odoo.tests import get_db_name, tagged

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.models.exchange import janitor

from .own_tables import OwnTablesCase


@contextmanager
def connection_of_another(dsn):
    """A transaction that is rolled back at the end."""
    connection = psycopg2.connect(**dsn)
    try:
        with connection.cursor() as cr:
            yield cr
    finally:
        connection.close()


@tagged("post_install", "-at_install")
class TestIdleLanes(OwnTablesCase):
    tables = ("sync_lane", "sync_message")

    @staticmethod
    def put(cr, key):
        message = queue.NewMessage(
            uid=uuid.uuid4().hex, direction="inbound", endpoint_id=1, trading_partner_id=1, company_id=1, key=key
        )
        return queue.enqueue(cr, [message])[0]

    @staticmethod
    def rest(cr):
        """Everything in its lanes is done, and long ago."""
        cr.execute("UPDATE sync_message SET state = 'done', done_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        cr.execute("UPDATE sync_lane SET next_at = NULL, rested_at = (now() AT TIME ZONE 'UTC') - interval '25 hours'")

    def keys(self):
        with self.connection() as cr:
            cr.execute("SELECT key FROM sync_lane ORDER BY key")
            return [row[0] for row in cr.fetchall()]

    def delete(self, **options):
        with self.connection() as cr:
            return queue.delete_idle(cr, **options)

    def test_a_lane_at_rest_for_a_day_leaves_and_one_in_use_stays(self):
        with self.connection() as cr:
            for key in ("at rest", "just now", "failed", "parked", "cancelled", "claimed"):
                self.put(cr, key)
            self.rest(cr)
            cr.execute("UPDATE sync_lane SET rested_at = now() AT TIME ZONE 'UTC' WHERE key = 'just now'")
            cr.execute("UPDATE sync_lane SET claim = 'x' WHERE key = 'claimed'")
            for state, more in (
                ("failed", "done_at = NULL"),
                ("parked", "done_at = NULL, wait_type = 'order', wait_ref = '1'"),
                ("cancelled", "fault_code = NULL"),
            ):
                cr.execute(
                    f"""UPDATE sync_message SET state = %s, {more}
                         WHERE lane_id = (SELECT id FROM sync_lane WHERE key = %s)""",
                    [state, state],
                )
            self.put(cr, "waiting")
        upto, deleted = self.delete()
        self.assertIsNone(upto)
        self.assertEqual(len(deleted), 1)
        self.assertEqual(self.keys(), ["cancelled", "claimed", "failed", "just now", "parked", "waiting"])

    def test_the_walk_goes_on_from_where_it_stopped(self):
        with self.connection() as cr:
            for number in range(5):
                self.put(cr, f"k{number}")
            self.rest(cr)
        after, walked = 0, []
        while after is not None:
            after, deleted = self.delete(after=after, limit=2)
            walked.append(len(deleted))
        self.assertEqual(walked, [2, 2, 1])

    def test_a_lane_that_somebody_puts_into_just_now_is_left_alone(self):
        with self.connection() as cr:
            self.put(cr, "k")
            self.rest(cr)
        with self.connection() as producer:
            self.put(producer, "k")
            self.assertEqual(self.delete()[1], [], "held by the producer")
        self.assertEqual(self.keys(), ["k"])

    def test_dead_versions_of_lanes_are_cleaned_while_others_work(self):
        connection = psycopg2.connect(**self.dsn)
        connection.autocommit = True
        self.addCleanup(connection.close)
        with connection.cursor() as cr:
            cr.execute("SELECT vacuum_count FROM pg_stat_user_tables WHERE relid = 'sync_lane'::regclass")
            (before,) = cr.fetchone()
            with connection_of_another(self.dsn) as held:
                held.execute("LOCK TABLE sync_lane IN SHARE UPDATE EXCLUSIVE MODE")
                janitor.clean(get_db_name())
            janitor.clean(get_db_name())
            for _ in range(100):
                cr.execute("SELECT pg_stat_clear_snapshot()")
                cr.execute("SELECT vacuum_count FROM pg_stat_user_tables WHERE relid = 'sync_lane'::regclass")
                if cr.fetchone()[0] > before:
                    break
                threading.Event().wait(0.05)
            else:
                self.fail("sync_lane was not vacuumed")

    def test_racing_producers_lose_nothing_to_the_janitor(self):
        """Producers, workers that finish at once, and a janitor for whom every lane at rest is old enough."""
        keys, stop, failed = [f"k{number}" for number in range(6)], threading.Event(), []
        put, deleted = [], []

        def guarded(work):
            def run():
                try:
                    work()
                except Exception as error:
                    failed.append(error)
                    stop.set()

            return run

        def produce(seed):
            own = random.Random(seed)
            for _ in range(150):
                with self.connection() as cr:
                    put.append(self.put(cr, own.choice(keys)))

        def consume():
            while not stop.is_set():
                with self.connection() as cr:
                    cr.execute(
                        "SELECT id FROM sync_lane WHERE next_at IS NOT NULL LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"
                    )
                    row = cr.fetchone()
                    if row:
                        cr.execute("UPDATE sync_lane SET claim = 'w' WHERE id = %s", row)
                        cr.execute(
                            """UPDATE sync_message SET state = 'done', done_at = now()
                                WHERE lane_id = %s AND state = 'ready'""",
                            row,
                        )
                        queue.settle(cr, token="w", lane_ids=list(row))

        def clean():
            while not stop.is_set():
                deleted.extend(self.delete(idle_seconds=-1)[1])

        producers = [threading.Thread(target=guarded(lambda s=seed: produce(s))) for seed in range(3)]
        others = [threading.Thread(target=guarded(work)) for work in (consume, consume, clean)]
        for thread in producers + others:
            thread.start()
        for thread in producers:
            thread.join(60)
        waiting = threading.Event()
        for _ in range(400):
            with self.connection() as cr:
                cr.execute("SELECT count(*) FROM sync_message WHERE state = 'ready'")
                if failed or cr.fetchone() == (0,):
                    break
            waiting.wait(0.05)
        stop.set()
        for thread in others:
            thread.join(60)
        self.assertFalse(failed)
        self.assertTrue(deleted, "the janitor met nothing to do: the race was none")
        with self.connection() as cr:
            cr.execute("SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM sync_message")
            self.assertEqual(cr.fetchone(), (450, 450), "what was put was done")
        self.assertEqual(len(put), 450)
