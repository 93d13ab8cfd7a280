"""Events of one subject are counted 1, 2, 3 without a gap, whatever business transactions and promoters do at once."""

import random
import threading
import uuid
from collections import defaultdict

from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.tests import tagged

from odoo.addons.sync_governance.models.exchange.stages import route

from .feed_fixture import FeedCase
from .own_tables import OwnTablesCase

WRITE = """
    INSERT INTO sync_event (uid, document_type_id, document_type, company_id, ordering_key, subject, state, document,
                            occurred_at, published_at)
    SELECT %s, 1, 'invoice.posted', %s, %s, %s, 'new', '{}', now(), now()
"""


class RolledBack(Exception):
    """The business changed its mind."""


@tagged("post_install", "-at_install")
class TestRaces(OwnTablesCase):
    tables = ("sync_event", "sync_subject")

    def publish(self, subject, company=1, events=1, commits=True):
        """A business transaction that publishes, as Odoo's are: REPEATABLE READ."""
        with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as cr:
            for _ in range(events):
                cr.execute(WRITE, [uuid.uuid4().hex, company, subject, subject])
            if not commits:
                raise RolledBack

    def promote(self, limit=3, dies=False):
        """One turn of a promoter; how many it routed."""
        with self.connection() as cr:
            ids = route.take_new(cr, limit)
            if ids:
                route.mark_routed(cr, ids)
            if dies:
                raise RolledBack
            return len(ids)

    def sequences(self):
        with self.connection() as cr:
            cr.execute("SELECT company_id, subject, sequence FROM sync_event ORDER BY sequence")
            found = defaultdict(list)
            for company, subject, sequence in cr.fetchall():
                found[company, subject].append(sequence)
            return found

    def test_racing_business_and_promoters_leave_no_gap(self):
        subjects, chance = ("invoice/1", "invoice/2", "shipment/1"), random.Random(7)
        plans = [
            [(chance.choice(subjects), chance.randint(1, 3), chance.random() < 0.6) for _ in range(25)]
            for _ in range(4)
        ]
        over, committed = threading.Event(), defaultdict(int)
        lock = threading.Lock()

        def business(plan):
            for subject, events, commits in plan:
                try:
                    self.publish(subject, events=events, commits=commits)
                except RolledBack:
                    continue
                with lock:
                    committed[1, subject] += events

        def promoter(seed):
            own = random.Random(seed)
            while not over.is_set():
                try:
                    self.promote(limit=own.randint(1, 5), dies=own.random() < 0.3)
                except RolledBack:
                    continue

        promoters = [threading.Thread(target=promoter, args=(seed,)) for seed in (1, 2)]
        writers = [threading.Thread(target=business, args=(plan,)) for plan in plans]
        for thread in (*promoters, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        over.set()
        for thread in promoters:
            thread.join()
        while self.promote(limit=100):
            pass
        self.assertGreater(min(committed.values()), 3)
        self.assertEqual(self.sequences(), {key: list(range(1, count + 1)) for key, count in committed.items()})

    def test_a_promoter_that_dies_has_counted_nothing(self):
        self.publish("invoice/1", events=2)
        with self.assertRaises(RolledBack):
            self.promote(dies=True)
        self.publish("invoice/1")
        self.promote(limit=10)
        self.assertEqual(self.sequences(), {(1, "invoice/1"): [1, 2, 3]})

    def test_companies_count_for_themselves(self):
        self.publish("invoice/1")
        self.publish("invoice/1", company=2)
        self.promote()
        self.assertEqual(self.sequences(), {(1, "invoice/1"): [1], (2, "invoice/1"): [1]})

    def test_counting_goes_on_when_retention_has_removed_the_events(self):
        self.publish("invoice/1", events=2)
        self.promote()
        with self.connection() as cr:
            cr.execute("DELETE FROM sync_event")
        self.publish("invoice/1")
        self.promote()
        self.assertEqual(self.sequences(), {(1, "invoice/1"): [3]})

    def test_an_event_of_before_there_were_subjects_is_routed_all_the_same(self):
        self.publish("old")
        with self.connection() as cr:
            cr.execute("UPDATE sync_event SET subject = NULL")
        self.promote()
        with self.connection() as cr:
            cr.execute("SELECT state, sequence FROM sync_event")
            self.assertEqual(cr.fetchall(), [("routed", None)])


@tagged("post_install", "-at_install")
class TestSubjects(FeedCase):
    def test_events_of_one_subject_count_on_and_each_subject_begins_at_one(self):
        self.posted("INV/1", "INV/2")
        self.posted("INV/1")
        events = self.env["sync.event"].search([("document_type", "=", "invoice.posted")], order="id")
        self.assertEqual(
            events.mapped(lambda event: (event.subject, event.sequence)),
            [("invoice/INV/1", 1), ("invoice/INV/2", 1), ("invoice/INV/1", 2)],
        )
