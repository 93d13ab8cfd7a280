"""Documents that come by the API."""

import json
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Done, Wait
from odoo.addons.sync_governance.models.exchange import gauge

from .api_fixture import ApiCase


@tagged("post_install", "-at_install")
class TestSending(ApiCase, HttpCase):
    def test_a_document_is_taken_in_and_its_status_has_an_address(self):
        response = self.send(self.order())
        self.assertEqual(response.status_code, 202, response.text)
        message = self.messages()
        self.assertEqual(response.headers["Location"], f"/sync/v1/messages/{message.uid}")
        self.assertEqual((response.json()["id"], response.json()["status"]), (message.uid, "ready"))
        self.assertEqual((message.interface_id, message.credential_id), (self.orders, self.proof))
        self.run_engine()
        self.assertEqual(self.applied, ["#1001"])
        told = self.get(f"/messages/{message.uid}").json()
        self.assertEqual((told["status"], told["reference"]), ("done", "#1001"))
        self.assertEqual(told["changes"], [{"kind": "created", "model": "sale.order", "number": "S00001"}])
        kept = self.env["sync.transmission"].search([("endpoint_id", "=", self.api_door.id)]).headers
        self.assertNotIn(self.key, kept)

    def test_where_the_policy_says_so_the_answer_carries_what_was_created(self):
        self.synchronous()
        response = self.send(self.order())
        self.assertEqual(response.status_code, 201, response.text)
        self.assertEqual(response.json()["changes"][0]["number"], "S00001")
        self.outcome = lambda work: Done(reference=work.canonical["number"])
        self.assertEqual(self.send(self.order("#1002")).status_code, 200)
        self.outcome = lambda work: Wait("order", "#1", Fault("sequence.predecessor_missing", "Too early."))
        response = self.send(self.order("#1003"))
        self.assertEqual((response.status_code, response.json()["status"]), (202, "parked"))

    def test_past_the_time_the_sender_waits_the_answer_is_where_to_ask(self):
        self.synchronous()
        self.api_door.action_pause()
        response = self.send(self.order())
        self.assertEqual((response.status_code, response.json()["status"]), (202, "ready"), response.text)
        self.assertTrue(response.headers["Location"])

    def test_every_fault_of_a_document_is_named_with_its_place_and_the_document_is_kept(self):
        self.synchronous()
        document = self.order(currency="Euro")
        document["lines"][0]["quantity"]["value"] = 3
        del document["placed_at"]
        response = self.send(document)
        self.assertProblem(response, 422, "validate.contract")
        told = response.json()
        self.assertEqual(
            {error["pointer"] for error in told["errors"]},
            {"#/currency", "#/lines/0/quantity/value", "#/placed_at"},
        )
        self.assertTrue(all(error["detail"] for error in told["errors"]))
        self.run_engine()
        message = self.messages()
        self.assertEqual((message.state, message.exception_id.code), ("failed", "validate.contract"))
        self.assertEqual(told["message"], f"/sync/v1/messages/{message.uid}")
        self.assertEqual(self.get(f"/messages/{message.uid}").json()["problem"]["errors"], told["errors"])

    def test_of_a_fault_of_ours_the_sender_learns_no_more_than_that_his_document_is_here(self):
        self.synchronous()
        self.outcome = lambda work: Fault("engine.internal", "KeyError: 'secret-of-ours'", subject="KeyError")
        response = self.send(self.order())
        self.assertEqual(response.status_code, 202, response.text)
        self.assertNotIn("secret-of-ours", response.text)
        self.assertNotIn("secret-of-ours", self.get(f"/messages/{self.messages().uid}").text)

    def test_a_document_of_another_kind_is_refused_at_this_address(self):
        self.synchronous()
        response = self.send({**self.order(), "type": "order.cancel"})
        self.assertProblem(response, 422, "validate.contract")
        self.assertFalse(self.applied)

    def test_what_nothing_in_odoo_takes_has_no_address(self):
        for path in (
            "/orders/cancellations",
            "/returns",
            "/invoices",
            "/shipments/confirmations",
            "/nonsense",
            "/",
            "",
        ):
            with self.subTest(path=path):
                self.assertProblem(self.send(self.order(), path=path), 404, "request.address_unknown")
        self.orders.action_suspend()
        self.assertProblem(self.send(self.order()), 404, "request.address_unknown")


@tagged("post_install", "-at_install")
class TestRepeating(ApiCase, HttpCase):
    KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}

    def setUp(self):
        super().setUp()
        self.synchronous()

    def test_the_same_key_with_the_same_body_has_the_same_answer(self):
        first = self.send(self.order(), headers=self.KEY)
        again = self.send(self.order(), headers={"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"})
        self.assertEqual((first.status_code, again.status_code), (201, 201), again.text)
        self.assertEqual(first.json(), again.json())
        self.assertEqual(
            [response.headers["Idempotency-Replayed"] for response in (first, again)],
            ["false", "true"],
        )
        self.assertEqual(self.applied, ["#1001"])

    def test_a_refusal_is_repeated_as_well(self):
        self.outcome = lambda work: Fault("apply.product_unknown", "X-1 is not known.", subject="product X-1")
        first, again = (self.send(self.order(), headers=self.KEY) for _time in range(2))
        self.assertProblem(again, 422, "apply.product_unknown")
        self.assertEqual(first.json(), again.json())
        self.assertEqual(len(self.messages()), 1)

    def test_the_same_key_with_another_body_is_refused_and_kept_for_a_person(self):
        self.send(self.order(), headers=self.KEY)
        response = self.send(self.order("#1002"), headers=self.KEY)
        self.assertProblem(response, 422, "receive.key_reused_with_other_body")
        self.assertEqual(self.messages().mapped("state"), ["done", "failed"])
        self.run_engine()
        self.assertEqual(self.applied, ["#1001"])

    def test_a_key_is_one_for_each_kind_of_document(self):
        payments = self.canonical_interface(self.api_door, "payment.received", self.finance_approver)
        self.send(self.order(), headers=self.KEY)
        response = self.send(b"{}", path="/payments", headers=self.KEY)
        self.assertEqual(response.status_code, 202, response.text)
        self.assertEqual(self.messages()[1].interface_id, payments)

    def test_while_the_first_call_runs_the_second_is_told_so(self):
        self.synchronous(patience=25)
        intake = type(self.env["sync.intake"])
        with patch.object(intake, "_store_and_wait", lambda self, profile, one: self._store(profile, [one])[0]):
            self.assertEqual(self.send(self.order(), headers=self.KEY).status_code, 202)
        response = self.send(self.order(), headers=self.KEY)
        self.assertProblem(response, 409, "request.in_progress")
        self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 25)
        self.run_engine()
        self.assertEqual(self.send(self.order(), headers=self.KEY).status_code, 201)

    def test_without_a_key_the_body_is_the_key(self):
        first, again = (self.send(self.order()) for _time in range(2))
        self.assertEqual(first.json()["id"], again.json()["id"])
        self.assertNotEqual(self.send(self.order("#1002")).json()["id"], first.json()["id"])

    def test_what_is_no_key_is_refused_before_anything_is_kept(self):
        for text in ('""', '"' + "x" * 256 + '"', '"a" "b"', 'a"b', "a,b;c=é"):
            with self.subTest(text=text):
                response = self.send(self.order(), headers={"Idempotency-Key": text.encode("latin-1")})
                self.assertProblem(response, 400, "request.parameter_invalid")
        self.assertFalse(self.messages())


@tagged("post_install", "-at_install")
class TestLimits(ApiCase, HttpCase):
    def test_what_cannot_be_read_is_refused_and_noted_without_its_body(self):
        deep = b'{"a":' * 65 + b"1" + b"}" * 65
        for raw, code in (
            (b"{broken", "decode.malformed"),
            (b"[]", "decode.malformed"),
            (b"\xff{}", "decode.charset"),
            (deep, "decode.too_deep"),
            (b'{"a": 1, "a": 2}', "decode.duplicate_member"),
            (b'{"a": NaN}', "decode.number_not_finite"),
            (b'{"a": ' + b"9" * 101 + b"}", "decode.number_not_finite"),
        ):
            with self.subTest(code=code, raw=raw[:20]):
                self.assertProblem(self.send(raw), 400, code)
        self.assertFalse(self.messages())
        self.assertEqual(len(self.rejected()), 7)

    def test_a_body_larger_than_agreed_is_refused(self):
        self.api_door.max_body_bytes = 200
        self.assertProblem(self.send(self.order()), 413, "receive.too_large")
        self.assertFalse(self.messages())

    def test_only_json_in_utf8_of_this_version_is_taken(self):
        for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "",
                           "application/json; version=2", "application/vnd.sync-governance.v2+json",
                           "application/json; charset=latin-1"):  # fmt: skip
            with self.subTest(media_type=media_type):
                response = self.send(self.order(), headers={"Content-Type": media_type})
                self.assertProblem(response, 415, "request.media_type_unknown")
        for number, media_type in enumerate(("application/json; charset=UTF-8", "application/json;version=1",
                                             "APPLICATION/VND.sync-governance.V1+json")):  # fmt: skip
            with self.subTest(media_type=media_type):
                response = self.send(self.order(f"#{number}"), headers={"Content-Type": media_type})
                self.assertEqual(response.status_code, 202, response.text)

    def test_the_answer_is_of_the_kind_that_is_accepted(self):
        vendor = "application/vnd.sync-governance.v1+json"
        plain = "application/json"
        for accept, given in (
            (vendor, vendor),
            ("*/*", plain),
            ("application/*;q=0.5", plain),
            (f"{plain};q=0.1, {vendor}", vendor),
        ):
            response = self.get("/openapi.json", headers={"Accept": accept})
            self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, given), accept)
        for accept in (
            "text/html",
            "application/vnd.sync-governance.v2+json",
            "application/json;q=0",
            "application/xml",
        ):
            with self.subTest(accept=accept):
                response = self.get("/openapi.json", headers={"Accept": accept})
                self.assertProblem(response, 406, "request.version_unknown")

    def test_how_much_may_still_come_is_told_and_then_when_to_come_back(self):
        self.api_door.rate_per_minute = 2
        with patch.dict(gauge._SLICES, clear=True):
            first, second, third = (self.send(self.order(f"#{number}")) for number in range(3))
        self.assertEqual((first.status_code, second.status_code), (202, 202))
        self.assertEqual(first.headers["RateLimit-Policy"], '"documents";q=2;w=60')
        self.assertRegex(first.headers["RateLimit"], r'^"documents";r=1;t=\d+$')
        self.assertRegex(second.headers["RateLimit"], r'^"documents";r=0;t=\d+$')
        self.assertProblem(third, 429, "receive.too_many")
        self.assertTrue(1 <= int(third.headers["Retry-After"]) <= 60)

    def test_a_deprecated_contract_says_until_when_it_is_taken(self):
        contract = self.orders.contract_id
        self.configure(contract, state="deprecated", deprecated_at="2026-11-01 08:00:00", sunset_date="2027-03-31")
        response = self.send(self.order())
        self.assertEqual(response.status_code, 202, response.text)
        self.assertEqual(response.headers["Deprecation"], "@1793520000")
        self.assertEqual(response.headers["Sunset"], "Wed, 31 Mar 2027 23:59:59 GMT")
        self.assertIn('rel="deprecation"', response.headers["Link"])

    def test_other_methods_are_named(self):
        response = self.call("DELETE", "/orders")
        self.assertProblem(response, 405, "request.method_not_allowed")
        self.assertEqual(response.headers["Allow"], "POST")
        self.assertEqual(self.call("OPTIONS", "/openapi.json").headers["Allow"], "GET, HEAD")

    def test_no_answer_carries_a_cookie_or_may_be_shared(self):
        response = self.get("/openapi.json")
        self.assertNotIn("set-cookie", {name.lower() for name in response.headers})
        self.assertIn("private", response.headers["Cache-Control"])
        self.assertEqual(json.loads(response.text)["openapi"], "3.1.0")
