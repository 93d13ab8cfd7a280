"""What goes out proves who we are in every way a partner may ask for."""

import json
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError

from odoo.addons.sync_governance.core.delivery import certificates, http
from odoo.addons.sync_governance.core.faults import Fault

from . import delivery_fixture
from .certificates import pair


class TestSenderProof(delivery_fixture.DeliveryCase):
    def setUp(self):
        super().setUp()
        self.requests = []
        self.answers = []
        self.startPatcher(patch.object(http, "deliver", self.answer))

    def answer(self, request):
        self.requests.append(request)
        if request.url.endswith("/token"):
            tokens = sum(1 for one in self.requests if one.url.endswith("/token"))
            document = {"access_token": f"token-{tokens}", "token_type": "Bearer", "expires_in": 600}
            return http.DeliveryResult(200, {}, json.dumps(document).encode(), 0.1, None)
        status = self.answers.pop(0) if self.answers else 200
        return http.DeliveryResult(status, {}, b"", 0.1, http.classify(status))

    def proving(self, authentication, secret, settings=None, username=None):
        """Let the endpoint prove itself so from now on."""
        self.endpoint.credential_ids.action_revoke()
        self.endpoint.credential_ids.action_archive()
        self.env.invalidate_all()
        self.endpoint.write(
            {
                "authentication": authentication,
                "authentication_settings": json.dumps(settings) if settings else False,
            }
        )
        return self.env["sync.credential"].create(
            {"name": "Ours", "endpoint_id": self.endpoint.id, "secret_input": secret, "username": username}
        )

    def delivered(self):
        return [request for request in self.requests if not request.url.endswith("/token")]

    def deliver(self, *keys):
        messages = self.invoices(*keys or ("INV/1",))
        self.run_engine()
        messages.invalidate_recordset()
        return messages

    def test_an_api_key_stands_in_its_header_and_is_masked_where_it_is_kept(self):
        proof = self.proving("api_key", "k-123456789", {"header": "X-Api-Key", "prefix": ""})
        message = self.deliver()
        self.assertEqual(message.state, "done")
        (request,) = self.delivered()
        self.assertEqual(request.headers["X-Api-Key"], "k-123456789")
        self.assertEqual(request.headers["webhook-id"], message.uid)
        self.assertNotIn("webhook-signature", request.headers)
        transmission = self.env["sync.transmission"].search([("direction", "=", "outbound")])
        self.assertNotIn("k-123456789", transmission.headers)
        self.assertEqual(transmission.credential_id, proof)
        self.assertTrue(proof.last_used_at)

    def test_a_user_with_a_password(self):
        self.proving("basic", "pass:wörd", username="ada")
        self.assertEqual(self.deliver().state, "done")
        self.assertEqual(self.delivered()[0].headers["Authorization"], "Basic YWRhOnBhc3M6d8O2cmQ=")

    def test_a_client_certificate_goes_with_the_connection(self):
        certificate, pem, key = pair()
        proof = self.proving("mtls", (pem + key).replace("\n", " "))  # as the form of one line hands it on
        ends = certificates.until(certificate).replace(tzinfo=None)
        self.assertEqual(proof.version_ids.valid_until, ends, "its owner is reminded before")
        self.assertEqual(self.deliver().state, "done")
        self.assertEqual(self.delivered()[0].client_certificate, pem + key)
        self.assertNotIn(key, repr(self.delivered()[0]))

    def test_a_certificate_with_the_key_of_another_is_refused(self):
        with self.assertRaisesRegex(UserError, "not the certificate's"):
            self.proving("mtls", pair()[1] + pair()[2])

    def oauth(self):
        return self.proving("oauth2", "s3cret", {"token_url": "https://finance.example/token"}, username="ada")

    def test_one_token_for_all_that_goes_out(self):
        self.oauth()
        messages = self.deliver("INV/1", "INV/2", "INV/3")
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual({request.headers["Authorization"] for request in self.delivered()}, {"Bearer token-1"})
        self.assertEqual(len(self.requests), 4)
        kept = self.env["sync.transmission"].search([("direction", "=", "outbound")]).mapped("headers")
        self.assertNotIn("token-1", "".join(kept))
        self.env.cr.execute("SELECT to_jsonb(t)::text FROM sync_sender_token t")
        self.assertNotIn("token-1", self.env.cr.fetchone()[0])

    def test_a_token_that_is_not_known_any_more_is_replaced_once(self):
        self.oauth()
        self.deliver()
        self.env.cr.execute("UPDATE sync_sender_token SET renewed_at = renewed_at - interval '1 minute'")
        self.answers = [401]
        self.assertEqual(self.deliver("INV/2").state, "done")
        self.assertEqual(
            [request.headers["Authorization"] for request in self.delivered()],
            ["Bearer token-1", "Bearer token-1", "Bearer token-2"],
        )
        self.answers = [401, 401]
        self.assertEqual(self.deliver("INV/3").fault_code, "deliver.rejected")
        self.assertEqual(len(self.delivered()), 4, "a fresh one is not replaced")

    def test_without_a_token_the_document_waits_for_the_partner(self):
        self.oauth()
        refused = Fault("deliver.rejected", "No.")
        answer = http.DeliveryResult(400, {}, b'{"error": "invalid_client"}', 0.1, refused)
        with patch.object(http, "deliver", lambda request: answer):
            message = self.deliver()
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.token_refused"))
        self.assertGreater(message.run_at, self.env.cr.now())

    def test_a_secret_leaves_for_a_token_encrypted_only(self):
        with self.assertRaisesRegex(ValidationError, "https"):
            self.proving("oauth2", "s3cret", {"token_url": "http://finance.example/token"}, username="ada")

    def test_an_endpoint_that_does_not_say_where_it_gets_a_token_sends_nothing(self):
        self.proving("oauth2", "s3cret", username="ada")
        self.assertEqual(self.deliver().fault_code, "engine.configuration")
        self.assertFalse(self.requests)
