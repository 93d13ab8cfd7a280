"""The token endpoint over real HTTP (RFC 6749, 4.4 and 5; RFC 7009)."""

from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.delivery.shown import basic
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.security import hashing
from odoo.addons.sync_governance.models.exchange import access_token
from odoo.addons.sync_governance.models.partner import caller

from .caller_fixture import CallerCase

GRANT = {"grant_type": "client_credentials"}


@tagged("post_install", "-at_install")
class TestToken(CallerCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.oauth_door = self.door("oauth2")
        self.client = self.proof.username

    def ask(self, form=None, headers=None, path="token", raw=None):
        if headers is None:
            headers = {"Authorization": basic(self.client, self.secret)}
        body = raw if raw is not None else urlencode(GRANT if form is None else form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.url_open(f"/sync/oauth/{path}", data=body.encode(), headers=headers, method="POST")

    def token(self, **form):
        response = self.ask({**GRANT, **form})
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()["access_token"]

    def send(self, token, number=1):
        return self.post(headers={"Authorization": f"Bearer {token}"}, body=self.document(number))

    def assertError(self, response, status, error):
        self.assertEqual((response.status_code, response.json().get("error")), (status, error), response.text)
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertNotIn(self.secret, response.text)

    def test_a_token_is_given_for_a_short_time_and_only_its_hash_is_kept(self):
        response = self.ask()
        answer = response.json()
        self.assertEqual((answer["token_type"], answer["expires_in"], answer["scope"]), ("Bearer", 900, "write"))
        self.assertEqual((response.headers["Cache-Control"], response.headers["Pragma"]), ("no-store", "no-cache"))
        self.assertNotIn("set-cookie", {name.lower() for name in response.headers})
        self.assertEqual(self.send(answer["access_token"]).status_code, 202)
        self.env.cr.execute("SELECT to_jsonb(t)::text, token_hash FROM sync_access_token t")
        ((row, kept),) = self.env.cr.fetchall()
        self.assertNotIn(answer["access_token"], row)
        self.assertEqual(kept, hashing.digest(answer["access_token"]))
        self.env.invalidate_all()
        self.assertTrue(self.proof.last_used_at)

    def test_the_client_may_stand_in_the_body(self):
        response = self.ask({**GRANT, "client_id": self.client, "client_secret": self.secret}, headers={})
        self.assertEqual(response.status_code, 200, response.text)

    def test_errors_are_those_of_the_specification(self):
        both = {**GRANT, "client_id": self.client, "client_secret": self.secret}
        for form, error in (
            ({}, "invalid_request"),
            ({"grant_type": "password"}, "unsupported_grant_type"),
            ({"grant_type": ""}, "invalid_request"),
            ({**GRANT, "scope": "read"}, "invalid_scope"),
            ({**GRANT, "scope": "write admin"}, "invalid_scope"),
            ({**GRANT, "scope": " "}, "invalid_scope"),
            (both, "invalid_request"),
            ({**GRANT, "client_id": "another"}, "invalid_request"),
        ):
            with self.subTest(form=form):
                self.assertError(self.ask(form), 400, error)
        for raw in ("grant_type=client_credentials&grant_type=client_credentials", "%ff=x&=", "a" * 30, "&&&"):
            with self.subTest(raw=raw):
                self.assertError(self.ask(raw=raw), 400, "invalid_request")
        self.assertError(self.ask(headers={"Content-Type": "application/json"}), 400, "invalid_request")

    def test_who_is_not_known_is_not_told_why(self):
        answers = set()
        for headers in (
            {"Authorization": basic(self.client, "wrong")},
            {"Authorization": basic("nobody", self.secret)},
            {"Authorization": "Basic !!!"},
            {"Authorization": "Bearer x"},
            {},
        ):
            response = self.ask(headers=headers)
            self.assertError(response, 401, "invalid_client")
            self.assertIn("Basic", response.headers["WWW-Authenticate"])
            answers.add(response.text)
        self.assertEqual(len(answers), 1)

    def test_failures_are_counted_by_who_failed(self):
        wrong = {"Authorization": basic(self.client, "wrong")}
        for _time in range(caller.FAILURES.most):
            self.assertError(self.ask(headers=wrong), 401, "invalid_client")
        response = self.ask(headers=wrong)
        self.assertError(response, 429, "temporarily_unavailable")
        self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 60)
        other = {"Authorization": basic("nobody", "wrong")}
        self.assertError(self.ask(headers=other), 401, "invalid_client")

    def test_a_token_for_less_does_less(self):
        self.proof.write({"may_read": True, "document_type_ids": [(6, 0, self.order_type.ids)]})
        token = self.token(scope="read:order.create")
        self.assertRefused(self.send(token), 403, "scope_missing")
        self.env.flush_all()
        headers = {"Authorization": f"Bearer {token}"}
        profile, verdict = self.env["sync.caller"]._recognise_bearer(headers, "203.0.113.7")
        self.assertEqual((profile["code"], verdict.scopes), ("northwind-orders", {"read:order.create"}))
        self.proof.may_read = False
        with self.subTest("what the credential may not do any more, no token of it does"):
            verdict = self.env["sync.caller"]._recognise_bearer(headers, "203.0.113.7")[1]
            self.assertFalse(verdict.scopes)

    def test_an_expired_token_is_refused(self):
        token = self.token()
        self.env.cr.execute("UPDATE sync_access_token SET expires_at = now() AT TIME ZONE 'UTC'")
        response = self.send(token)
        self.assertRefused(response, 401, "credential_invalid")
        self.assertEqual(response.headers["WWW-Authenticate"], 'Bearer realm="sync", error="invalid_token"')

    def test_whatever_ends_the_secret_ends_its_tokens_at_once(self):
        def revoke():
            self.proof.action_revoke()

        def archive():
            self.proof.active = False

        def another_secret():
            self.proof._issue(overlap_hours=0)

        def expire():
            self.proof.valid_until = fields.Datetime.now() - timedelta(hours=1)

        def suspend():
            self.proof._suspend()

        for end in (revoke, archive, another_secret, expire, suspend):
            with self.subTest(end.__name__):
                self.door("oauth2", f"door-{end.__name__.replace('_', '-')}")
                self.client = self.proof.username
                token = self.token()
                headers = {"Authorization": f"Bearer {token}"}
                path = f"door-{end.__name__.replace('_', '-')}"
                self.assertEqual(self.post(path, headers=headers).status_code, 202)
                end()
                self.env.flush_all()
                with mute_logger("odoo.addons.sync_governance.controllers.raw_dispatcher"):
                    self.assertIn(self.post(path, headers=headers).status_code, (401, 503))
                self.assertIsNone(self.env["sync.access.token"]._look_up(token))

    def test_a_token_of_another_endpoint_is_refused(self):
        token = self.token()
        self.door("oauth2", "northwind-returns")
        response = self.post("northwind-returns", headers={"Authorization": f"Bearer {token}"})
        self.assertRefused(response, 401, "credential_invalid")

    def test_the_clients_secret_is_no_token(self):
        self.assertRefused(self.send(self.secret), 401, "credential_invalid")

    def test_a_client_ends_its_own_token_and_no_other(self):
        mine = self.token()
        client, secret = self.client, self.secret
        self.door("oauth2", "northwind-returns")
        theirs = {"Authorization": basic(self.proof.username, self.secret)}
        self.assertEqual(self.ask({"token": mine}, headers=theirs, path="revoke").status_code, 200)
        self.assertEqual(self.send(mine).status_code, 202)
        own = {"Authorization": basic(client, secret)}
        self.assertEqual(self.ask({"token": mine}, headers=own, path="revoke").status_code, 200)
        self.assertRefused(self.send(mine), 401, "credential_invalid")
        self.assertEqual(self.ask({"token": "unknown"}, headers=own, path="revoke").status_code, 200)
        self.assertError(self.ask({}, headers=own, path="revoke"), 400, "invalid_request")
        self.assertError(self.ask({"token": mine}, headers={}, path="revoke"), 401, "invalid_client")

    def test_one_client_cannot_fill_the_database_with_tokens(self):
        with patch.object(access_token, "MOST_PER_CREDENTIAL", 3):
            tokens = [self.token() for _time in range(5)]
        codes = [self.send(token, number).status_code for number, token in enumerate(tokens)]
        self.assertEqual(codes, [401, 401, 202, 202, 202])

    def test_an_endpoint_off_the_wire_gives_no_tokens_and_takes_none(self):
        token = self.token()
        self.oauth_door.action_suspend()
        response = self.ask()
        self.assertError(response, 503, "temporarily_unavailable")
        self.assertTrue(int(response.headers["Retry-After"]))
        with self.assertRaises(Fault):
            self.env["sync.caller"]._recognise_bearer({"Authorization": f"Bearer {token}"}, None)

    @mute_logger("odoo.http")
    def test_only_post_is_taken(self):
        self.assertEqual(self.url_open("/sync/oauth/token").status_code, 405)
