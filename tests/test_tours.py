"""People at work in the browser: an operator, an integration manager, an approver, a viewer."""

import json

from odoo.tests import HttpCase, tagged

from . import documents as docs
from . import test_flow
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
class TestOperationTours(HttpCase, test_flow.FlowCase):
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
class TestConfigurationTours(HttpCase, SyncCase):
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
        mapping = live.with_user(self.author).copy({"version": "1.1.0"})
        mapping.action_submit()
        self.start_tour("/odoo", "sync_governance_approver_approves_mapping", login=self.approver.login)
        self.assertEqual(mapping.state, "approved")
        self.assertEqual(mapping.approver_id, self.approver)
