"""Deliveries under way: what a slow partner holds up, and what a round costs."""

import threading
from datetime import datetime
from types import SimpleNamespace
from unittest.mock import patch

import psycopg2

from odoo.sql_db import Cursor
from odoo.tests import BaseCase
from odoo.tools import mute_logger

from odoo.addons.sync_governance.models.exchange import outbound, production, pump

from .delivery_fixture import DeliveryCase

ENGINE = "odoo.addons.sync_governance.models.exchange"


class TestPump(BaseCase):
    """Real threads; what is read from and written to the database is replaced."""

    def setUp(self):
        super().setUp()
        self.written = []
        self.pump = pump.Pump(SimpleNamespace(name="worker"))
        self.addCleanup(self.pump.close)
        self.enterContext(patch.object(outbound, "prepare", lambda registry, claim, flights: flights))
        self.enterContext(patch.object(outbound, "conclude", self.conclude))

    def conclude(self, _registry, flights, claim):
        self.assertTrue(all(flight.result is not None for flight in flights))
        self.written.append([(flight.message_id, claim.token[flight.head.lane_id]) for flight in flights])

    def flight(self, number, answers, *, endpoint=1, token="t"):
        """A delivery whose answer comes once the event ``answers`` is set; it is its own head."""

        def send(_parcel):
            if not answers.wait(30):
                raise TimeoutError
            return SimpleNamespace(fault=None)

        flight = SimpleNamespace(
            message_id=number,
            work=SimpleNamespace(message_id=number, endpoint_id=endpoint),
            parcel=None,
            send=send,
            claim=pump.Claim(token, datetime(2026, 1, 1), None),
            confirmed=False,
            profiles={},
            result=None,
            leader=None,
            followers=[],
        )
        flight.head = SimpleNamespace(lane_id=number, message_id=number)
        return flight

    def launch(self, *flights):
        self.pump.launch(None, flights[0].claim, list(flights))

    def collect(self, count):
        """Write back until so many have been."""
        moved = 0
        while moved < count:
            self.assertTrue(self.pump.wait(30), "an answer rings")
            moved += self.pump.collect(None)

    def test_a_slow_partner_holds_its_own_places_and_no_others(self):
        now, later = threading.Event(), threading.Event()
        now.set()
        self.addCleanup(later.set)
        self.launch(*(self.flight(n, later, endpoint=1) for n in range(pump.SHARE)))
        self.assertEqual(self.pump.full(), [1])
        for start in range(100, 100 + 3 * pump.SHARE, pump.SHARE):
            self.launch(*(self.flight(n, now, endpoint=2) for n in range(start, start + pump.SHARE)))
            self.collect(pump.SHARE)
        self.assertEqual(self.pump.taken(), {1: pump.SHARE})
        self.assertEqual(self.pump.room(), pump.PLACES - pump.SHARE)
        later.set()
        self.collect(pump.SHARE)
        self.assertEqual(self.pump.room(), pump.PLACES)

    def test_whoever_ends_waits_for_what_is_under_way(self):
        answers = threading.Event()
        self.launch(self.flight(1, answers))
        threading.Timer(0.05, answers.set).start()
        self.pump.drain(None)
        self.assertEqual(self.written, [[(1, "t")]])
        self.assertEqual(self.pump.room(), 0, "nothing new is taken up")

    def test_what_was_taken_from_us_and_came_back_is_not_sent_twice(self):
        answers = threading.Event()
        self.launch(self.flight(1, answers, token="before"))
        self.launch(self.flight(1, answers, token="after"))
        self.assertEqual(self.pump.lanes("before"), [])
        self.assertEqual(self.pump.lanes("after"), [1])
        answers.set()
        self.collect(1)
        self.assertEqual(self.written, [[(1, "after")]])

    def test_when_the_database_is_away_what_was_answered_stays_in_hand(self):
        answers = threading.Event()
        answers.set()
        self.launch(self.flight(1, answers))
        self.assertTrue(self.pump.wait(30))
        with (
            patch.object(outbound, "conclude", side_effect=psycopg2.OperationalError("away")),
            self.assertRaises(psycopg2.OperationalError),
        ):
            self.pump.collect(None)
        self.assertEqual(self.pump.lanes("t"), [1])
        self.assertEqual(self.pump.collect(None), 1)
        self.assertEqual(self.written, [[(1, "t")]])

    def test_with_a_suspect_on_the_wire_nothing_else_is_taken_up(self):
        answers = threading.Event()
        self.launch(self.flight(1, answers))
        self.pump.ask_quiet()
        self.assertEqual(self.pump.room(), 0)
        answers.set()
        self.collect(1)
        self.assertEqual(self.pump.room(), pump.PLACES)


class TestRound(DeliveryCase):
    def statements_of(self, count):
        """How many statements preparing and writing back ``count`` deliveries takes."""
        self.invoices(*(f"INV/{count}/{n}" for n in range(count)))
        statements, execute = [], Cursor.execute

        def counted(cursor, query, *args, **kwargs):
            if not str(query).startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        seldom = patch.object(production, "LOOK_SECONDS", 3600)  # once a second is once more on a slow machine
        with seldom, self.partner_answers(), patch.object(Cursor, "execute", counted):
            self.run_engine()
        self.assertEqual(len(self.sent), count)
        self.sent.clear()
        return statements

    def test_a_round_takes_as_many_statements_for_one_as_for_many(self):
        self.statements_of(1)  # what is cached afterwards
        one, many = self.statements_of(1), self.statements_of(8)
        self.assertEqual(len(one), len(many), set(many) - set(one))

    @mute_logger(f"{ENGINE}.pump")
    def test_a_result_that_cannot_be_written_as_usual_is_not_sent_again(self):
        first, second = self.invoices("INV/1", "INV/2")
        record = outbound.journal.record_transmissions

        def fails_for_the_first(cr, flights):
            if first.id in [flight.work.message_id for flight in flights]:
                raise ZeroDivisionError
            record(cr, flights)

        with self.partner_answers(), patch.object(outbound.journal, "record_transmissions", fails_for_the_first):
            self.run_engine()
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(len(self.sent), 2)
        self.assertEqual({claim for claim, _strikes in self.lanes()}, {None})
