"""Odoo's business, read by its partners: only what is theirs, and as the events say it."""

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.api.business import Question

from .business_fixture import BusinessCase


@tagged("post_install", "-at_install")
class TestOrders(BusinessCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.order, self.process = self.place_order()

    def placed(self, number, partner=None):
        """An order of a partner; each of another customer."""
        buyer = {**self.order_document()["buyer"], "identifiers": [{"scheme": "partner", "value": f"C-{number}"}]}
        buyer["email"] = f"buyer{number.strip('#')}@mail.example"
        document = self.order_document(number, buyer=buyer)
        outcome = self.done("order.create", partner or self.shop, document)
        return self.env["sync.process"].browse(outcome.process_id)._linked("sale.order")

    def ship(self, quantities=None, **options):
        request = self.order.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        shipment = self.shipment_document(request, quantities or {"NW-2210": "3", "NW-4075": "1"}, **options)
        self.done("shipment.confirmed", self.threepl, shipment)
        return request

    def invoice(self):
        move = self.order._create_invoices()
        move.action_post()
        return move

    # -- an order ------------------------------------------------------------------------------------------------------

    def test_an_order_is_read_as_it_stands(self):
        (entry,) = self.items("/orders")
        document = entry["document"]
        self.assertCanonical(document)
        self.assertEqual(self.get(f"/orders/{entry['id']}").json(), entry)
        self.assertEqual((document["number"], document["partner_order_number"]), (self.order.name, "#1001"))
        self.assertEqual((document["status"], document["delivery"]), ("confirmed", "none"))
        self.assertEqual(document["totals"]["gross"], "193.26")
        self.assertEqual([line["id"] for line in document["lines"]][:2], ["1", "2"])
        self.assertEqual(document["lines"][0]["quantity"], {"value": "3", "unit": "EA"})
        self.assertEqual([one["status"] for one in document["shipments"]], ["ready"])
        self.assertEqual(document["invoices"], [])
        self.assertNotIn("lieve.janssens", str(document), "whom Odoo knows under a name is not told")

    def test_what_was_shipped_and_invoiced_is_in_it(self):
        first = self.ship({"NW-2210": "2"})
        self.done("tracking.event", self.carrier, self.tracking_document("in_transit", "2026-03-07T08:00:00+00:00"))
        move = self.invoice()
        self.env.invalidate_all()
        document = self.items("/orders")[0]["document"]
        self.assertCanonical(document)
        self.assertEqual(document["delivery"], "partial")
        self.assertEqual(document["lines"][0]["shipped"], {"value": "2", "unit": "EA"})
        self.assertEqual(document["lines"][0]["invoiced"], {"value": "2", "unit": "EA"})
        shipped, waiting = document["shipments"]
        self.assertEqual((shipped["number"], shipped["status"]), (first.name, "shipped"))
        parcel = shipped["parcels"][0]
        self.assertEqual((parcel["tracking_number"], parcel["status"]), ("TRACK-1", "in_transit"))
        self.assertEqual((waiting["status"], waiting["parcels"]), ("ready", []))
        self.assertEqual([(one["number"], one["payment"]) for one in document["invoices"]], [(move.name, "open")])

    def test_a_list_is_read_page_by_page_and_looked_through(self):
        orders = self.order | self.placed("#1002") | self.placed("#1003")
        found, path = [], "/orders?limit=2"
        for _page in range(2):
            page = self.get(path).json()
            found += [item["document"]["number"] for item in page["items"]]
            path = f"/orders?limit=2&after={page['next']}"
        self.assertEqual(found, orders.mapped("name")[::-1])
        self.assertIsNone(page["next"])
        for reference in ("%231002", orders[1].name):
            entries = self.items(f"/orders?reference={reference}")
            self.assertEqual([one["document"]["number"] for one in entries], [orders[1].name])
        self.assertEqual(self.items("/orders?reference=%231009"), [])

    def test_only_what_changed_since_is_read_also_when_it_is_a_shipment_that_changed(self):
        self.placed("#1002")
        self.env.flush_all()
        old = "2026-01-01 08:00:00"
        for table in ("sale_order", "sale_order_line", "stock_picking", "account_move"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = %s", [old])
        self.env.invalidate_all()
        self.assertEqual(self.items("/orders?changed_since=2026-01-01T10:00:00Z"), [])
        self.assertEqual(len(self.items("/orders?changed_since=2026-01-01T09:00:00%2B01:00")), 2)
        self.env.cr.execute(
            "UPDATE stock_picking SET write_date = '2026-02-01 08:00:00' WHERE id = %s", [self.order.picking_ids.id]
        )
        self.env.invalidate_all()
        (entry,) = self.items("/orders?changed_since=2026-01-15T00:00:00Z")
        self.assertEqual(
            (entry["document"]["number"], entry["document"]["changed_at"]),
            (self.order.name, "2026-02-01T08:00:00+00:00"),
        )

    def test_a_longer_list_costs_no_more_statements(self):
        self.ship()
        self.invoice()
        for number in range(2, 8):
            self.placed(f"#100{number}")
        profile = self.env["sync.endpoint"]._intake_profile(self.door.code)
        orders = self.env["sync.resource"].sudo().with_company(self.company)._for("order.changed")
        found = orders.env["sale.order"].search(orders._own(profile), order="id")
        self.assertEqual(len(found), 7)
        counts = []
        for number in (1, 7):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(orders._documents(profile, found[:number])), number)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5)

    def test_who_knows_a_representation_is_not_sent_it_again_until_it_changes(self):
        path = f"/orders/{self.items('/orders')[0]['id']}"
        first = self.get(path)
        again = self.get(path, headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status_code, again.content), (304, b""))
        self.ship()
        self.assertEqual(self.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code, 200)

    def test_what_means_nothing_is_refused(self):
        for query in ("changed_since=2026-03-05", "changed_since=x", "changed_since=0001-01-01T00:00:00%2B14:00",
                      "reference=", "limit=0", "after=x", "number=1"):  # fmt: skip
            with self.subTest(query=query):
                self.assertProblem(self.get(f"/orders?{query}"), 400, "request.parameter_invalid")
        for named in ("0", "x", "999999999", "99999999999999999999", "-1", "evt_1"):
            with self.subTest(named=named):
                self.assertProblem(self.get(f"/orders/{named}"), 404, "request.record_unknown")

    # -- what belongs to it --------------------------------------------------------------------------------------------

    def test_shipments_invoices_and_payments_are_read_as_their_events_say_them(self):
        with self.everything_is_carried():
            request = self.ship()
            move = self.invoice()
            self.env.cr.precommit.run()
        self.done("payment.received", self.gateway, self.payment_document())
        self.env.invalidate_all()
        path = f"/orders/{self.order.id}"
        for part, record in (("shipments", request), ("invoices", move)):
            (entry,) = self.items(f"{path}/{part}")
            event = self.env["sync.event"].search([("res_model", "=", record._name), ("res_id", "=", record.id)])
            event = event.filtered(lambda one, kind=entry["document"]["type"]: one.document_type == kind)
            self.assertEqual(entry["document"], self.env["sync.api"]._decoded(event.sudo().document))
            self.assertEqual(entry["id"], str(record.id))
            self.assertCanonical(entry["document"])
        (entry,) = self.items(f"{path}/payments")
        self.assertCanonical(entry["document"])
        self.assertEqual(
            (entry["document"]["number"], entry["document"]["order_number"], entry["document"]["amount"]),
            ("pi_1", "#1001", {"amount": "193.26", "currency": "EUR"}),
        )

    def test_before_anything_happened_there_is_nothing(self):
        for part in ("shipments", "invoices", "payments"):
            self.assertEqual(self.items(f"/orders/{self.order.id}/{part}"), [])

    def test_an_invoice_that_is_also_about_the_order_of_somebody_else_is_not_shown(self):
        self.ship()
        move = self.invoice()
        theirs = self.placed("#77", self.marketplace)
        move.button_draft()
        move.invoice_line_ids[:1].sale_line_ids |= theirs.order_line[:1]
        move.with_context(sync_release=True)._post()
        self.assertEqual(self.items(f"/orders/{self.order.id}/invoices"), [])
        self.assertEqual(self.items("/orders")[0]["document"]["invoices"], [])

    # -- whose it is ---------------------------------------------------------------------------------------------------

    def test_another_partner_reads_nothing_of_it(self):
        theirs = self.placed("#1001", self.marketplace)
        (entry,) = self.items("/orders", key=self.other_key)
        self.assertEqual(entry["id"], str(theirs.id))
        self.assertEqual([one["id"] for one in self.items("/orders")], [str(self.order.id)])
        for path in ("", "/shipments", "/invoices", "/payments"):
            with self.subTest(path=path):
                response = self.get(f"/orders/{self.order.id}{path}", key=self.other_key)
                self.assertProblem(response, 404, "request.record_unknown")

    def test_an_order_that_people_entered_is_nobodys(self):
        order = self.order.copy()
        self.assertProblem(self.get(f"/orders/{order.id}"), 404, "request.record_unknown")

    def test_the_credential_says_what_of_it(self):
        proof = self.door.credential_ids
        proof.document_type_ids = self.env["sync.document.type"].search([("code", "=", "order.changed")])
        self.assertEqual(self.get("/orders").status_code, 200)
        for path in (f"/orders/{self.order.id}/invoices", "/customers"):
            self.assertProblem(self.get(path), 403, "authentication.scope_missing")
        self.assertNotIn("/sync/v1/customers", self.get("/openapi.json").json()["paths"])

    def test_what_the_endpoint_does_not_name_has_no_address(self):
        self.door.business_type_ids = False
        for path in ("/orders", f"/orders/{self.order.id}", "/customers", "/purchase-orders"):
            self.assertProblem(self.get(path), 404, "request.address_unknown")

    def test_until_it_is_live_a_partner_reads_no_business(self):
        self._let_live(self.shop, "testing")
        for path in ("/orders", f"/orders/{self.order.id}", "/customers"):
            self.assertProblem(self.get(path), 404, "request.address_unknown")

    def test_a_test_partner_reads_no_real_business(self):
        self.env.cr.execute("UPDATE sync_endpoint SET environment = 'test' WHERE id = %s", [self.door.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertProblem(self.get("/orders"), 404, "request.address_unknown")
        self.assertProblem(
            self.call("POST", "/availability:query", body={"items": [{"scheme": "sku", "value": "NW-2210"}]}),
            404,
            "request.address_unknown",
        )


@tagged("post_install", "-at_install")
class TestCustomers(BusinessCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.order, self.process = self.place_order()
        self.customer = self.order.partner_id

    def test_a_customer_that_came_with_an_order_is_read(self):
        (entry,) = self.items("/customers")
        self.assertCanonical(entry["document"])
        self.assertEqual(entry["id"], str(self.customer.id))
        self.assertEqual(entry["document"]["party"]["email"], "lieve.janssens@mail.example")
        self.assertEqual([one["role"] for one in entry["document"]["addresses"]], ["delivery"])
        self.assertEqual(self.get(f"/customers/{entry['id']}").json(), entry)
        self.customer.active = False
        self.assertIs(self.get(f"/customers/{entry['id']}").json()["document"]["active"], False)

    def test_what_is_personal_is_not_read_from_another_data_region(self):
        eea, us = (self.env.ref(f"sync_governance.region_{code}") for code in ("eea", "us"))
        self.company.sync_region_id = eea
        self.shop.sudo().region_id = eea
        (entry,) = self.items("/customers")
        self.shop.sudo().region_id = us
        for path in ("/customers", f"/customers/{entry['id']}"):
            response = self.get(path)
            self.assertEqual(response.status_code, 403, response.text)
            self.assertIn("transfer_not_approved", response.json()["type"])
            self.assertNotIn("lieve.janssens", response.text)

    def test_a_balance_is_what_is_open_in_each_currency(self):
        path = f"/customers/{self.customer.id}/balance"
        nothing = self.get(path).json()["document"]
        self.assertCanonical(nothing)
        zero = {"amount": "0.00", "currency": "EUR"}
        self.assertEqual(nothing["balances"], [{"open": zero, "overdue": zero}])
        for amount, due in ((100.10, "2020-01-31"), (0.20, "2099-01-31")):
            move = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2020-01-01",
                    "invoice_date_due": due,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]})
                    ],
                }
            )
            move.action_post()
        document = self.get(path).json()["document"]
        self.assertCanonical(document)
        self.assertEqual(
            document["balances"],
            [{"open": {"amount": "100.30", "currency": "EUR"}, "overdue": {"amount": "100.10", "currency": "EUR"}}],
        )

    def test_a_customer_of_somebody_else_is_not_read(self):
        for path in ("", "/balance"):
            response = self.get(f"/customers/{self.customer.id}{path}", key=self.other_key)
            self.assertProblem(response, 404, "request.record_unknown")
        self.assertEqual(self.items("/customers", key=self.other_key), [])

    def test_who_names_a_customer_by_our_number_does_not_get_to_read_him(self):
        known = self.env["res.partner"].create({"name": "Known to us", "ref": "K-1", "company_id": self.company.id})
        buyer = {"identifiers": [{"scheme": "own", "value": "K-1"}, {"scheme": "partner", "value": "guess"}]}
        order = self.done("order.create", self.shop, self.order_document("#1002", buyer=buyer))
        self.assertEqual(self.env["sync.process"].browse(order.process_id).partner_id, known)
        self.assertNotIn(str(known.id), [one["id"] for one in self.items("/customers")])
        self.assertProblem(self.get(f"/customers/{known.id}"), 404, "request.record_unknown")

    def test_a_customer_that_a_person_gave_a_number_of_the_partner_is_read(self):
        known = self.env["res.partner"].create({"name": "Known to us", "company_id": self.company.id})
        self.env["sync.xref"].create(
            {
                "domain": "customer",
                "trading_partner_id": self.shop.id,
                "external_id": "C-1",
                "res_id": known.id,
            }
        )
        self.assertEqual(self.get(f"/customers/{known.id}").json()["document"]["party"]["name"], "Known to us")

    def test_people_and_other_companies_are_no_customers(self):
        agent = self.agents["shop"]
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        mine = self.env["res.partner"].with_user(agent).sudo()
        stranger = mine.create({"name": "Of another company", "company_id": elsewhere.id})
        self.env.cr.execute("UPDATE res_partner SET create_uid = %s WHERE id = %s", [agent.id, agent.partner_id.id])
        self.env.invalidate_all()
        for partner in (stranger, agent.partner_id, self.company.partner_id):
            self.assertProblem(self.get(f"/customers/{partner.id}"), 404, "request.record_unknown")


@tagged("post_install", "-at_install")
class TestAvailability(BusinessCase, HttpCase):
    def ask(self, *items, key=None, **more):
        document = {"items": [{"scheme": scheme, "value": value} for scheme, value in items], **more}
        return self.call("POST", "/availability:query", body=document, key=key)

    def test_it_is_what_can_be_delivered_now(self):
        self.place_order()  # three headsets of ten are reserved
        response = self.ask(("sku", "NW-2210"), ("sku", "NW-4075"), ("sku", "NONE"))
        self.assertEqual(response.status_code, 200, response.text)
        told = response.json()
        for document in told["items"]:
            self.assertCanonical(document)
        figures = {
            one["item"]["identifiers"][0]["value"]: one["locations"][0]["available"]["value"] for one in told["items"]
        }
        self.assertEqual(figures, {"NW-2210": "7", "NW-4075": "4"})
        self.assertEqual(told["unknown"], [{"scheme": "sku", "value": "NONE"}])

    def test_items_are_found_by_gtin_and_by_the_partners_own_code(self):
        self.headset.barcode = "9524000221018"
        self.env["sync.xref"].create(
            {
                "domain": "product",
                "trading_partner_id": self.shop.id,
                "external_id": "DOCK",
                "res_id": self.dock.id,
            }
        )
        told = self.ask(("gtin", "9524000221018"), ("partner", "DOCK"), ("vat", "x")).json()
        self.assertEqual(len(told["items"]), 2)
        self.assertEqual(told["unknown"], [{"scheme": "vat", "value": "x"}])
        theirs = self.ask(("partner", "DOCK"), key=self.other_key).json()
        self.assertEqual((theirs["items"], len(theirs["unknown"])), ([], 1))

    def test_what_is_twice_there_is_not_guessed(self):
        self._product("Another headset", "NW-2210", 0)
        self.assertEqual(self.ask(("sku", "NW-2210")).json()["items"], [])

    def test_per_place(self):
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "W2", "company_id": self.company.id})
        self.env["stock.quant"]._update_available_quantity(self.headset, other.lot_stock_id, 5)
        (document,) = self.ask(("sku", "NW-2210")).json()["items"]
        self.assertEqual([one["available"]["value"] for one in document["locations"]], ["10", "5"])
        (document,) = self.ask(("sku", "NW-2210"), locations=["W2"]).json()["items"]
        self.assertEqual(document["locations"][0]["location"]["identifiers"], [{"scheme": "own", "value": "W2"}])
        self.assertEqual(self.ask(("sku", "NW-2210"), locations=["NONE"]).json()["items"], [])

    def test_what_more_is_asked_costs_no_more_statements(self):
        many = [self._product(f"Article {number}", f"ART-{number}", 1) for number in range(30)]
        profile = self.env["sync.endpoint"]._intake_profile(self.door.code)
        resource = self.env["sync.resource"].sudo().with_company(self.company)._for("availability.changed")
        question = type("Question", (), {"locations": (), "items": ()})
        counts = []
        for number in (1, 30):
            question = Question(tuple(("sku", product.default_code) for product in many[:number]), ())
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(resource._answer(profile, question)["items"]), number)
            counts.append(self.env.cr.sql_log_count - before)
        self.env.invalidate_all()
        with self.assertQueryCount(counts[0]):
            resource._answer(profile, question)

    def test_what_is_no_question_is_refused(self):
        for body in ({}, {"items": []}, {"items": [{"scheme": "sku"}]}, {"items": [{"scheme": "SKU", "value": "x"}]},
                     {"items": [{"scheme": "sku", "value": ""}]}, {"items": [{"scheme": "sku", "value": "x"}] * 201},
                     {"items": [{"scheme": "sku", "value": "x"}], "locations": "W"}, [],
                     {"items": "x", "more": 1}):  # fmt: skip
            with self.subTest(body=str(body)[:60]):
                response = self.call("POST", "/availability:query", body=body)
                self.assertProblem(response, 400, "request.parameter_invalid")
        for body in (b"{", {"items": [{"scheme": "sku", "value": "\0"}]}):
            self.assertProblem(self.call("POST", "/availability:query", body=body), 400, "decode.malformed")
        response = self.call("POST", "/availability:query", body=b"{}", headers={"Content-Type": "text/plain"})
        self.assertProblem(response, 415, "request.media_type_unknown")


@tagged("post_install", "-at_install")
class TestPurchases(BusinessCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.supplier = self.env["res.partner"].create({"name": "Supplier", "is_company": True})
        self.bought = self.purchase(self.supplier)

    def purchase(self, supplier):
        order = self.env["purchase.order"].create(
            {
                "partner_id": supplier.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.headset.id, "product_qty": 20, "price_unit": 9.85, "name": "Headset"}
                    )
                ],
            }
        )
        order.button_confirm()
        return order

    def test_a_supplier_reads_the_orders_to_its_company(self):
        self.assertEqual(self.items("/purchase-orders"), [], "no company in the address book is named")
        self.shop.partner_id = self.supplier
        self.purchase(self.supplier.copy({"name": "Another supplier"}))
        draft = self.bought.copy()
        (entry,) = self.items("/purchase-orders")
        self.assertCanonical(entry["document"])
        self.assertEqual(entry["document"]["number"], self.bought.name)
        self.assertEqual(entry["document"]["lines"][0]["unit_price"], "9.85")
        self.assertEqual(entry["document"]["totals"], {"net": "197.00"})
        self.assertProblem(self.get(f"/purchase-orders/{draft.id}"), 404, "request.record_unknown")
        response = self.get(f"/purchase-orders/{self.bought.id}", key=self.other_key)
        self.assertProblem(response, 404, "request.record_unknown")
