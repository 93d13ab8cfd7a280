"""Payments that name an invoice, or what its payer was asked to quote, and not the order."""

import json

from odoo.tests import tagged

from ..core.canonical import validator
from ..core.contracts import validate
from .flow_fixture import FlowCase


@tagged("post_install", "-at_install")
class TestPaymentByInvoice(FlowCase):
    """``self.invoice`` claims 40.00 EUR of a customer who ordered by telephone: no partner sent the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Telephone customer", "is_company": True})
        cls.invoice = cls.claim()

    @classmethod
    def claim(cls, **values):
        line = {"product_id": cls.dock.id, "quantity": 1, "price_unit": 40.0, "tax_ids": False}
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.customer.id,
                "invoice_date": "2026-03-01",
                "company_id": cls.company.id,
                "invoice_line_ids": [(0, 0, line)],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def payment(self, amount="40.00", number="BANK-1", **names):
        document = self.payment_document(amount=amount, number=number)
        del document["order_number"]
        document |= names
        self.assertEqual(validate(validator("payment.received"), document), [])
        return document

    def pays(self, **options):
        """The payment that a document became."""
        outcome = self.done("payment.received", self.gateway, self.payment(**options))
        return self.env["account.payment"].browse([effect.res_id for effect in outcome.effects])

    def test_an_invoice_is_paid_by_its_number(self):
        payment = self.pays(invoice_number=self.invoice.name)
        self.assertEqual((payment.amount, payment.partner_id), (40.0, self.customer))
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.invoice._get_reconciled_payments(), payment)
        self.assertEqual(payment.create_uid, self.agents["payment"])
        self.assertIn(self.invoice.name, payment.memo)

    def test_by_the_reference_that_the_payer_was_asked_to_quote(self):
        invoice = self.claim(payment_reference="+++090/9337/55493+++")
        self.pays(reference="+++090/9337/55493+++")
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.invoice.payment_state, "not_paid")

    def test_where_the_payer_wrote_the_invoice_in_the_place_of_the_order(self):
        self.pays(order_number=self.invoice.name)
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))

    def test_the_same_payment_again_is_no_second_one(self):
        first = self.pays(invoice_number=self.invoice.name)
        again = self.done("payment.received", self.gateway, self.payment(invoice_number=self.invoice.name))
        self.assertEqual([(e.kind, e.res_id) for e in again.effects], [("linked", first.id)])
        other = self.payment(amount="41.00", invoice_number=self.invoice.name)
        self.fault("payment.received", self.gateway, other, "apply.already_applied")

    def test_the_same_number_of_another_sender_is_another_payment(self):
        self.pays(invoice_number=self.invoice.name)
        bank = self.env["sync.trading.partner"].create(
            {"name": "Bank", "code": "test-bank", "kind": "payment", "company_id": self.company.id}
        )
        second = self.claim()
        self.done("payment.received", bank, self.payment(invoice_number=second.name))
        self.assertIn(second.payment_state, ("paid", "in_payment"))

    def test_another_amount_is_for_a_person(self):
        said = self.payment(amount="39.00", invoice_number=self.invoice.name)
        fault = self.fault("payment.received", self.gateway, said, "apply.payment_amount_mismatch")
        self.assertIn(f"invoice {self.invoice.name} owes 40.00 EUR, a difference of -1 EUR", fault.detail)
        self.assertEqual(self.invoice.payment_state, "not_paid")
        self.assertFalse(self.env["account.payment"].search([("governed_number", "!=", False)]))

    def test_an_invoice_that_is_paid_owes_nothing(self):
        self.pays(invoice_number=self.invoice.name)
        said = self.payment(number="BANK-2", invoice_number=self.invoice.name)
        fault = self.fault("payment.received", self.gateway, said, "apply.payment_amount_mismatch")
        self.assertIn("owes 0.00 EUR", fault.detail)

    def test_another_currency_is_for_a_person(self):
        said = self.payment(invoice_number=self.invoice.name)
        said["amount"]["currency"] = "USD"
        self.fault("payment.received", self.gateway, said, "apply.payment_currency_mismatch")

    def test_what_is_no_invoice_of_ours_is_for_a_person_at_once(self):
        fault = self.fault(
            "payment.received", self.gateway, self.payment(invoice_number="INV/1999/1"), "apply.invoice_unknown"
        )
        self.assertIn("INV/1999/1", fault.detail)
        draft = self.invoice.copy()
        self.assertEqual(draft.state, "draft")
        bill = self.payment(reference="nothing that we know")
        self.fault("payment.received", self.gateway, bill, "apply.invoice_unknown")

    def test_what_could_be_several_invoices_is_for_a_person(self):
        invoices = [self.claim(payment_reference="rent") for _each in range(2)]
        fault = self.fault("payment.received", self.gateway, self.payment(reference="rent"), "apply.invoice_unknown")
        self.assertTrue(all(invoice.name in fault.detail for invoice in invoices))

    def test_another_company_s_invoice_is_not_found(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids |= company
        self.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
        elsewhere = self.env["account.move"].with_company(company).with_context(allowed_company_ids=company.ids)
        invoice = elsewhere.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "payment_reference": "ELSEWHERE",
                "invoice_line_ids": [(0, 0, {"name": "Something", "price_unit": 40.0, "tax_ids": False})],
            }
        )
        invoice.action_post()
        self.fault("payment.received", self.gateway, self.payment(reference="ELSEWHERE"), "apply.invoice_unknown")

    # -- of an order that a partner sent ----------------------------------------------------------------------------

    def invoiced(self):
        """(order, process, invoice of its first shipment) of an order of 193.26 EUR that is shipped in two parts."""
        order, process = self.place_order()
        request = order.picking_ids
        document = self.shipment_document(request, {"NW-2210": "2", "NW-4075": "1"})
        self.done("shipment.confirmed", self.threepl, document)
        outcome = self.done("invoice.release", self.inside, {"type": "shipment.dispatched", "number": request.name})
        return order, process, self.env["account.move"].browse([effect.res_id for effect in outcome.effects])

    def test_the_invoice_of_a_part_of_an_order_is_paid_alone_and_the_process_knows(self):
        order, process, invoice = self.invoiced()
        self.assertLess(invoice.amount_total, order.amount_total)
        payment = self.pays(amount=f"{invoice.amount_total:.2f}", invoice_number=invoice.name)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.env["sync.process"]._of(payment), process)
        self.assertEqual(self.state_of(process, "payment.received"), "reached")
        rest = f"{order.amount_total - invoice.amount_total:.2f}"
        self.done("payment.received", self.gateway, self.payment_document(amount=rest, number="pi_2"))

    def test_an_invoice_of_another_order_contradicts(self):
        _order, _process, invoice = self.invoiced()
        self.place_order(number="#1002", partner_reference="77")
        said = self.payment(amount="193.26", invoice_number=invoice.name, order_number="#1002")
        fault = self.fault("payment.received", self.gateway, said, "apply.invoice_unknown")
        self.assertIn("which is no invoice of order #1002", fault.detail)

    def test_a_payment_of_the_whole_order_may_name_its_first_invoice(self):
        order, process, invoice = self.invoiced()
        payment = self.pays(amount="193.26", invoice_number=invoice.name, order_number="#1001")
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.env["sync.process"]._of(payment), process)
        self.assertEqual(order.amount_total, payment.amount)

    def test_the_payment_reference_of_the_order_finds_it(self):
        order, process = self.place_order()
        self.assertEqual(order.reference, "pi_1")
        payment = self.pays(amount="193.26", reference="pi_1")
        self.assertEqual(self.env["sync.process"]._of(payment), process)

    def test_an_order_that_may_still_come_is_waited_for(self):
        self.place_order()
        quoting = self.payment(amount="193.26", order_number="#9998", reference="pi_1")
        self.waits("payment.received", self.gateway, quoting, "order", "#9998")
        self.waits("payment.received", self.gateway, self.payment(order_number="#9999"), "order", "#9999")

    def test_a_document_that_names_nothing_is_no_payment(self):
        document = self.payment_document()
        del document["order_number"]
        self.assertTrue(validate(validator("payment.received"), json.loads(json.dumps(document))))
