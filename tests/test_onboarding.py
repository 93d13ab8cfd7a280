"""From a pack to live: the checklist looks at facts, and going live takes two people."""

import json
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from odoo.addons.sync_governance.models.packs import reading

from . import documents as docs
from .governance_fixture import GovernanceCase


class TestOnboarding(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.contact = self.env["res.partner"].create({"name": "Shop", "email": "shop@example.com"})
        self.shop = (
            self.env["sync.pack"]
            .with_user(self.author)
            ._load("shopify", self.company, {"environment": "production", "secrets": {"shop-orders": docs.SHOP_SECRET}})
        )

    def steps(self):
        self.env.invalidate_all()
        return {step.code: step for step in self.shop.step_ids}

    def approve_all(self):
        for name in ("contract_id", "mapping_id", "policy_id"):
            versions = self.shop.interface_ids[name]
            versions.action_submit()
            versions.with_user(self.approver).action_approve()

    def on_the_wire(self):
        self.approve_all()
        self.shop.partner_id = self.contact
        self.shop.action_start_testing()
        self.shop.action_connect()

    def certified(self):
        self.on_the_wire()
        self.shop.action_run_certification()
        self.shop.action_certify()

    def order(self, number="#1001"):
        lines = [docs.shopify_line(1, "LAMP-1", 2, "40.00")]
        return self.receive(
            "shop-orders",
            docs.shopify_order(number, lines),
            profile="shopify",
            secret=docs.SHOP_SECRET,
            headers=docs.shopify_headers(number),
        )

    def sells(self):
        """What the test order needs in Odoo."""
        self.env.ref("base.USD").active = True
        self.company.currency_id = self.env.ref("base.USD")
        self.env["product.product"].create({"name": "Lamp", "default_code": "LAMP-1", "type": "consu"})

    # -- the checklist --------------------------------------------------------------------------------

    def test_each_step_says_what_is_missing_and_where_it_is_put_right(self):
        steps = self.steps()
        self.assertEqual([step.code for step in self.shop.step_ids.sorted("sequence")][:2], ["people", "credential"])
        self.assertIn("No contact of the partner is named", steps["people"].reason)
        self.assertIn("An approved contract", steps["versions"].reason)
        self.assertIn("was not certified yet", steps["certified"].reason)
        self.assertIn("is not live yet", steps["security"].reason)
        self.assertTrue(steps["credential"].done and steps["service_level"].done)
        for step in steps.values():
            with self.subTest(step=step.code):
                self.assertIn("type", step.with_user(self.author).action_fix())

    def test_a_step_is_done_when_the_facts_are_there(self):
        self.on_the_wire()
        self.shop.action_run_certification()
        open_steps = {code for code, step in self.steps().items() if not step.done}
        self.assertEqual(open_steps, {"traffic"})
        self.assertEqual(self.shop.steps_done, "7 of 8")

    def test_a_revoked_secret_opens_the_step_again(self):
        self.on_the_wire()
        self.shop.endpoint_ids.credential_ids.sudo().action_revoke()
        self.assertIn("no valid credential", self.steps()["credential"].reason)

    def test_a_viewer_reads_the_checklist(self):
        self.assertTrue(self.shop.with_user(self.viewer).step_ids.mapped("reason"))

    # -- certification --------------------------------------------------------------------------------

    def test_certifying_replays_the_samples_of_the_pack(self):
        self.approve_all()
        self.shop.action_run_certification()
        result = self.shop.certification_ids
        self.assertTrue(result.passed, result.report)
        self.assertEqual((result.samples, result.failed), (6, 0))
        self.assertEqual(result.contract_id, self.shop.interface_ids.contract_id)

    def test_a_mapping_that_does_something_else_is_not_certified(self):
        mapping = self.shop.interface_ids.mapping_id
        document = json.loads(mapping.document)
        document["rules"] = [rule for rule in document["rules"] if rule.get("to") != "currency"]
        mapping.document = json.dumps(document)
        self.shop.action_run_certification()
        self.assertFalse(self.shop.certification_ids.passed)
        self.assertIn("✗", self.shop.certification_ids.report)
        self.assertIn("✗", self.steps()["certified"].reason)

    def test_a_sample_that_is_expected_otherwise_is_named(self):
        original = reading.content

        def changed(name, path):
            content = original(name, path)
            said = content.replace(b"USD", b"EUR").replace(b"GBP", b"EUR")
            return said if path.endswith(".expected.json") else content

        with patch.object(reading, "content", changed):
            self.shop.action_run_certification()
        self.assertFalse(self.shop.certification_ids.passed)

    def test_another_version_is_to_be_certified_anew(self):
        self.certified()
        line = self.shop.interface_ids
        self.goes_over(line, mapping_id=line.mapping_id._next_version())
        self.assertIn("another version", self.steps()["certified"].reason)

    def test_test_messages_are_tried_once_more_without_effect(self):
        self.sells()
        self.on_the_wire()
        receipt = self.order()
        self.run_engine()
        self.assertEqual(self.message(receipt).state, "done", self.message(receipt).attempt_ids[:1].detail)
        with self.engine_cursors():
            self.shop.action_run_certification()
        result = self.shop.certification_ids[0]
        self.assertEqual((result.messages, result.passed), (1, True), result.report)
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))
        self.assertTrue(self.steps()["traffic"].done)

    def test_nobody_writes_a_certification_by_hand(self):
        self.approve_all()
        self.shop.action_run_certification()
        with self.assertRaisesRegex(UserError, "result of a run"):
            self.env["sync.certification"].with_user(self.author).create({"interface_id": self.shop.interface_ids.id})
        with self.assertRaises(UserError):
            self.shop.certification_ids.sudo().write({"passed": True})

    # -- going live --------------------------------------------------------------------------------

    def test_certified_is_only_what_was_certified(self):
        self.on_the_wire()
        with self.assertRaisesRegex(UserError, "was not certified yet"):
            self.shop.action_certify()

    def test_going_live_needs_the_whole_checklist(self):
        self.certified()
        with self.assertRaisesRegex(UserError, "no test document has gone through yet"):
            self.shop.action_request_live()

    def test_the_test_traffic_may_be_waived_with_a_reason_by_an_approver(self):
        self.certified()
        with self.assertRaises(AccessError):
            self.shop.with_user(self.author).action_waive_traffic("No time")
        with self.assertRaisesRegex(UserError, "Say why"):
            self.shop.with_user(self.approver).action_waive_traffic(" ")
        self.shop.with_user(self.approver).action_waive_traffic("The shop has no test orders")
        self.assertIn("The shop has no test orders", self.steps()["traffic"].reason)
        self.shop.action_request_live()

    def ready(self):
        self.certified()
        self.shop.with_user(self.approver).action_waive_traffic("No test system")
        self.shop.action_request_live()

    def test_a_second_person_lets_it_go_live(self):
        self.ready()
        with self.assertRaisesRegex(AccessError, "four eyes"):
            self.shop.action_go_live()
        for user in (self.manager, self.officer, self.finance_approver, self.viewer):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.shop.with_user(user).action_go_live()
        self.assertIn(self.sales_approver, self.shop.activity_ids.user_id)
        self.assertNotIn(self.finance_approver, self.shop.activity_ids.user_id)
        self.assertTrue(self.shop.with_user(self.sales_approver).may_let_live)
        self.shop.with_user(self.sales_approver).action_go_live()
        self.assertEqual((self.shop.state, self.shop.live_approved_by), ("live", self.sales_approver))
        self.assertFalse(self.shop.activity_ids)

    def test_without_a_request_nobody_lets_it_go_live(self):
        self.certified()
        with self.assertRaisesRegex(AccessError, "Nobody has asked"):
            self.shop.with_user(self.approver).action_go_live()

    def test_what_was_lost_since_the_request_stops_it(self):
        self.ready()
        self.shop.endpoint_ids.credential_ids.sudo().action_revoke()
        with self.assertRaisesRegex(UserError, "no valid credential"):
            self.shop.with_user(self.approver).action_go_live()
        self.assertEqual(self.shop.state, "certified")

    def test_the_transition_is_guarded_and_not_the_button(self):
        self.ready()
        for values in ({"state": "live"}, {"live_requested_by": self.approver.id}, {"traffic_waiver": "x"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "buttons"):
                self.shop.sudo().write(values)
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE sync_trading_partner SET live_approved_by = live_requested_by WHERE id = %s", [self.shop.id]
            )
