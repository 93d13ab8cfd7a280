"""Invoices released by shipment, payments, and the gate between them."""

import json
from unittest.mock import patch

from odoo.exceptions import UserError

from .flow_fixture import FlowCase


class TestInvoiceAndPayment(FlowCase):
    def setUp(self):
        super().setUp()
        self.order, self.process = self.place_order()
        self.first = self.order.picking_ids

    def ship(self, quantities, number="SHP-1", tracking="TRACK-1", final=False):
        self.done(
            "shipment.confirmed",
            self.threepl,
            self.shipment_document(self.first, quantities, number=number, tracking=tracking, final=final),
        )

    def ship_in_two_parts(self):
        self.ship({"NW-2210": "2", "NW-4075": "1"})
        self.ship({"NW-2210": "1"}, number="SHP-2", tracking="TRACK-2", final=True)
        return self.first, self.first.backorder_ids

    def release(self, shipment):
        outcome = self.done("invoice.release", self.inside, {"type": "shipment.dispatched", "number": shipment.name})
        return self.env["account.move"].browse([e.res_id for e in outcome.effects])

    # -- invoices --------------------------------------------------------------------------------------------------

    def test_each_shipment_has_its_invoice_and_together_they_come_to_the_order(self):
        first, second = self.ship_in_two_parts()
        invoice = self.release(first)
        self.assertEqual((invoice.state, invoice.shipment_id), ("posted", first))
        self.assertEqual(self.state_of(self.process, "invoice.posted", invoice), "reached")
        self.assertEqual(self.state_of(self.process, "order.invoiced"), "expected")
        rest = self.release(second)
        self.assertEqual(rest.invoice_line_ids.mapped("quantity"), [1.0])
        self.assertEqual(round(invoice.amount_total + rest.amount_total, 2), 193.26)
        self.assertEqual(round(invoice.amount_tax + rest.amount_tax, 2), 33.54)
        self.assertEqual(self.state_of(self.process, "order.invoiced"), "reached")
        self.assertEqual(invoice.create_uid, self.agents["internal"])

    def test_a_shipment_is_invoiced_once(self):
        first, _second = self.ship_in_two_parts()
        invoice = self.release(first)
        self.assertEqual(self.release(first), invoice)

    def test_nothing_is_invoiced_before_it_is_shipped(self):
        self.fault("invoice.release", self.inside, {"number": self.first.name}, "apply.refused")

    def test_each_of_three_parts_keeps_its_share_of_the_charged_amounts(self):
        document = self.order_document("#7")
        document["lines"] = [
            document["lines"][0]
            | {
                "unit_price": "10.00",
                "discounts": [{"amount": "3.00", "description": "TEN"}],
                "taxes": [{"title": "BTW 21 %", "rate": "0.21", "amount": "4.69"}],
            }
        ]
        document |= {"charges": [], "totals": {"tax": "4.69", "grand_total": "27.00"}}
        outcome = self.done("order.create", self.shop, document)
        order = self.env["sync.process"].browse(outcome.process_id)._linked("sale.order")
        request, total, tax = order.picking_ids, 0, 0
        for part in range(3):
            self.done(
                "shipment.confirmed",
                self.threepl,
                self.shipment_document(
                    request, {"NW-2210": "1"}, number=f"P{part}", tracking=f"T{part}", final=part == 2
                ),
            )
            shipment = request._fulfilment_chain()[part]
            invoice = self.release(shipment)
            total, tax = total + invoice.amount_total, tax + invoice.amount_tax
        self.assertEqual((round(total, 2), round(tax, 2)), (27.0, 4.69))

    # -- the gate --------------------------------------------------------------------------------------------------

    def gate(self):
        return self.env["sync.gate"].create(
            {
                "code": "test-release",
                "name": "After delivery",
                "effect": "invoice.release",
                "company_id": self.company.id,
                "condition": json.dumps({"milestone": "carrier.accepted", "of": "shipment"}),
            }
        )

    def test_a_person_cannot_post_past_a_closed_gate_and_an_approver_can_waive(self):
        gate = self.gate()
        self.ship({"NW-2210": "3", "NW-4075": "1"}, final=True)
        with patch.object(type(gate), "_governing", lambda self, effect, company: gate):
            invoice = self.order._create_invoices()
            with self.assertRaisesRegex(UserError, "has not reached “Accepted by the carrier”"):
                invoice.action_post()
            milestone = self.process.milestone_ids.filtered(lambda m: m.code == "carrier.accepted")
            milestone.action_waive()
            self.assertEqual((milestone.state, milestone.waived_by_id), ("waived", self.env.user))
            invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(self.env["sync.process"]._of(invoice), self.process)

    def test_a_hold_closes_the_gate_until_it_is_released(self):
        gate = self.gate()
        self.ship({"NW-2210": "3", "NW-4075": "1"}, final=True)
        self.done("tracking.event", self.carrier, self.tracking_document("accepted", "2026-03-07T10:00:00Z"))
        self.assertTrue(gate._evaluate(self.process, self.first).open)
        self.process.action_hold()
        self.assertIn("on hold", gate._evaluate(self.process, self.first).reason)
        self.process.hold_ids.action_release()
        self.assertEqual(self.process.state, "running")
        self.assertTrue(gate._evaluate(self.process, self.first).open)

    # -- payments --------------------------------------------------------------------------------------------------

    def test_a_payment_before_the_invoices_pays_them_as_they_are_posted(self):
        outcome = self.done("payment.received", self.gateway, self.payment_document())
        payment = self.env["account.payment"].browse(outcome.effects[0].res_id)
        self.assertEqual((payment.amount, payment.create_uid), (193.26, self.agents["payment"]))
        self.assertEqual(str(payment.date), "2026-03-05")
        self.assertEqual(self.state_of(self.process, "payment.received"), "reached")
        first, second = self.ship_in_two_parts()
        invoice = self.release(first)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertNotEqual(self.state_of(self.process, "payment.reconciled"), "reached")
        rest = self.release(second)
        self.assertIn(rest.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.state_of(self.process, "payment.reconciled"), "reached")

    def test_a_payment_after_the_invoice_pays_it(self):
        self.ship({"NW-2210": "3", "NW-4075": "1"}, final=True)
        invoice = self.release(self.first)
        self.done("payment.received", self.gateway, self.payment_document())
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.state_of(self.process, "payment.reconciled"), "reached")

    def test_a_wrong_amount_says_by_how_much(self):
        fault = self.fault(
            "payment.received", self.gateway, self.payment_document(amount="190.00"), "apply.payment_amount_mismatch"
        )
        self.assertIn("-3.26", fault.detail)
        self.assertEqual((fault.expected, fault.found), ("193.26 EUR", "190.00 EUR"))

    def test_another_currency_is_refused(self):
        self.fault(
            "payment.received", self.gateway, self.payment_document(currency="USD"), "apply.payment_currency_mismatch"
        )

    def test_the_same_payment_again_is_no_second_one(self):
        self.done("payment.received", self.gateway, self.payment_document())
        self.done("payment.received", self.gateway, self.payment_document())
        self.assertEqual(len(self.process._linked("account.payment")), 1)

    def test_a_second_payment_of_a_paid_order_is_refused(self):
        self.done("payment.received", self.gateway, self.payment_document())
        fault = self.fault(
            "payment.received", self.gateway, self.payment_document(number="pi_2"), "apply.payment_amount_mismatch"
        )
        self.assertIn("after 193.26 EUR were paid", fault.detail)

    def test_a_payment_of_an_unknown_order_waits_for_it(self):
        outcome = self.waits("payment.received", self.gateway, self.payment_document(order_number="#9"), "order", "#9")
        self.assertEqual(outcome.fault.code, "apply.order_unknown")

    def test_our_own_order_number_is_understood(self):
        self.done("payment.received", self.gateway, self.payment_document(order_number=self.order.name))

    def test_an_order_number_of_two_shops_is_not_guessed(self):
        other = self._trading_partner("marketplace", "Other shop")
        self.done("order.create", other, self.order_document())
        fault = self.fault("payment.received", self.gateway, self.payment_document(), "apply.order_unknown")
        self.assertIn("2 orders", fault.detail)
