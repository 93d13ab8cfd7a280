"""Documents that nothing in Odoo carries out by itself: read, compared, or left to a person."""

from odoo.tests import tagged

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Done, Wait

from .flow_fixture import FlowCase


@tagged("post_install", "-at_install")
class TestByHand(FlowCase):
    def change(self, number, *lines):
        """An order change: lines are (id, action, quantity)."""
        return {
            "type": "order.change",
            "number": number,
            "requested_at": "2026-03-06T09:02:11+01:00",
            "lines": [
                {
                    "action": action,
                    "line": {
                        "id": line,
                        "item": {"identifiers": [], "description": f"Article {line}"},
                        "quantity": {"value": quantity, "unit": "EA"},
                        "unit_price": "1.00",
                        "discounts": [],
                        "taxes": [],
                    },
                }
                for line, action, quantity in lines
            ],
        }

    def placed(self):
        document = self.order_document()
        outcome = self.apply("order.create", self.shop, document)
        self.assertIsInstance(outcome, Done, outcome)
        return document, self.env["sale.order"].browse(outcome.effects[0].res_id)

    def compared(self, document):
        return self.apply("order.compared", self.shop, document)

    def test_an_update_that_changes_no_quantity_is_nobodys_work(self):
        placed, order = self.placed()
        lines = [(line["id"], "change", line["quantity"]["value"]) for line in placed["lines"]]
        outcome = self.compared(self.change(placed["number"], *lines))
        self.assertIsInstance(outcome, Done, outcome)
        self.assertEqual(outcome.effects[0].res_id, order.id)
        self.assertTrue(outcome.process_id)

    def test_another_quantity_a_line_more_and_a_line_less_are_told_to_a_person(self):
        placed, order = self.placed()
        first, *_others = [line["id"] for line in placed["lines"]]
        before = order.order_line.mapped("product_uom_qty")
        outcome = self.compared(self.change(placed["number"], (first, "remove", "0"), ("new", "change", "4")))
        self.assertIsInstance(outcome, Fault)
        self.assertEqual(outcome.code, "apply.not_supported")
        self.assertIn("Article new: 4 instead of 0.", outcome.detail)
        self.assertIn(f"Article {first}: 0 instead of", outcome.detail)
        self.assertIn(order.name, outcome.detail)
        self.assertEqual(order.order_line.mapped("product_uom_qty"), before)

    def test_a_change_of_an_order_that_is_not_here_waits_for_it(self):
        outcome = self.compared(self.change("#40404", ("1", "change", "1")))
        self.assertIsInstance(outcome, Wait)
        self.assertEqual((outcome.wait_type, outcome.wait_ref), ("order", "#40404"))

    def test_each_document_for_a_person_is_an_exception_of_its_own(self):
        document = {
            "type": "order.cancel",
            "number": "#1",
            "requested_at": "2026-03-06T10:12:00+01:00",
            "reason": {"code": "customer"},
        }
        first, second = self.apply("by.hand", self.shop, document, {**document, "number": "#2"})
        self.assertEqual({first.code, second.code}, {"apply.not_supported"})
        self.assertNotEqual(first.subject, second.subject)

    def test_what_is_kept_changes_nothing(self):
        outcome = self.apply("kept", self.shop, self.change("#1", ("1", "change", "1")))
        self.assertIsInstance(outcome, Done)
        self.assertFalse(outcome.effects)
