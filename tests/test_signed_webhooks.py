"""Senders that sign, over real HTTP: each way of signing is taken, and whatever else is refused."""

import base64
import json
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.delivery import signatures

from .caller_fixture import CallerCase

SYMMETRIC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()
GENERIC = {
    "signature_headers": ["X-Acme-Signature"],
    "schemes": {"s": "hmac-sha512"},
    "layout": "pairs",
    "encoding": "base64",
    "signed": "{timestamp}\n{body}",
    "timestamp_member": "at",
    "tolerance_seconds": 60,
}


def asymmetric():
    """(what signs, what the receiver holds) of Standard Webhooks v1a."""
    key = Ed25519PrivateKey.generate()
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "whsk_" + base64.b64encode(seed + public).decode(), "whpk_" + base64.b64encode(public).decode()


@tagged("post_install", "-at_install")
class TestSignedWebhooks(CallerCase, HttpCase):
    def ways(self):
        """(name, profile, settings, secret that signs, secret that is held, whether a time is signed)."""
        private, public = asymmetric()
        return [
            ("v1", "standard_webhooks", None, SYMMETRIC, SYMMETRIC, True),
            ("v1a", "standard_webhooks", None, private, public, True),
            ("shopify", "shopify", None, "shpss_secret", "shpss_secret", False),
            ("stripe", "stripe", None, "whsec_stripes", "whsec_stripes", True),
            ("github", "github", None, "It's a secret", "It's a secret", False),
            ("generic", "hmac", GENERIC, "agreed", "agreed", True),
        ]

    def signed(self, body, way, now=None, secret=None):
        _name, profile, settings, signing, _held, _timed = way
        return signatures.sign(
            body,
            profile=profile,
            secrets=[signatures.Secret("k", secret or signing)],
            message_id="msg_1",
            now=now or datetime.now(timezone.utc),
            settings=settings,
        )

    def test_every_way_is_taken_and_nothing_that_was_changed(self):
        body = self.document()
        for way in self.ways():
            code = f"door-{way[0]}"
            self.door(way[1], code, secret=way[4], settings=way[2])
            headers = self.signed(body, way)
            with self.subTest(way[0]):
                self.assertEqual(self.post(code, headers, body).status_code, 202)
                self.assertRefused(self.post(code, headers, body + b" "), 401, "signature_invalid")
                self.assertRefused(self.post(code, headers, body[:-1]), 401, "signature_invalid")
                self.assertRefused(self.post(code, body=body), 401, "missing")
            if way[5]:
                for minutes in (-6, 6):
                    moved = self.signed(body, way, now=datetime.now(timezone.utc) + timedelta(minutes=minutes))
                    with self.subTest(way[0], minutes=minutes):
                        self.assertRefused(self.post(code, moved, body), 401, "timestamp_outside_tolerance")

    def test_a_recorded_request_is_a_repeat_and_no_second_document(self):
        body = self.document()
        way = self.ways()[0]
        self.door("standard_webhooks", secret=SYMMETRIC)
        headers = self.signed(body, way)
        first, again = (self.post(headers=headers, body=body).json() for _time in range(2))
        self.assertEqual((again["message_id"], again["repeat"]), (first["message_id"], True))

    def test_the_signature_of_another_endpoint_is_refused(self):
        body = self.document()
        self.door("standard_webhooks", "northwind-returns", secret=OTHER)
        self.door("standard_webhooks", secret=SYMMETRIC)
        headers = self.signed(body, self.ways()[0], secret=OTHER)
        self.assertEqual(self.post("northwind-returns", headers, body).status_code, 202)
        self.assertRefused(self.post(headers=headers, body=body), 401, "signature_invalid")

    def test_a_public_key_signs_nothing(self):
        """Key confusion: what everybody may know is no symmetric secret."""
        _private, public = asymmetric()
        self.door("standard_webhooks", secret=public)
        for known in ("whsec_" + public.removeprefix("whpk_"), public.removeprefix("whpk_")):
            headers = self.signed(self.document(), self.ways()[0], secret=known)
            self.assertRefused(self.post(headers=headers, body=self.document()), 401, "signature_invalid")

    def test_the_old_and_broken_algorithm_is_not_taken(self):
        self.door("github", secret="It's a secret")
        headers = {"X-Hub-Signature": "sha1=" + "0" * 40}
        self.assertRefused(self.post(headers=headers), 401, "missing")

    def test_whatever_a_stranger_writes_is_refused_and_explained_nowhere(self):
        self.door("standard_webhooks", secret=SYMMETRIC)
        good = self.signed(self.document(), self.ways()[0])
        for name, value in (
            ("webhook-signature", b"v1"),
            ("webhook-signature", b"v1,\xff\xfe"),
            ("webhook-signature", b"v1," + b"A" * 60000),
            ("webhook-signature", b" ".join([b"v1,AAAA"] * 5000)),
            ("webhook-timestamp", b"1614265330.9"),
            ("webhook-timestamp", b"-1"),
            ("webhook-timestamp", b"9" * 400),
            ("webhook-id", b"a.b"),
        ):
            with self.subTest(name=name, value=value[:20]):
                response = self.post(headers={**good, name: value})
                self.assertIn(response.status_code, (401, 400, 431))
                self.assertNotIn("Traceback", response.text)

    def test_settings_that_do_not_fit_are_refused_on_the_form(self):
        door = self.door("hmac", secret="agreed", settings=GENERIC)
        with self.assertRaises(ValidationError) as refusal:
            door.authentication_settings = json.dumps({**GENERIC, "schemes": {"s": "hmac-md5"}})
        self.assertIn("algorithm must be one of", str(refusal.exception))
