"""A warehouse without a door of its own: it asks what is to be shipped, ships, and says so. All over HTTP."""

from odoo.tests import HttpCase, tagged

from . import documents as docs
from .api_fixture import ApiCase


@tagged("post_install", "-at_install")
class TestWarehouseThatPolls(ApiCase, HttpCase):
    """The shop is that of the first flow; the warehouse speaks the canonical documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp = cls.env["product.product"].create(
            {
                "name": "Desk lamp",
                "default_code": "LAMP-1",
                "type": "consu",
                "is_storable": True,
                "list_price": 40,
                "invoice_policy": "delivery",
                "taxes_id": [
                    (
                        6,
                        0,
                        cls.env["account.tax"]
                        .search(
                            [
                                ("type_tax_use", "=", "sale"),
                                ("amount", "=", 15),
                                ("company_id", "=", cls.company.id),
                            ],
                            limit=1,
                        )
                        .ids,
                    )
                ],
            }
        )
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.env["stock.quant"]._update_available_quantity(cls.lamp, warehouse.lot_stock_id, 100)
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        cls.live_partner("odoo")

    def setUp(self):
        super(ApiCase, self).setUp()  # orders are real here
        self.warehouse_approver = self.person("wim.approver", "group_approver_warehouse")
        self.wms = self.door("api_key", "wms-api", key_value="/request_number", credential={"may_read": True})
        self.key = self.secret
        self.wms.user_id.sudo().group_ids |= self.env.ref("stock.group_stock_user")
        self.canonical_interface(self.wms, "shipment.confirmed", self.warehouse_approver)
        feed = self.endpoint(
            self.northwind,
            "wms-feed",
            direction="outbound",
            key_source="event",
            key_value=False,
            topic_source=False,
            topic_value=False,
            pulled=True,
        )
        feed.action_create_agent()
        feed.action_go_live()
        requests = self.canonical_interface(feed, "fulfilment.request", self.warehouse_approver)
        self.configure(requests, milestone="fulfilment.requested")

    def shop_sells(self, number, quantity):
        self.receive(
            "shop-orders",
            docs.shopify_order(number, [docs.shopify_line(1, "LAMP-1", quantity, "40.00")]),
            profile="shopify",
            secret=docs.SHOP_SECRET,
            headers=docs.shopify_headers(number),
        )
        self.run_engine()
        return self.env["sale.order"].search([("client_order_ref", "=", number)])

    def warehouse_polls(self):
        """One turn of the warehouse's program: fetch, ship, say so, acknowledge. Its tool is HTTP alone."""
        page = self.get("/events").json()
        for event in page["items"]:
            request = event["document"]
            shipment = {
                "type": "shipment.confirmed",
                "number": f"SHP-{request['number']}",
                "request_number": request["number"],
                "shipped_at": "2026-11-20T17:30:00+00:00",
                "carrier": {"code": "nordpost"},
                "parcels": [{"tracking_number": f"NP{event['sequence']}{request['order_number']}"}],
                "lines": [
                    {"request_line_id": line["id"], "item": line["item"], "quantity": line["quantity"]}
                    for line in request["lines"]
                ],
                "final": True,
            }
            answer = self.send(
                shipment, path="/shipments/confirmations", headers={"Idempotency-Key": f'"{event["id"]}"'}
            )
            self.assertIn(answer.status_code, (200, 201, 202), answer.text)
        if page["items"]:
            self.send({"cursor": page["next"]}, path="/events:acknowledge")
        self.run_engine()
        return page["items"]

    def test_an_order_is_shipped_and_invoiced_by_a_warehouse_that_only_polls(self):
        order = self.shop_sells("#1001", 2)
        self.assertEqual(order.state, "sale")
        process = self.env["sync.process"]._of(order.picking_ids)
        self.assertNotIn("fulfilment.requested", self.reached(process))
        events = self.warehouse_polls()
        self.assertEqual([event["type"] for event in events], ["fulfilment.request"])
        self.assertReached(process, "fulfilment.requested", "shipment.confirmed", "goods.shipped", "invoice.posted")
        self.assertEqual(order.picking_ids.mapped("state"), ["done"])
        self.assertEqual(order.invoice_ids.mapped("state"), ["posted"])
        self.assertEqual(self.warehouse_polls(), [], "it was acknowledged")

    def test_a_warehouse_that_dies_before_it_acknowledges_ships_once(self):
        order = self.shop_sells("#1002", 3)
        first = self.get("/events").json()["items"]
        self.env.cr.execute("UPDATE sync_feed_entry SET offered_until = now() AT TIME ZONE 'UTC' - interval '1 second'")
        self.assertEqual(self.warehouse_polls(), first)
        replayed = self.get("/events?since=2001-01-01T00:00:00Z").json()["items"]
        self.assertEqual([event["id"] for event in replayed], [event["id"] for event in first])
        self.env.invalidate_all()
        self.assertEqual(order.picking_ids.mapped("state"), ["done"])
        self.assertEqual(sum(order.order_line.mapped("qty_delivered")), 3)

    def reached(self, process):
        return set(process.milestone_ids.filtered(lambda m: m.state == "reached").mapped("code"))
