"""Fetched files of several documents: taken apart, opened and acknowledged as those that are sent to us."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.tools import mute_logger

from .edi_fixture import ORDER, EdiCase, x12
from .pickup_fixture import PickupCase


class TestPickupFiles(PickupCase):
    def setUp(self):
        super().setUp()
        self.configure(self.door, codec="ndjson")

    def lines(self, *numbers):
        return b"\n".join(self.order(number) for number in numbers)

    def test_each_document_of_a_file_is_a_message(self):
        self.put("orders.ndjson", self.lines("#1001", "#1002", "#1003"))
        poll = self.look()
        self.assertEqual(sorted(self.applied), ["#1001", "#1002", "#1003"])
        self.assertEqual((poll.taken, poll.refused), (1, 0))
        file = self.messages().file_transmission_id
        self.assertEqual(len(file), 1, "they all name the file that they came in")
        self.assertEqual(self.files("archive"), ["orders.ndjson"])

    def test_a_file_that_comes_again_is_known_with_all_its_documents(self):
        self.put("orders.ndjson", self.lines("#1001", "#1002"))
        self.look()
        self.put("orders.ndjson", self.lines("#1001", "#1002"))
        poll = self.look()
        self.assertEqual((poll.taken, poll.repeated), (0, 1))
        self.assertEqual(sorted(self.applied), ["#1001", "#1002"])

    def test_one_bad_line_stops_no_other(self):
        self.put("orders.ndjson", self.lines("#1001") + b"\n{broken\n" + self.lines("#1003"))
        self.look()
        self.assertEqual(sorted(self.applied), ["#1001", "#1003"])
        self.assertEqual(self.exceptions(), ["decode.malformed"])
        self.assertEqual(self.files("archive"), ["orders.ndjson"])

    def test_more_documents_than_one_transaction_holds_are_opened_by_the_engine(self):
        self.configure(self.door, max_body_bytes=10_000_000)
        numbers = [f"#{number}" for number in range(1, 1102)]
        self.put("orders.ndjson", self.lines(*numbers))
        poll = self.look()
        self.assertEqual((poll.taken, poll.refused), (1, 0))
        self.run_engine()
        self.assertEqual(len(self.applied), 1101)
        self.assertEqual(set(self.applied), set(numbers))

    def test_what_we_fetch_may_be_larger_than_what_is_sent_to_us(self):
        self.configure(self.door, max_body_bytes=200_000_000)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.configure(self.door, carrier=None, transport="webhook")

    def test_a_time_of_its_policy_holds_for_each_document_of_a_file(self):
        policy = self.env["sync.interface"].search([("endpoint_id", "=", self.door.id)], limit=1).policy_id
        self.configure(policy, timing="micro_batch", batch_seconds=300, batch_documents=1000)
        self.put("orders.ndjson", self.lines("#1001", "#1002"))
        self.look()
        self.assertEqual(self.applied, [], "they wait for the others of their batch")
        self.assertEqual(len(self.messages()), 2)


class TestPickupInterchange(EdiCase):
    def test_an_interchange_in_a_folder_is_acknowledged(self):
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.startPatcher(patch.dict(os.environ, {"SYNC_GOVERNANCE_FOLDERS": root.name}))
        self.approved(
            self.door,
            carrier="folder",
            transport="folder",
            authentication="none",
            folder=root.name,
            file_ready="suffix",
        )
        path = Path(root.name) / "orders.edi"
        path.write_bytes(x12(ORDER.format(number="1"), ORDER.format(number="2")))
        os.utime(path, (path.stat().st_mtime - 60,) * 2)
        self.env["sync.poll"]._want(self.env.cr, self.door.ids)
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(self.env["sync.message"].search_count([("endpoint_id", "=", self.door.id)]), 2)
        kept = self.env["sync.interchange"].search([("endpoint_id", "=", self.door.id)])
        self.assertEqual((kept.reference, kept.verdict), ("000000007", "accepted"))
        self.assertTrue(kept.answer_event_id)
