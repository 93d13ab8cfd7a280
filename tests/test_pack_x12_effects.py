"""A transfer goes to a 3PL on X12 (940) and comes back as what it shipped (945): through the door, to the stock."""

from odoo.tests import tagged

from .edi_fixture import read, x12
from .test_pack_interchanges import InterchangeCase

PIERSIDE = {"edi_own_id": "US", "edi_own_qualifier": "ZZ", "edi_partner_id": "PIERSIDE", "edi_partner_qualifier": "ZZ"}


@tagged("post_install", "-at_install")
class TestShipmentsOnX12(InterchangeCase):
    """``self.picking`` asks for 3 headsets and a docking station, by a carrier that has a SCAC at the 3PL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Harbor Home Store 55",
                "ref": "10482",
                "street": "55 Elm Street",
                "city": "Hartford",
                "zip": "06103",
                "country_id": cls.env.ref("base.us").id,
                "state_id": cls.env.ref("base.state_us_7").id,
            }
        )
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)

    def setUp(self):
        super().setUp()
        self.partner, self.door = self.live("threepl-x12")
        self.partner.warehouse_ids = self.warehouse
        (self.partner.endpoint_ids - self.door).write(PIERSIDE)
        self.slow, self.fast = self.carrier("Parcel East", "parcel-east"), self.carrier("Air Express", "air")
        self.env["sync.xref"].create(
            [
                {
                    "domain": "carrier",
                    "external_id": scac,
                    "res_id": carrier.id,
                    "trading_partner_id": self.partner.id,
                }
                for carrier, scac in ((self.slow, "PCLE"), (self.fast, "AIRX"))
            ]
        )
        self.headset, self.dock = self.product("Wireless headset", "NW-2210"), self.product("Dock", "NW-4075")
        self.picking = self.requested(self.fast)

    def carrier(self, name, code):
        product = self.env["product.product"].create({"name": name, "type": "service"})
        return self.env["delivery.carrier"].create({"name": name, "product_id": product.id, "governed_code": code})

    def product(self, name, code, tracking="none"):
        product = self.env["product.product"].create(
            {"name": name, "default_code": code, "is_storable": True, "tracking": tracking}
        )
        if tracking == "none":
            self.env["stock.quant"]._update_available_quantity(product, self.warehouse.lot_stock_id, 50)
        return product

    def requested(self, carrier, quantities=None):
        """The transfer of a new order of a process, sent to the 3PL."""
        quantities = quantities or {self.headset: 3, self.dock: 1}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "carrier_id": carrier.id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": quantity})
                    for product, quantity in quantities.items()
                ],
            }
        )
        self.process = self.env["sync.process"]._ensure("order_to_cash", order.name, self.company, reference=order.name)
        self.process._link(order)
        order.action_confirm()
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.partner_answers():
            self.run_engine()
        return order.picking_ids

    def shipped(self, number, items, tracking, reporting="F", lots=None, control=301, carrier="AIRX"):
        """A 945 comes; the message that it is. ``items`` are (SKU, status, ordered, shipped)."""
        moves = {move.product_id.default_code: move for move in self.picking.move_ids}
        body = f"W06*{reporting}*{self.picking.name}*20260306*{number}~W27*M*{carrier}~"
        for at, (sku, status, ordered, shipped) in enumerate(items, 1):
            body += f"LX*{at}~MAN*CP*{tracking}~"
            for lot, quantity in (lots or {}).get(sku, {None: shipped}).items():
                body += f"W12*{status}*{ordered}*{quantity}*{ordered - shipped}*EA**VN*{sku}~N9*LI*{moves[sku].id}~"
                body += f"N9*LT*{lot}~" if lot else ""
        data = x12(body, number=control, group="SW", kind="945", sender="PIERSIDE", receiver="US")
        answer = self.post(self.door, data)
        self.assertEqual(answer.status_code, 202, answer.text)
        with self.partner_answers():
            self.run_engine()
        self.env.invalidate_all()
        return self.message_of(answer.json()["message_id"])

    def assertDone(self, message):
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)

    def orders(self):
        """The 940s that were sent, as the 3PL reads them."""
        documents = [document for parcel in self.sent for document in read(parcel.body)]
        return [document for document in documents if document["message"]["type"] == "940"]

    def test_the_request_names_the_carrier_by_its_own_cross_reference(self):
        requests = self.env["sync.message"].search([("endpoint_id.code", "=", "threepl-x12-out")])
        self.assertEqual(requests.mapped("state"), ["done"], requests.mapped("attempt_ids.detail"))
        (order,) = self.orders()
        self.assertEqual(order["beginning"]["number"], self.picking.name)
        self.assertEqual((order["carrier"]["carrier"], order["carrier"]["routing"]), ("AIRX", "Air Express"))
        self.requested(self.slow)
        self.assertEqual(self.orders()[1]["carrier"]["carrier"], "PCLE")
        self.assertEqual({self.slow.delivery_type, self.fast.delivery_type}, {"fixed"})

    def test_a_part_and_the_rest_become_two_transfers_with_their_parcels(self):
        first = self.picking
        part = [("NW-2210", "BP", 3, 2), ("NW-4075", "CC", 1, 1)]
        self.assertDone(self.shipped("771204", part, "TRACK1", reporting="J"))
        second = first.backorder_ids
        self.assertEqual((first.state, first.carrier_tracking_ref), ("done", "TRACK1"))
        self.assertEqual(first.governed_carrier_code, "air", "the carrier by its own code")
        self.assertEqual((second.state, second.move_ids.product_uom_qty), ("assigned", 1))
        message = self.shipped("771390", [("NW-2210", "CC", 1, 1)], "TRACK2", control=302)
        self.assertDone(message)
        self.assertEqual((second.state, second.carrier_tracking_ref), ("done", "TRACK2"))
        self.assertFalse(second.backorder_ids)
        self.assertEqual(message.process_id, self.process)
        parcels = self.env["sync.parcel"].search([("process_id", "=", self.process.id)])
        self.assertEqual(sorted(parcels.mapped("tracking_number")), ["TRACK1", "TRACK2"])
        self.assertEqual(self.headset.qty_available, 47)

    def test_what_will_not_come_leaves_no_backorder(self):
        items = [("NW-2210", "CP", 3, 2), ("NW-4075", "CC", 1, 1)]
        self.assertDone(self.shipped("771205", items, "TRACK3"))
        self.assertEqual(self.picking.state, "done")
        self.assertFalse(self.picking.backorder_ids.filtered(lambda picking: picking.state != "cancel"))

    def test_the_same_advice_in_another_interchange_ships_nothing_twice(self):
        items = [("NW-2210", "CC", 3, 3), ("NW-4075", "CC", 1, 1)]
        self.assertDone(self.shipped("771206", items, "TRACK4"))
        again = self.shipped("771206", items, "TRACK4", control=303)
        self.assertDone(again)
        self.assertEqual(again.effect_ids.mapped("kind"), ["linked"])
        self.assertEqual(self.headset.qty_available, 47)

    def test_more_than_was_asked_for_is_for_a_person(self):
        message = self.shipped("771207", [("NW-2210", "CC", 4, 4)], "TRACK5")
        self.assertEqual((message.state, message.fault_code), ("failed", "apply.quantity_exceeds_order"))
        self.assertEqual(self.picking.state, "assigned")

    def test_lots_are_taken_from_the_advice(self):
        pill = self.product("Pill", "NW-8001", tracking="lot")
        lots = self.env["stock.lot"].create([{"name": name, "product_id": pill.id} for name in ("A-1", "B-2")])
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(pill, self.warehouse.lot_stock_id, 5, lot_id=lot)
        self.picking = self.requested(self.slow, {pill: 4})
        message = self.shipped(
            "771208", [("NW-8001", "CC", 4, 4)], "TRACK6", lots={"NW-8001": {"A-1": 1, "B-2": 3}}, carrier="PCLE"
        )
        self.assertDone(message)
        self.assertEqual(self.picking.state, "done")
        moved = {line.lot_id.name: line.quantity for line in self.picking.move_ids.move_line_ids}
        self.assertEqual(moved, {"A-1": 1, "B-2": 3})
