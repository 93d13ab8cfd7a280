"""What a partner begins to send is noticed from a sample, told once, and proposed for the contract."""

import json

from odoo.exceptions import AccessError

from odoo.addons.sync_governance.models.change import drift

from . import documents as docs
from .test_intake import IntakeCase


class TestDrift(IntakeCase):
    def setUp(self):
        super().setUp()
        self.line = self.door.interface_ids.filtered(lambda i: i.topic == "orders/create")
        self.patch(drift, "LEARNING", 2)
        self.number = 1000

    def sends(self, times=1, **more):
        for _ in range(times):
            self.number += 1
            order = docs.shopify_order(f"#{self.number}", [docs.shopify_line(1, "X-1", 1, "10.00")])
            self.assertEqual(self.post(json.dumps({**order, **more}).encode(), f"e{self.number}").status_code, 202)
        self.run_engine()
        for _ in range(2):  # once to see who writes, once to read
            self.time_comes("contract.drift")
            self.run_engine()

    def found(self, **domain):
        return self.env["sync.drift"].search([(name, "=", value) for name, value in domain.items()])

    def notice(self):
        return self.env["sync.exception"].search([("code", "=", "validate.drift")])

    def test_what_is_usual_from_the_beginning_is_no_drift(self):
        self.sends(3, tags="a, b")
        self.assertEqual(self.found(pointer="/tags").mapped("known"), [True])
        self.assertFalse(self.found(known=False))
        self.assertFalse(self.notice())

    def test_what_comes_later_is_told_with_partner_flows_and_a_draft(self):
        self.sends(2)
        self.sends(2, gift_note="For you")
        new = self.found(known=False)
        self.assertEqual((new.kind, new.pointer, new.documents), ("field", "/gift_note", 2))
        self.assertFalse(new.sample, "what stood in it is nobody's business here")
        self.assertIn("/gift_note", self.notice().detail)
        self.assertEqual(self.notice().trading_partner_id, self.door.trading_partner_id)
        self.assertNotIn("For you", self.notice().detail)
        request = new.request_id
        self.assertEqual((request.state, request.line_ids.interface_id), ("draft", self.line))
        self.assertEqual(request.verdict, "compatible")
        self.assertIn("gift_note", json.loads(request.contract_ids.schema)["properties"])

    def test_more_of_it_goes_into_the_same_draft(self):
        self.sends(2)
        self.sends(gift_note="For you")
        self.sends(gift_note="For you", gift_wrap=True)
        self.assertEqual(len(self.found(known=False).request_id), 1)
        self.assertEqual(len(self.notice()), 1)
        schema = json.loads(self.found(known=False).request_id.contract_ids.schema)
        self.assertLessEqual({"gift_note", "gift_wrap"}, set(schema["properties"]))

    def test_once_it_is_said_not_to_matter_the_notice_closes(self):
        self.sends(2)
        self.sends(gift_note="For you")
        with self.assertRaises(AccessError):
            self.found(known=False).with_user(self.approver).action_accept()
        self.found(known=False).with_user(self.author).action_accept()
        self.assertFalse(self.found(known=False))
        self.assertFalse(self.notice().is_open)

    def test_the_draft_is_decided_as_any_other(self):
        self.sends(2)
        self.sends(gift_note="For you")
        request = self.found(known=False).request_id
        request.with_user(self.author).action_submit()
        request.with_user(self.approver).action_approve()
        self.assertEqual(self.line.contract_id, request.contract_ids)
        self.sends(gift_note="For you")
        self.assertFalse(self.found(known=False, contract_id=self.line.contract_id.id))
        self.sends(gift_wrap=True)
        new = self.found(known=False, contract_id=self.line.contract_id.id)
        self.assertEqual(new.pointer, "/gift_wrap", "what is usual is not learnt anew")
