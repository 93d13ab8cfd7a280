"""A document that cannot be applied in part: the steward decides about the whole of it."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_flow import FlowCase


@tagged("post_install", "-at_install")
class TestWholeDocuments(FlowCase):
    def own(self, code, verdict):
        group = self.env["sync.field.group"].search([("domain", "=", "order"), ("code", "=", code)])
        self.env["sync.ownership"].with_user(self.author).create(
            {
                "domain": "order",
                "group_id": group.id,
                "on_other_write": verdict,
                "steward_id": self.approver.id,
                "company_id": self.company.id,
            }
        )

    def send(self):
        with self.partner_answers():
            receipt = self.shop_orders(note="Ring twice")
            self.run_engine()
        return self.message(receipt)

    def test_an_order_whose_prices_are_proposed_waits_as_a_whole(self):
        self.own("prices", "propose")
        message = self.send()
        self.assertEqual(message.state, "done")
        self.assertIn("Proposed to Ben Approver: Prices", message.attempt_ids[0].detail)
        self.assertFalse(self.order())
        proposal = self.env["sync.ownership.write"].search([("message_id", "=", message.id)])
        self.assertTrue(proposal.whole)
        proposal.with_user(self.approver).action_accept()
        order = self.order()
        self.assertEqual((order.state, proposal.state), ("sale", "accepted"))
        self.assertIn(order.id, message.effect_ids.filtered(lambda e: e.res_model == "sale.order").mapped("res_id"))
        with self.assertRaises(UserError):
            proposal.with_user(self.approver).action_accept()
        self.assertEqual(len(self.order()), 1)

    def test_a_rejected_order_never_comes(self):
        self.own("prices", "propose")
        message = self.send()
        proposal = self.env["sync.ownership.write"].search([("message_id", "=", message.id)])
        proposal = proposal.with_user(self.approver)
        proposal.decision_note = "Prices are agreed by contract"
        proposal.action_reject()
        self.assertFalse(self.order())

    def test_a_part_that_an_order_cannot_do_without_is_not_left_out(self):
        self.own("prices", "ignore")
        message = self.send()
        self.assertEqual((message.state, message.fault_code), ("failed", "enrich.ownership_incomplete"))
        self.assertFalse(self.order())

    def test_a_part_that_an_order_can_do_without_is_left_out(self):
        self.own("note", "ignore")
        message = self.send()
        self.assertEqual(message.state, "done", message.attempt_ids[0].detail)
        self.assertIn("Left out: note", message.attempt_ids[0].detail)
        self.assertFalse(self.order().note)
