"""What partners rely on changes by a request that others decide: shown, tried, decided, in force, told."""

import json

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tools import mute_logger

from . import documents as docs
from . import test_flow
from .governance_fixture import GovernanceCase


class ChangeCase(GovernanceCase):
    """A live interface of a partner with a contact, and the people of the fixture."""

    def setUp(self):
        super().setUp()
        partner = self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        self.shop = partner.interface_ids.filtered(lambda i: i.topic == "orders/create")
        partner.partner_id = self.env["res.partner"].create({"name": "Shop people", "email": "it@shop.example"})

    def next_contract(self, version="1.9.0", change=None):
        contract = self.shop.contract_id.with_user(self.manager)._next_version()
        schema = json.loads(contract.schema)
        schema["properties"].update(change or {"gift_note": {"type": "string"}})
        contract.write({"version": version, "schema": json.dumps(schema)})
        return contract

    def request(self, contract=None, **values):
        contract = contract or self.next_contract()
        action = contract.with_user(self.manager).action_request_change()
        request = self.env["sync.change.request"].browse(action["res_id"]).with_user(self.manager)
        request.write({"reason": "The shop asks for it.", **values})
        return request

    def in_force(self, **values):
        request = self.request(**values)
        request.action_submit()
        request.with_user(self.sales_approver).action_approve()
        return request


class TestChangeRequest(ChangeCase):
    def test_it_finds_the_interfaces_that_use_what_is_replaced_and_shows_what_changes(self):
        request = self.request()
        self.assertEqual(request.line_ids.interface_id, self.shop)
        self.assertEqual(request.line_ids.contract_id, request.contract_ids)
        self.assertEqual(request.affected_partner_ids, self.shop.trading_partner_id)
        self.assertIn("/schema/properties/gift_note", request.difference_table)
        self.assertEqual(request.verdict, "compatible")
        self.assertFalse(request.left_text)

    def test_whoever_has_no_part_in_it_decides(self):
        request = self.request()
        request.action_submit()
        with self.assertRaisesRegex(AccessError, "four eyes"):
            request.action_approve()
        with self.assertRaisesRegex(AccessError, "Sales"):
            request.with_user(self.finance_approver).action_approve()
        self.assertTrue(request.with_user(self.sales_approver).can_approve)
        request.with_user(self.sales_approver).action_approve()
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.contract_ids.state, "approved")
        self.assertEqual(self.shop.contract_id, request.contract_ids)
        self.assertEqual(request.decision_ids.user_id, self.sales_approver)

    def test_each_domain_decides_for_itself_and_nothing_is_in_force_before_the_last(self):
        policy = self.policy(code="shop.orders.slow", domain="finance")
        request = self.request(policy_ids=[(4, policy.id)])
        request.line_ids.policy_id = policy
        request.action_submit()
        request.with_user(self.sales_approver).action_approve()
        self.assertEqual((request.state, request.pending, policy.state), ("in_review", "Finance", "in_review"))
        self.assertNotEqual(self.shop.contract_id, request.contract_ids)
        with self.assertRaisesRegex(AccessError, "Finance"):
            request.with_user(self.sales_approver).action_approve()
        request.with_user(self.finance_approver).action_approve()
        self.assertEqual((request.state, self.shop.policy_id), ("approved", policy))
        self.assertEqual(self.shop.contract_id, request.contract_ids)

    def test_a_breaking_change_does_not_pass_as_a_small_one(self):
        contract = self.next_contract(change={"currency": {"enum": ["EUR"]}})
        request = self.request(contract)
        self.assertEqual(request.verdict, "breaking")
        request.action_submit()
        with self.assertRaisesRegex(UserError, "breaking change"):
            request.with_user(self.sales_approver).action_approve()
        self.assertEqual((request.state, contract.state), ("in_review", "in_review"))

    def test_what_was_replaced_ends_on_the_day_that_partners_are_told(self):
        before = self.shop.contract_id
        request = self.in_force(sunset_date="2030-06-30", notice="Send the gift note.")
        mails = self.env["mail.mail"].search([("model", "=", "sync.change.request"), ("res_id", "=", request.id)])
        self.assertEqual((before.state, before.sunset_date), ("deprecated", fields.Date.to_date("2030-06-30")))
        self.assertEqual(mails.mapped("recipient_ids.email"), ["it@shop.example"])
        self.assertIn("Send the gift note.", mails.body_html)
        self.assertIn("06/30/2030", mails.body_html)
        self.assertIn("Told by mail", "".join(request.message_ids.mapped("body")))

    def test_a_partner_without_a_contact_is_named(self):
        self.shop.trading_partner_id.partner_id = False
        request = self.in_force()
        self.assertIn("No contact", "".join(request.message_ids.mapped("body")))

    def test_sent_back_it_is_a_draft_again_with_its_versions(self):
        request = self.request()
        request.action_submit()
        with self.assertRaisesRegex(UserError, "no longer changes"):
            request.name = "Another"
        with self.assertRaisesRegex(UserError, "no longer changes"):
            request.line_ids.contract_id = False
        with self.assertRaises(AccessError):
            request.with_user(self.finance_approver).action_reject("Not mine")
        request.with_user(self.sales_approver).action_reject("Name the field as the shop does.")
        self.assertEqual((request.state, request.contract_ids.state), ("draft", "draft"))

    def test_no_write_moves_it(self):
        request = self.request()
        for values in ({"state": "approved"}, {"author_ids": [(5,)]}, {"replay_summary": "All the same"}):
            with self.assertRaisesRegex(UserError, "buttons"):
                request.sudo().write(values)
        with self.assertRaises(AccessError):
            self.env["sync.change.decision"].with_user(self.manager).create(
                {"request_id": request.id, "domain": "sales", "user_id": self.sales_approver.id}
            )

    def test_everybody_who_may_read_it_opens_it(self):
        request = self.request()
        for user in (self.viewer, self.sales_operator, self.sales_approver, self.manager, self.officer):
            with self.subTest(user=user.login):
                self.assertTrue(Form(request.with_user(user)))


class TestLiveInterface(ChangeCase):
    def test_what_is_in_use_changes_only_with_a_request(self):
        other = self.next_contract()
        self.approved(other)
        for values in (
            {"contract_id": other.id},
            {"policy_id": self.approved(self.policy()).id},
            {"mapping_id": False},
            {"topic": "orders/edited"},
        ):
            for user in (self.manager, self.env.ref("base.user_admin")):
                with self.subTest(values=values), self.assertRaisesRegex(UserError, "in use"):
                    self.shop.with_user(user).write(values)
            with self.assertRaisesRegex(UserError, "in use"):
                self.shop.sudo().with_context(sync_change=True).write(values)
        self.shop.action_suspend()
        with self.assertRaisesRegex(UserError, "in use"):
            self.shop.contract_id = other
        self.shop.write({"contract_id": self.shop.contract_id.id, "note": "As before", "owner_id": self.manager.id})

    def test_the_database_asks_for_the_request_too(self):
        other = self.approved(self.next_contract())
        self.env.flush_all()
        for change in (f"contract_id = {other.id}", "topic = 'x'", "state = 'draft'"):
            with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation):
                with self.env.cr.savepoint():
                    self.env.cr.execute(f"UPDATE sync_interface SET {change} WHERE id = %s", [self.shop.id])

    def test_it_goes_over_only_to_what_is_approved_or_decided_with_it(self):
        request = self.request()
        request.line_ids.contract_id = self.contract(code="another.order")
        with self.assertRaisesRegex(UserError, "not approved"):
            request.action_submit()


class TestTried(test_flow.FlowCase):
    """The last real documents, worked under both versions without effect."""

    def mapping_request(self, edit):
        interface = self.env["sync.interface"].search([("topic", "=", "orders/create"), ("state", "=", "live")])
        mapping = interface.mapping_id.with_user(self.author)._next_version()
        rules = json.loads(mapping.document)
        edit(rules)
        mapping.document = json.dumps(rules)
        action = mapping.action_request_change()
        return self.env["sync.change.request"].browse(action["res_id"]).with_user(self.author)

    def try_it(self, request):
        with self.engine_cursors():
            request.action_rehearse()
        return request.replay_ids

    def ordered(self):
        with self.partner_answers():
            receipt = self.shop_orders()
            self.run_engine()
        self.assertDone(receipt)
        return receipt

    def test_the_same_rules_come_to_the_same_end_and_leave_no_trace(self):
        self.ordered()
        orders = self.env["sale.order"].search_count([])
        moves = self.env["stock.move"].search_count([])
        events = self.env["sync.event"].search_count([])
        links = self.env["sync.process.link"].search_count([])
        replays = self.try_it(self.mapping_request(lambda rules: None))
        self.assertEqual(replays.mapped("verdict"), ["same"], replays.mapped("differences"))
        self.assertEqual(self.env["sale.order"].search_count([]), orders)
        self.assertEqual(self.env["stock.move"].search_count([]), moves)
        self.assertEqual(self.env["sync.event"].search_count([]), events)
        self.assertEqual(self.env["sync.process.link"].search_count([]), links)

    def test_other_rules_show_in_amounts_stock_and_events(self):
        self.ordered()

        def in_pairs(rules):
            """Twice as many, at half the price each."""
            (lines,) = [rule for rule in rules["rules"] if rule.get("to") == "lines"]
            for rule in lines["rules"]:
                factor = {"quantity.value": "2", "unit_price": "0.5"}.get(rule.get("to"))
                if factor:
                    rule["convert"] = [*rule["convert"], {"multiply": factor}]

        replays = self.try_it(self.mapping_request(in_pairs))
        self.assertEqual(replays.mapped("verdict"), ["different"])
        for place in ("/document/lines", "/orders/0/lines", "/stock/", "/events/0/document/lines"):
            self.assertIn(place, replays.differences)

    def test_rules_under_which_a_document_fails_show(self):
        self.ordered()

        def without_number(rules):
            rules["rules"] = [rule for rule in rules["rules"] if rule.get("to") != "number"]

        request = self.mapping_request(without_number)
        replays = self.try_it(request)
        self.assertEqual(replays.mapped("verdict"), ["worse"])
        self.assertIn("Fails now: 1", request.replay_summary)
