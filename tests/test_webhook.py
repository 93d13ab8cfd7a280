"""The intake over real HTTP."""

import base64
import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestWebhook(SyncCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})

    def post(self, body, *, secret=docs.SHOP_SECRET, event="e1", path="/sync/in/shop-orders", headers=None):
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        return self.url_open(
            path,
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Shopify-Hmac-Sha256": signature,
                **docs.shopify_headers(event),
                **(headers or {}),
            },
        )

    def body(self, number="#1001"):
        return json.dumps(docs.shopify_order(number, [docs.shopify_line(1, "X-1", 1, "10.00")])).encode()

    def test_a_signed_document_is_stored_before_the_202(self):
        body = self.body()
        response = self.post(body)
        self.assertEqual(response.status_code, 202, response.text)
        message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
        self.assertEqual(message.transmission_id.verdict, "accepted")
        self.assertEqual(message.payload_ids._contents()[message.payload_ids.id], body, "byte for byte")
        self.assertTrue(message.credential_id, "the credential it came under is known")
        self.assertNotIn("set-cookie", {name.lower() for name in response.headers})

    def test_a_repeat_gets_the_first_answer(self):
        body = self.body()
        first, again = self.post(body), self.post(body)
        self.assertEqual(again.status_code, 202)
        self.assertEqual(first.json()["message_id"], again.json()["message_id"])
        self.assertEqual(self.env["sync.message"].search_count([("endpoint_id.code", "=", "shop-orders")]), 1)
        self.assertEqual(self.env["sync.transmission"].search([("verdict", "=", "accepted")]).repeats, 1)

    def test_the_same_key_with_another_body_is_answered_2xx_and_kept_for_a_person(self):
        self.post(self.body("#1001"))
        response = self.post(self.body("#1002"))
        self.assertEqual(response.status_code, 202)
        message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
        self.assertEqual((message.state, message.fault_code), ("failed", "receive.key_reused_with_other_body"))

    def test_a_wrong_signature_is_turned_away_and_remembered_without_its_body(self):
        response = self.post(self.body(), secret="somebody-else")
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertEqual(response.json()["type"], "urn:sync-governance:problem:authentication.signature_invalid")
        self.assertFalse(self.env["sync.message"].search([("endpoint_id.code", "=", "shop-orders")]))
        rejected = self.env["sync.transmission"].search([("verdict", "=", "rejected")])
        self.assertEqual(len(rejected), 1)
        self.assertFalse(rejected.payload_ids)
        self.assertNotIn(response.request.headers["X-Shopify-Hmac-Sha256"], rejected.headers)
        self.run_engine()
        self.assertEqual(rejected.exception_id.code, "authentication.signature_invalid")
        self.assertTrue(rejected.exception_id.user_id)

    def test_strangers_cannot_fill_the_database_with_rejections(self):
        for _ in range(40):
            self.post(self.body(), secret="somebody-else")
        self.assertEqual(self.env["sync.transmission"].search_count([("verdict", "=", "rejected")]), 30)

    def test_a_form_encoded_body_is_read_as_it_was_sent(self):
        body = b"webhook_id=1"
        response = self.post(body, headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(response.status_code, 202, response.text)
        payload = self.env["sync.payload"].search([("kind", "=", "received")])
        self.assertEqual(payload._contents()[payload.id], body)

    @mute_logger("odoo.addons.sync_governance.controllers.raw_dispatcher")
    def test_a_stranger_learns_nothing_about_the_server(self):
        with patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": ""}):
            response = self.post(self.body())
        self.assertEqual(response.status_code, 503)
        self.assertNotIn("sync_governance_keys", response.text)

    def test_an_endpoint_that_does_not_exist_is_not_found(self):
        self.assertEqual(self.post(b"{}", path="/sync/in/nowhere").status_code, 404)

    def test_a_body_that_is_too_large_is_refused_before_it_is_verified(self):
        response = self.post(b"[" + b" " * (2 * 1024 * 1024) + b"]", secret="somebody-else")
        self.assertEqual(response.status_code, 413)

    @mute_logger("odoo.http")
    def test_only_post_is_taken(self):
        self.assertEqual(self.url_open("/sync/in/shop-orders").status_code, 405)

    def test_a_paused_endpoint_still_takes_what_arrives(self):
        self.env["sync.endpoint"].search([("code", "=", "shop-orders")]).action_pause()
        response = self.post(self.body())
        self.assertEqual(response.status_code, 202)
        self.run_engine()
        message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
        self.assertEqual(message.state, "ready")
