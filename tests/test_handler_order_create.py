"""Orders placed: what becomes of them, and what is refused."""

from .flow_fixture import FlowCase


class TestOrderCreate(FlowCase):
    def test_the_order_is_confirmed_with_the_total_of_the_shop_and_reserved_stock(self):
        order, process = self.place_order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_total, 193.26)
        self.assertEqual(order.amount_tax, 33.54)
        self.assertEqual(order.client_order_ref, "#1001")
        self.assertEqual(str(order.date_order), "2026-03-05 20:14:07")
        self.assertEqual(order.create_uid, self.agents["shop"])
        self.assertEqual(order.company_id, self.company)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.picking_ids.partner_id.name, "Bram Peeters")
        self.assertEqual(process.reference, "#1001")
        self.assertEqual(process.partner_id.email, "lieve.janssens@mail.example")
        for code in ("order.received", "order.accepted", "stock.reserved"):
            self.assertEqual(self.state_of(process, code), "reached", code)
        self.assertEqual(self.state_of(process, "shipment.confirmed", order.picking_ids), "expected")
        self.assertEqual(self.env["sync.process"]._of(order), process)
        self.assertEqual(self.env["sync.process"]._of(order.picking_ids), process)

    def test_what_becomes_of_each_line_can_be_told(self):
        document = self.order_document()
        outcome = self.done("order.create", self.shop, document)
        told = [(line["id"], line["status"], line["quantity"]) for line in outcome.lines]
        self.assertEqual(told, [(line["id"], "accepted", line["quantity"]) for line in document["lines"]])

    def test_an_inexact_percentage_becomes_a_discount_line(self):
        order, _process = self.place_order()
        headset = order.order_line.filtered(lambda line: line.product_id == self.headset)
        self.assertEqual(headset.price_unit, 24.95)
        discounted = sum(order.order_line.filtered(lambda line: line.partner_line_ref == "1").mapped("price_total"))
        self.assertAlmostEqual(discounted, 67.36, 2)

    def test_an_exact_percentage_stays_a_line_discount(self):
        document = self.order_document()
        document["lines"][0] |= {
            "unit_price": "20.00",
            "discounts": [{"amount": "6.00", "description": "TEN"}],
            "taxes": [{"title": "BTW 21 %", "rate": "0.21", "amount": "9.37"}],
        }
        document["totals"]["grand_total"] = "179.90"
        self.done("order.create", self.shop, document)
        line = self.env["sale.order.line"].search(
            [("partner_line_ref", "=", "1"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(line.discount, 10.0)
        self.assertEqual(line.order_id.amount_total, 179.9)

    def test_taxes_on_top_of_the_price_are_kept_as_charged(self):
        tax = {"title": "Sales tax", "rate": "0.10"}
        document = self.order_document(
            prices_include_tax=False,
            lines=[
                {
                    "id": str(index),
                    "item": {"identifiers": [{"scheme": "sku", "value": "NW-2210"}]},
                    "quantity": {"value": "1", "unit": "EA"},
                    "unit_price": "0.35",
                    "discounts": [],
                    "taxes": [{**tax, "amount": "0.04"}],
                }
                for index in range(3)
            ],
            charges=[],
            totals={"tax": "0.12", "grand_total": "1.17"},
        )
        self.done("order.create", self.shop, document)
        order = self.env["sale.order"].search(
            [("client_order_ref", "=", "#1001"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual((order.amount_untaxed, order.amount_tax, order.amount_total), (1.05, 0.12, 1.17))

    def test_prices_stay_when_the_quantity_is_changed_in_odoo(self):
        order, _process = self.place_order()
        line = order.order_line.filtered(lambda sol: sol.product_id == self.dock)
        line.product_uom_qty = 2
        self.assertEqual(line.price_unit, 119.0)

    def test_the_same_order_again_is_not_made_twice(self):
        order, process = self.place_order()
        outcome = self.done("order.create", self.shop, self.order_document())
        self.assertEqual([(e.kind, e.res_id) for e in outcome.effects], [("linked", order.id)])
        self.assertEqual(outcome.process_id, process.id)

    def test_the_same_number_with_another_total_is_refused(self):
        self.place_order()
        document = self.order_document()
        document["charges"] = []
        document["totals"]["grand_total"] = "186.36"
        fault = self.fault("order.create", self.shop, document, "apply.already_applied")
        self.assertIn("193.26", fault.detail)
        self.assertIn("186.36", fault.detail)

    def test_the_number_of_another_shop_is_another_order(self):
        first, _process = self.place_order()
        other = self._trading_partner("marketplace", "Other shop")
        outcome = self.done("order.create", other, self.order_document())
        self.assertNotEqual(self.env["sync.process"].browse(outcome.process_id)._linked("sale.order"), first)

    # -- refused ---------------------------------------------------------------------------------------------------

    def test_every_unknown_product_is_named(self):
        document = self.order_document()
        document["lines"][0]["item"] = {"identifiers": [{"scheme": "sku", "value": "NO-1"}]}
        document["lines"][1]["item"] = {"identifiers": [{"scheme": "sku", "value": "NO-2"}]}
        fault = self.fault("order.create", self.shop, document, "apply.product_unknown")
        self.assertEqual([cause.subject for cause in fault.causes], ["product NO-1", "product NO-2"])
        self.assertIn("NO-1, NO-2", fault.detail)
        self.assertFalse(
            self.env["sale.order"].search([("client_order_ref", "=", "#1001"), ("company_id", "=", self.company.id)])
        )
        self._product("New", "NO-1", 5)
        self._product("New", "NO-2", 5)
        self.done("order.create", self.shop, document)

    def test_a_cross_reference_finds_the_product_first(self):
        self.env["sync.xref"]._remember("product", self.shop.id, "NW-2210", self.dock)
        order, _process = self.place_order()
        self.assertEqual(order.order_line.filtered(lambda line: line.partner_line_ref == "1").product_id[:1], self.dock)

    def test_a_total_that_does_not_add_up_is_explained(self):
        document = self.order_document()
        document["totals"]["grand_total"] = "200.75"
        fault = self.fault("order.create", self.shop, document, "apply.total_mismatch")
        self.assertEqual((fault.expected, fault.found), ("193.26", "200.75"))
        self.assertIn("7.49", fault.detail)
        self.assertIn("discounts", fault.detail)

    def test_a_tax_that_the_rate_does_not_explain_is_refused(self):
        document = self.order_document()
        document["lines"][1]["taxes"][0]["amount"] = "3.98"
        fault = self.fault("order.create", self.shop, document, "apply.total_mismatch")
        self.assertIn("3.98", fault.detail)

    def test_an_unknown_tax_is_named(self):
        document = self.order_document()
        document["lines"][1]["taxes"][0] |= {"title": "MwSt", "rate": "0.07", "amount": "7.79"}
        fault = self.fault("order.create", self.shop, document, "apply.tax_unknown")
        self.assertEqual(fault.found, "MwSt 7 %")

    def test_an_inactive_currency_is_unknown(self):
        fault = self.fault("order.create", self.shop, self.order_document(currency="CHF"), "apply.currency_unknown")
        self.assertEqual(fault.subject, "currency CHF")
        self.assertIn("not active", fault.detail)

    def test_a_currency_without_rate_is_unknown_and_with_one_it_is_the_currency_of_the_order(self):
        franc = self.env.ref("base.CHF")
        franc.active = True
        franc.rate_ids.unlink()
        fault = self.fault("order.create", self.shop, self.order_document(currency="CHF"), "apply.currency_unknown")
        self.assertIn("no exchange rate", fault.detail)
        self.env["res.currency.rate"].create(
            {"currency_id": franc.id, "company_id": self.company.id, "name": "2026-01-01", "rate": 0.95}
        )
        order, _process = self.place_order(currency="CHF")
        self.assertEqual((order.currency_id, order.amount_total), (franc, 193.26))

    # -- customers -------------------------------------------------------------------------------------------------

    def test_a_returning_customer_and_the_addresses_are_used_again(self):
        first, _process = self.place_order()
        second, _process = self.place_order(number="#1002")
        self.assertEqual(second.partner_id, first.partner_id)
        self.assertEqual(second.partner_shipping_id, first.partner_shipping_id)
        self.assertEqual(second.partner_shipping_id.parent_id, second.partner_id)

    def test_a_guest_is_found_by_e_mail_among_the_customers_of_the_shop_only(self):
        stranger = self.env["res.partner"].create({"name": "Namesake", "email": "lieve.janssens@mail.example"})
        document = self.order_document()
        del document["buyer"]["identifiers"]
        guest, _process = self.place_order(buyer=document["buyer"])
        self.assertNotEqual(guest.partner_id, stranger)
        again, _process = self.place_order(number="#1002", buyer=document["buyer"])
        self.assertEqual(again.partner_id, guest.partner_id)

    def test_an_address_of_two_customers_is_ambiguous(self):
        document = self.order_document()
        first, _process = self.place_order()
        document["buyer"]["identifiers"] = [{"scheme": "partner", "value": "C-2"}]
        self.env["sync.xref"]._remember(
            "customer", self.shop.id, "C-2", first.partner_id.copy({"email": "lieve.janssens@mail.example"})
        )
        self.place_order(number="#1002", buyer=document["buyer"])
        del document["buyer"]["identifiers"]
        fault = self.fault(
            "order.create", self.shop, self.order_document("#1003", buyer=document["buyer"]), "apply.customer_ambiguous"
        )
        self.assertIn("lieve.janssens@mail.example", fault.detail)

    def test_one_bad_order_of_a_batch_leaves_the_others(self):
        bad = self.order_document("#1")
        bad["totals"]["grand_total"] = "1.00"
        outcomes = self.apply("order.create", self.shop, bad, self.order_document("#2"))
        self.assertEqual([type(outcome).__name__ for outcome in outcomes], ["Fault", "Done"])
        self.assertFalse(self.env["sync.process"].search([("reference", "=", "#1")]))
