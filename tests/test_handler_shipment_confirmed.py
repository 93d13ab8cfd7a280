"""Confirmations of a 3PL: parts, the rest, too much, lots, repeats."""

from .flow_fixture import FlowCase


class TestShipmentConfirmed(FlowCase):
    def setUp(self):
        super().setUp()
        self.order, self.process = self.place_order()
        self.request = self.order.picking_ids

    def confirm(self, quantities, **options):
        return self.done(
            "shipment.confirmed", self.threepl, self.shipment_document(self.request, quantities, **options)
        )

    def test_a_part_and_the_rest_under_one_request_number(self):
        outcome = self.confirm({"NW-2210": "2", "NW-4075": "1"})
        self.assertEqual(outcome.process_id, self.process.id)
        backorder = self.request.backorder_ids
        self.assertEqual(self.request.state, "done")
        self.assertEqual(self.request.carrier_tracking_ref, "TRACK-1")
        self.assertEqual(backorder.move_ids.product_uom_qty, 1)
        self.assertEqual(self.state_of(self.process, "shipment.confirmed", self.request), "reached")
        self.assertEqual(self.state_of(self.process, "shipment.confirmed", backorder), "expected")
        self.assertEqual(self.state_of(self.process, "goods.shipped"), "expected")
        shipped = self.process.milestone_ids.filtered(lambda m: m.code == "shipment.confirmed" and m.state == "reached")
        self.assertEqual(str(shipped.occurred_at), "2026-03-06 14:48:30")

        document = self.shipment_document(
            self.request, {"NW-2210": "1"}, number="SHP-2", tracking="TRACK-2", final=True
        )
        self.done("shipment.confirmed", self.threepl, document)
        self.assertEqual(backorder.state, "done")
        self.assertFalse(backorder.backorder_ids)
        self.assertEqual(self.state_of(self.process, "goods.shipped"), "reached")
        self.assertEqual(self.order.order_line.mapped("qty_delivered")[0], 3)

    def test_lines_without_our_id_are_matched_by_sku(self):
        self.confirm({"NW-4075": "1"}, by_line=False)
        self.assertEqual(self.request.move_ids.product_id, self.dock)

    def test_the_same_shipment_again_changes_nothing(self):
        self.confirm({"NW-2210": "1"})
        outcome = self.confirm({"NW-2210": "1"})
        self.assertEqual([(e.kind, e.res_id) for e in outcome.effects], [("linked", self.request.id)])
        self.assertEqual(
            sum(self.order.picking_ids.move_ids.filtered(lambda m: m.state == "done").mapped("quantity")), 1
        )

    def test_the_same_number_with_another_quantity_is_refused(self):
        self.confirm({"NW-2210": "1"})
        self.fault(
            "shipment.confirmed",
            self.threepl,
            self.shipment_document(self.request, {"NW-2210": "2"}),
            "apply.already_applied",
        )

    def test_more_than_ordered_is_refused_and_nothing_is_booked(self):
        document = self.shipment_document(self.request, {"NW-2210": "4", "NW-4075": "1"})
        fault = self.fault("shipment.confirmed", self.threepl, document, "apply.quantity_exceeds_order")
        self.assertIn("4 of NW-2210 were confirmed and 3 are open", fault.detail)
        self.assertEqual(self.request.state, "assigned")

    def test_more_than_is_left_is_refused(self):
        self.confirm({"NW-2210": "2"})
        document = self.shipment_document(self.request, {"NW-2210": "2"}, number="SHP-2")
        fault = self.fault("shipment.confirmed", self.threepl, document, "apply.quantity_exceeds_order")
        self.assertEqual((fault.expected, fault.found), ("1", "2"))

    def test_a_request_that_was_shipped_already_takes_nothing_more(self):
        self.confirm({"NW-2210": "3", "NW-4075": "1"}, final=True)
        document = self.shipment_document(self.request, {"NW-2210": "1"}, number="SHP-2")
        self.fault("shipment.confirmed", self.threepl, document, "apply.quantity_exceeds_order")

    def test_something_that_was_not_asked_for_is_refused(self):
        document = self.shipment_document(self.request, {"OTHER": "1"})
        fault = self.fault("shipment.confirmed", self.threepl, document, "apply.quantity_exceeds_order")
        self.assertIn("OTHER", fault.detail)

    def test_an_unknown_request_waits(self):
        document = self.shipment_document(self.request, {"NW-2210": "1"}) | {"request_number": "WH/OUT/99999"}
        outcome = self.waits("shipment.confirmed", self.threepl, document, "shipment", "WH/OUT/99999")
        self.assertEqual(outcome.fault.code, "apply.shipment_unknown")

    def test_what_a_final_confirmation_leaves_out_holds_the_process(self):
        self.confirm({"NW-2210": "2", "NW-4075": "1"}, final=True)
        self.assertFalse(self.request.backorder_ids)
        self.assertEqual(self.process.state, "on_hold")
        self.assertIn("1 × ", self.process.hold_ids.reason)
        self.assertEqual(self.state_of(self.process, "goods.shipped"), "expected")

    def test_the_3pl_is_asked_once_and_not_again_for_the_backorder(self):
        self.assertTrue(self.request.fulfilment_requested_at)
        self.confirm({"NW-2210": "2", "NW-4075": "1"})
        self.assertEqual(self.request.backorder_ids.state, "assigned")
        self.assertFalse(self.request.backorder_ids.fulfilment_requested_at)


class TestShipmentConfirmedLots(FlowCase):
    def setUp(self):
        super().setUp()
        self.cheese = self._product("Cheese", "CH-1", 0, tracking="lot")
        self.lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.cheese.id, "company_id": self.company.id} for name in ("L1", "L2")]
        )
        for lot in self.lots:
            self._stock(self.cheese, 5, lot)
        document = self.order_document()
        document["lines"][0]["item"] = {"identifiers": [{"scheme": "sku", "value": "CH-1"}]}
        self.order, self.process = self.place_order(lines=document["lines"])
        self.request = self.order.picking_ids

    def test_lots_are_booked_as_confirmed(self):
        document = self.shipment_document(self.request, {"CH-1": "3", "NW-4075": "1"})
        document["lines"][0]["lots"] = [
            {"lot": "L2", "quantity": {"value": "2", "unit": "EA"}},
            {"lot": "L1", "quantity": {"value": "1", "unit": "EA"}},
        ]
        self.done("shipment.confirmed", self.threepl, document)
        lines = self.request.move_line_ids.filtered("lot_id")
        self.assertEqual({line.lot_id.name: line.quantity for line in lines}, {"L2": 2.0, "L1": 1.0})
        self.assertEqual(self.request.state, "done")

    def test_missing_and_unknown_lots_are_named(self):
        document = self.shipment_document(self.request, {"CH-1": "3"})
        fault = self.fault("shipment.confirmed", self.threepl, document, "apply.lot_required")
        self.assertIn("lots are given for 0", fault.detail)
        document["lines"][0]["lots"] = [{"lot": "L9", "quantity": {"value": "3", "unit": "EA"}}]
        fault = self.fault("shipment.confirmed", self.threepl, document, "apply.lot_required")
        self.assertIn("L9", fault.detail)
