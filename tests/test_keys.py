"""The server's keys: a wrong one is named at start, a new one takes over everything in steps."""

import io
import os
from contextlib import redirect_stdout
from unittest.mock import patch

from odoo.addons.sync_governance.core.security.keyring import KeyRing
from odoo.addons.sync_governance.models.monitor import key_rounds
from odoo.addons.sync_governance.models.partner import sealed

from .common import TEST_KEYS
from .governance_fixture import SECRET, GovernanceCase

NEW = KeyRing.generate("k2")


class TestKeyRing(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.doors = [self.endpoint(self.partner(f"p{n}"), f"orders-{n}") for n in range(3)]
        self.proofs = [self.credential(door) for door in self.doors]
        self.env.flush_all()

    def configured(self, keys):
        return patch.dict(os.environ, {"SYNC_GOVERNANCE_KEYS": keys})

    def command(self, what):
        """(exit status, what it prints)."""
        printed = io.StringIO()
        with self.engine_cursors(), redirect_stdout(printed):
            status = getattr(key_rounds, what)(self.env["sync.sealed"])
        return status, printed.getvalue()

    def keys_used(self):
        self.env.cr.execute("SELECT DISTINCT split_part(secret_encrypted, '.', 2) FROM sync_credential_version")
        return {row[0] for row in self.env.cr.fetchall()}

    def test_a_new_key_takes_over_in_chunks_and_the_old_one_can_go(self):
        with self.configured(f"{NEW},{TEST_KEYS}"), patch.object(sealed, "CHUNK", 2):
            self.assertEqual(self.keys_used(), {"test"})
            status, said = self.command("reencrypt")
            self.assertEqual(status, 0, said)
            self.assertIn("sync_credential_version.secret_encrypted: 3 encrypted anew", said)
            self.assertEqual(self.keys_used(), {"k2"})
            self.assertEqual(set(self.proofs[0].version_ids.mapped("key_id")), {"k2"})
            self.assertIn("already", self.command("reencrypt")[1], "running it again changes nothing")
        with self.configured(NEW):
            self.env.registry.clear_cache()
            self.assertEqual([secret.value for secret in self.doors[0].sudo()._secrets("verify")], [SECRET])
            self.assertEqual(self.command("check")[0], 0)

    def test_a_check_counts_what_opens_with_which_key(self):
        status, said = self.command("check")
        self.assertEqual(status, 0)
        self.assertIn("sync_credential_version.secret_encrypted: 3 opened with key test", said)
        self.assertNotIn(SECRET, said)

    def test_a_missing_and_a_wrong_key_are_named_and_never_tried_as_garbage(self):
        for keys, said in ((NEW, "key test, which is not configured"), (KeyRing.generate("test"), "is not the one")):
            with self.configured(keys):
                self.assertRegex(self.env["sync.sealed"]._key_problems()[0], said)
                with self.assertLogs("odoo.addons.sync_governance.models.partner.key_check", "ERROR") as log:
                    self.env["sync.sealed"]._register_hook()
                self.assertIn(said, log.output[0])
                for what in ("check", "reencrypt"):
                    status, printed = self.command(what)
                    self.assertEqual(status, 1)
                    self.assertIn(said, printed)
            self.assertEqual(self.keys_used(), {"test"}, "what cannot be opened stays as it is")

    def test_no_key_at_all_is_told_only_where_something_is_encrypted(self):
        with self.configured(""):
            self.assertIn("No encryption key", self.env["sync.sealed"]._key_problems()[0])
            for proof in self.proofs:
                proof.action_revoke()
            self.assertFalse(self.env["sync.sealed"]._key_problems())

    def check(self):
        with self.engine_cursors():
            self.env["sync.engine.check"]._refresh()
        return self.env["sync.engine.check"].search([("code", "=", "keys")])

    def test_the_health_page_names_the_key(self):
        self.assertEqual(self.check().state, "ok")
        with self.configured(NEW):
            found = self.check()
        self.assertEqual(found.state, "bad")
        self.assertIn("key test", found.sentence)
        self.assertTrue(found.advice)

    def test_every_encrypted_column_is_known_to_the_rounds(self):
        found = {
            (model._table, column) for model in self.env["sync.sealed"]._sealed_tables() for column in model._sealed
        }
        self.env.cr.execute(
            """SELECT table_name, column_name FROM information_schema.columns
                WHERE table_name LIKE 'sync\\_%' AND table_schema = current_schema()
                  AND (column_name LIKE '%\\_encrypted' OR column_name LIKE '%\\_sealed')"""
        )
        self.assertEqual(set(self.env.cr.fetchall()), found)
