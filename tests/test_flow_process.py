"""The process: one order from the shop to its money, and what people see of it."""

import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError

from ..core.canonical import validator
from ..core.contracts import validate
from .flow_fixture import FlowCase


class TestProcess(FlowCase):
    def dispatched(self, shipment):
        return {"type": "shipment.dispatched", "number": shipment.name}

    def test_an_order_travels_to_its_money_and_the_process_completes(self):
        order, process = self.place_order()
        first = order.picking_ids
        self.done("shipment.confirmed", self.threepl, self.shipment_document(first, {"NW-2210": "2", "NW-4075": "1"}))
        self.done(
            "shipment.confirmed",
            self.threepl,
            self.shipment_document(first, {"NW-2210": "1"}, number="SHP-2", tracking="TRACK-2", final=True),
        )
        second = first.backorder_ids
        for tracking in ("TRACK-1", "TRACK-2"):
            for status, at in (("delivered", "16:00:00"), ("accepted", "08:00:00"), ("in_transit", "12:00:00")):
                document = self.tracking_document(status, f"2026-03-07T{at}Z", tracking)
                self.done("tracking.event", self.carrier, document)
                self.done("tracking.event", self.carrier, document)
        for shipment in (first, second):
            self.done("dispatch.notice", self.inside, self.dispatched(shipment))
            self.done("invoice.release", self.inside, self.dispatched(shipment))
        self.assertEqual(process.state, "running")
        self.done("payment.received", self.gateway, self.payment_document())
        self.env.invalidate_all()
        still_open = process.milestone_ids.filtered(lambda m: m.required and m.state != "reached")
        self.assertFalse(still_open, still_open.mapped("code"))
        self.assertEqual((process.state, process.progress, process.document_count), ("completed", 100, 6))
        self.assertTrue(process.completed_at)

    def test_the_customer_is_told_once_per_shipment(self):
        order, process = self.place_order()
        shipment = order.picking_ids
        self.done(
            "shipment.confirmed",
            self.threepl,
            self.shipment_document(shipment, {"NW-2210": "3", "NW-4075": "1"}, final=True),
        )
        first = self.done("dispatch.notice", self.inside, self.dispatched(shipment))
        again = self.done("dispatch.notice", self.inside, self.dispatched(shipment))
        self.assertEqual((first.effects[0].kind, again.effects[0].kind), ("created", "linked"))
        self.assertEqual(self.state_of(process, "customer.notified", shipment), "reached")
        notice = shipment.dispatch_notice_id
        self.assertIn("TRACK-1", notice.body)
        self.assertEqual(notice.notified_partner_ids.email or notice.partner_ids.email, "lieve.janssens@mail.example")

    def test_each_document_knows_its_process_and_finds_it_again(self):
        order, process = self.place_order()
        for record in (order, order.picking_ids):
            self.assertEqual(record.process_id, process)
            self.assertEqual(record.search([("process_id", "=", process.id)]), record)
            self.assertEqual(record.action_view_process()["res_id"], process.id)

    def test_a_document_keeps_its_first_process(self):
        order, process = self.place_order()
        other = self.env["sync.process"]._ensure("order_to_cash", "other", self.company)
        self.assertFalse(other._link(order))
        self.assertEqual(self.env["sync.process"]._of(order), process)

    def test_a_correlation_is_one_process_per_company(self):
        one = self.env["sync.process"]._ensure("order_to_cash", "key", self.company)
        self.assertEqual(self.env["sync.process"]._ensure("order_to_cash", "key", self.company), one)
        self.assertEqual(one.milestone_ids.mapped("state"), ["expected"] * 8)

    def test_the_earliest_occurrence_wins_and_a_milestone_is_reached_once(self):
        process = self.env["sync.process"]._ensure("order_to_cash", "key", self.company)
        noon = fields.Datetime.to_datetime("2026-03-05 12:00:00")
        for hours in (2, 0, 5):
            process._reach("order.received", noon + timedelta(hours=hours))
        self.env.invalidate_all()
        milestone = process.milestone_ids.filtered(lambda m: m.code == "order.received")
        self.assertEqual((len(milestone), milestone.occurred_at), (1, noon))
        accepted = process.milestone_ids.filtered(lambda m: m.code == "order.accepted")
        self.assertEqual(accepted.due_at, noon + timedelta(hours=1))

    def test_what_is_past_its_time_becomes_overdue(self):
        process = self.env["sync.process"]._ensure("order_to_cash", "key", self.company)
        process._reach("order.received", fields.Datetime.now() - timedelta(hours=2))
        self.env["sync.milestone"]._mark_overdue(process.milestone_ids.ids)
        self.assertEqual(self.state_of(process, "order.accepted"), "overdue")
        self.assertIn(process, self.env["sync.process"].search([("overdue_count", ">", 0)]))
        self.assertEqual(process.overdue_count, 1)
        process._reach("order.accepted")
        self.assertEqual(self.state_of(process, "order.accepted"), "reached")

    def test_a_cancelled_order_ends_its_process(self):
        order, process = self.place_order()
        order._action_cancel()
        self.assertEqual(process.state, "cancelled")
        self.fault("order.create", self.shop, self.order_document(), "apply.already_applied")

    def viewer(self):
        return self.env["res.users"].create(
            {
                "name": "Vera Viewer",
                "login": "vera.viewer",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
                "group_ids": [(6, 0, [self.env.ref("sync_governance.group_viewer").id])],
            }
        )

    def test_a_viewer_reads_everything_on_the_form(self):
        order, process = self.place_order()
        process._hold("person", "Waiting for the customer")
        self.done(
            "shipment.confirmed",
            self.threepl,
            self.shipment_document(order.picking_ids, {"NW-2210": "3", "NW-4075": "1"}, final=True),
        )
        name = {"fields": {"display_name": {}}}
        (seen,) = process.with_user(self.viewer()).web_read(
            {
                "partner_id": name,
                "progress": {},
                "message_count": {},
                "hold_ids": {"fields": {"reason": {}, "gate_id": name, "released_by_id": name}},
                "link_ids": {"fields": {"kind": {}, "res_name": {}, "trading_partner_id": name}},
                "milestone_ids": {"fields": {"name": {}, "subject_name": {}, "state": {}, "required": {}}},
                "parcel_ids": {"fields": {"tracking_number": {}, "picking_id": name}},
                "message_ids": {"fields": {"reference": {}, "endpoint_id": name, "document_type_id": name}},
            }
        )
        self.assertEqual(seen["hold_ids"][0]["reason"], "Waiting for the customer")
        self.assertIn(order.name, [link["res_name"] for link in seen["link_ids"]])
        self.assertEqual(seen["parcel_ids"][0]["tracking_number"], "TRACK-1")
        self.assertEqual(seen["parcel_ids"][0]["picking_id"]["display_name"], order.picking_ids.name)

    def test_only_an_approver_holds_and_waives(self):
        viewer = self.viewer()
        process = self.env["sync.process"]._ensure("order_to_cash", "key", self.company).with_user(viewer)
        for act in (process.action_hold, process.milestone_ids[:1].action_waive):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            process.write({"name": "x"})

    def test_a_document_finds_its_process_by_the_numbers_it_names(self):
        order, process = self.place_order()
        found = self.env["sync.process"]._find_by_document(
            self.company.id,
            [
                {"number": "pi_1", "order_number": "#1001"},
                {"number": "SHP", "request_number": order.picking_ids.name},
                {"number": "#1001"},
            ],
        )
        self.assertEqual(found, [process.id, process.id, None])


class TestPublishers(FlowCase):
    def events(self, document_type):
        self.env.cr.precommit.run()
        self.env.cr.execute(
            """SELECT document, process_id, ordering_key FROM sync_event
                WHERE document_type = %s AND company_id = %s ORDER BY id""",
            [document_type, self.company.id],
        )
        return [(json.loads(document), process_id, key) for document, process_id, key in self.env.cr.fetchall()]

    def assert_canonical(self, document):
        faults = validate(validator(document["type"]), document)
        self.assertFalse(faults, [fault.detail for fault in faults])

    def test_the_documents_of_an_order_are_published_as_the_catalogue_says(self):
        with self.everything_is_carried():
            order, process = self.place_order()
            shipment = order.picking_ids
            ((request, request_process, _key),) = self.events("fulfilment.request")
            self.assertEqual(request_process, process.id)
            self.assertEqual(request["number"], shipment.name)
            self.assertEqual(request["partner_order_number"], "#1001")
            self.assertEqual([line["quantity"]["value"] for line in request["lines"]], ["3", "1"])
            self.assert_canonical(request)

            self.done(
                "shipment.confirmed", self.threepl, self.shipment_document(shipment, {"NW-2210": "2", "NW-4075": "1"})
            )
            ((dispatched, _process, _key),) = self.events("shipment.dispatched")
            self.assertTrue(dispatched["remaining"])
            self.assertEqual(dispatched["shipped_at"], "2026-03-06T14:48:30+00:00")
            self.assertEqual(dispatched["parcels"], [{"tracking_number": "TRACK-1"}])
            self.assertEqual([line["order_line_id"] for line in dispatched["lines"]], ["1", "2"])
            self.assert_canonical(dispatched)
            self.assertEqual(len(self.events("fulfilment.request")), 1, "the backorder is not requested again")

            self.done("invoice.release", self.inside, {"number": shipment.name})
            ((invoice, _process, _key),) = self.events("invoice.posted")
            self.assert_canonical(invoice)
            self.assertEqual(invoice["order_numbers"], [order.name])
            self.assertEqual(invoice["totals"]["gross"], f"{process._invoices().amount_total:.2f}")

    def test_documents_outside_any_process_are_not_published(self):
        with self.everything_is_carried():
            customer = self.env["res.partner"].create({"name": "Walk-in"})
            order = self.env["sale.order"].create(
                {"partner_id": customer.id, "order_line": [(0, 0, {"product_id": self.dock.id})]}
            )
            order.action_confirm()
            self.assertFalse(self.events("fulfilment.request"))
            self.assertFalse(order.picking_ids.fulfilment_requested_at)
