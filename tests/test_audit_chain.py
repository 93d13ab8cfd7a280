"""The chain of the audit trail: what the database refuses, what a superuser's change shows, many writers at once."""

import json
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.models.audit import anchor as anchors
from odoo.addons.sync_governance.models.audit.chain import link, verify, walk
from odoo.addons.sync_governance.models.audit.health import look

from .audit_fixture import AuditCase
from .own_tables import OwnTablesCase


class TestGuard(AuditCase):
    def setUp(self):
        super().setUp()
        self.partner()
        self.env.flush_all()

    def refused(self, statement):
        with (
            self.subTest(statement=statement),
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.Error),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(statement)

    def test_the_database_refuses_every_change(self):
        for linked in (False, True):
            if linked:
                self.link()
            for statement in (
                "UPDATE sync_audit_entry SET login = 'somebody'",
                "UPDATE sync_audit_entry SET login = 'somebody', position = id, previous_hash = 'x', hash = 'x'",
                "UPDATE sync_audit_entry SET occurred_at = occurred_at - interval '1 day'",
                "DELETE FROM sync_audit_entry",
                "TRUNCATE sync_audit_entry",
                "SET LOCAL session_replication_role = replica; DELETE FROM sync_audit_entry",
                "INSERT INTO sync_audit_entry (kind, action, position, hash) VALUES ('x', 'x', 9, 'x')",
            ):
                self.refused(statement)
        self.refused("UPDATE sync_audit_entry SET hash = NULL, position = NULL, previous_hash = NULL")
        self.refused("UPDATE sync_audit_entry SET hash = repeat('a', 64)")
        self.refused("UPDATE sync_audit_chain SET position = position - 1")
        self.refused("UPDATE sync_audit_chain SET hash = repeat('a', 64)")
        self.refused("DELETE FROM sync_audit_chain")

    def test_an_entry_has_the_time_of_the_database_whatever_it_says(self):
        self.env.cr.execute(
            """INSERT INTO sync_audit_entry (kind, action, occurred_at) VALUES ('change', 'x', '2001-01-01')
               RETURNING occurred_at > (now() AT TIME ZONE 'UTC') - interval '1 minute'"""
        )
        self.assertTrue(self.env.cr.fetchone()[0])

    def test_what_a_stranger_inserted_is_linked_as_it_is(self):
        self.env.cr.execute(
            """INSERT INTO sync_audit_entry (kind, action, changes, details)
               VALUES ('change', 'x', '{"rate": 1.5}', 'no json') RETURNING id"""
        )
        (row,) = self.env.cr.fetchone()
        self.assertTrue(self.verified().holds)
        entry = next(entry for entry in walk(self.env.cr) if entry["id"] == row)
        self.assertEqual((entry["changes"], entry["details"]), ('{"rate": 1.5}', "no json"))


class TestTampering(AuditCase):
    """A superuser of the database switches the guards off: what he changes is shown at the exact entry."""

    def setUp(self):
        super().setUp()
        for number in range(6):
            self.partner(f"partner-{number}")
        self.assertTrue(self.verified().holds)
        self.entries = self.env["sync.audit.entry"].search([("model", "=", "sync.trading.partner")], order="position")

    def test_a_changed_entry(self):
        victim = self.entries[2]
        for column, value in (("login", "another"), ("changes", '{"name":[null,"x"]}'), ("occurred_at", "2001-01-01")):
            with self.subTest(column=column):
                self.env.cr.execute("SAVEPOINT before")
                self.without_guard(f"UPDATE sync_audit_entry SET {column} = %s WHERE id = %s", [value, victim.id])
                breaks = self.verified().breaks
                self.assertEqual([(b.position, b.entry_id) for b in breaks], [(victim.position, victim.id)])
                self.env.cr.execute("ROLLBACK TO before")

    def test_a_removed_entry(self):
        victim, position = self.entries[3], self.entries[3].position
        self.without_guard("DELETE FROM sync_audit_entry WHERE id = %s", [victim.id])
        (found,) = self.verified().breaks
        self.assertEqual((found.position, found.reason), (position + 1, f"entry {position} is missing before it"))

    def test_the_newest_removed(self):
        last = self.entries[-1].position
        self.without_guard("DELETE FROM sync_audit_entry WHERE position = %s", [last])
        (found,) = self.verified().breaks
        self.assertEqual(found.position, last)
        self.assertIn("newest", found.reason)

    def test_a_whole_new_chain_is_told_by_the_anchor(self):
        with self.engine_cursors():
            statement = self.env["sync.audit.anchor"]._take()
        self.assertTrue(anchors.is_genuine(statement))
        self.assertFalse(anchors.is_genuine({**statement, "position": 1}))
        self.without_guard(
            "UPDATE sync_audit_entry SET login = 'another', hash = NULL, position = NULL, previous_hash = NULL;"
            "UPDATE sync_audit_chain SET position = 0, hash = repeat('0', 64)"
        )
        (found,) = self.verified().breaks
        self.assertEqual((found.position, found.reason), (statement["position"], "an anchor names another hash for it"))

    def test_the_health_page_says_so_until_the_whole_chain_holds(self):
        with self.engine_cursors():
            self.env["sync.audit.chain"]._daily()
        self.assertEqual(look(self.env, self.env.cr).state, "ok")
        self.partner("later")
        self.link()
        later = self.env["sync.audit.entry"].search([("record", "=", "Later")])
        self.without_guard("UPDATE sync_audit_entry SET login = 'another' WHERE id = %s", [later.id])
        with self.engine_cursors(), self.assertLogs("odoo.addons.sync_governance.models.audit.health", "ERROR"):
            self.env["sync.audit.chain"]._daily()
        finding = look(self.env, self.env.cr)
        self.assertEqual(finding.state, "bad")
        self.assertIn(f"entry {later.position} (row {later.id})", finding.detail)

    def test_entries_that_nobody_links_are_told(self):
        self.partner("waiting")
        self.env.flush_all()
        self.without_guard(
            "UPDATE sync_audit_entry SET occurred_at = occurred_at - interval '1 hour' WHERE hash IS NULL"
        )
        self.assertEqual(look(self.env, self.env.cr).state, "warning")
        with self.engine_cursors():
            self.env["sync.engine"]._housekeep()
        self.assertEqual(look(self.env, self.env.cr).state, "ok")


class TestAnchor(AuditCase):
    def test_it_is_told_to_the_log_the_file_and_the_collector(self):
        self.partner()
        self.link()
        path = self.create_file()
        sent = []

        class Collector:
            def __enter__(self):
                return sent.append

            def __exit__(self, *_error):
                return None

        options = {anchors.FILE_OPTION: path, anchors.SYSLOG_OPTION: "127.0.0.1:514"}
        with (
            patch.object(anchors.config, "get", lambda name, default=None: options.get(name, default)),
            patch.object(anchors, "syslog", lambda _address: Collector()),
            patch.object(anchors._logger, "info") as logged,
            self.engine_cursors(),
        ):
            statement = self.env["sync.audit.anchor"]._take()
            self.assertIsNone(self.env["sync.audit.anchor"]._take(), "nothing new to anchor")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.loads(file.read()), statement)
        self.assertIn(statement["hash"], logged.call_args.args[1])
        self.assertIn(statement["hash"].encode(), sent[0])
        anchor = self.env["sync.audit.anchor"].search([], limit=1)
        self.assertEqual(anchor.public_key, statement["public_key"])

    def create_file(self):
        file = tempfile.NamedTemporaryFile(suffix=".anchors")
        self.addCleanup(file.close)
        return file.name

    def test_without_a_key_it_is_told_unsigned(self):
        self.partner()
        self.link()
        with (
            patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": ""}),
            mute_logger("odoo.addons.sync_governance.models.audit.anchor"),
            self.engine_cursors(),
        ):
            statement = self.env["sync.audit.anchor"]._take()
        self.assertNotIn("signature", statement)
        self.assertTrue(statement["hash"])


@tagged("post_install", "-at_install")
class TestManyWriters(OwnTablesCase):
    """Real connections: business writes and waits for nobody, whoever links."""

    tables = ("sync_audit_entry", "sync_audit_chain", "sync_audit_anchor")

    def setUp(self):
        super().setUp()
        with self.connection() as cr:
            cr.execute("INSERT INTO sync_audit_chain (id, position, hash) VALUES (1, 0, repeat('0', 64))")

    def add(self, cr, action):
        cr.execute("INSERT INTO sync_audit_entry (kind, action) VALUES ('change', %s)", [action])

    def link(self, wait=True):
        with self.connection() as cr:
            return link(cr, wait=wait, limit=7)

    def test_racing_writers_and_linkers_give_one_chain_without_gaps(self):
        over = threading.Event()

        def writer(number):
            for turn in range(25):
                with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as cr:
                    self.add(cr, f"{number}.{turn}")
                    if turn % 5 == 4:
                        cr.connection.rollback()

        def linker(wait):
            while not over.is_set():
                self.link(wait)

        with ThreadPoolExecutor(9) as threads:
            linkers = [threads.submit(linker, wait) for wait in (True, False, True)]
            for written in [threads.submit(writer, number) for number in range(6)]:
                written.result()
            over.set()
            for one in linkers:
                one.result()
        while self.link():
            continue
        with self.connection() as cr:
            verdict = verify(cr)
            self.assertEqual((verdict.breaks, verdict.count, verdict.tail), ([], 6 * 20, 0))

    def test_who_commits_late_is_linked_late_and_holds_up_nobody(self):
        with self.connection(ISOLATION_LEVEL_REPEATABLE_READ) as slow:
            self.add(slow, "slow")
            with self.connection() as quick:
                self.add(quick, "quick")
            self.assertEqual(self.link(), 1)
        self.assertEqual(self.link(), 1)
        with self.connection() as cr:
            self.assertEqual([entry["action"] for entry in walk(cr)], ["quick", "slow"])
            self.assertTrue(verify(cr).holds)

    def test_business_writes_while_somebody_links_and_a_second_linker_leaves_it_to_him(self):
        with self.connection() as cr:
            self.add(cr, "first")
        with self.connection() as linking:
            self.assertEqual(link(linking), 1)
            with self.connection() as cr:
                self.add(cr, "meanwhile")
            self.assertEqual(self.link(wait=False), 0)
        self.assertEqual(self.link(wait=False), 1)

    def test_a_linker_that_dies_leaves_everything_to_the_next(self):
        with self.connection() as cr:
            self.add(cr, "one")
        with self.assertRaises(ZeroDivisionError), self.connection() as cr:
            link(cr)
            raise ZeroDivisionError
        self.assertEqual(self.link(), 1)
        with self.connection() as cr:
            self.assertTrue(verify(cr).holds)
