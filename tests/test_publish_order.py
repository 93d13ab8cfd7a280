"""How an order stands is told when it changed, as it is when it is told."""

import json

from odoo import Command

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate

from .outward_fixture import OutwardCase
from .pack_fixture import listening

STANDING = "order.changed"


class TestPublishOrder(OutwardCase):
    def setUp(self):
        super().setUp()
        self.seller = self.person("sam", "sales_team.group_sale_salesman_all_leads", "stock.group_stock_user")
        self.keeper = self.person("kim", "stock.group_stock_user")
        self.headset = self.storable("Wireless headset", "NW-2210", list_price=20.0, taxes_id=[Command.clear()])
        self.customer = self.env["res.partner"].create({"name": "Lieve Janssens", "email": "lieve@mail.example"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(self.headset, warehouse.lot_stock_id, 50)

    def order(self, quantity=3):
        return (
            self.env["sale.order"]
            .with_user(self.seller)
            .create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [Command.create({"product_id": self.headset.id, "product_uom_qty": quantity})],
                }
            )
        )

    def confirmed(self, quantity=3):
        order = self.order(quantity)
        order.action_confirm()
        return order

    def told(self):
        """What was told until now."""
        with self.partner_answers():
            self.run_engine()
        return self.documents(STANDING)

    def test_what_people_do_with_an_order_is_what_the_customer_is_told(self):
        with listening((200, b"{}")) as (address, received):
            self.live("communication", address)
            order = self.confirmed()
            self.run_engine()
            order.order_line.product_uom_qty = 2
            self.run_engine()
            picking = order.sudo().picking_ids.with_user(self.keeper)
            picking.button_validate()
            self.run_engine()
        said = [json.loads(body)["order"] for _path, _headers, body in received]
        figures = [(each["number"], each["status"], each["delivery"], each["total"]) for each in said]
        self.assertEqual(
            figures,
            [
                (order.name, "confirmed", "none", "60.00"),
                (order.name, "confirmed", "none", "40.00"),
                (order.name, "confirmed", "full", "40.00"),
            ],
        )

    def test_a_cancellation_is_told_and_a_quotation_is_not(self):
        self.live("communication")
        self.order()._action_cancel()
        self.order().order_line.product_uom_qty = 7
        self.assertFalse(self.told())
        order = self.confirmed()
        self.assertEqual([each["status"] for each in self.told()], ["confirmed"])
        order._action_cancel()
        documents = self.told()
        self.assertEqual([each["status"] for each in documents], ["confirmed", "cancelled"])
        for document in documents:
            self.assertEqual(validate(validator(STANDING), document), [])

    def test_a_date_is_told_and_what_is_nothing_new_is_not(self):
        self.live("communication")
        order = self.confirmed()
        self.told()
        order.commitment_date = "2026-03-20 10:00:00"
        self.assertEqual(self.told()[-1]["requested_delivery_on"], "2026-03-20")
        order.order_line.product_uom_qty = 3
        order.note = "Only for us"
        self.assertEqual(len(self.told()), 2)

    def test_many_changes_of_one_transaction_are_one_statement(self):
        self.live("communication")
        order = self.confirmed()
        for quantity in range(4, 12):
            order.order_line.product_uom_qty = quantity
        (document,) = self.told()
        self.assertEqual(document["lines"][0]["quantity"]["value"], "11")

    def test_an_invoice_and_its_payment_are_told(self):
        self.live("communication")
        order = self.confirmed()
        order.sudo().picking_ids.button_validate()
        self.told()
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        (posted,) = self.told()[-1]["invoices"]
        self.assertEqual((posted["number"], posted["payment"]), (invoice.name, "open"))
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {}
        )._create_payments()
        (paid,) = self.told()[-1]["invoices"]
        self.assertEqual(paid["payment"], "paid")

    def test_where_nobody_is_told_an_order_costs_nothing_more(self):
        order = self.confirmed()
        self.env["sync.event"]._carried(STANDING, None)
        self.env.flush_all()
        with self.assertQueryCount(0):
            order._note_standing()
            self.happened()
        self.assertFalse(self.env["sync.mark"].search([]))
