"""A copy of the database does not act for the original until somebody says so."""

import uuid
from contextlib import closing

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.sql_db import connection_info_for
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import production

from .exception_fixture import ExceptionCase

LOGGER = "odoo.addons.sync_governance.models.exchange.production"


@tagged("post_install", "-at_install")
class TestProduction(ExceptionCase):
    def setUp(self):
        super().setUp()
        self.officer = self.person("ola.officer", "group_security_officer")
        self.manager = self.person("mia.manager", "group_manager")
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        production._SEEN.clear()

    def standing(self):
        self.forget()
        with self.engine_cursors(), mute_logger(LOGGER):
            return self.env["sync.production"]._standing()

    def moved(self):
        """As if this were a copy: the books know another number in the server."""
        self.assertIsNone(self.standing().reason)
        self.env.cr.execute("UPDATE sync_production SET fingerprint = fingerprint || '1'")
        self.forget()

    def check(self):
        with self.engine_cursors():
            self.env["sync.engine.check"]._refresh()
        return self.env["sync.engine.check"].search([("code", "=", "database")])

    def test_the_first_engine_that_looks_makes_this_the_database_in_use(self):
        self.env.cr.execute("UPDATE sync_production SET fingerprint = NULL")
        standing = self.standing()
        self.assertIsNone(standing.reason)
        self.assertEqual(standing.known, standing.fingerprint)
        self.assertIn(self.env.cr.dbname, standing.fingerprint)

    @mute_logger(LOGGER)
    def test_a_copy_works_nothing_until_a_security_officer_confirms_it(self):
        message = self.order("1001")
        self.moved()
        self.run_engine()
        self.assertEqual(message.state, "ready", "it waits")
        check = self.check()
        self.assertEqual(check.state, "bad")
        with self.engine_cursors(), self.assertRaises(AccessError):
            check.with_user(self.manager).action_confirm_database()
        with self.engine_cursors():
            check.with_user(self.officer).action_confirm_database()
        self.forget()
        self.run_engine()
        self.assertEqual(message.state, "done")
        with self.engine_cursors(), self.assertRaises(UserError):
            check.with_user(self.officer).action_confirm_database()
        self.assertEqual(self.check().state, "ok")

    @mute_logger(LOGGER)
    def test_a_copy_takes_nothing_in(self):
        self.moved()
        with self.engine_cursors(), self.assertRaises(Fault) as refused:
            self.env["sync.intake"]._receive(self.endpoint.code, b"{}", {}, "127.0.0.1")
        self.assertEqual(refused.exception.code, "receive.not_in_use")
        self.assertEqual(refused.exception.entry.http_status, 503, "the sender comes back")

    @mute_logger(LOGGER)
    def test_a_neutralized_database_is_left_alone_and_can_be_released_for_tests(self):
        message = self.order("1001")
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", "True")
        self.env.flush_all()
        self.assertEqual(self.standing().reason, "neutralized")
        self.run_engine()
        self.assertEqual(message.state, "ready")
        self.assertEqual(self.check().state, "warning")
        self.env["sync.production"].with_user(self.officer)._confirm()
        self.assertIsNone(self.standing().reason)
        self.assertIn("released for tests", self.check().sentence)

    def test_a_copy_made_by_the_server_has_another_fingerprint(self):
        """The same statement that looks, in a real second database: its number differs, whatever it is called."""
        here = self.standing().fingerprint
        name = f"copy_{uuid.uuid4().hex[:8]}"
        _name, dsn = connection_info_for("postgres")
        with closing(psycopg2.connect(**dsn)) as server:
            server.autocommit = True
            with server.cursor() as cr:
                cr.execute(f"CREATE DATABASE {name}")
                try:
                    cr.execute("SELECT oid::text FROM pg_database WHERE datname = %s", [name])
                    self.assertNotEqual(cr.fetchone()[0], here.rsplit("/", 1)[1])
                finally:
                    cr.execute(f"DROP DATABASE {name}")
