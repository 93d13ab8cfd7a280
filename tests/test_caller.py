"""Who calls, in every way of proving it, over real HTTP."""

import base64
import hashlib
import hmac
import os
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.sql_db import Cursor
from odoo.tests import HttpCase, tagged
from odoo.tools import config, mute_logger

from odoo.addons.sync_governance.core.delivery import signatures
from odoo.addons.sync_governance.core.delivery.shown import basic
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.security import hashing
from odoo.addons.sync_governance.models.exchange import gauge
from odoo.addons.sync_governance.models.partner import caller

from . import documents as docs
from .caller_fixture import CallerCase

SYMMETRIC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@tagged("post_install", "-at_install")
class TestApiKey(CallerCase, HttpCase):
    def test_a_key_that_odoo_made_is_taken_and_only_its_hash_is_kept(self):
        self.door("api_key")
        response = self.post(headers=bearer(self.secret))
        self.assertEqual(response.status_code, 202, response.text)
        message = self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])
        self.assertEqual(message.credential_id, self.proof)
        self.assertNotIn(self.secret, message.transmission_id.headers)
        self.env.cr.execute("SELECT secret_encrypted, secret_hash FROM sync_credential_version")
        self.assertEqual(self.env.cr.fetchall(), [(None, hashing.digest(self.secret))])
        self.assertTrue(self.secret.startswith(self.proof.version_ids.hint))
        self.assertLess(len(self.proof.version_ids.hint), 14)

    def test_whatever_is_not_the_key_is_refused(self):
        self.door("api_key")
        other = hashing.generate_key("sgk")
        for shown in (other, self.secret[:-1], self.secret + "x", self.secret.upper(), "", "é", " ", "x" * 5000):
            with self.subTest(shown=shown[:20]):
                response = self.post(headers={"Authorization": f"Bearer {shown}".encode()})
                self.assertRefused(response, 401, "credential_invalid")
        self.assertRefused(self.post(), 401, "missing")
        self.assertRefused(self.post(headers={"Authorization": basic("x", self.secret)}), 401, "credential_invalid")
        self.assertRefused(self.post(headers={"Authorization": self.secret}), 401, "credential_invalid")
        self.assertFalse(any(self.secret in transmission.headers for transmission in self.rejected()))

    def test_the_hash_from_the_database_opens_nothing(self):
        self.door("api_key")
        self.assertRefused(self.post(headers=bearer(hashing.digest(self.secret))), 401, "credential_invalid")

    def test_a_refusal_says_what_to_show(self):
        self.door("api_key")
        self.assertEqual(self.post().headers["WWW-Authenticate"], 'Bearer realm="sync"')

    def test_it_may_stand_in_a_header_of_its_own_that_is_never_kept_in_clear(self):
        self.door("api_key", settings={"header": "X-Api-Key", "prefix": ""})
        self.assertEqual(self.post(headers={"x-api-key": self.secret}).status_code, 202)
        self.assertRefused(self.post(headers=bearer(self.secret)), 401, "missing")
        kept = self.env["sync.transmission"].search([]).mapped("headers")
        self.assertNotIn(self.secret, "".join(kept))
        with self.assertRaisesRegex(ValidationError, "known to carry secrets"):
            self.endpoint(
                self.northwind, "other", authentication="api_key", authentication_settings='{"header": "X-Acme"}'
            )

    def test_the_key_of_another_endpoint_is_refused(self):
        self.door("api_key", "northwind-returns")
        key = self.secret
        self.door("api_key")
        self.assertRefused(self.post(headers=bearer(key)), 401, "credential_invalid")

    def test_during_a_rotation_both_are_taken_and_then_the_new_one(self):
        self.door("api_key")
        old = self.secret
        new = self.proof._issue(overlap_hours=2)
        for key in (old, new):
            self.assertEqual(self.post(headers=bearer(key), body=self.document(key)).status_code, 202)
        self.proof.version_ids.sorted("id")[0]._set_end(fields.Datetime.now() - timedelta(seconds=1))
        self.assertRefused(self.post(headers=bearer(old)), 401, "credential_expired")
        self.assertEqual(self.post(headers=bearer(new)).status_code, 202)

    def test_a_revoked_key_ends_at_once(self):
        self.door("api_key")
        self.proof.action_revoke()
        with mute_logger("odoo.addons.sync_governance.controllers.raw_dispatcher"):
            self.assertEqual(self.post(headers=bearer(self.secret)).status_code, 503, "nothing to verify with")

    def test_nobody_types_one_in_and_only_officers_make_one(self):
        self.door("api_key")
        with self.assertRaisesRegex(UserError, "let Odoo make it"):
            self.proof.secret_input = "my own favourite key"
        with self.assertRaises(AccessError):
            self.proof.with_user(self.manager)._issue(overlap_hours=0)

    def test_it_is_shown_once(self):
        self.door("api_key")
        wizard = self.env["sync.credential.rotate"].with_user(self.officer).create({"credential_id": self.proof.id})
        secret = wizard.action_issue()["params"]["secret"]
        self.assertEqual(self.post(headers=bearer(secret)).status_code, 202)
        self.env.flush_all()
        for table in ("sync_credential", "sync_credential_version", "sync_credential_rotate", "mail_message"):
            self.env.cr.execute(f"SELECT count(*) FROM {table} t WHERE to_jsonb(t)::text LIKE %s", [f"%{secret}%"])
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_an_endpoint_with_keys_does_not_become_one_with_passwords(self):
        door = self.door("api_key")
        with self.assertRaisesRegex(UserError, "another way of authentication"):
            door.authentication = "basic"
        self.proof.action_revoke()
        door.action_suspend()
        door.authentication = "basic"


@tagged("post_install", "-at_install")
class TestBasic(CallerCase, HttpCase):
    PASSWORD = "correct horse battery"

    def setUp(self):
        super().setUp()
        self.slow = []
        looked = hashing.is_password_of
        self.startPatcher(
            patch.object(hashing, "is_password_of", lambda *args: self.slow.append(args[0]) or looked(*args))
        )
        self.basic_door = self.door("basic", secret=self.PASSWORD)

    def as_user(self, name="northwind-orders", password=PASSWORD):
        return self.post(headers={"Authorization": basic(name, password)}, body=self.document(password))

    def test_the_password_is_kept_as_a_slow_hash_and_looked_at_slowly_once(self):
        self.env.cr.execute("SELECT secret_encrypted, secret_hash FROM sync_credential_version")
        sealed, kept = self.env.cr.fetchone()
        self.assertIsNone(sealed)
        self.assertTrue(kept.startswith("scrypt$16384$8$1$"))
        for _time in range(3):
            self.assertEqual(self.as_user().status_code, 202)
        self.assertEqual(len(self.slow), 1)

    def test_a_wrong_name_is_refused_as_slowly_as_a_wrong_password(self):
        self.assertRefused(self.as_user(password="wrong horse battery"), 401, "credential_invalid")
        self.assertRefused(self.as_user(name="somebody"), 401, "credential_invalid")
        self.assertEqual(len(self.slow), 2)
        self.assertIn("Basic", self.as_user(name="somebody").headers["WWW-Authenticate"])

    def test_malformed_headers_are_refused_and_nothing_is_raised(self):
        encoded = [base64.b64encode(text).decode() for text in (b"no colon", b"\xff\xfe:x", b":x", b"a\0:x", b"")]
        for value in [f"Basic {text}" for text in encoded] + ["Basic", "Basic !!!", "Digest x", "basic é"]:
            with self.subTest(value=value):
                response = self.post(headers={"Authorization": value.encode()})
                self.assertRefused(response, 401, "credential_invalid")

    def test_who_is_wrong_too_often_is_not_looked_at(self):
        for _time in range(caller.FAILURES.most):
            self.assertRefused(self.as_user(password="wrong horse battery"), 401, "credential_invalid")
        count = len(self.slow)
        response = self.as_user(password="wrong horse battery")
        self.assertRefused(response, 429, "too_many_failures")
        self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 60)
        self.assertEqual(len(self.slow), count)

    def test_made_up_names_are_counted_together(self):
        for number in range(caller.FAILURES.most):
            self.assertRefused(self.as_user(name=f"nobody-{number}"), 401, "credential_invalid")
        self.assertRefused(self.as_user(name="nobody-else"), 429, "too_many_failures")
        self.assertEqual(self.as_user().status_code, 202)

    def test_who_is_known_goes_on_while_a_stranger_at_the_same_address_is_wrong(self):
        self.assertEqual(self.as_user().status_code, 202)
        for _time in range(caller.FAILURES.most + 1):
            self.as_user(password="wrong horse battery")
        self.assertEqual(self.as_user().status_code, 202)

    def test_a_new_password_without_overlap_ends_the_remembered_one_at_once(self):
        self.assertEqual(self.as_user().status_code, 202)
        self.proof._rotate("another long password", overlap_hours=0)
        self.assertRefused(self.as_user(), 401, "credential_invalid")
        self.assertEqual(self.as_user(password="another long password").status_code, 202)

    def test_a_password_that_can_be_guessed_is_refused_without_showing_it(self):
        with self.assertRaisesRegex(UserError, "fewer than 12") as refusal:
            self.proof.secret_input = "hunter2"
        self.assertNotIn("hunter2", str(refusal.exception))

    def test_a_user_has_a_name(self):
        with self.assertRaises(ValidationError):
            self.proof.username = False
        with self.assertRaises(ValidationError):
            self.proof.username = "a:b"


@tagged("post_install", "-at_install")
class TestCost(CallerCase, HttpCase):
    def test_recognising_asks_the_database_nothing(self):
        """Two statements are the document itself, see tests/test_intake.py; a token is looked up by one more."""
        ways = []
        for number, (authentication, secret) in enumerate(
            (("api_key", None), ("basic", "correct horse battery"), ("oauth2", None), ("standard_webhooks", SYMMETRIC))
        ):
            self.door(authentication, f"door-{number}", secret=secret)
            ways.append((authentication, f"door-{number}", self.proof, self.secret))
        for authentication, code, proof, secret in ways:
            self.post(code, self.shown(authentication, proof, secret, 1), self.document(1))
            headers = self.shown(authentication, proof, secret, 2)
            statements = self.statements_of(
                lambda code=code, headers=headers: self.post(code, headers, self.document(2))
            )
            with self.subTest(authentication):
                self.assertEqual(len(statements), 3 if authentication == "oauth2" else 2, statements)

    def statements_of(self, send):
        """What of ours is asked of the database for a document that is taken."""
        statements = []
        execute = Cursor.execute

        def counted(cursor, query, *args, **kwargs):
            if isinstance(query, str) and "sync_" in query and not query.startswith("SAVEPOINT"):
                statements.append(query)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(gauge, "LOOK_SECONDS", 3600), patch.object(Cursor, "execute", counted):
            self.assertEqual(send().status_code, 202)
        return statements

    def shown(self, authentication, proof, secret, number):
        if authentication == "api_key":
            return bearer(secret)
        if authentication == "basic":
            return {"Authorization": basic(proof.username, secret)}
        if authentication == "oauth2":
            if not hasattr(self, "token"):
                headers = {"Authorization": basic(proof.username, secret)}
                answer = self.url_open("/sync/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
                self.token = answer.json()["access_token"]
            return bearer(self.token)
        return signatures.sign(
            self.document(number),
            profile=authentication,
            secrets=[signatures.Secret("k", secret)],
            message_id=f"m{number}",
            now=datetime.now(timezone.utc),
        )


@tagged("post_install", "-at_install")
class TestSources(CallerCase, HttpCase):
    def test_only_addresses_of_the_list_are_let_in_whatever_they_prove(self):
        door = self.door("api_key", allowed_sources="203.0.113.0/24\n2001:db8::/32")
        self.assertRefused(self.post(headers=bearer(self.secret)), 403, "address_not_allowed")
        door.allowed_sources = "203.0.113.0/24, 127.0.0.1"
        self.assertEqual(self.post(headers=bearer(self.secret)).status_code, 202)

    def test_a_forwarded_address_of_a_stranger_is_not_believed(self):
        self.door("api_key", allowed_sources="203.0.113.7")
        forged = {**bearer(self.secret), "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "localhost"}
        proxies = {"SYNC_GOVERNANCE_TRUSTED_PROXIES": "192.0.2.1"}
        with patch.dict(config.options, {"proxy_mode": True}), patch.dict(os.environ, proxies):
            self.assertRefused(self.post(headers=forged), 403, "address_not_allowed")

    def test_what_is_no_network_is_refused(self):
        door = self.door("api_key")
        for text in ("nonsense", "203.0.113.7/24", "300.1.1.1", "example.com"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                door.allowed_sources = text


@tagged("post_install", "-at_install")
class TestScopes(CallerCase, HttpCase):
    def test_a_credential_that_may_only_read_brings_nothing(self):
        self.door("api_key", credential={"may_write": False, "may_read": True})
        self.assertRefused(self.post(headers=bearer(self.secret)), 403, "scope_missing")
        self.assertFalse(self.env["sync.message"].search([("endpoint_id.code", "=", "northwind-orders")]))
        self.assertEqual(self.rejected().fault_code, "authentication.scope_missing")

    def shop_post(self, body, path=""):
        signature = base64.b64encode(hmac.new(docs.SHOP_SECRET.encode(), body, hashlib.sha256).digest()).decode()
        headers = {"X-Shopify-Hmac-Sha256": signature, **docs.shopify_headers("e1"), "Content-Type": "application/json"}
        return self.url_open(f"/sync/in/shop-orders{path}", data=body, headers=headers)

    def test_a_credential_for_other_kinds_of_documents_brings_no_orders_not_even_in_a_batch(self):
        self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        proof = self.env["sync.credential"].search([("endpoint_id.code", "=", "shop-orders")])
        self.secret = docs.SHOP_SECRET
        proof.document_type_ids = self.env["sync.document.type"].search([("code", "=", "order.cancel")])
        self.assertRefused(self.shop_post(b"{}"), 403, "scope_missing")
        self.assertEqual(self.rejected().credential_id, self.env["sync.credential"], "the refusal stores no document")
        batch = b'[{"topic": "orders/create", "body": {}}]'
        (result,) = self.shop_post(batch, "/batch").json()["results"]
        self.assertEqual(
            (result["status"], result["problem"]),
            ("refused", "urn:sync-governance:problem:authentication.scope_missing"),
        )
        self.assertFalse(self.env["sync.message"].search([("endpoint_id.code", "=", "shop-orders")]))
        proof.document_type_ids |= self.order_type
        self.assertEqual(self.shop_post(b"{}").status_code, 202)


@tagged("post_install", "-at_install")
class TestNoEndpointNamed(CallerCase, HttpCase):
    """What the API asks: whose credential is this."""

    def whose(self, headers, address="203.0.113.7"):
        self.env.flush_all()
        return self.env["sync.caller"]._recognise_bearer(headers, address)

    def test_a_key_a_user_and_a_header_of_its_own_lead_to_their_endpoint(self):
        self.door("api_key", "by-key")
        key = self.secret
        self.door("basic", "by-user", secret="correct horse battery")
        self.door("api_key", "by-header", settings={"header": "X-Api-Key", "prefix": ""})
        for code, headers in (
            ("by-key", bearer(key)),
            ("by-user", {"Authorization": basic("by-user", "correct horse battery")}),
            ("by-header", {"X-API-KEY": self.secret}),
        ):
            profile, verdict = self.whose(headers)
            self.assertEqual((profile["code"], verdict.allows("write", "order.create")), (code, True))
            self.assertFalse(verdict.allows("read", "order.create"))
            with self.assertRaises(Fault) as refusal:
                verdict.demand("read", "order.create")
            self.assertEqual(refusal.exception.code, "authentication.scope_missing")

    def test_nobody_is_found_by_what_is_wrong(self):
        self.door("api_key", "by-key")
        key = self.secret
        self.door("basic", "by-user", secret="correct horse battery")
        for headers in (
            bearer(key[:-1] + ("A" if key[-1] != "A" else "B")),
            bearer(hashing.generate_key("sgk")),
            bearer(hashing.generate_key("sgt")),
            bearer("x"),
            {"Authorization": basic("by-user", "wrong horse battery")},
            {"Authorization": basic("nobody", "correct horse battery")},
            {"Authorization": "Negotiate abc"},
        ):
            with self.subTest(headers=headers), self.assertRaises(Fault) as refusal:
                self.whose(headers)
            self.assertEqual(refusal.exception.code, "authentication.credential_invalid")
        with self.assertRaises(Fault) as refusal:
            self.whose({})
        self.assertEqual(refusal.exception.code, "authentication.missing")

    def test_a_signature_names_nobody(self):
        self.door("standard_webhooks", "signed", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        with self.assertRaises(Fault):
            self.whose({"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"})

    def test_an_endpoint_off_the_wire_lets_nobody_in(self):
        door = self.door("api_key")
        door.action_suspend()
        with self.assertRaises(Fault) as refusal:
            self.whose(bearer(self.secret))
        self.assertEqual(refusal.exception.code, "receive.endpoint_not_live")
