"""People at work in the browser: an operator, an integration manager, an approver, a security officer, a viewer."""

import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.sync_governance.core.faults import Fault

from . import documents as docs
from . import test_flow
from .browser import BrowserCase
from .common import SyncCase


def person(env, login, *groups):
    """A user who may do what these groups may."""
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login.replace(".", " ").title(),
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "group_ids": [(4, env.ref(group).id) for group in groups],
            }
        )
    )


@tagged("post_install", "-at_install")
class TestOperationTours(BrowserCase, test_flow.FlowCase):
    """Those who watch and repair the traffic."""

    def test_an_operator_maps_an_unknown_product_and_the_order_goes_through(self):
        operator = person(
            self.env,
            "sally.operator",
            "sync_governance.group_operator_sales",
            "sales_team.group_sale_salesman_all_leads",
        )
        with self.partner_answers():
            receipt = self.shop_orders(lines=[docs.shopify_line(1, "LAMP-UNKNOWN", 2, "40.00")])
            self.run_engine()
        exception = self.assertNeedsAttention(receipt, "apply.product_unknown", "LAMP-UNKNOWN")
        self.start_tour("/odoo", "sync_governance_operator_maps_product", login=operator.login)
        with self.partner_answers():
            self.run_engine()
        self.assertDone(receipt)
        self.assertEqual(exception.state, "resolved")
        self.start_tour(
            f"/odoo/action-sync_governance.action_exception/{exception.id}",
            "sync_governance_operator_sees_order",
            login=operator.login,
        )
        self.assertEqual(self.order().order_line.product_id & self.lamp, self.lamp)

    def test_an_operator_tries_a_replay_and_does_it(self):
        operator = person(
            self.env,
            "rita.operator",
            "sync_governance.group_operator_sales",
            "sales_team.group_sale_salesman_all_leads",
        )
        with self.partner_answers():
            receipt = self.shop_orders()
            self.run_engine()
        self.assertDone(receipt)
        orders = self.env["sale.order"].search_count([])
        self.start_tour("/odoo", "sync_governance_operator_replays", login=operator.login)
        with self.partner_answers():
            self.run_engine()
        self.assertDone(receipt)
        self.assertIn("Already applied", self.message(receipt).attempt_ids[0].detail)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)

    def test_a_second_person_approves_a_change_of_a_contract(self):
        self.approver.password = self.approver.login
        with self.partner_answers():
            receipt = self.shop_orders()
            self.run_engine()
        self.assertDone(receipt)
        orders = self.env["sale.order"].search_count([])
        interface = self.message(receipt).interface_id
        contract = interface.contract_id.with_user(self.author)._next_version()
        schema = json.loads(contract.schema)
        schema["properties"]["gift_note"] = {"type": "string"}
        contract.schema = json.dumps(schema)
        request = self.env["sync.change.request"].browse(contract.action_request_change()["res_id"])
        request.action_submit()
        self.start_tour("/odoo", "sync_governance_approver_approves_change", login=self.approver.login)
        self.assertEqual((request.state, interface.contract_id), ("approved", contract))
        self.assertEqual(request.replay_ids.mapped("verdict"), ["same"])
        self.assertEqual(self.env["sale.order"].search_count([]), orders)

    def test_a_viewer_reads_the_process_of_an_order(self):
        viewer = person(
            self.env, "vera.viewer", "sync_governance.group_viewer", "sales_team.group_sale_salesman_all_leads"
        )
        with self.partner_answers():
            receipt = self.shop_orders()
            self.run_engine()
        self.assertDone(receipt)
        self.start_tour(f"/odoo/sales/{self.order().id}", "sync_governance_viewer_reads_process", login=viewer.login)


@tagged("post_install", "-at_install")
class TestConfigurationTours(BrowserCase, SyncCase):
    """Those who connect partners, and those who approve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.author, cls.approver):
            user.password = user.login

    def test_a_manager_adds_a_partner_from_a_pack(self):
        self.start_tour("/odoo", "sync_governance_manager_adds_partner", login=self.author.login)
        partner = self.env["sync.trading.partner"].search([("name", "=", "Warehouse of the north")])
        self.assertEqual(partner.state, "draft")
        self.assertEqual(set(partner.endpoint_ids.mapped("direction")), {"inbound", "outbound"})

    def test_a_second_person_approves_a_mapping(self):
        self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        live = self.env["sync.mapping"].search([("code", "=", "shopify.order.create")])
        mapping = live.with_user(self.author).copy({"version": "1.9.0"})
        mapping.action_submit()
        self.start_tour("/odoo", "sync_governance_approver_approves_mapping", login=self.approver.login)
        self.assertEqual(mapping.state, "approved")
        self.assertEqual(mapping.approver_id, self.approver)


@tagged("post_install", "-at_install")
class TestSecurityTours(BrowserCase, SyncCase):
    """Those who look after secrets."""

    def setUp(self):
        super().setUp()
        self.officer = person(self.env, "oscar.officer", "sync_governance.group_security_officer")

    def order(self, number, secret):
        order = docs.shopify_order(number, [docs.shopify_line(1, "X-1", 1, "10.00")])
        headers = docs.shopify_headers(f"e-{number}")
        return self.receive("shop-orders", order, profile="shopify", secret=secret, headers=headers)

    def test_an_officer_rotates_a_secret_and_no_message_fails(self):
        self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        proof = self.env["sync.credential"].search([("endpoint_id.code", "=", "shop-orders")])
        receipts = [self.order("#1", docs.SHOP_SECRET)]
        self.start_tour("/odoo", "sync_governance_officer_rotates_secret", login=self.officer.login)
        self.assertEqual(proof.state, "overlap")
        receipts += [self.order("#2", docs.SHOP_SECRET), self.order("#3", "shpss_the_new_one")]
        self.assertEqual(self.env["sync.message"].search_count([("endpoint_id.code", "=", "shop-orders")]), 3)
        old = proof.version_ids.sorted("id")[0]
        self.assertAlmostEqual(old.valid_until, fields.Datetime.now() + timedelta(hours=2), delta=timedelta(minutes=5))
        old._set_end(fields.Datetime.now() - timedelta(seconds=1))  # two hours later
        receipts.append(self.order("#4", "shpss_the_new_one"))
        self.assertEqual(len({receipt.message_uid for receipt in receipts}), 4)
        with self.assertRaises(Fault) as refusal:
            self.order("#5", docs.SHOP_SECRET)
        self.assertEqual(refusal.exception.code, "authentication.credential_expired")

    def test_an_officer_lets_odoo_make_a_key(self):
        partner = self.env["sync.trading.partner"].create({"name": "Warehouse", "code": "warehouse"})
        door = self.env["sync.endpoint"].create(
            {
                "name": "Shipments",
                "code": "warehouse-in",
                "trading_partner_id": partner.id,
                "authentication": "api_key",
                "key_value": "/id",
                "topic_value": "X-Topic",
            }
        )
        proof = self.env["sync.credential"].create({"name": "Key of the warehouse", "endpoint_id": door.id})
        self.start_tour("/odoo", "sync_governance_officer_makes_key", login=self.officer.login)
        self.assertTrue(proof.version_ids.hint.startswith("sgk_"))
