"""Files that we put into a folder: whole, never over another one, and a person is told where that cannot be."""

import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import ValidationError

from .delivery_fixture import DeliveryCase


class TestDeliverFolder(DeliveryCase):
    def setUp(self):
        super().setUp()
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.outbox = Path(root.name).resolve() / "out"
        self.outbox.mkdir()
        self.startPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_FOLDERS": str(self.outbox.parent)}))
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_endpoint SET carrier = 'folder', transport = 'folder', authentication = 'none', folder = %s,
                      file_name = '{type}_{reference}.json' WHERE id = %s""",
            [str(self.outbox), self.endpoint.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def files(self):
        return sorted(path.name for path in self.outbox.iterdir())

    def again(self):
        """The time of the next try has come."""
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")

    def test_a_document_becomes_a_file_and_the_message_is_done(self):
        message = self.invoices("INV/2026/1")
        self.run_engine()
        self.assertEqual(message.state, "done")
        (name,) = self.files()
        self.assertEqual(name, "invoice.posted_INV_2026_1.json")
        self.assertIn(b"sales_document.posted", (self.outbox / name).read_bytes())

    def test_another_file_of_the_name_is_left_alone(self):
        (self.outbox / "invoice.posted_INV1.json").write_bytes(b"theirs")
        message = self.invoices("INV1")
        self.run_engine()
        self.assertEqual((message.state, len(self.files())), ("done", 2))
        self.endpoint.with_user(self.author).file_exists = "refuse"
        (self.outbox / "invoice.posted_INV2.json").write_bytes(b"theirs")
        refused = self.invoices("INV2")
        self.run_engine()
        self.assertEqual((refused.state, refused.fault_code), ("failed", "deliver.file_exists"))
        self.assertEqual((self.outbox / "invoice.posted_INV2.json").read_bytes(), b"theirs")

    def test_a_share_that_is_away_is_tried_again_and_counts_against_the_endpoint(self):
        self.outbox.rmdir()
        message = self.invoices("INV1")
        self.run_engine()
        self.assertEqual((message.state, message.attempt), ("ready", 1))
        self.assertEqual((message.fault_code, self.endpoint.breaker_failures), ("deliver.folder_unavailable", 1))
        self.outbox.mkdir()
        self.again()
        self.run_engine()
        self.assertEqual(len(self.files()), 1)

    def test_a_name_that_could_lead_elsewhere_cannot_be_set(self):
        endpoint = self.endpoint.with_user(self.author)
        for template in ("../{id}", "/etc/{id}", "orders.csv", "{password}"):
            with self.assertRaises(ValidationError):
                endpoint.file_name = template

    def test_an_endpoint_is_set_up_as_people_do(self):
        endpoint = (
            self.env["sync.endpoint"]
            .with_user(self.author)
            .create(
                {
                    "name": "Files of the warehouse",
                    "code": "warehouse-files",
                    "trading_partner_id": self.partner.id,
                    "direction": "inbound",
                    "carrier": "folder",
                    "authentication": "none",
                    "topic_source": "constant",
                    "topic_value": "stock",
                    "key_value": "/id",
                    "folder": str(self.outbox),
                }
            )
        )
        self.assertEqual((endpoint.transport, endpoint._is_polled()), ("folder", True))
        self.assertTrue(endpoint._has_valid_credential(), "a folder of our own server asks for none")
        endpoint.action_create_agent()
        endpoint.action_go_live()
        due = self.env["sync.due"].search([("kind", "=", "endpoint.poll"), ("res_id", "=", endpoint.id)])
        self.assertEqual(len(due), 1)
        with self.assertRaises(ValidationError):
            endpoint.authentication = "api_key"
        endpoint.action_suspend()
        self.assertFalse(due.exists())
