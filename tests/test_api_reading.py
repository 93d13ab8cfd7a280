"""What the API shows, and to whom."""

from odoo import fields
from odoo.tests import HttpCase, tagged

from .api_fixture import ApiCase


@tagged("post_install", "-at_install")
class TestReading(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.invoices = self.gives_invoices(self.northwind, "northwind-invoices")

    def test_what_was_given_is_read_as_the_event_said_it(self):
        self.given_invoices("INV/1", "INV/2")
        response = self.get("/invoices")
        self.assertEqual(response.status_code, 200, response.text)
        newest, oldest = response.json()["items"]
        self.assertEqual((newest["document"]["number"], oldest["document"]["number"]), ("INV/2", "INV/1"))
        event = self.env["sync.event"].search([("uid", "=", newest["id"])])
        self.assertEqual(newest["document"], self.env["sync.api"]._decoded(event.sudo().document))
        self.assertEqual(self.get(f"/invoices/{newest['id']}").json(), newest)
        self.assertEqual(self.get("/invoices?number=INV/1").json()["items"], [oldest])
        self.assertEqual(self.get("/invoices?number=INV/3").json(), {"items": [], "next": None})

    def test_across_data_regions_it_is_read_as_it_may_be_sent_and_not_without_leave(self):
        self.given_invoices("INV/1")
        whole = self.get("/invoices").json()["items"][0]["document"]
        eea, us = (self.env.ref(f"sync_governance.region_{code}") for code in ("eea", "us"))
        self.company.sync_region_id = eea
        self.northwind.sudo().region_id = us
        response = self.get("/invoices")
        self.assertEqual(response.status_code, 403, response.text)
        self.assertIn("transfer_not_approved", response.json()["type"])
        transfer = self.as_manager("sync.data.transfer").create(
            {"interface_id": self.invoices.id, "reason": "Their accounts", "valid_until": fields.Date.today()}
        )
        transfer.action_submit()
        transfer.with_user(self.person("pia.privacy", "group_approver_privacy")).action_approve()
        shown = self.get("/invoices").json()["items"][0]["document"]
        self.assertEqual(shown["number"], whole["number"])
        self.assertNotEqual(shown["buyer"]["name"], whole["buyer"]["name"])
        self.assertNotIn(whole["buyer"]["name"], str(shown))

    def test_where_it_is_read_counts_and_not_where_it_is_sent(self):
        self.given_invoices("INV/1")
        eea, us = (self.env.ref(f"sync_governance.region_{code}") for code in ("eea", "us"))
        self.company.sync_region_id = eea
        self.northwind.sudo().region_id = eea
        self.assertEqual(self.get("/invoices").status_code, 200)
        self.api_door.sudo().region_id = us
        self.assertEqual(self.get("/invoices").status_code, 403)
        self.northwind.sudo().region_id = us
        self.api_door.sudo().region_id = eea
        self.assertEqual(self.get("/invoices").status_code, 200)

    def test_a_list_is_read_page_by_page_and_each_document_once(self):
        numbers = [f"INV/{number}" for number in range(7)]
        self.given_invoices(*numbers)
        found, path = [], "/invoices?limit=3"
        for _page in range(3):
            page = self.get(path).json()
            found += [item["document"]["number"] for item in page["items"]]
            path = f"/invoices?limit=3&after={page['next']}"
        self.assertEqual(found, numbers[::-1])
        self.assertIsNone(page["next"])

    def test_what_is_not_delivered_is_not_shown(self):
        self.given_invoices("INV/1")
        self.env.cr.execute(
            """UPDATE sync_message SET state = 'parked', wait_type = 'gate', wait_ref = 'x', done_at = NULL
                WHERE event_id IS NOT NULL"""
        )
        self.env.invalidate_all()
        self.assertEqual(self.get("/invoices").json()["items"], [])

    def test_who_knows_a_representation_is_not_sent_it_again(self):
        self.given_invoices("INV/1")
        for path in ("/invoices", "/openapi.json", f"/invoices/{self.get('/invoices').json()['items'][0]['id']}"):
            with self.subTest(path=path):
                first = self.get(path)
                again = self.get(path, headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})
                self.assertEqual((again.status_code, again.content), (304, b""))
                self.assertEqual(again.headers["ETag"], first.headers["ETag"])
                self.assertEqual(self.get(path, headers={"If-None-Match": '"x"'}).status_code, 200)
        before = self.get("/invoices").headers["ETag"]
        self.given_invoices("INV/2")
        self.assertEqual(self.get("/invoices", headers={"If-None-Match": before}).status_code, 200)

    def test_a_head_tells_the_headers_only(self):
        response = self.call("HEAD", "/openapi.json")
        self.assertEqual((response.status_code, response.content), (200, b""))
        self.assertTrue(response.headers["ETag"])

    def test_parameters_that_mean_nothing_are_refused(self):
        for query in ("limit=0", "limit=201", "limit=x", "limit=1&limit=2", "after=x", "after=MTow", "colour=red",
                      "after=", "number=", "number=%00"):  # fmt: skip
            with self.subTest(query=query):
                self.assertProblem(self.get(f"/invoices?{query}"), 400, "request.parameter_invalid")

    def test_the_bytes_of_a_message_are_given_as_they_came_and_as_they_went(self):
        raw = b'{ "type" : "order.create" }'
        uid = self.send(raw).json()["id"]
        response = self.get(f"/messages/{uid}/raw")
        self.assertEqual((response.status_code, response.content), (200, raw))
        self.assertEqual(response.headers["Content-Disposition"], "attachment")
        self.given_invoices("INV/1")
        sent = self.env["sync.message"].search([("interface_id", "=", self.invoices.id)])
        response = self.get(f"/messages/{sent.uid}/raw")
        self.assertEqual(response.json()["number"], "INV/1")
        self.env.cr.execute("DELETE FROM sync_payload")
        self.assertProblem(self.get(f"/messages/{uid}/raw"), 410, "receive.content_gone")

    def test_a_type_that_nobody_renders_or_carries_has_no_address(self):
        for path in ("/shipments", "/orders/1", "/customers", "/availability", "/purchase-orders"):
            with self.subTest(path=path):
                self.assertProblem(self.get(path), 404, "request.address_unknown")
        self.assertProblem(self.get("/orders"), 405, "request.method_not_allowed")
        self.invoices.action_suspend()
        self.assertProblem(self.get("/invoices"), 404, "request.address_unknown")


@tagged("post_install", "-at_install")
class TestOwnOnly(ApiCase, HttpCase):
    """Another partner, with another endpoint and the same kinds of documents."""

    def setUp(self):
        super().setUp()
        self.gives_invoices(self.northwind, "northwind-invoices")
        self.given_invoices("INV/1")
        self.arrived = self.send(self.order()).json()["id"]
        self.run_engine()
        self.invoice = self.get("/invoices").json()["items"][0]["id"]
        self.delivered = self.env["sync.message"].search([("event_id.uid", "=", self.invoice)]).uid

    def stranger(self, company=None, **credential):
        """The key of another partner, which sends orders and is given invoices too."""
        values = {"company_id": company.id} if company else {}
        other = self.partner("southwind", **values)
        other.action_start_testing()
        northwind, self.northwind = self.northwind, other
        door = self.door("api_key", "southwind-api", key_value="/number", credential={"may_read": True, **credential})
        self.northwind = northwind
        if not company:
            self.canonical_interface(door, "order.create", self.sales_approver)
            self.gives_invoices(other, "southwind-invoices")
        return self.secret

    def test_a_partner_sees_nothing_of_another_one(self):
        key = self.stranger()
        self.assertEqual(self.get("/invoices", key=key).json(), {"items": [], "next": None})
        self.assertEqual(self.get("/invoices?number=INV/1", key=key).json()["items"], [])
        for path in (f"/invoices/{self.invoice}", f"/messages/{self.arrived}", f"/messages/{self.arrived}/raw",
                     f"/messages/{self.delivered}", f"/messages/{self.delivered}/raw"):  # fmt: skip
            with self.subTest(path=path):
                self.assertEqual(self.get(path).status_code, 200)
                self.assertProblem(self.get(path, key=key), 404, "request.record_unknown")

    def test_a_cursor_of_another_partner_is_a_position_and_no_permission(self):
        self.given_invoices("INV/2", "INV/3")
        after = self.get("/invoices?limit=1").json()["next"]
        self.assertTrue(after)
        self.assertEqual(self.get(f"/invoices?after={after}", key=self.stranger()).json()["items"], [])

    def test_the_key_of_another_does_not_repeat_an_order_of_ours(self):
        headers = {"Idempotency-Key": '"one"'}
        key = self.stranger()
        mine, theirs = (self.send(self.order("#7"), headers=headers, key=one) for one in (None, key))
        self.assertEqual((mine.status_code, theirs.status_code), (202, 202))
        self.assertNotEqual(mine.json()["id"], theirs.json()["id"])

    def test_whoever_only_sends_learns_what_became_of_it_and_nothing_else(self):
        self.proof.may_read = False
        self.assertEqual(self.get(f"/messages/{self.arrived}").json()["status"], "done")
        self.assertNotIn("raw", self.get(f"/messages/{self.arrived}").json()["links"])
        self.assertProblem(self.get(f"/messages/{self.arrived}/raw"), 403, "authentication.scope_missing")
        self.assertProblem(self.get("/invoices"), 403, "authentication.scope_missing")
        self.assertProblem(self.get(f"/messages/{self.delivered}"), 404, "request.record_unknown")

    def test_whoever_only_reads_sends_nothing(self):
        self.proof.may_write = False
        self.assertProblem(self.send(self.order("#2")), 403, "authentication.scope_missing")
        self.assertEqual(len(self.messages()), 1)

    def test_a_credential_for_some_kinds_of_documents_reads_those_only(self):
        self.proof.document_type_ids = self.order_type
        self.assertProblem(self.get("/invoices"), 403, "authentication.scope_missing")
        self.assertProblem(self.get(f"/messages/{self.delivered}"), 404, "request.record_unknown")
        self.assertEqual(self.get(f"/messages/{self.arrived}").status_code, 200)
        self.assertNotIn("/sync/v1/invoices", self.get("/openapi.json").json()["paths"])
