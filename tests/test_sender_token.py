"""Tokens to send with: got once for all workers, over connections of their own; the partner is a function."""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.delivery import http
from odoo.addons.sync_governance.core.delivery.schemes import scheme_of
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import sender_token

from .common import TEST_KEYS
from .own_tables import OwnTablesCase

SETTINGS = {"token_url": "https://partner.example/token"}
SENDING = {"allowed_hosts": (), "connect_timeout": 5.0, "read_timeout": 5.0, "pool_key": "1"}


class Odoos:
    """A cursor that takes what Odoo's takes."""

    def __init__(self, cr):
        self.cr = cr

    def execute(self, query, params=None, log_exceptions=True):
        self.cr.execute(query, params)

    def fetchone(self):
        return self.cr.fetchone()


class TestSenderToken(OwnTablesCase):
    tables = ("sync_sender_token",)

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": TEST_KEYS}))
        self.startPatcher(patch.object(sender_token, "read_committed", self.transaction))
        self.startPatcher(patch.object(sender_token, "LOOK_SECONDS", 0.01))
        self.startPatcher(patch.object(http, "deliver", self.partner))
        self.asked = []
        self.open = 0
        self.seconds = 3600
        self.refusal = None
        self.gate = threading.Event()
        self.gate.set()

    @contextmanager
    def transaction(self, _registry):
        with self.connection() as cr:
            self.open += 1
            try:
                yield Odoos(cr)
            finally:
                self.open -= 1

    def partner(self, request):
        """The partner's token endpoint: numbers its tokens."""
        self.asked.append((request, self.open))
        number = len(self.asked)
        self.gate.wait(10)
        if self.refusal:
            status, document, fault = self.refusal
            return http.DeliveryResult(status, {}, json.dumps(document).encode(), 0.1, fault)
        document = {"access_token": f"token-{number}", "token_type": "bearer", "expires_in": self.seconds}
        if b"refresh_token" in request.body:
            document["refresh_token"] = f"refresh-{number}"
        return http.DeliveryResult(200, {}, json.dumps(document).encode(), 0.1, None)

    def source(self, secret="s3cret", refresh="", **settings):
        scheme = scheme_of("oauth2", {**SETTINGS, **settings})
        return sender_token.TokenSource(None, 1, 1, scheme, "ada:1", secret, refresh, SENDING)

    def set(self, assignments):
        with self.connection() as cr:
            cr.execute(f"UPDATE sync_sender_token SET {assignments}")

    def row(self):
        with self.connection() as cr:
            cr.execute("SELECT to_jsonb(t) FROM sync_sender_token t")
            return cr.fetchone()[0]

    def forms(self):
        return [
            {name: value for name, (value,) in parse_qs(request.body.decode()).items()} for request, _ in self.asked
        ]

    def ask_at_once(self, count):
        """What so many workers get that ask at the same moment, while the partner takes its time."""
        got, start = [], threading.Barrier(count + 1)
        self.gate.clear()

        def ask():
            start.wait(10)
            got.append(self.source().held().token)

        threads = [threading.Thread(target=ask) for _number in range(count)]
        for thread in threads:
            thread.start()
        start.wait(10)
        self.gate.set()
        for thread in threads:
            thread.join(30)
        return Counter(got)

    # -- once --------------------------------------------------------------------------------------------------------

    def test_many_workers_get_one_token(self):
        self.assertEqual(self.ask_at_once(8), {"token-1": 8})
        self.assertEqual(len(self.asked), 1)
        self.assertEqual(self.source().held().token, "token-1", "and so does who comes later")
        self.assertEqual(len(self.asked), 1)

    def test_sending_takes_no_number_of_a_row(self):
        for _time in range(3):
            self.source().held()
        with self.connection() as cr:
            cr.execute("SELECT last_value FROM sync_sender_token_id_seq")
            before = cr.fetchone()
        self.source().held()
        with self.connection() as cr:
            cr.execute("SELECT last_value FROM sync_sender_token_id_seq")
            self.assertEqual(cr.fetchone(), before)

    def test_nothing_of_the_database_is_held_while_the_partner_is_asked(self):
        self.source().held()
        self.assertEqual(self.asked[0][1], 0)

    def test_it_is_kept_encrypted(self):
        self.source("s3cret", refresh="first", grant="refresh_token").held()
        text = json.dumps(self.row())
        for secret in ("token-1", "refresh-1", "s3cret", "first"):
            self.assertNotIn(secret, text)
        self.assertTrue(self.row()["access_sealed"].startswith("v1.test."))

    def test_it_is_renewed_before_it_ends_by_one_and_the_others_go_on_with_the_old_one(self):
        self.source().held()
        self.set("renew_at = (now() AT TIME ZONE 'UTC') - interval '1 second'")
        self.gate.clear()
        renewing = threading.Thread(target=self.source().held)
        renewing.start()
        while len(self.asked) < 2:
            renewing.join(0.01)
        self.assertEqual(self.source().held().token, "token-1")
        self.gate.set()
        renewing.join(10)
        self.assertEqual(self.source().held().token, "token-2")
        self.assertEqual(len(self.asked), 2)

    def test_one_that_ended_is_never_sent(self):
        self.source().held()
        self.set("expires_at = (now() AT TIME ZONE 'UTC') - interval '1 second', renew_at = expires_at")
        self.assertEqual(self.source().held().token, "token-2")

    def test_another_one_renews_when_the_one_who_did_has_died(self):
        self.source().held()
        self.set("expires_at = (now() AT TIME ZONE 'UTC'), renewing_until = (now() AT TIME ZONE 'UTC')")
        self.assertEqual(self.source().held().token, "token-2")

    # -- refused -----------------------------------------------------------------------------------------------------

    def test_a_refused_token_is_renewed_once_for_all_who_met_it(self):
        first = self.source().held()
        self.set("renewed_at = (now() AT TIME ZONE 'UTC') - interval '1 minute'")
        self.assertEqual(self.source().held(refused=first).token, "token-2")
        self.assertEqual(self.source().held(refused=first).token, "token-2")
        self.assertEqual(len(self.asked), 2)

    def test_a_fresh_token_that_is_refused_is_not_renewed(self):
        first = self.source().held()
        self.assertIsNone(self.source().held(refused=first))
        self.assertEqual(len(self.asked), 1)

    def test_a_partner_that_gives_none_is_asked_once_and_not_by_everybody(self):
        self.refusal = (400, {"error": "invalid_client", "secret": "x"}, Fault("deliver.rejected", "No."))
        for _worker in range(3):
            with self.assertRaises(Fault) as refusal:
                self.source().held()
            self.assertEqual(refusal.exception.code, "deliver.token_refused")
            self.assertIn("invalid_client", refusal.exception.detail)
        self.assertEqual(len(self.asked), 1)
        self.refusal = None
        self.set("failed_at = failed_at - interval '1 minute'")
        self.assertEqual(self.source().held().token, "token-2")

    def test_what_is_no_token_is_refused_and_not_repeated_to_anybody(self):
        for document in (
            {},
            {"access_token": "a\nb"},
            {"access_token": 7},
            {"access_token": "x", "token_type": "mac"},
            [],
        ):
            with self.subTest(document=document), self.connection() as cr:
                cr.execute("TRUNCATE sync_sender_token")
                cr.connection.commit()
                self.refusal = (200, document, None)
                with self.assertRaises(Fault) as refusal:
                    self.source().held()
                self.assertEqual(refusal.exception.code, "deliver.token_refused")

    def test_an_error_of_ours_makes_nobody_wait(self):
        with patch.object(http, "deliver", side_effect=ZeroDivisionError), self.assertRaises(ZeroDivisionError):
            self.source().held()
        self.assertIsNone(self.row()["renewing_until"])
        with self.assertRaises(Fault):
            self.source().held()

    @mute_logger("odoo.addons.sync_governance.models.exchange.sender_token")
    def test_while_the_old_one_works_a_failed_renewal_stops_nothing(self):
        self.source().held()
        self.set("renew_at = (now() AT TIME ZONE 'UTC') - interval '1 second'")
        self.refusal = (503, {}, Fault("deliver.server_error", "Down."))
        self.assertEqual(self.source().held().token, "token-1")
        self.assertEqual(self.source().held().token, "token-1")
        self.assertEqual(len(self.asked), 2, "and nobody tries again at once")

    # -- what is said ------------------------------------------------------------------------------------------------

    def test_the_client_stands_in_the_header_or_in_the_body(self):
        self.source(scope="orders").held()
        self.assertEqual(self.forms(), [{"grant_type": "client_credentials", "scope": "orders"}])
        self.assertEqual(self.asked[0][0].headers["Authorization"], "Basic YWRhJTNBMTpzM2NyZXQ=", "encoded, RFC 6749")
        self.set("expires_at = now() AT TIME ZONE 'UTC'")
        self.source(client_authentication="post").held()
        self.assertEqual(
            self.forms()[1], {"grant_type": "client_credentials", "client_id": "ada:1", "client_secret": "s3cret"}
        )
        self.assertNotIn("Authorization", self.asked[1][0].headers)

    def test_a_refresh_token_is_used_once_and_its_successor_next(self):
        for _time in range(2):
            self.source(refresh="first", grant="refresh_token").held()
            self.set("expires_at = now() AT TIME ZONE 'UTC'")
        self.assertEqual([form["refresh_token"] for form in self.forms()], ["first", "refresh-1"])

    def test_no_secret_is_printed(self):
        self.assertNotIn("s3cret", repr(self.source()))
