"""Many unknown codes are explained at once, in the browser."""

from odoo.tests import tagged

from . import documents as docs
from . import test_flow
from .browser import BrowserCase


@tagged("post_install", "-at_install")
class TestMissingCodesTour(BrowserCase, test_flow.FlowCase):
    def test_an_operator_completes_missing_codes(self):
        known, picked = self.env["product.product"].create(
            [
                {"name": "Reading lamp", "default_code": "LAMP-UNKNOWN-1", "type": "consu"},
                {"name": "Picked by hand", "default_code": "HAND", "type": "consu"},
            ]
        )
        groups = ("sync_governance.group_operator_sales", "sales_team.group_sale_salesman_all_leads")
        self.env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": "Sally Operator",
                "login": "sally.operator",
                "password": "sally.operator",
                "email": "sally@example.com",
                "group_ids": [(4, self.env.ref(group).id) for group in groups],
            }
        )
        codes = {"#1001": "lamp-unknown 1", "#1002": "lamp-unknown 1", "#1003": "TTT-000"}
        with self.partner_answers():
            receipts = [
                self.shop_orders(number, [docs.shopify_line(1, code, 2, "40.00")], event_id=f"codes-{number}")
                for number, code in codes.items()
            ]
            self.run_engine()
        self.assertEqual({self.message(receipt).state for receipt in receipts}, {"failed"})
        self.start_tour("/odoo", "sync_governance_operator_completes_codes", login="sally.operator")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual({self.message(receipt).state for receipt in receipts}, {"done"})
        lines = self.env["sale.order"].search([("client_order_ref", "in", list(codes))]).order_line
        self.assertEqual(lines.product_id & (known | picked), known | picked)
