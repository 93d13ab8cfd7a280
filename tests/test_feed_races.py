"""Many write to a feed and many read from it at once: nothing is missed, nothing is given twice, no order is lost."""

import threading
import uuid

from odoo.tests import tagged

from odoo.addons.sync_governance.core.queue import feed

from .own_tables import OwnTablesCase

PARTNER, COMPANY, LANES, EACH = 7, 1, 5, 16
LOOSEN = """
DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT table_name, column_name FROM information_schema.columns
              WHERE table_schema = current_schema() AND is_nullable = 'NO' AND column_name <> 'id'
                AND table_name IN ('sync_interface', 'sync_document_type', 'sync_payload')
    LOOP EXECUTE format('ALTER TABLE %I ALTER %I DROP NOT NULL', c.table_name, c.column_name); END LOOP;
END $$"""
OTHERS_HAVE = """
    SELECT count(*) FROM sync_feed_entry g JOIN sync_feed_entry o ON o.lane_id = g.lane_id AND o.position < g.position
     WHERE g.message_id = ANY(%s) AND o.acknowledged_at IS NULL AND o.reader IS DISTINCT FROM g.reader
       AND o.offered_until > now() AT TIME ZONE 'UTC'"""


class GaveUp(Exception):
    """The worker died before it committed."""


@tagged("post_install", "-at_install")
class TestFeedRaces(OwnTablesCase):
    tables = (
        "sync_feed",
        "sync_feed_entry",
        "sync_message",
        "sync_lane",
        "sync_payload",
        "sync_endpoint",
        "sync_interface",
        "sync_document_type",
        "sync_due",
    )
    further = (LOOSEN,)

    def setUp(self):
        super().setUp()
        with self.connection() as cr:
            cr.execute("INSERT INTO sync_document_type (id, code) VALUES (1, 'invoice.posted')")
            cr.execute(
                """INSERT INTO sync_endpoint (id, state, active, paused, feed_seconds)
                   VALUES (1, 'live', true, false, 600)"""
            )
            cr.execute("INSERT INTO sync_interface (id, state, active) VALUES (1, 'live', true)")

    def message(self, cr, lane):
        """A message that waits to be fetched."""
        cr.execute(
            """INSERT INTO sync_message (uid, direction, state, wait_type, wait_ref, lane_id, endpoint_id, interface_id,
                                         trading_partner_id, company_id, document_type_id, attempt)
               VALUES (%s, 'outbound', 'parked', 'feed', '1', %s, 1, 1, %s, %s, 1, 0) RETURNING id""",
            [uuid.uuid4().hex, lane, PARTNER, COMPANY],
        )
        (message_id,) = cr.fetchone()
        cr.execute("INSERT INTO sync_payload (message_id, kind, content) VALUES (%s, 'sent', '{}')", [message_id])
        return message_id

    def fill(self, lane):
        for number in range(EACH):
            try:
                with self.connection() as cr:
                    feed.place(cr, [self.message(cr, lane)])
                    if number % 4 == 3:
                        raise GaveUp
            except GaveUp:
                continue

    def asked(self, **more):
        return {"partner": PARTNER, "company": COMPANY, "types": ["invoice.posted"], **more}

    def together(self, *threads):
        started = [threading.Thread(target=target, args=arguments) for target, *arguments in threads]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()

    def test_who_reads_on_from_a_position_misses_nothing_that_is_written_meanwhile(self):
        over, seen = threading.Event(), []

        def follow():
            after, rounds_left = None, 2
            while rounds_left:
                if over.is_set():
                    rounds_left -= 1
                with self.connection() as cr:
                    page = feed.read(cr, **self.asked(limit=3, reader="a" * 16, after=after or 0))
                seen.extend(entry.position for entry in page)
                if page:
                    after, rounds_left = page[-1].position, max(rounds_left, 1)

        reader = threading.Thread(target=follow)
        reader.start()
        self.together(*((self.fill, lane) for lane in range(1, LANES + 1)))
        over.set()
        reader.join()
        self.assertEqual(seen, list(range(1, LANES * EACH * 3 // 4 + 1)), "each once, in their order, none missing")

    def test_racing_readers_share_a_feed_and_keep_the_order_of_each_line(self):
        for lane in range(1, LANES + 1):
            self.fill(lane)
        given, broken, lock = [], [], threading.Lock()

        def read(name):
            empty = 0
            while empty < 3:
                with self.connection() as cr:
                    page = [entry.message_id for entry in feed.offer(cr, **self.asked(limit=4, reader=name))]
                    cr.execute(OTHERS_HAVE, [page])
                    if cr.fetchone()[0]:
                        broken.append(page)
                with lock:
                    given.extend(page)
                empty = 0 if page else empty + 1
                with self.connection() as cr:
                    taken = feed.take_back(cr, page)
                    cr.execute("UPDATE sync_message SET state = 'done', done_at = now() WHERE id = ANY(%s)", [taken])

        self.together(*((read, letter * 16) for letter in "abc"))
        read("d" * 16)  # what stood behind others' when the last one looked
        self.assertFalse(broken)
        self.assertEqual(len(given), LANES * EACH * 3 // 4)
        self.assertEqual(len(given), len(set(given)), "nothing is given twice")

    def test_two_who_acknowledge_the_same_at_once_finish_it_once(self):
        with self.connection() as cr:
            message_id = self.message(cr, 1)
            feed.place(cr, [message_id])
        taken, start = [], threading.Barrier(2)

        def acknowledge():
            start.wait()
            with self.connection() as cr:
                mine = feed.take_back(cr, [message_id])
                cr.execute("UPDATE sync_message SET state = 'done', done_at = now() WHERE id = ANY(%s)", [mine])
            taken.extend(mine)

        self.together((acknowledge,), (acknowledge,))
        self.assertEqual(taken, [message_id])
