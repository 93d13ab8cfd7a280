"""What we decided about a document is told line by line, where its handler says so."""

import json

from odoo.tests import tagged

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate
from odoo.addons.sync_governance.core.work import Done

from .test_intake import IntakeCase

EACH = {"value": "1", "unit": "EA"}


@tagged("post_install", "-at_install")
class TestAcknowledgedLines(IntakeCase):
    lines = ()

    def outcome(self, work):
        return Done(reference=work.canonical["number"], lines=[*self.lines])

    def told(self, *lines):
        """The acknowledgement of an order whose handler says this of its lines."""
        self.lines = lines
        self.configure(self.policy, acknowledgement="business")
        self.post(self.body())
        self.run_engine()
        event = self.env["sync.event"].search([("document_type", "=", "acknowledgement")])
        self.env.cr.execute("SELECT document FROM sync_event WHERE id = %s", [event.id])
        document = json.loads(self.env.cr.fetchone()[0])
        self.assertFalse(validate(validator("acknowledgement"), document))
        return document

    def test_an_order_that_was_taken_as_it_is(self):
        document = self.told({"id": "1", "status": "accepted", "quantity": EACH})
        self.assertEqual((document["status"], document["subject"]["number"]), ("accepted", "#1001"))
        self.assertEqual(document["lines"], [{"id": "1", "status": "accepted", "quantity": EACH}])

    def test_an_order_of_which_a_part_was_taken(self):
        document = self.told(
            {"id": "1", "status": "accepted", "quantity": EACH},
            {"id": "2", "status": "rejected", "reason": {"code": "not_available"}},
        )
        self.assertEqual(document["status"], "accepted_with_changes")

    def test_an_order_of_which_nothing_was_taken(self):
        document = self.told({"id": "1", "status": "rejected", "reason": {"code": "not_available"}})
        self.assertEqual(document["status"], "rejected")

    def test_who_ordered_and_who_answers_is_told_and_nothing_about_people(self):
        document = self.told()
        buyer = document["buyer"]
        self.assertEqual(document["seller"]["company_name"], self.company.name)
        self.assertLessEqual(set(buyer), {"identifiers", "company_name"})
        self.assertTrue(buyer["identifiers"])
        self.assertEqual(document["currency"], "USD")

    def test_a_document_without_lines_is_told_as_a_whole(self):
        document = self.told()
        self.assertEqual(document["status"], "accepted")
        self.assertNotIn("lines", document)
