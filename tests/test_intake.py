"""What the intake does beside storing one webhook: many at a time, limits, order of the unreadable, waiting senders."""

import base64
import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Done, Effect, Wait
from odoo.addons.sync_governance.models.exchange import gauge

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class IntakeCase(SyncCase, HttpCase):
    """A shop whose orders are handled as the test says: ``self.outcome``, a function of the work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        cls.door = cls.env["sync.endpoint"].search([("code", "=", "shop-orders")])
        cls.policy = cls.door.interface_ids.filtered(lambda i: i.topic == "orders/create").policy_id

    def setUp(self):
        super().setUp()
        self.applied = []
        handler = self.registry["sync.handler.order.create"]
        self.startPatcher(patch.object(handler, "_apply_one", lambda _handler, work: self.outcome(work)))

    def outcome(self, work):
        self.applied.append(work.canonical["number"])
        return Done(reference=work.canonical["number"])

    def post(self, body, event="e1", headers=None, path="/sync/in/shop-orders"):
        signature = base64.b64encode(hmac.new(docs.SHOP_SECRET.encode(), body, hashlib.sha256).digest()).decode()
        sent = {
            "Content-Type": "application/json",
            "X-Shopify-Hmac-Sha256": signature,
            **docs.shopify_headers(event),
            **(headers or {}),
        }
        return self.url_open(path, data=body, headers=sent)

    def body(self, number="#1001"):
        return json.dumps(docs.shopify_order(number, [docs.shopify_line(1, "X-1", 1, "10.00")])).encode()

    def messages(self):
        return self.env["sync.message"].search([("endpoint_id", "=", self.door.id)], order="id")

    def configure(self, record, **values):
        """Change what is approved, as no person may: the test is about its effect."""
        self.env.flush_all()
        names = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute("SET LOCAL session_replication_role = replica")  # the freeze of approved versions
        self.env.cr.execute(f"UPDATE {record._table} SET {names} WHERE id = %s", [*values.values(), record.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()


class TestIntake(IntakeCase):
    def test_storing_a_document_takes_few_statements(self):
        """Key with transmission and body; lane with message; with the commit comes whether a worker is awake."""
        self.post(self.body("#1000"), "e0")
        statements = []
        execute = Cursor.execute

        def counted(cursor, query, *args, **kwargs):
            # What Odoo's request reads beside it and the savepoints of the test are not ours.
            if isinstance(query, str) and "sync_" in query and not query.startswith("SAVEPOINT"):
                statements.append(query)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(gauge, "LOOK_SECONDS", 3600), patch.object(Cursor, "execute", counted):
            self.assertEqual(self.post(self.body("#1001"), "e1").status_code, 202)
        self.assertEqual(len(statements), 2, statements)

    def test_a_revoked_secret_is_forgotten_at_once(self):
        self.assertEqual(self.post(self.body()).status_code, 202)
        self.door.credential_ids.with_user(self.author).action_revoke()
        self.env.flush_all()
        self.assertEqual(self.post(self.body("#1002"), "e2").status_code, 503)


class TestBatch(IntakeCase):
    def batch(self, raw):
        return self.post(raw, path="/sync/in/shop-orders/batch")

    def envelope(self, number, **more):
        given = {"id": f"id-{number}", "topic": "orders/create", "key": number, **more}
        return json.dumps(given)[:-1].encode() + b', "body":' + self.body(number) + b"}"

    def test_many_documents_of_one_request_are_stored_in_their_order(self):
        response = self.batch(b"[" + b",".join(self.envelope(f"#{n}") for n in range(1001, 1006)) + b"]")
        self.assertEqual(response.status_code, 202, response.text)
        results = response.json()["results"]
        self.assertEqual([one["status"] for one in results], ["accepted"] * 5)
        self.assertEqual([one["message_id"] for one in results], self.messages().mapped("uid"))
        self.assertEqual(self.messages()[0].payload_ids._contents()[self.messages()[0].payload_ids.id], self.body())
        self.run_engine()
        self.assertEqual(sorted(self.applied), [f"#{n}" for n in range(1001, 1006)])

    def test_each_document_gets_its_own_answer(self):
        self.batch(self.envelope("#1001"))
        lines = [
            self.envelope("#1001"),
            self.envelope("#1002", id="id-#1001"),
            b"nonsense",
            self.envelope("#1003"),
            self.envelope("#1003"),
        ]
        results = self.batch(b"\n".join(lines)).json()["results"]
        wanted = ["repeated", "conflict", "refused", "accepted", "repeated"]
        self.assertEqual([one["status"] for one in results], wanted)
        self.assertEqual(results[2]["problem"], "urn:sync-governance:problem:receive.batch_malformed")
        self.assertEqual(results[3]["message_id"], results[4]["message_id"])
        self.assertEqual(self.messages().mapped("state"), ["ready", "failed", "ready"])
        self.assertEqual(self.messages()[0].transmission_id.repeats, 1)

    def test_what_is_no_batch_stores_nothing(self):
        for raw in (b" ", b"[]", b"[" + self.envelope("#1001") + b",", b"\xff"):
            self.assertEqual(self.batch(raw).status_code, 400, raw)
        self.assertFalse(self.messages())

    def test_a_part_that_is_too_large_is_refused_alone(self):
        self.door.max_body_bytes = most = len(self.body())
        large = b'{"id": "l", "topic": "orders/create", "body": {"a": "' + b"x" * most + b'"}}'
        results = self.batch(large + b"\n" + self.envelope("#1001")).json()["results"]
        self.assertEqual([one["status"] for one in results], ["refused", "accepted"])

    def test_a_batch_is_signed_as_a_whole(self):
        raw = self.envelope("#1001")
        response = self.post(raw, path="/sync/in/shop-orders/batch", headers={"X-Shopify-Hmac-Sha256": "AAAA"})
        self.assertEqual(response.status_code, 401)


class TestLimits(IntakeCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(gauge, "MEASURE_SECONDS", 0))
        self.startPatcher(patch.dict(gauge._SLICES, clear=True))

    def look_again(self):
        """What this process knows is old."""
        for mine in gauge._SLICES.values():
            mine.looked_at = float("-inf")

    def test_more_than_agreed_a_minute_is_sent_away_with_the_time_to_come_back(self):
        self.door.rate_per_minute = 2
        codes = [self.post(self.body(f"#100{n}"), f"e{n}").status_code for n in range(3)]
        # The minute may end between two of them, then the third is let in as well.
        if codes[2] == 202:
            codes = [self.post(self.body(f"#101{n}"), f"f{n}").status_code for n in range(3)]
        self.assertEqual(codes[2], 429, codes)
        refused = self.post(self.body("#1020"), "e20")
        self.assertEqual(refused.json()["type"], "urn:sync-governance:problem:receive.too_many")
        self.assertTrue(1 <= int(refused.headers["Retry-After"]) <= 60)
        stored = self.messages()
        self.assertNotIn("#1020", stored.mapped("lane_key"))
        self.env.cr.execute("UPDATE sync_gauge SET minute = minute - interval '1 minute'")
        for mine in gauge._SLICES.values():
            mine.minute_ends = float("-inf")
        self.look_again()
        self.assertEqual(self.post(self.body("#1020"), "e20").status_code, 202)
        self.door.invalidate_recordset()
        self.assertGreaterEqual(self.door.refused_count, 2)
        self.run_engine()
        self.assertEqual(self.applied.count("#1020"), 1, "taken in when it came again, and applied once")

    def test_what_waits_bounds_what_is_let_in(self):
        self.door.max_waiting = 2
        for number in range(2):
            response = self.post(self.body(f"#100{number}"), f"e{number}")
            self.assertEqual(response.status_code, 202, response.text)
        refused = self.post(self.body("#1003"), "e3")
        self.assertEqual(refused.status_code, 429)
        self.assertIn("Retry-After", refused.headers)
        self.run_engine()
        self.look_again()
        self.assertEqual(self.post(self.body("#1003"), "e3").status_code, 202)

    def test_too_much_of_all_partners_is_our_own_fault(self):
        self.env["ir.config_parameter"].set_param(gauge.TOTAL_PARAMETER, 1)
        self.assertEqual(self.post(self.body()).status_code, 202)
        refused = self.post(self.body("#1002"), "e2")
        self.assertEqual(refused.status_code, 503)
        self.assertEqual(refused.json()["type"], "urn:sync-governance:problem:receive.overloaded")
        self.assertEqual(refused.headers["Retry-After"], str(gauge.BACKLOG_RETRY_SECONDS))

    def test_a_stranger_uses_up_nothing(self):
        self.door.rate_per_minute = 1
        self.post(self.body(), headers={"X-Shopify-Hmac-Sha256": "AAAA"})
        self.assertEqual(self.post(self.body()).status_code, 202)

    def test_two_processes_share_the_minute(self):
        self.door.rate_per_minute = 5
        profile = self.env["sync.endpoint"]._intake_profile("shop-orders")
        granted = 0
        for _process in range(4):
            gauge._SLICES.clear()
            for _document in range(3):
                try:
                    with self.engine_cursors():
                        self.env["sync.gauge"]._admit(profile, 1)
                    granted += 1
                except Fault:
                    break
        self.assertLessEqual(granted, 5)
        self.assertGreaterEqual(granted, 3)


class TestUnreadable(IntakeCase):
    """Nobody asked that what cannot be read holds up others."""

    def test_unreadable_documents_do_not_hold_up_each_other(self):
        self.door.write({"key_source": "pointer", "key_value": "/name"})
        self.configure(self.policy, head_policy="block")
        self.post(b"{broken", "e1")
        self.post(b"{broken too", "e2")
        self.post(self.body("#1002"), "e3")
        self.run_engine()
        self.assertEqual(self.messages().mapped("state"), ["failed", "failed", "done"])
        first, second, _good = self.messages().mapped("lane_key")
        self.assertNotEqual(first, second)


class TestUnread(IntakeCase):
    """Order is asked: what cannot be read may concern any of the others."""

    def setUp(self):
        super().setUp()
        self.door.write({"hold_unread": True, "key_source": "pointer", "key_value": "/name"})

    def lines(self):
        return self.messages().mapped("lane_key")

    def run_twice(self):
        """What had to wait for others is looked at again a second later."""
        self.run_engine()
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
        self.run_engine()

    def test_what_comes_after_an_unreadable_document_waits_for_it(self):
        self.post(self.body("#1001"), "e1")
        self.post(b"{broken", "e2")
        self.post(self.body("#1002"), "e3")
        self.assertEqual(self.lines(), ["#1001", queue.UNREAD, queue.UNREAD])
        self.run_twice()
        self.assertEqual(self.messages().mapped("state"), ["done", "failed", "ready"], "its line is blocked")
        self.post(self.body("#1003"), "e4")
        self.assertEqual(self.lines()[3], queue.UNREAD)
        self.messages()[1].with_user(self.operator()).action_cancel()
        self.run_twice()
        self.assertEqual(self.applied, ["#1001", "#1002", "#1003"])
        self.post(self.body("#1004"), "e5")
        self.assertEqual(self.lines()[4], "#1004", "nothing unread is left: to its own line again")

    def test_where_the_policy_skips_the_others_go_on(self):
        self.configure(self.policy, head_policy="skip")
        self.post(b"{broken", "e2")
        self.post(self.body("#1002"), "e3")
        self.run_twice()
        self.assertEqual(self.messages().mapped("state"), ["failed", "done"])

    def test_the_unreadable_one_waits_for_those_before_it(self):
        self.outcome = lambda work: Fault("engine.serialization", "Busy.", subject="x")  # tried again later
        self.post(self.body("#1001"), "e1")
        self.post(b"{broken", "e2")
        self.run_twice()
        self.assertEqual(self.messages().mapped("state"), ["ready", "ready"])
        self.assertFalse(self.messages()[1].attempt_ids, "not even tried")

    def operator(self):
        users = self.env["res.users"].with_context(no_reset_password=True)
        groups = [(4, self.env.ref("sync_governance.group_manager").id)]
        return users.create({"name": "Olga", "login": "olga.operator", "group_ids": groups})


class TestSynchronous(IntakeCase):
    def setUp(self):
        super().setUp()
        self.configure(self.policy, timing="synchronous", patience=1)

    def test_the_sender_is_told_the_result(self):
        partner = self.env.company.partner_id

        def outcome(work):
            effect = Effect("updated", "res.partner", partner.id, partner.name)
            return Done([effect], reference="SO7", response={"order": "SO7"})

        self.outcome = outcome
        response = self.post(self.body())
        self.assertEqual(response.status_code, 200, response.text)
        told = response.json()
        self.assertEqual((told["status"], told["reference"], told["response"]), ("done", "SO7", {"order": "SO7"}))
        changed = {"kind": "updated", "model": "res.partner", "label": partner.name}
        self.assertEqual(told["effects"], [changed], "no number of our database")
        message = self.messages()
        self.assertEqual((message.state, len(message.attempt_ids)), ("done", 1))
        again = self.post(self.body())
        self.assertEqual((again.status_code, again.json()["repeat"]), (200, True))
        self.assertFalse(self.env["sync.lane"].search([("claim", "!=", False)]))
        self.assertFalse(self.env["sync.worker"].search([("kind", "=", "request")]))

    def test_the_sender_is_told_what_is_wrong(self):
        self.outcome = lambda work: Fault("apply.product_unknown", "X-1 is not known.", subject="product X-1")
        response = self.post(self.body())
        self.assertEqual(response.status_code, 422, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        told = response.json()
        self.assertEqual(told["type"], "urn:sync-governance:problem:apply.product_unknown")
        self.assertEqual((told["detail"], told["message_id"]), ("X-1 is not known.", self.messages().uid))
        self.run_engine()
        self.assertEqual(self.messages().exception_id.code, "apply.product_unknown")

    def test_an_error_of_ours_is_not_shown_to_the_sender(self):
        self.outcome = lambda work: Fault("engine.configuration", "The key k7 is missing in odoo.conf.")
        response = self.post(self.body())
        self.assertEqual((response.status_code, response.json()["status"]), (202, "accepted"))
        self.assertNotIn("k7", response.text)
        self.assertEqual(self.messages().state, "failed")

    def test_what_waits_is_taken_in(self):
        fault = Fault("sequence.predecessor_missing", "Too early.")
        self.outcome = lambda work: Wait("order", "#1", fault)
        response = self.post(self.body())
        self.assertEqual((response.status_code, response.json()["status"]), (202, "accepted"))
        self.assertEqual(self.messages().state, "parked")

    def test_a_busy_line_is_waited_for_and_no_longer_than_agreed(self):
        self.door.write({"key_source": "constant", "key_value": "all"})
        self.configure(self.policy, timing="real_time")
        self.post(self.body("#1001"), "e1")
        self.configure(self.policy, timing="synchronous")
        response = self.post(self.body("#1002"), "e2")
        self.assertEqual(response.status_code, 202, "another document stands before it")
        self.run_engine()
        self.assertEqual(self.applied, ["#1001", "#1002"])
