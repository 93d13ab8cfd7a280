"""The whole chain with a Shopify shop: an order in, its transfer done, a fulfilment back under the shop's own ids."""

import json

from odoo.tests import tagged

from odoo.addons.sync_governance.models.packs import reading

from .pack_fixture import PackCase, listening

TAKEN = (200, b'{"data": {"fulfillmentCreate": {"fulfillment": {"id": "1"}, "userErrors": []}}}')


@tagged("post_install", "-at_install")
class TestShopifyFulfilments(PackCase):
    def setUp(self):
        super().setUp()
        self.pack = reading.read("shopify")
        self.address, self.received = self.enterContext(listening(TAKEN))
        self.partner = self.partner_of(self.pack, self.address)

    def comes(self, code, body):
        """A document of the shop arrives at the interface; the message that it is."""
        line = next(each for each in self.pack["interfaces"] if each["code"] == code)
        door = self.partner.endpoint_ids.filtered(lambda each: each.pack_code == line["endpoint"])
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers_of(self.pack, line, raw)
        message = self.message_of(self.url_open(f"/sync/in/{door.code}", data=raw, headers=headers))
        self.engine()
        return message

    def engine(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.run_engine()
        self.env.invalidate_all()

    def ordered(self):
        """The order of a sample, in Odoo, ready to be shipped."""
        sample = next(s for s in self.pack["samples"] if s["interface"] == "shopify.order.create" and "expected" in s)
        wanted = json.loads(self.sample("shopify", sample["expected"]))
        self.sells(self.partner, wanted)
        message = self.comes("shopify.order.create", self.sample("shopify", sample["file"]))
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        return message.process_id._linked("sale.order")

    def ids(self, order, first=1):
        """What the shop answers when it is asked for the fulfilment orders of the order."""
        lines = sorted({line.partner_line_ref for line in order.order_line if line.partner_line_ref})
        nodes = [
            {"id": f"gid://shopify/FulfillmentOrderLineItem/{at}", "lineItem": {"id": f"gid://shopify/LineItem/{line}"}}
            for at, line in enumerate(lines, first)
        ]
        fulfilment = {"id": f"gid://shopify/FulfillmentOrder/{first}", "status": "OPEN", "lineItems": {"nodes": nodes}}
        name = order.client_order_ref
        return {"data": {"order": {"name": name, "fulfillmentOrders": {"nodes": [fulfilment]}}}}

    def ships(self, order):
        picking = order.picking_ids
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.carrier_tracking_ref = "TRACK-1"
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
        self.assertEqual(picking.state, "done")
        self.engine()
        return self.env["sync.message"].search([("interface_id.document_type_id.code", "=", "shipment.dispatched")])

    def fulfilments(self):
        return [json.loads(body)["variables"]["fulfillment"] for _path, _headers, body in self.received]

    def test_an_order_is_fulfilled_in_the_shop_under_its_own_ids(self):
        order = self.ordered()
        told = self.comes("shopify.identifiers.reported", self.ids(order))
        self.assertEqual((told.state, told.fault_code), ("done", False), told.attempt_ids[:1].detail)
        message = self.ships(order)
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        (fulfilment,) = self.fulfilments()
        (entry,) = fulfilment["lineItemsByFulfillmentOrder"]
        self.assertEqual(entry["fulfillmentOrderId"], "gid://shopify/FulfillmentOrder/1")
        lines = {line["id"] for line in entry["fulfillmentOrderLineItems"]}
        theirs = self.env["sync.xref"].search([("domain", "=", "fulfilment_order_line")]).mapped("external_id")
        self.assertTrue(lines and lines <= set(theirs))
        self.assertEqual(fulfilment["trackingInfo"]["numbers"], ["TRACK-1"])

    def test_a_shipment_that_left_before_its_ids_were_known_goes_on_by_itself(self):
        order = self.ordered()
        message = self.ships(order)
        self.assertEqual((message.state, message.fault_code), ("failed", "translate.reference_missing"))
        self.comes("shopify.identifiers.reported", self.ids(order))
        self.engine()
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        self.assertEqual(len(self.fulfilments()), 1)

    def test_what_is_told_again_changes_nothing_and_what_was_routed_anew_replaces_it(self):
        order = self.ordered()
        xrefs = self.env["sync.xref"].with_context(active_test=False)
        mine = [("trading_partner_id", "=", self.partner.id), ("domain", "like", "fulfilment_order")]
        self.comes("shopify.identifiers.reported", self.ids(order))
        first = xrefs.search(mine)
        again = self.ids(order)
        again["extensions"] = {"cost": 3}  # another delivery
        message = self.comes("shopify.identifiers.reported", again)
        self.assertEqual((message.state, xrefs.search(mine)), ("done", first))
        self.assertFalse(message.effect_ids)
        self.comes("shopify.identifiers.reported", self.ids(order, first=500))
        self.assertFalse(any(first.mapped("active")))
        self.assertEqual(len(self.env["sync.xref"].search(mine)), len(first))

    def test_the_ids_of_a_shop_are_its_own(self):
        order = self.ordered()
        message = self.comes("shopify.identifiers.reported", self.ids(order))
        created = self.env["sync.xref"].browse(message.effect_ids.mapped("res_id"))
        self.assertEqual(created.trading_partner_id, self.partner)
        agent = message.endpoint_id.user_id
        self.assertFalse(agent.has_group("sales_team.group_sale_salesman"))
        self.assertEqual(created.create_uid, agent)
