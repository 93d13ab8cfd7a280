"""A version that was deprecated: who still uses it is counted, and after its last day it is refused."""

import json
from datetime import date, datetime, timedelta, timezone

from odoo.sql_db import Cursor

from .test_intake import IntakeCase


class TestVersionEnds(IntakeCase):
    def setUp(self):
        super().setUp()
        self.today = datetime.now(timezone.utc).date()
        self.line = self.door.interface_ids.filtered(lambda i: i.topic == "orders/create")
        self.contract = self.line.contract_id

    def deprecate(self, last_day):
        self.ends(self.contract, "deprecate", last_day)

    def successor(self):
        version = self.contract.with_user(self.author)._next_version()
        version.action_submit()
        version.with_user(self.approver).action_approve()
        return version

    def test_until_its_last_day_it_works(self):
        self.deprecate(self.today)
        self.assertEqual(self.post(self.body()).status_code, 202)
        self.run_engine()
        self.assertEqual(self.messages().state, "done")

    def test_until_its_last_day_the_sender_is_told_when_that_is_and_what_follows(self):
        self.assertNotIn("Deprecation", self.post(self.body("#1000"), "e0").headers)
        self.successor()
        self.deprecate(date(2999, 1, 1))
        envelope = {"id": "a", "topic": "orders/create", "key": "#1002"}
        many = b"[" + json.dumps(envelope)[:-1].encode() + b', "body":' + self.body("#1002") + b"}]"
        for answer in (self.post(self.body("#1001"), "e1"), self.post(many, path="/sync/in/shop-orders/batch")):
            self.assertEqual(answer.status_code, 202, answer.text)
            self.assertRegex(answer.headers["Deprecation"], r"^@\d{10}$")
            self.assertEqual(answer.headers["Sunset"], "Tue, 01 Jan 2999 23:59:59 GMT")
            self.assertIn('rel="deprecation"', answer.headers["Link"])
            self.assertIn('shopify.order:1.2.0>; rel="successor-version"', answer.headers["Link"])

    def test_after_its_last_day_the_sender_is_told_what_follows(self):
        self.successor()
        self.deprecate(self.today - timedelta(days=1))
        answer = self.post(self.body())
        self.assertEqual(answer.status_code, 410, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["type"], "urn:sync-governance:problem:receive.version_ended")
        self.assertEqual(problem["successor"], "shopify.order 1.2.0")
        self.assertIn((self.today - timedelta(days=1)).isoformat(), problem["detail"])
        self.assertIn("successor-version", answer.headers["Link"])
        self.assertIn("shopify.order:1.2.0", answer.headers["Link"])
        self.assertIn("GMT", answer.headers["Sunset"])
        self.assertFalse(self.messages())
        refused = self.env["sync.transmission"].search([("fault_code", "=", "receive.version_ended")])
        self.assertEqual((len(refused), refused.verdict), (1, "rejected"))

    def test_of_many_documents_each_is_told(self):
        self.deprecate(self.today - timedelta(days=1))
        envelope = {"id": "a", "topic": "orders/create", "key": "#1001"}
        raw = b"[" + json.dumps(envelope)[:-1].encode() + b', "body":' + self.body() + b"}]"
        (result,) = self.post(raw, path="/sync/in/shop-orders/batch").json()["results"]
        self.assertEqual((result["status"], result["problem"][-13:]), ("refused", "version_ended"))

    def test_another_last_day_counts_at_once(self):
        self.deprecate(self.today - timedelta(days=1))
        self.assertEqual(self.post(self.body()).status_code, 410)
        self.ends(self.contract, "last_day", date(2999, 1, 1))
        self.assertEqual(self.post(self.body()).status_code, 202)

    def test_to_know_it_costs_no_statement(self):
        self.deprecate(self.today + timedelta(days=30))
        self.post(self.body("#1000"), "e0")
        asked = []
        execute = Cursor.execute

        def watched(cursor, query, *args, **kwargs):
            if isinstance(query, str) and "sync_contract" in query:
                asked.append(query)
            return execute(cursor, query, *args, **kwargs)

        self.patch(Cursor, "execute", watched)
        self.assertEqual(self.post(self.body("#1001"), "e1").status_code, 202)
        self.assertFalse(asked)

    def test_what_waited_too_long_is_refused_with_a_reason(self):
        self.assertEqual(self.post(self.body()).status_code, 202)
        self.deprecate(self.today - timedelta(days=1))
        self.run_engine()
        message = self.messages()
        self.assertEqual((message.state, message.fault_code), ("failed", "validate.version_ended"))
        self.assertIn("ended on", message.exception_id.detail)
        self.assertFalse(self.applied)

    def test_who_still_uses_it_is_counted_by_partner_and_day(self):
        self.post(self.body("#1000"), "e0")
        self.run_engine()
        self.env.cr.execute("UPDATE sync_attempt SET ended_at = ended_at - interval '1 hour'")
        self.deprecate(self.today + timedelta(days=30))
        for number in ("#1001", "#1002"):
            self.post(self.body(number), number)
        self.run_engine()
        for _ in range(2):  # once to see who writes, once to read
            self.time_comes("contract.use")
            self.run_engine()
        use = self.contract.use_ids
        self.assertEqual(
            (use.documents, use.trading_partner_id, use.day), (2, self.door.trading_partner_id, self.today)
        )
