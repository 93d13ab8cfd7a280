"""Two workers that make the same record at once: the one that comes second looks again, and nobody is asked."""

from unittest.mock import patch

import psycopg2

from odoo.tools import mute_logger

from .exception_fixture import ExceptionCase

UNIQUE = "DO $$ BEGIN RAISE EXCEPTION 'made by another worker' USING ERRCODE = 'unique_violation'; END $$"


class TestRaces(ExceptionCase):
    def losing(self, number, times):
        """The handler, in which the order ``number`` meets a record of another worker so many times."""
        met = []

        def apply_one(handler, work):
            if work.reference == number and len(met) < times:
                met.append(work.reference)
                handler.env.cr.execute(UNIQUE)
            return self.done(work)

        return patch.object(self.registry["sync.handler.order.create"], "_apply_one", apply_one)

    def end(self, messages):
        messages.invalidate_recordset()
        return messages.mapped("state")

    @mute_logger("odoo.sql_db")
    def test_a_record_that_another_worker_made_meanwhile_is_found_at_the_next_try(self):
        messages = self.order("1001") | self.order("1002")
        with self.losing("1002", times=1):
            self.run_engine()
        self.assertEqual(self.end(messages), ["done", "done"])
        self.assertEqual(messages.mapped("attempt"), [1, 1], "nobody is to blame for that")

    def test_a_document_that_was_under_way_when_the_database_went_comes_again_by_itself(self):
        for error in (psycopg2.OperationalError("server closed the connection"), psycopg2.InterfaceError("closed")):
            messages = self.order("1001") if isinstance(error, psycopg2.OperationalError) else self.order("1002")
            model = self.registry["sync.handler.order.create"]
            with patch.object(model, "_apply_one", side_effect=error):
                self.run_engine()
            self.assertEqual((self.end(messages), messages.attempt), (["ready"], 1))

    @mute_logger("odoo.sql_db", "odoo.addons.sync_governance.models.exchange.inbound")
    def test_a_document_that_is_really_there_twice_ends_with_a_person_and_alone(self):
        messages = self.order("1001") | self.order("1002")
        with self.losing("1002", times=1000):
            self.run_engine()
        self.assertEqual(self.end(messages), ["done", "failed"])
