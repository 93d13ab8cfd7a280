"""What a hostile or broken sender may try over HTTP, in tables: each attempt, and what comes of it."""

import gzip
import json
import zlib
from urllib.parse import urlencode

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .api_fixture import ApiCase

ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><order><number>&e;</number></order>'
)
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><order>&b;</order>'
# Body, code of the fault: whoever proved who he is sends it.
UNREADABLE = [
    ("truncated", b'{"type": "order.create", "number": "1"', "decode.malformed"),
    ("nothing", b" ", "decode.malformed"),
    ("two documents", b"{}{}", "decode.malformed"),
    ("deeply nested objects", b'{"a":' * 65 + b"1" + b"}" * 65, "decode.too_deep"),
    ("lists a hundred thousand deep", b"[" * 100_000, "decode.too_deep"),
    ("a member twice", b'{"number": "1", "number": "2"}', "decode.duplicate_member"),
    ("a member twice, once escaped", b'{"number": "1", "n\\u0075mber": "2"}', "decode.duplicate_member"),
    ("NaN", b'{"amount": NaN}', "decode.number_not_finite"),
    ("Infinity", b'{"amount": -Infinity}', "decode.number_not_finite"),
    ("a number of a gigabyte", b'{"amount": 1e999999999}', "decode.number_not_finite"),
    ("a number of a million digits", b'{"amount": ' + b"9" * 1_000_000 + b"}", "decode.number_not_finite"),
    ("latin-1", '{"name": "Müller"}'.encode("latin-1"), "decode.charset"),
    ("UTF-16", '{"name": "x"}'.encode("utf-16"), "decode.charset"),
    ("overlong UTF-8", b'{"name": "\xc0\xaf"}', "decode.charset"),
    ("half a pair of surrogates", b'{"name": "\\ud800"}', "decode.malformed"),
    ("NUL", b'{"name": "\\u0000"}', "decode.malformed"),
    ("an external entity", ENTITIES, "decode.malformed"),
    ("entities of entities", LAUGHS, "decode.malformed"),
]
INJECTIONS = (
    "' OR '1'='1",
    "1; DROP TABLE sync_message; --",
    "%",
    "_",
    "\\",
    "') UNION SELECT login FROM res_users --",
)


@tagged("post_install", "-at_install")
class TestBodies(ApiCase, HttpCase):
    def test_what_cannot_be_read_is_refused_with_its_place_and_kept_nowhere(self):
        self.api_door.max_body_bytes = 2_000_000
        for name, raw, code in UNREADABLE:
            with self.subTest(name):
                self.assertProblem(self.send(raw), 400, code)
        self.assertFalse(self.messages())
        self.assertFalse(self.rejected().payload_ids)

    @mute_logger("odoo.addons.sync_governance.models.exchange.inbound")
    def test_at_a_webhook_it_is_kept_for_a_person_and_applied_by_nobody(self):
        door = self.door(
            "api_key", "northwind-hooks", topic_source="constant", topic_value="orders/create", max_body_bytes=2_000_000
        )
        self.interface(
            door, code="northwind.hooks", contract_id=self.orders.contract_id.id, policy_id=self.orders.policy_id.id,
            topic="orders/create",
        ).action_go_live()  # fmt: skip
        self.configure(self.orders.policy_id, head_policy="skip")  # what comes after an unreadable one goes on
        key, applied = {"Authorization": f"Bearer {self.secret}"}, len(self.applied)
        for name, raw, code in UNREADABLE:
            with self.subTest(name):
                response = self.post("northwind-hooks", key, raw)
                self.assertEqual(response.status_code, 202, response.text)
                self.run_engine()
                message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
                self.assertEqual((message.state, message.fault_code), ("failed", code))
        self.assertEqual(len(self.applied), applied)

    def test_a_body_larger_than_the_server_takes_is_not_read(self):
        response = self.send(b'{"a": "' + b"x" * (17 * 1024 * 1024) + b'"}')
        self.assertEqual(response.status_code, 413, response.text[:200])
        self.assertFalse(self.messages())

    def test_what_is_packed_is_not_unpacked_by_any_door(self):
        """40 MB of zeros in 40 kB, and packed once more in less than one."""
        self.door("oauth2", "northwind-tokens", credential={"username": "northwind"})
        bomb = gzip.compress(b"0" * 40_000_000)
        for encoding, raw in (
            ("gzip", bomb),
            ("gzip, gzip", gzip.compress(bomb)),
            ("deflate", zlib.compress(b"0" * 40_000_000)),
            ("br", b"x"),
            ("identity, gzip", bomb),
            ("x-unknown", b"{}"),
        ):
            packed = {"Content-Encoding": encoding}
            with self.subTest(encoding=encoding):
                self.assertProblem(self.send(raw, headers=packed), 415, "receive.content_encoding")
                self.assertProblem(
                    self.send(raw, path="/messages:batch", headers=packed), 415, "receive.content_encoding"
                )
                for path in ("/sync/in/northwind-orders", "/sync/in/northwind-orders/batch", "/sync/oauth/token"):
                    answer = self.url_open(path, data=raw, headers={"Content-Type": "application/json", **packed})
                    self.assertEqual(answer.status_code, 415, answer.text)
                    self.assertEqual(answer.headers["Accept-Encoding"], "identity")
        self.assertFalse(self.messages())
        self.assertEqual(self.send(self.order(), headers={"Content-Encoding": "identity"}).status_code, 202)

    def test_xml_is_no_form_of_what_is_taken_here(self):
        for raw in (ENTITIES, LAUGHS):
            for media_type in ("application/xml", "text/xml", "application/soap+xml"):
                response = self.send(raw, headers={"Content-Type": media_type})
                self.assertProblem(response, 415, "request.media_type_unknown")


@tagged("post_install", "-at_install")
class TestInjection(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.invoices = self.gives_invoices(self.northwind, "northwind-invoices")
        self.given_invoices("INV/1")
        self.configure(self.orders.policy_id, head_policy="skip")  # what comes after a wrong one goes on

    def test_a_filter_is_a_value_and_neither_sql_nor_a_pattern(self):
        for text in INJECTIONS:
            with self.subTest(text=text):
                response = self.asked("/invoices", number=text)
                self.assertEqual((response.status_code, response.json()), (200, {"items": [], "next": None}))
        self.assertEqual(len(self.asked("/invoices", number="INV/1").json()["items"]), 1)

    def asked(self, path, **parameters):
        return self.get(f"{path}?{urlencode(parameters)}")

    def test_cursors_addresses_and_keys_are_texts(self):
        for text in (*INJECTIONS, "[['id','!=',0]]", "{}", "-1", "9" * 40):
            with self.subTest(text=text):
                self.assertEqual(self.asked("/invoices", after=text).status_code, 400)
                self.assertEqual(self.asked("/invoices", limit=text).status_code, 400)
        for path in ("/invoices/%27%20OR%201=1", "/messages/..%2f..%2f", "/invoices/%00", "/%2e%2e/web/login"):
            with self.subTest(path=path):
                self.assertIn(self.get(path).status_code, (400, 404))

    def test_a_member_that_is_a_filter_is_no_number(self):
        """What a handler looks up with is what the contract says it is: a text."""
        applied = len(self.applied)
        for number in (["id", "!=", 0], {"$ne": ""}, [["id", "!=", 0]], True, None, 7, [], {"operator": "ilike"}):
            with self.subTest(number=number):
                response = self.send({**self.order(), "number": number})
                self.assertEqual(response.status_code, 202)  # the document is kept, and its fault with it
                self.run_engine()
                failed = self.messages()[-1]
                self.assertEqual((failed.state, failed.fault_code.split(".")[0]), ("failed", "validate"))
        self.assertEqual(len(self.applied), applied)

    def test_a_document_cannot_set_what_it_has_no_word_for(self):
        """Mass assignment: fields of Odoo are no members of a document."""
        applied = len(self.applied)
        for member, value in (
            ("company_id", 2), ("user_id", 1), ("state", "done"), ("create_uid", 1), ("id", 1), ("partner_id", 1),
            ("access_token", "x"), ("__proto__", {"admin": True}), ("order_line", [[5, 0, 0]]),
        ):  # fmt: skip
            with self.subTest(member=member):
                self.send({**self.order(), member: value})
                self.run_engine()
                self.assertEqual(self.messages()[-1].fault_code.split(".")[0], "validate")
        self.assertEqual(len(self.applied), applied)

    def test_what_names_another_company_or_partner_names_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        headers = {"X-Company": str(other.id), "X-Openerp-Company-Id": str(other.id), "X-Forwarded-User": "admin"}
        self.assertEqual(self.send(self.order("#77"), headers=headers).status_code, 202)
        self.assertEqual(self.messages()[-1].company_id, self.company)
        for query in (f"company_id={other.id}", "trading_partner_id=1", "domain=[]", "fields=*", "context={}"):
            with self.subTest(query=query):
                self.assertProblem(self.get(f"/invoices?{query}"), 400, "request.parameter_invalid")
        self.assertEqual(json.loads(self.get("/invoices").text)["items"][0]["document"]["number"], "INV/1")
