"""A new document in one round trip, with real connections and commits."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2

from odoo.tests import tagged

from odoo.addons.sync_governance.models.exchange.prepared import Preparing
from odoo.addons.sync_governance.models.exchange.storing import Incoming, store_at_once

from .own_tables import OwnTablesCase

PROFILE = {"id": 1, "trading_partner_id": 2, "company_id": 3}


class AutocommitCursor:
    """As Odoo's, on a connection in autocommit that prepares what is frequent."""

    def __init__(self, cr):
        self.fetchall = cr.fetchall
        self.execute = Preparing(lambda query, params=None, log_exceptions=True: cr.execute(query, params))


@tagged("post_install", "-at_install")
class TestStoreAtOnce(OwnTablesCase):
    tables = (
        "sync_alarm",
        "sync_dedupe",
        "sync_lane",
        "sync_message",
        "sync_payload",
        "sync_transmission",
        "sync_worker",
    )
    further = ("CREATE SEQUENCE of_transmission OWNED BY sync_transmission.id",)

    @contextmanager
    def autocommit(self):
        connection = psycopg2.connect(**self.dsn, options=f"-c search_path={self.schema},public")
        connection.autocommit = True
        try:
            with connection.cursor() as cr:
                yield AutocommitCursor(cr)
        finally:
            connection.close()

    def document(self, key="k1", body=b"{}", line="L"):
        return Incoming(
            raw=body,
            sha256=body.hex(),
            sender_key=key,
            topic="orders/create",
            lane_key=line,
            interface_id=7,
            document_type_id=8,
            pool="real_time",
            headers="{}",
            remote_address=None,
            credential_id=None,
        )

    def rows(self, statement):
        with self.connection() as cr:
            cr.execute(statement)
            return cr.fetchall()

    def counts(self):
        tables = ("sync_dedupe", "sync_transmission", "sync_payload", "sync_message")
        return self.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))[0]

    def test_a_new_document_is_committed_with_all_that_belongs_to_it(self):
        document = self.document(body=b'{"a; b": "%s"}')
        with self.autocommit() as cr:
            receipt, seen = store_at_once(cr, PROFILE, document)
            self.assertEqual((receipt.message_uid, receipt.repeated), (document.uid, False))
            self.assertEqual(
                self.rows(
                    """SELECT m.id, m.state, l.id, l.key, l.worker_pool, l.next_at IS NOT NULL, t.verdict, t.dedupe_key,
                              convert_from(p.content, 'UTF8'), d.message_uid
                         FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
                         JOIN sync_transmission t ON t.id = m.transmission_id
                         JOIN sync_payload p ON p.transmission_id = t.id
                         JOIN sync_dedupe d ON d.transmission_id = t.id"""
                ),
                [
                    (
                        receipt.message_id,
                        "ready",
                        receipt.lane_id,
                        "L",
                        "real_time",
                        True,
                        "accepted",
                        "k1",
                        '{"a; b": "%s"}',
                        document.uid,
                    )
                ],
            )
            self.assertEqual(seen, [(None, None, None, None, False)], "nobody works here, and nobody is called")

    def test_what_is_known_already_leaves_nothing(self):
        with self.autocommit() as cr:
            store_at_once(cr, PROFILE, self.document())
            for again in (self.document(), self.document(body=b"other")):
                receipt, _seen = store_at_once(cr, PROFILE, again)
                self.assertIsNone(receipt)
            self.assertEqual(self.counts(), (1, 1, 1, 1))
            second, _seen = store_at_once(cr, PROFILE, self.document(key="k2"))
            self.assertEqual(self.counts(), (2, 2, 2, 2))
            self.assertEqual(len(self.rows("SELECT FROM sync_lane")), 1)
            self.assertTrue(second.lane_id)

    def test_of_racing_senders_one_stores_it(self):
        def send(_number):
            with self.autocommit() as cr:
                return store_at_once(cr, PROFILE, self.document())[0]

        with ThreadPoolExecutor(8) as threads:
            receipts = list(threads.map(send, range(24)))
        self.assertEqual(len([receipt for receipt in receipts if receipt]), 1)
        self.assertEqual(self.counts(), (1, 1, 1, 1))

    @contextmanager
    def meanwhile(self, document):
        """A connection that has a lane in hand; at the end it commits, for which the document has waited."""
        with self.autocommit() as cr, self.connection() as other, ThreadPoolExecutor(1) as threads:
            store_at_once(cr, PROFILE, self.document(key="before"))
            other.execute("BEGIN; SELECT FROM sync_lane FOR NO KEY UPDATE")
            waiting = threads.submit(store_at_once, cr, PROFILE, document)
            while not self.rows("SELECT FROM pg_locks WHERE NOT granted"):
                self.assertFalse(waiting.done())
            yield other, waiting
            other.execute("COMMIT")

    def test_a_message_takes_its_number_when_it_has_its_lane(self):
        with self.meanwhile(self.document()) as (other, waiting):
            other.execute("SELECT nextval('public.sync_message_id_seq')")
            number = other.fetchone()[0]
        self.assertGreater(waiting.result()[0].message_id, number)

    def test_a_lane_that_another_one_has_replaced_is_not_taken(self):
        with self.meanwhile(self.document()) as (other, waiting):
            other.execute(
                """CREATE TEMPORARY TABLE old AS SELECT * FROM sync_lane;
                   DELETE FROM sync_lane;
                   INSERT INTO sync_lane (endpoint_id, key, company_id, direction, worker_pool, strikes, next_at)
                   SELECT endpoint_id, key, company_id, direction, worker_pool, strikes, next_at FROM old"""
            )
        self.assertEqual(waiting.result(), (None, None))
        self.assertEqual(self.counts(), (1, 1, 1, 1))

    def test_without_its_lane_nothing_is_stored(self):
        """An idle lane may be deleted just before it is locked."""
        with self.connection() as cr:
            cr.execute(
                """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                   CREATE TRIGGER refuse BEFORE INSERT ON sync_lane FOR EACH ROW EXECUTE FUNCTION refuse()"""
            )
        with self.autocommit() as cr:
            self.assertEqual(store_at_once(cr, PROFILE, self.document()), (None, None))
            self.assertEqual(self.counts(), (0, 0, 0, 0))
            with self.connection() as other:
                other.execute("DROP TRIGGER refuse ON sync_lane")
            self.assertTrue(store_at_once(cr, PROFILE, self.document())[0])
            self.assertEqual(self.counts(), (1, 1, 1, 1))
