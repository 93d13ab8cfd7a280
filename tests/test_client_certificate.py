"""Mutual TLS ends at the proxy; what it passes on is believed from it alone."""

import base64
import os
from unittest.mock import patch
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.delivery import certificates

from .caller_fixture import CallerCase
from .certificates import pair

TRUSTED = {"SYNC_GOVERNANCE_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"}
STRANGE = {"SYNC_GOVERNANCE_TRUSTED_PROXIES": "10.0.0.0/8"}


@tagged("post_install", "-at_install")
class TestClientCertificate(CallerCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.certificate, self.pem, _key = pair("northwind")
        self.fingerprint = self.certificate.fingerprint(hashes.SHA256()).hex()
        self.mtls_door = self.door("mtls", secret=f"sha256:{self.fingerprint}")

    def shown(self, certificate=None):
        der = (certificate or self.certificate).public_bytes(Encoding.DER)
        return f":{base64.b64encode(der).decode()}:"

    def send(self, value=None, environment=None, name="Client-Cert"):
        with patch.dict(os.environ, environment or TRUSTED):
            return self.post(headers={name: value or self.shown()})

    def test_a_trusted_proxy_passes_on_the_certificate_that_was_agreed(self):
        response = self.send()
        self.assertEqual(response.status_code, 202, response.text)
        message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
        self.assertEqual(message.credential_id, self.proof)
        self.assertNotIn(self.shown()[1:50], message.transmission_id.headers)

    def test_the_header_of_anybody_else_is_nothing(self):
        for environment in (STRANGE, {"SYNC_GOVERNANCE_TRUSTED_PROXIES": ""}):
            response = self.send(environment=environment)
            self.assertRefused(response, 401, "missing")
        self.assertFalse(any("client-cert" in kept.headers.lower() for kept in self.rejected()))

    def test_an_address_that_was_only_claimed_makes_nobody_a_proxy(self):
        with patch.dict(os.environ, STRANGE):
            forged = {"Client-Cert": self.shown(), "X-Forwarded-For": "10.0.0.1", "X-Real-IP": "10.0.0.1"}
            self.assertRefused(self.post(headers=forged), 401, "missing")

    def test_another_spelling_of_the_header_smuggles_nothing(self):
        for name in ("Client_Cert", "client-cert-chain", "X-Client-Cert", "X-SSL-Client-Cert"):
            with self.subTest(name=name):
                self.assertRefused(self.send(name=name), 401, "missing")

    def test_another_certificate_is_refused(self):
        self.assertRefused(self.send(self.shown(pair("northwind")[0])), 401, "credential_invalid")

    def test_what_is_no_certificate_is_refused(self):
        for value in ("::", ":AAAA:", f"{self.shown()}, {self.shown()}", quote(self.pem + self.pem), "CN=northwind"):
            with self.subTest(value=value[:20]):
                self.assertRefused(self.send(value), 401, "credential_invalid")

    def test_the_header_is_what_the_configuration_says(self):
        environment = {**TRUSTED, "SYNC_GOVERNANCE_CERTIFICATE_HEADER": "X-SSL-Client-Cert"}
        response = self.send(quote(self.pem), environment, "X-SSL-Client-Cert")
        self.assertEqual(response.status_code, 202, response.text)
        self.assertRefused(self.send(environment=environment), 401, "missing")

    def test_by_its_subject(self):
        self.proof._rotate("CN=northwind", overlap_hours=0)
        self.assertEqual(self.send(self.shown(pair("northwind")[0])).status_code, 202)
        self.assertRefused(self.send(self.shown(pair("southwind")[0])), 401, "credential_invalid")

    def test_what_names_no_certificate_is_refused(self):
        with self.assertRaisesRegex(UserError, "neither the SHA-256"):
            self.proof._rotate("northwind", overlap_hours=0)

    def test_whose_certificate_it_is_where_no_endpoint_is_named(self):
        self.env.flush_all()
        found = certificates.passed_on(self.shown())
        profile, verdict = self.env["sync.caller"]._recognise_bearer({}, None, found)
        self.assertEqual((profile["code"], verdict.credential_id), ("northwind-orders", self.proof.id))
