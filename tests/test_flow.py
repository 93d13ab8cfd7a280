"""One real order all the way to its money, and everything a partner can do wrong on the way."""

from odoo.fields import Command
from odoo.tests import tagged

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class FlowCase(SyncCase):
    """The partners of the first flow, live; two articles in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner"].search([]).flush_recordset()
        tax = cls.env["account.tax"].search(
            [("type_tax_use", "=", "sale"), ("amount", "=", 15), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.lamp, cls.cable = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "default_code": sku,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": price,
                    "taxes_id": [(6, 0, tax.ids)],
                    "invoice_policy": "delivery",
                }
                for name, sku, price in (("Desk lamp", "LAMP-1", 40), ("Cable 2 m", "CABLE-2", 8))
            ]
        )
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.stock = warehouse.lot_stock_id
        for product in (cls.lamp, cls.cable):
            cls.env["stock.quant"]._update_available_quantity(product, cls.stock, 100)
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        cls.live_partner(
            "threepl",
            secrets={"threepl-requests": docs.THREEPL_SECRET, "threepl-confirmations": docs.THREEPL_SECRET},
            urls={"threepl-requests": "https://threepl.example.com/requests"},
        )
        cls.live_partner("carrier", secrets={"carrier-tracking": docs.CARRIER_SECRET})
        cls.live_partner("stripe", secrets={"gateway-payments": docs.GATEWAY_SECRET})
        cls.live_partner(
            "finance",
            secrets={"finance-invoices": docs.FINANCE_SECRET},
            urls={"finance-invoices": "https://finance.example.com/batches"},
        )
        cls.live_partner("odoo")

    # -- what the partners do ----------------------------------------------------------------------------------------

    def shop_orders(self, number="#1001", lines=None, event_id=None, **changes):
        lines = lines or [docs.shopify_line(1, "LAMP-1", 2, "40.00"), docs.shopify_line(2, "CABLE-2", 3, "8.00")]
        document = docs.shopify_order(number, lines, **changes)
        return self.receive(
            "shop-orders",
            document,
            profile="shopify",
            secret=docs.SHOP_SECRET,
            headers=docs.shopify_headers(event_id or number),
        )

    def threepl_ships(self, shipment_id, picking, quantities, tracking, *, final):
        """``quantities``: {product: quantity}"""
        products = [
            (str(move.id), move.product_id.default_code, quantities[move.product_id])
            for move in picking.move_ids
            if quantities.get(move.product_id)
        ]
        document = docs.threepl_shipped(shipment_id, picking.name, products, tracking, final=final)
        return self.receive(
            "threepl-confirmations",
            document,
            profile="standard_webhooks",
            secret=docs.THREEPL_SECRET,
        )

    def carrier_says(self, event_id, tracking, status, when):
        return self.receive(
            "carrier-tracking",
            docs.easypost_event(event_id, tracking, status, when, scanned_before="2026-11-21T05:00:00Z"),
            profile="easypost",
            secret=docs.CARRIER_SECRET,
        )

    def gateway_pays(self, event_id, order_number, amount_minor, **changes):
        return self.receive(
            "gateway-payments",
            docs.stripe_succeeded(event_id, order_number, amount_minor, **changes),
            profile="stripe",
            secret=docs.GATEWAY_SECRET,
        )

    # -- what became of it -------------------------------------------------------------------------------------------

    def order(self, number="#1001"):
        return self.env["sale.order"].search([("client_order_ref", "=", number)])

    def assertDone(self, receipt):
        message = self.message(receipt)
        self.assertEqual(message.state, "done", message.attempt_ids[:1].detail or message.fault_code)
        return message

    def assertNeedsAttention(self, receipt, code, *words):
        """The message waits for a person, with an exception that has an owner and says what is wrong."""
        message = self.message(receipt)
        self.assertEqual((message.state, message.fault_code), ("failed", code), message.attempt_ids[:1].detail)
        exception = message.exception_id
        self.assertTrue(exception.user_id, "somebody owns it")
        self.assertTrue(exception.activity_ids, "and is told")
        text = " ".join(filter(None, [exception.name, exception.detail, exception.advice]))
        for word in words:
            self.assertIn(word, text)
        return exception


@tagged("post_install", "-at_install")
class TestOrderToCash(FlowCase):
    def test_one_order_travels_from_the_shop_to_its_money(self):
        with self.partner_answers():
            self.assertDone_after(self.shop_orders())
        order = self.order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_total, 125.24)  # (2 x 40 + 3 x 8 + 4.90) plus 15 %
        self.assertEqual(order.create_uid, self.env["sync.endpoint"].search([("code", "=", "shop-orders")]).user_id)
        process = self.env["sync.process"]._of(order)
        message = process.message_ids.filtered(lambda m: m.document_type_id.code == "order.create")
        self.assertTrue(message.credential_id, "the message says which credential it came under")
        for stamp in ("contract_id", "mapping_id", "policy_id"):
            self.assertEqual(message[stamp].state, "approved", f"and which {stamp} it ran under")
        self.assertTrue(message.ownership_version)
        self.assertIn(order.id, message.effect_ids.filtered(lambda e: e.res_model == "sale.order").mapped("res_id"))
        self.assertReached(process, "order.received", "order.accepted", "stock.reserved", "fulfilment.requested")
        self.assertEqual(len(self.sent), 1, "the 3PL was asked once")
        picking = order.picking_ids

        with self.partner_answers():
            self.assertDone_after(
                self.threepl_ships("S-1", picking, {self.lamp: 1, self.cable: 3}, "NP100", final=False)
            )
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.carrier_tracking_ref, "NP100")
        backorder = order.picking_ids - picking
        self.assertEqual(backorder.move_ids.product_uom_qty, 1)
        first_invoice = order.invoice_ids
        self.assertEqual(first_invoice.state, "posted")
        self.assertFalse(
            process.milestone_ids.filtered(lambda m: m.code == "customer.notified" and m.state == "reached")
        )

        with self.partner_answers():
            for event, status, when in (
                ("evt_2", "delivered", "2026-11-21T15:00:00Z"),
                ("evt_1", "in_transit", "2026-11-21T06:00:00Z"),
                ("evt_1", "in_transit", "2026-11-21T06:00:00Z"),
            ):
                self.carrier_says(event, "NP100", status, when)
            self.run_engine()
        self.assertReached(process, "carrier.accepted", "carrier.in_transit", "carrier.delivered", "customer.notified")

        with self.partner_answers():
            self.assertDone_after(self.threepl_ships("S-2", picking, {self.lamp: 1}, "NP101", final=True))
            self.carrier_says("evt_3", "NP101", "in_transit", "2026-11-22T06:00:00Z")
            self.carrier_says("evt_4", "NP101", "delivered", "2026-11-22T15:00:00Z")
            self.run_engine()
        self.assertEqual(len(order.invoice_ids), 2, "one invoice per shipment")
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 125.24)
        self.assertReached(process, "goods.shipped", "invoice.posted", "invoice.delivered")
        self.assertNotEqual(process.state, "completed")

        with self.partner_answers():
            self.assertDone_after(self.gateway_pays("evt_pay", "#1001", 12524))
        self.assertEqual(set(order.invoice_ids.mapped("payment_state")), {"paid"})
        self.assertReached(process, "payment.received", "payment.reconciled")
        self.assertEqual(process.state, "completed")

    def assertDone_after(self, receipt):
        self.run_engine()
        return self.assertDone(receipt)

    def test_the_same_order_twice_is_one_order(self):
        with self.partner_answers():
            first, again = self.shop_orders(), self.shop_orders()
            self.run_engine()
        self.assertEqual(first.message_uid, again.message_uid)
        self.assertTrue(again.repeated)
        self.assertEqual(len(self.order()), 1)

    def test_a_shipment_that_arrives_before_its_order_waits_for_it(self):
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            picking = self.order().picking_ids
            tracking = self.carrier_says("evt_early", "NP777", "in_transit", "2026-11-21T06:00:00Z")
            self.run_engine()
            self.assertEqual(self.message(tracking).state, "parked", self.message(tracking).attempt_ids[:1].detail)
            self.threepl_ships("S-9", picking, {self.lamp: 2, self.cable: 3}, "NP777", final=True)
            self.run_engine()
        self.assertDone(tracking)


@tagged("post_install", "-at_install")
class TestBadInput(FlowCase):
    def test_broken_json_is_kept_and_somebody_is_told(self):
        receipt = self.receive(
            "shop-orders",
            None,
            raw=b'{"id": 1, "name": "#1',
            profile="shopify",
            secret=docs.SHOP_SECRET,
            headers=docs.shopify_headers("broken"),
        )
        self.run_engine()
        self.assertNeedsAttention(receipt, "decode.malformed")
        self.assertEqual(self.message(receipt).payload_ids.filtered(lambda p: p.kind == "received").size, 21)

    def test_an_unknown_article_is_named_and_retry_completes_the_order(self):
        lines = [docs.shopify_line(1, "LAMP-1", 1, "40.00"), docs.shopify_line(2, "NEW-9", 1, "5.00")]
        receipt = self.shop_orders(lines=lines)
        self.run_engine()
        exception = self.assertNeedsAttention(receipt, "apply.product_unknown", "NEW-9")
        self.assertFalse(self.order(), "nothing half done")
        self.env["product.product"].create(
            {
                "name": "New article",
                "default_code": "NEW-9",
                "type": "consu",
                "taxes_id": [(6, 0, self.lamp.taxes_id.ids)],
            }
        )
        with self.partner_answers():
            exception.action_retry()
            self.run_engine()
        self.assertDone(receipt)
        self.assertEqual(self.order().state, "sale")
        self.assertEqual(exception.state, "resolved")

    def test_a_total_that_does_not_add_up_says_by_how_much(self):
        receipt = self.shop_orders(total_price="999.99")
        self.run_engine()
        self.assertNeedsAttention(receipt, "apply.total_mismatch", "999.99", "125.24", "874.75")
        self.assertFalse(self.order())

    def test_an_unknown_currency_is_refused_with_its_name(self):
        receipt = self.shop_orders(currency="XTS")
        self.run_engine()
        self.assertNeedsAttention(receipt, "apply.currency_unknown", "XTS")

    def test_a_currency_that_was_not_in_use_is_switched_on_and_retry_completes_the_order(self):
        pound = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "GBP")])
        pound.active = False
        receipt = self.shop_orders(currency="GBP")
        self.run_engine()
        exception = self.assertNeedsAttention(receipt, "apply.currency_unknown", "GBP")
        pound.active = True
        self.env["res.currency.rate"].create({"currency_id": pound.id, "name": "2026-01-01", "rate": 0.8})
        with self.partner_answers():
            exception.action_retry()
            self.run_engine()
        self.assertDone(receipt)
        self.assertEqual((self.order().currency_id, self.order().amount_total), (pound, 125.24))

    def test_the_threepl_cannot_ship_more_than_was_ordered(self):
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            picking = self.order().picking_ids
            receipt = self.threepl_ships("S-1", picking, {self.lamp: 5, self.cable: 3}, "NP1", final=True)
            self.run_engine()
            exception = self.assertNeedsAttention(receipt, "apply.quantity_exceeds_order", "LAMP-1", "5", "2")
            self.assertNotEqual(picking.state, "done")
            # The customer agrees to keep five: the order is raised, and the confirmation fits.
            self.order().order_line.filtered(lambda line: line.product_id == self.lamp).product_uom_qty = 5
            exception.action_retry()
            self.run_engine()
        self.assertDone(receipt)
        self.assertEqual(picking.state, "done")

    def test_a_payment_of_a_wrong_amount_waits_for_finance(self):
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            receipt = self.gateway_pays("evt_1", "#1001", 12000)
            self.run_engine()
        exception = self.assertNeedsAttention(receipt, "apply.payment_amount_mismatch", "120.00", "125.24", "5.24")
        self.assertEqual(exception.domain, "finance")
        # Sales grants the difference, and the payment fits.
        self.order().write(
            {
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.env.ref("sync_governance.product_charge_discount").id,
                            "product_uom_qty": 1,
                            "price_unit": -4.56,
                            "tax_ids": [Command.set(self.lamp.taxes_id.ids)],
                        }
                    )
                ]
            }
        )
        self.assertEqual(self.order().amount_total, 120.00)
        exception.action_retry()
        self.run_engine()
        self.assertDone(receipt)

    def test_a_customer_invoice_cannot_be_posted_before_the_goods_have_left(self):
        from odoo.exceptions import UserError

        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
        order = self.order()
        order.order_line.product_id.invoice_policy = "order"
        order.order_line.invalidate_recordset()
        order._compute_invoice_status() if hasattr(order, "_compute_invoice_status") else None
        invoice = order._create_invoices()
        with self.assertRaises(UserError):
            invoice.action_post()

    def test_an_event_key_used_again_with_another_body_is_shown_and_not_applied(self):
        with self.partner_answers():
            self.shop_orders(event_id="same")
            second = self.shop_orders("#1002", event_id="same")
            self.run_engine()
        self.assertFalse(second.repeated)
        self.assertNeedsAttention(second, "receive.key_reused_with_other_body")
        self.assertFalse(self.order("#1002"))

    def test_a_partner_that_is_down_is_tried_again_and_the_order_is_not_lost(self):
        from odoo.addons.sync_governance.core.faults import Fault

        with self.partner_answers(status=None, fault=Fault("deliver.timeout", "No answer in 20 s.")):
            self.shop_orders()
            self.run_engine()
        request = self.env["sync.message"].search([("endpoint_id.code", "=", "threepl-requests")])
        self.assertEqual((request.state, request.attempt, request.fault_code), ("ready", 1, "deliver.timeout"))
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [request.id])
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [request.lane_id])
        uid = request.uid
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((request.state, request.uid), ("done", uid))
        self.assertEqual({parcel.headers["webhook-id"] for parcel in self.sent}, {uid}, "the id stays the same")


@tagged("post_install", "-at_install")
class TestAlerts(FlowCase):
    def alerts(self, code):
        return self.env["sync.exception"].search([("code", "=", code), ("is_open", "=", True)])

    def test_what_is_late_is_told_to_a_person_and_closes_when_it_happens(self):
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            process = self.env["sync.process"]._of(self.order())
            shipped = process.milestone_ids.filtered(lambda m: m.code == "goods.shipped")
            self.assertTrue(shipped.due_at, "the goods are due some time after the order")
            self.env.cr.execute(
                "UPDATE sync_milestone SET due_at = now() AT TIME ZONE 'UTC' - interval '1 hour' WHERE id = %s",
                [shipped.id],
            )
            self.env.invalidate_all()
            self.time_comes("milestone.due")
            self.run_engine()
            alert = self.alerts("process.milestone_overdue")
            self.assertEqual(alert.process_id, process)
            self.assertTrue(alert.user_id)
            self.assertTrue(alert.activity_ids)
            self.time_comes("milestone.due")
            self.run_engine()
            self.assertEqual(len(self.alerts("process.milestone_overdue")), 1, "told once")
            picking = self.order().picking_ids
            self.threepl_ships("S-1", picking, {self.lamp: 2, self.cable: 3}, "NP1", final=True)
            self.run_engine()
        # The carrier may be late meanwhile: in the evening its pick-up of today is over.
        self.assertNotIn(alert, self.alerts("process.milestone_overdue"))
        self.assertEqual(alert.state, "resolved")

    def test_a_problem_on_the_road_is_told_to_service_and_closes_with_the_delivery(self):
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            self.threepl_ships("S-1", self.order().picking_ids, {self.lamp: 2, self.cable: 3}, "NP1", final=True)
            self.carrier_says("e1", "NP1", "failure", "2026-11-21T10:00:00Z")
            self.run_engine()
            alert = self.alerts("process.delivery_exception")
            self.assertEqual(alert.domain, "service")
            self.carrier_says("e2", "NP1", "delivered", "2026-11-22T10:00:00Z")
            self.run_engine()
        self.assertEqual(alert.state, "resolved")
