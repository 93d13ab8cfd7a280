"""SFTP through the whole of Odoo, against a server that speaks the real protocol: both ways, and its key."""

import tempfile
from pathlib import Path
from unittest import skipUnless
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.sync_governance.core.delivery import sftp

from .delivery_fixture import DeliveryCase
from .pickup_fixture import PickupCase

PASSWORD = "a long word for ada"
INSTALLED = sftp.is_installed()
WHY = "paramiko is not installed"


class Served:
    """A server over a folder of its own, and an endpoint that goes there."""

    def serve(self, endpoint):
        from .sftp_server import SftpServer

        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        (Path(root.name) / "in").mkdir()
        self.server = SftpServer(root.name, {"ada": PASSWORD})
        self.addCleanup(self.server.stop)
        self.there = Path(root.name) / "in"
        self.set(
            endpoint,
            carrier="sftp",
            transport="sftp",
            authentication="basic",
            folder="/in",
            sftp_host="127.0.0.1",
            sftp_port=self.server.port,
            sftp_host_key=self.server.fingerprint,
            allowed_private_hosts=f"127.0.0.1:{self.server.port}",
            file_name="{reference}.json",
        )
        endpoint.credential_ids.with_user(self.author).action_revoke()
        self.env["sync.credential"].with_user(self.author).create(
            {"name": "Log-in", "endpoint_id": endpoint.id, "username": "ada", "secret_input": PASSWORD}
        )

    def set(self, record, **values):
        self.env.flush_all()
        names = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute(f"UPDATE {record._table} SET {names} WHERE id = %s", [*values.values(), record.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()


@skipUnless(INSTALLED, WHY)
class TestPickupSftp(Served, PickupCase):
    def setUp(self):
        super().setUp()
        self.serve(self.door)
        self.inbox = self.there

    def test_files_are_taken_over_and_archived_over_one_connection(self):
        self.put("a.json", self.order("#1"))
        self.put("b.json", self.order("#2"))
        poll = self.look()
        self.assertEqual((self.applied, poll.fault_code, poll.taken), (["#1", "#2"], False, 2))
        self.assertEqual((self.files(), self.files("archive")), ([], ["a.json", "b.json"]))
        self.assertEqual((self.server.connections, self.server.logins), (1, [("ada", True)]))
        credential = self.door.credential_ids.filtered("username")
        self.assertEqual((credential.purpose, bool(credential.last_used_at)), ("sign", True))
        self.assertEqual(self.messages()[0].credential_id, credential)

    def test_a_file_that_is_still_written_is_left_alone(self):
        self.configure(self.door, file_ready="stable", file_quiet_seconds=10)
        self.put("a.json", self.order())
        with patch("time.time", lambda: 1_000_000.0):
            self.look()
        self.assertEqual(self.messages().ids, [])
        with patch("time.time", lambda: 1_000_011.0):
            self.look()
        self.assertEqual(self.applied, ["#1001"])

    def test_a_connection_cut_in_a_file_goes_on_with_what_is_left(self):
        for number in range(3):
            self.put(f"{number}.json", self.order(f"#{number}"))
        reads, happens = [], self.server.happens

        def cut_the_second(fault):
            if fault == "cut_reading":
                reads.append(fault)
                return len(reads) == 2
            return happens(fault)

        with patch.object(self.server, "happens", cut_the_second):
            poll = self.look()
        self.assertEqual((poll.fault_code, poll.taken), ("deliver.connection_failed", 1))
        self.assertEqual((self.applied, self.files("archive")), (["#0"], ["0.json"]))
        self.assertEqual(self.door.breaker_failures, 1)
        self.assertTrue(poll.wanted_at, "it is tried again before the interval is over")
        self.look()
        self.assertEqual((self.applied, self.files()), (["#0", "#1", "#2"], []))

    def test_a_file_that_cannot_be_put_aside_is_no_second_document(self):
        self.put("a.json", self.order())
        self.server.faults["no_rename"] = 2
        self.assertEqual(self.look().fault_code, "deliver.folder_unavailable")
        self.assertEqual((self.applied, self.files()), (["#1001"], ["a.json"]))
        poll = self.look()
        self.assertEqual((self.applied, self.files(), poll.repeated), (["#1001"], [], 1))

    def test_another_key_stops_everything_until_a_person_confirms_it(self):
        self.put("a.json", self.order())
        self.configure(self.door, sftp_host_key="ssh-ed25519 SHA256:" + "A" * 43)
        poll = self.look()
        self.assertEqual((poll.fault_code, self.files()), ("deliver.host_key_changed", ["a.json"]))
        self.assertEqual((self.exceptions(), self.server.logins), (["deliver.host_key_changed"], []))
        self.assertEqual(self.door.breaker_failures, 0)
        door = self.door.with_user(self.author)
        door.action_sftp_get_key()
        self.assertEqual(door.sftp_seen_key, self.server.fingerprint)
        self.look()
        self.assertEqual(self.server.logins, [], "seen is not confirmed")
        door.action_sftp_confirm_key()
        self.run_engine()
        self.assertEqual((self.applied, self.exceptions()), (["#1001"], []))
        self.assertIn(self.server.fingerprint, "".join(door.message_ids.mapped("body")))

    def test_a_wrong_password_is_an_exception_and_is_not_tried_at_once_again(self):
        self.configure(self.door, poll_minutes=60)
        self.server.users["ada"] = "another"
        poll = self.look()
        self.assertEqual((poll.fault_code, self.exceptions()), ("deliver.login_refused", ["deliver.login_refused"]))
        self.assertEqual(len(self.server.logins), 1)
        self.assertNotIn(PASSWORD, poll.fault_detail)

    def test_without_the_library_the_form_says_what_to_install(self):
        with patch.dict("sys.modules", {"paramiko": None}):
            self.env.invalidate_all()
            self.assertIn("paramiko", self.door.sftp_hint)
            self.assertIn(self.door.sftp_hint, self.door._missing())
            self.assertEqual(self.look().fault_code, "engine.library_missing")
        self.assertEqual(self.exceptions(), ["engine.library_missing"])

    def test_the_key_is_not_typed_in_and_not_confirmed_by_everybody(self):
        with self.assertRaises(UserError):
            self.door.with_user(self.author).sftp_host_key = "SHA256:" + "A" * 43
        with self.assertRaises(AccessError):
            self.door.with_user(self.approver).action_sftp_get_key()

    def test_another_server_needs_another_confirmation(self):
        door = self.door.with_user(self.author)
        with self.assertRaises(UserError):
            door.sftp_host = "other.example"
        door.action_suspend()
        door.sftp_host = "other.example"
        self.assertFalse(door.sftp_host_key)
        with self.assertRaises(ValidationError):
            door.action_resume()


@skipUnless(INSTALLED, WHY)
class TestDeliverSftp(Served, DeliveryCase):
    def setUp(self):
        super().setUp()
        self.serve(self.endpoint)

    def files(self):
        return sorted(path.name for path in self.there.iterdir())

    def test_a_document_becomes_a_file_at_the_partner(self):
        messages = self.invoices("INV1", "INV2")
        self.run_engine()
        self.assertEqual((messages.mapped("state"), self.files()), (["done", "done"], ["INV1.json", "INV2.json"]))
        self.assertEqual(self.server.logins, [("ada", True), ("ada", True)])

    def test_a_full_disk_leaves_no_half_file_and_the_message_is_tried_again(self):
        self.server.faults["full"] = 1
        message = self.invoices("INV1")
        self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.folder_unavailable"))
        self.assertEqual([name for name in self.files() if not name.startswith(".")], [])

    def test_another_key_stops_what_goes_out(self):
        self.set(self.endpoint, sftp_host_key="SHA256:" + "A" * 43)
        message = self.invoices("INV1")
        self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.host_key_changed"))
        self.assertEqual((self.server.logins, self.files()), ([], []))
