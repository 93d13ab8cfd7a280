"""What carriers report: late, twice and out of order."""

from .flow_fixture import FlowCase


class TestTrackingEvent(FlowCase):
    def ship(self):
        self.order, self.process = self.place_order()
        self.shipment = self.order.picking_ids
        document = self.shipment_document(self.shipment, {"NW-2210": "3", "NW-4075": "1"}, final=True)
        document["parcels"] = [{"tracking_number": "TRACK-1"}, {"tracking_number": "TRACK-2"}]
        self.done("shipment.confirmed", self.threepl, document)

    def report(self, status, at, tracking="TRACK-1"):
        return self.done(
            "tracking.event", self.carrier, self.tracking_document(status, f"2026-03-07T{at}+00:00", tracking)
        )

    def occurred(self, code):
        self.env.invalidate_all()
        return self.process.milestone_ids.filtered(lambda m: m.code == code).occurred_at

    def test_a_tracking_number_that_nobody_knows_waits(self):
        self.waits(
            "tracking.event",
            self.carrier,
            self.tracking_document("accepted", "2026-03-07T10:00:00Z", "LATE-1"),
            "shipment",
            "LATE-1",
        )

    def test_a_tracked_shipment_expects_the_carrier(self):
        self.ship()
        for code in ("carrier.accepted", "carrier.delivered", "customer.notified"):
            self.assertIn(self.state_of(self.process, code), ("expected", "overdue"), code)

    def test_out_of_order_the_earliest_scan_is_the_acceptance_and_delivery_does_not_invent_transit(self):
        self.ship()
        self.report("delivered", "16:00:00")
        self.assertEqual(str(self.occurred("carrier.accepted")), "2026-03-07 16:00:00")
        self.assertIsNone(self.state_of(self.process, "carrier.in_transit"))
        self.report("accepted", "08:00:00")
        self.assertEqual(str(self.occurred("carrier.accepted")), "2026-03-07 08:00:00")
        self.report("in_transit", "12:00:00")
        self.assertEqual(str(self.occurred("carrier.in_transit")), "2026-03-07 12:00:00")
        parcel = self.process.parcel_ids.filtered(lambda p: p.tracking_number == "TRACK-1")
        self.assertEqual(parcel.status, "delivered")

    def test_twice_is_once(self):
        self.ship()
        self.report("accepted", "08:00:00")
        before = self.process.milestone_ids.ids
        self.report("accepted", "08:00:00")
        self.env.invalidate_all()
        self.assertEqual(self.process.milestone_ids.ids, before)

    def test_the_shipment_is_delivered_with_its_last_parcel(self):
        self.ship()
        self.report("delivered", "16:00:00")
        self.assertEqual(self.state_of(self.process, "carrier.delivered"), "expected")
        self.report("delivered", "17:30:00", "TRACK-2")
        self.assertEqual(str(self.occurred("carrier.delivered")), "2026-03-07 17:30:00")

    def test_an_announced_parcel_proves_nothing(self):
        self.ship()
        self.report("announced", "07:00:00")
        self.assertIsNone(self.occurred("carrier.accepted") or None)

    def test_a_problem_on_the_way_is_a_dated_fact(self):
        self.ship()
        self.report("exception", "10:00:00")
        self.assertEqual(self.state_of(self.process, "carrier.exception"), "reached")
