"""What is wrong with a document names its place in the partner's own file: on the message and on the exception."""

import json
from unittest.mock import patch

from odoo.addons.sync_governance.core.work import Done
from odoo.addons.sync_governance.models.packs import reading

from .test_pack_interchanges import InterchangeCase, interchange_of


class TakenCase(InterchangeCase):
    """Whatever comes is taken, so that only decoding, contract and mapping can refuse it."""

    def setUp(self):
        super().setUp()
        handler = self.registry["sync.handler.order.create"]
        self.startPatcher(patch.object(handler, "_touches", lambda _handler, _work: []))
        self.startPatcher(patch.object(handler, "_apply_one", lambda _handler, work: Done(reference=work.reference)))
        self.startPatcher(
            patch.object(
                self.registry["sync.handler"], "_for", lambda handlers, *_: handlers.env["sync.handler.order.create"]
            )
        )


class TestFaultsSayWhere(TakenCase):
    def fault_of(self, message):
        self.assertEqual((message.state, message.fault_code), ("failed", "validate.contract"))
        attempt = self.env["sync.attempt"].search([("message_id", "=", message.id)], limit=1, order="id desc")
        (fault,) = json.loads(attempt.faults)
        return fault

    def test_the_segment_of_the_interchange_is_named_and_the_neighbours_go_on(self):
        """The middle one of three orders has no price."""
        _partner, door = self.live("retail-x12")
        good = reading.content("retail-x12", "samples/order.edi")
        bad = reading.content("retail-x12", "samples/order_without_price.edi")
        body = interchange_of("x12", [good.replace(b"4500123456", b"4500123400"), bad, good])
        answer = self.post(door, body)
        self.assertEqual(answer.status_code, 202, answer.text)
        self.run_engine()
        first, middle, last = (self.message_of(each["message_id"]) for each in answer.json()["results"])
        self.assertEqual((first.state, last.state), ("done", "done"))
        fault = self.fault_of(middle)
        segments = body.decode().split("~\n")
        at = next(number for number, each in enumerate(segments, 1) if each.startswith("PO1*1*24*EA***"))
        self.assertGreater(at, 20)
        self.assertEqual(fault["origin"], f"segment {at} (PO1), element 4")
        self.assertIn(f"In the file: segment {at} (PO1), element 4.", fault["detail"])
        self.assertIn(f"segment {at} (PO1), element 4", middle.exception_id.faults_html)

    def test_the_line_and_the_column_of_a_file_with_a_document_on_each_line(self):
        partner, _doors = self.live("bank-files")
        door = partner.endpoint_ids.filtered(lambda each: each.direction == "inbound")
        header, row = reading.content("bank-files", "samples/payment.csv").splitlines()[:2]
        rows = [row.replace(b"2026032000071", b"20260320%05d" % number) for number in range(5)]
        rows[3] = rows[3].replace(b"1.193,26", b"-1.193,26")
        found = self.env["sync.message"].search([("uid", "in", self.put(door, b"\n".join([header, *rows])))])
        self.assertEqual(len(found), 5)
        (bad,) = found.filtered(lambda each: each.state == "failed")
        self.assertEqual(self.fault_of(bad)["origin"], "line 5, column Amount")
