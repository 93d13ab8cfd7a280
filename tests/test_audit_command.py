"""``odoo sync_audit``, as it is called on the server."""

import io
import json
import runpy
import socket
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from unittest.mock import patch

from odoo.addons.sync_governance.models.audit import command_line

from .audit_fixture import AuditCase

COMMAND = Path(__file__).parents[1] / "cli" / "sync_audit.py"


class TestCommand(AuditCase):
    def setUp(self):
        super().setUp()
        self.partner("northwind")
        self.approved(self.policy())
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_command(self, *args):
        """Exit status and output of the command with these arguments."""
        command = runpy.run_path(str(COMMAND), run_name="odoo.cli.sync_audit")["SyncAudit"]()
        options = command._command_line().parse_args([args[0], "-d", self.env.cr.dbname, *args[1:]])
        said = io.StringIO()
        with self.engine_cursors(), redirect_stdout(said), redirect_stderr(said):
            status = command_line.run(options)
        return status, said.getvalue()

    def days(self):
        today = date.today().isoformat()
        return "--from", "2020-01-01", "--to", today.replace(today[:4], str(int(today[:4]) + 1), 1)

    def test_verify_says_that_it_holds_and_where_it_does_not(self):
        status, said = self.run_command("verify")
        self.assertEqual(status, 0, said)
        self.assertIn("holds", said)
        victim = self.env["sync.audit.entry"].search([("position", ">", 0)], limit=1)
        self.without_guard("UPDATE sync_audit_entry SET login = 'another' WHERE id = %s", [victim.id])
        status, said = self.run_command("verify")
        self.assertEqual(status, 1)
        self.assertIn(f"DOES NOT HOLD: entry {victim.position} (row {victim.id}): its content was changed", said)

    def test_an_archive_is_verified_without_the_database(self):
        file = self.folder / "evidence.zip"
        status, said = self.run_command("export", *self.days(), "--out", str(file))
        self.assertEqual(status, 0, said)
        entry = self.new_entries(kind="export")
        self.assertEqual((entry.action, entry.source), ("evidence archive", "command"))
        with patch.object(command_line, "Registry", side_effect=AssertionError("no database")):
            status, said = self.run_command("verify", "--archive", str(file))
            self.assertEqual(status, 0, said)
            self.assertIn("fingerprint", said)
            self.assertEqual(self.run_command("verify", "--archive", str(file), "--public-key", "b" * 43)[0], 1)
            file.write_bytes(file.read_bytes()[:-30])
            self.assertEqual(self.run_command("verify", "--archive", str(file))[0], 1)

    def test_what_cannot_be_done_is_said(self):
        for args in (
            ("export", "--from", "2026-02-01", "--to", "2026-01-01", "--out", str(self.folder / "x")),
            ("export", "--from", "yesterday", "--to", "2026-01-01", "--out", str(self.folder / "x")),
            ("verify", "--archive", str(self.folder / "none")),
            ("stream", "--syslog", "nowhere"),
        ):
            with self.subTest(args=args):
                self.assertEqual(self.run_command(*args)[0], 2)
        self.assertFalse(list(self.folder.iterdir()), "nothing half done is left")

    def test_anchors_kept_outside_tell_of_a_chain_that_was_rewritten(self):
        status, said = self.run_command("anchor")
        self.assertEqual(status, 0)
        statement = json.loads(said)
        file = self.folder / "anchors"
        file.write_text(f"Nov 21 odoo: Audit anchor {json.dumps(statement)}\n")
        self.assertEqual(self.run_command("verify", "--anchors", str(file))[0], 0)
        self.without_guard(
            "DELETE FROM sync_audit_anchor;"
            "UPDATE sync_audit_entry SET login = 'another', hash = NULL, position = NULL, previous_hash = NULL;"
            "UPDATE sync_audit_chain SET position = 0, hash = repeat('0', 64), verified_position = 0"
        )
        self.assertEqual(self.run_command("verify")[0], 0, "by itself the new chain holds")
        status, said = self.run_command("verify", "--anchors", str(file))
        self.assertEqual(status, 1)
        self.assertIn(f"entry {statement['position']}: the anchor of", said)
        file.write_text(json.dumps({**statement, "hash": "0" * 64}))
        self.assertIn("signature does not fit", self.run_command("verify", "--anchors", str(file))[1])

    def test_a_stream_has_every_entry_once_in_order(self):
        status, said = self.run_command("stream")
        self.assertEqual(status, 0)
        entries = [json.loads(line) for line in said.splitlines()]
        self.assertEqual([entry["position"] for entry in entries], list(range(1, len(entries) + 1)))
        self.assertEqual((entries[-1]["kind"], entries[-1]["action"]), ("export", "stream"))
        after = str(len(entries) - 1)
        self.assertEqual(json.loads(self.run_command("stream", "--after", after)[1].splitlines()[0]), entries[-1])

    def test_a_collector_gets_messages_of_rfc_5424(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
            collector.bind(("127.0.0.1", 0))
            collector.settimeout(10)
            status, said = self.run_command("stream", "--syslog", f"127.0.0.1:{collector.getsockname()[1]}")
            self.assertEqual(status, 0, said)
            message = collector.recv(65535)
        self.assertTrue(message.startswith(b"<10"))
        self.assertEqual(json.loads(message.partition(b"\xef\xbb\xbf")[2])["position"], 1)

    def test_the_key_is_told_by_its_public_half(self):
        status, said = self.run_command("key")
        self.assertEqual(status, 0)
        self.assertIn(self.env["sync.audit.anchor"]._signer().public_key, said)
