"""A partner fetches what is for it: in order, once it was acknowledged never again by itself, and only its own."""

import json
from datetime import timedelta
from unittest.mock import patch

from cloudevents.core.formats.json import JSONFormat

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.queue import feed

from .feed_fixture import FeedCase


@tagged("post_install", "-at_install")
class TestFeed(FeedCase, HttpCase):
    def test_what_waits_is_given_in_its_order_and_is_done_once_it_was_acknowledged(self):
        self.posted("INV/1", "INV/2")
        self.assertEqual(self.message_of("INV/1").state, "parked")
        page = self.fetch()
        self.assertEqual([item["document"]["number"] for item in page["items"]], ["INV/1", "INV/2"])
        first = page["items"][0]
        self.assertEqual(
            (first["type"], first["subject"], first["sequence"], first["key"]),
            ("invoice.posted", "invoice/INV/1", 1, "INV/1"),
        )
        self.assertEqual(self.acknowledge({"ids": [first["id"]]}), ["acknowledged"])
        done, waits = self.message_of("INV/1"), self.message_of("INV/2")
        self.assertEqual((done.state, waits.state), ("done", "parked"))
        self.assertEqual(done.credential_id, self.proof)
        self.assertEqual(done.contract_id, self.invoices.contract_id)
        self.assertEqual(done.attempt_ids.sorted("id").mapped("outcome"), ["parked", "done"])
        self.assertEqual(self.get("/invoices").json()["items"][0]["id"], first["id"], "it was given to the partner")

    def test_what_was_not_acknowledged_is_given_again_when_its_time_is_over(self):
        self.posted("INV/1")
        first = self.fetch()["items"]
        self.assertEqual(self.fetch()["items"], [], "it is in somebody's hands")
        self.time_is_over()
        self.assertEqual(self.fetch()["items"], first, "the same id, the same content")
        self.acknowledge({"ids": [first[0]["id"]]})
        self.time_is_over()
        self.assertEqual(self.fetch()["items"], [])

    def test_a_page_is_acknowledged_by_its_cursor_and_nothing_else_with_it(self):
        self.posted("INV/1", "INV/2", "INV/3")
        first, second = self.fetch("?limit=1"), self.fetch("?limit=1")
        self.assertEqual(self.acknowledge({"cursor": second["next"]}), ["acknowledged"])
        self.assertEqual([self.message_of(f"INV/{n}").state for n in (1, 2, 3)], ["parked", "done", "parked"])
        self.assertEqual(self.acknowledge({"cursor": first["next"]}), ["acknowledged"])
        self.assertEqual(self.message_of("INV/3").state, "parked", "nobody has seen it")

    def test_who_reads_on_acknowledges_all_its_pages_at_once(self):
        self.posted(*[f"INV/{number}" for number in range(5)])
        page, seen = self.fetch("?limit=2"), []
        while page["items"]:
            seen += [item["document"]["number"] for item in page["items"]]
            page = self.fetch(f"?limit=2&after={page['next']}")
        self.assertEqual(seen, [f"INV/{number}" for number in range(5)])
        self.assertEqual(self.acknowledge({"cursor": page["next"]}), ["acknowledged"] * 5)

    def test_saying_it_again_changes_nothing(self):
        self.posted("INV/1")
        page = self.fetch()
        ids = {"ids": [page["items"][0]["id"]]}
        self.assertEqual(self.acknowledge(ids), ["acknowledged"])
        message = self.message_of("INV/1")
        before = (message.done_at, len(message.attempt_ids), message.attempt)
        self.assertEqual(self.acknowledge(ids), ["repeated"])
        self.assertEqual(self.acknowledge({"cursor": page["next"]}), ["repeated"])
        message = self.message_of("INV/1")
        self.assertEqual((message.done_at, len(message.attempt_ids), message.attempt), before)

    def test_what_there_was_is_read_again_from_a_time_or_a_position_and_nothing_happens_twice(self):
        before = self.env.cr.now() - timedelta(minutes=1)  # the clock of the transaction, however long it lasts
        self.posted("INV/1", "INV/2")
        first = self.fetch("?limit=1")
        self.acknowledge({"cursor": first["next"]})
        done_at = self.message_of("INV/1").done_at
        since = f"?since={before.isoformat()}Z"
        again = self.fetch(since)
        self.assertEqual([item["document"]["number"] for item in again["items"]], ["INV/1", "INV/2"])
        self.assertEqual([("acknowledged_at" in item) for item in again["items"]], [True, False])
        self.assertEqual(self.numbers(f"?after={first['next']}"), ["INV/2"])
        ids = [item["id"] for item in again["items"]]
        self.assertEqual(self.acknowledge({"ids": ids}), ["repeated", "acknowledged"])
        self.assertEqual(self.message_of("INV/1").done_at, done_at)
        later = f"?since={(fields.Datetime.now() + timedelta(hours=1)).isoformat()}Z"
        self.assertEqual(self.fetch(later), {"items": [], "next": None})

    def test_a_page_is_no_larger_than_agreed_and_nothing_is_missed(self):
        self.posted("INV/1", "INV/2", "INV/3")
        with patch.object(feed, "MOST_BYTES", 1):
            self.assertEqual([self.numbers(), self.numbers()], [["INV/1"], ["INV/2"]])
            first = self.fetch("?since=2001-01-01T00:00:00Z")
            self.assertEqual([item["document"]["number"] for item in first["items"]], ["INV/1"])
            self.assertEqual(self.numbers(f"?after={first['next']}"), ["INV/2"])
        self.assertEqual(self.numbers(), ["INV/3"])

    def test_two_readers_are_never_given_the_same_nor_what_stands_behind_it(self):
        self.posted("INV/1", "INV/2", "INV/3", key="one line")
        self.posted("INV/4")
        self.assertEqual(self.numbers("?limit=1"), ["INV/1"])
        self.assertEqual(self.numbers(), ["INV/4"], "INV/2 and INV/3 stand behind INV/1")
        self.assertEqual(self.numbers(), [])
        self.time_is_over()
        page = self.fetch("?limit=2")
        self.assertEqual([item["document"]["number"] for item in page["items"]], ["INV/1", "INV/2"])
        self.acknowledge({"cursor": page["next"]})
        self.assertEqual(self.numbers(), ["INV/3", "INV/4"])

    def test_a_partner_is_given_its_own_only_and_acknowledges_its_own_only(self):
        key = self.stranger()
        self.posted("INV/1")
        event = self.fetch()["items"][0]["id"]
        for query in ("", "?since=2001-01-01T00:00:00Z"):
            self.assertEqual(self.numbers(query, key=key), [])
        cursor = self.fetch("?since=2001-01-01T00:00:00Z")["next"]
        self.assertEqual(self.numbers(f"?after={cursor}", key=key), [])
        self.assertEqual(self.acknowledge({"ids": [event]}, key=key), ["unknown"])
        self.assertEqual(self.acknowledge({"cursor": cursor}, key=key), [])
        self.assertEqual(self.message_of("INV/1").state, "parked")

    def test_a_credential_for_other_kinds_of_documents_is_given_none(self):
        self.posted("INV/1")
        event = self.fetch()["items"][0]["id"]
        self.proof.document_type_ids = self.order_type
        for response in (self.get("/events"), self.send({"ids": [event]}, path="/events:acknowledge")):
            self.assertProblem(response, 403, "authentication.scope_missing")
        self.proof.document_type_ids = False
        self.proof.may_read = False
        self.assertProblem(self.get("/events"), 403, "authentication.scope_missing")
        self.assertEqual(self.message_of("INV/1").state, "parked")

    def test_types_are_chosen_among_those_of_the_feed(self):
        self.canonical_interface(self.feed, "shipment.dispatched", self.approver)
        self.posted("INV/1")
        self.assertEqual(self.numbers("?types=shipment.dispatched"), [])
        self.assertEqual(self.numbers("?types=invoice.posted,shipment.dispatched"), ["INV/1"])
        for query in ("?types=order.create", "?types=", "?types=a&types=b", "?limit=0", "?after=x", "?since=now",
                      "?after=Mg&since=2001-01-01T00:00:00Z", "?number=1"):  # fmt: skip
            with self.subTest(query=query):
                self.assertProblem(self.get(f"/events{query}"), 400, "request.parameter_invalid")

    def test_who_asks_for_the_headers_only_takes_nothing_into_its_hands(self):
        self.posted("INV/1")
        self.assertEqual(self.call("HEAD", "/events").status_code, 405)
        self.assertEqual(self.numbers(), ["INV/1"])

    def test_what_is_held_cancelled_paused_or_suspended_is_not_given(self):
        self.posted("INV/1", "INV/2", key="one line")
        self.ask("hold", "INV/1")
        self.assertEqual(self.numbers(), [], "what stands behind it in its line waits too")
        self.ask("release_held", "INV/1")
        self.feed.action_pause()
        self.assertEqual(self.numbers(), [])
        self.feed.action_unpause()
        self.invoices.action_suspend()
        self.assertProblem(self.get("/events"), 404, "request.address_unknown")
        self.invoices.action_resume()
        self.ask("cancel", "INV/2")
        self.assertEqual(self.numbers(), ["INV/1"])

    def test_what_cannot_be_done_now_is_acknowledged_later(self):
        self.canonical_interface(self.feed, "shipment.dispatched", self.approver)
        self.posted("INV/1")
        ids = {"ids": [item["id"] for item in self.fetch()["items"]]}
        self.invoices.action_suspend()
        self.assertEqual(self.acknowledge(ids), ["waiting"])
        self.assertEqual(self.message_of("INV/1").state, "parked")
        self.invoices.action_resume()
        self.assertEqual(self.acknowledge(ids), ["acknowledged"])

    def test_what_nobody_fetches_is_told_to_a_person_and_over_once_it_was_fetched(self):
        self.posted("INV/1")
        message = self.message_of("INV/1")
        self.assertTrue(message.wait_until)
        self.env.cr.execute(
            "UPDATE sync_message SET wait_until = now() AT TIME ZONE 'UTC' - interval '1 hour' WHERE id = %s",
            [message.id],
        )
        self.env.invalidate_all()
        self.time_comes("message.parked")
        self.run_engine()
        message = self.message_of("INV/1")
        exception = message.exception_id
        self.assertEqual((message.state, exception.code), ("failed", "deliver.not_fetched"))
        self.assertTrue(exception.user_id)
        page = self.fetch()
        self.assertEqual([item["document"]["number"] for item in page["items"]], ["INV/1"])
        self.assertEqual(self.acknowledge({"cursor": page["next"]}), ["acknowledged"])
        self.run_engine()
        self.assertEqual(self.message_of("INV/1").state, "done")
        exception.invalidate_recordset()
        self.assertEqual(exception.state, "resolved")

    def test_a_replay_is_given_again_under_the_same_id(self):
        self.posted("INV/1", "INV/2")
        page = self.fetch()
        self.acknowledge({"cursor": page["next"]})
        self.ask("replay", "INV/1", starts={"outbound": "translate"}, versions="now")
        again = self.fetch()
        self.assertEqual([item["id"] for item in again["items"]], [page["items"][0]["id"]])
        self.assertEqual(self.acknowledge({"cursor": again["next"]}), ["acknowledged"])
        self.assertEqual(self.message_of("INV/1").state, "done")

    def ask(self, kind, number, **options):
        self.env["sync.command"].with_user(self.manager)._give(kind, message_ids=self.message_of(number).ids, **options)
        self.run_engine()

    def test_cloudevents_are_read_by_the_specifications_own_package(self):
        self.posted("INV/1", "INV/2")
        response = self.get("/events", headers={"Accept": "application/cloudevents-batch+json"})
        self.assertEqual(response.headers["Content-Type"], "application/cloudevents-batch+json")
        read = [JSONFormat().read(None, json.dumps(one)) for one in response.json()]
        self.assertEqual([one.get_data()["number"] for one in read], ["INV/1", "INV/2"])
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        first = read[0]
        self.assertEqual(
            (first.get_type(), first.get_source(), first.get_subject(), first.get_extension("sequence")),
            ("invoice.posted", f"urn:uuid:{database}", "invoice/INV/1", "0000000001"),
        )
        cursor = response.links["next"]["url"].partition("after=")[2]
        self.assertEqual(self.acknowledge({"cursor": cursor}), ["acknowledged"] * 2)
        empty = self.get("/events", headers={"Accept": "application/cloudevents-batch+json"})
        self.assertEqual((empty.json(), empty.links), ([], {}))

    def test_a_confidential_document_is_given_and_stands_nowhere_readable(self):
        self.feed.confidential = True
        self.posted("INV/SECRET")
        self.env.cr.execute("SELECT content, key_id FROM sync_payload WHERE kind = 'sent'")
        content, key_id = self.env.cr.fetchone()
        self.assertTrue(key_id)
        self.assertNotIn(b"INV/SECRET", bytes(content))
        self.assertEqual(self.numbers(), ["INV/SECRET"])

    def test_malformed_acknowledgements_are_refused(self):
        for body, status, code in (
            ({}, 400, "request.parameter_invalid"),
            ({"ids": []}, 400, "request.parameter_invalid"),
            ({"cursor": "x"}, 400, "request.parameter_invalid"),
            (b"{", 400, "decode.malformed"),
        ):
            with self.subTest(body=body):
                self.assertProblem(self.send(body, path="/events:acknowledge"), status, code)


@tagged("post_install", "-at_install")
class TestSettings(FeedCase):
    def test_a_feed_needs_no_address_and_no_secret_but_somebody_who_may_read(self):
        self.assertEqual((self.feed.transport, self.feed.url, self.feed.credential_ids.ids), ("feed", False, []))
        other = self.partner("southwind")
        other.action_start_testing()
        with self.assertRaisesRegex(ValidationError, "credential that may read"):
            self.feed_of(other, "southwind-feed")

    def test_whether_documents_are_fetched_is_settled_before_it_is_live(self):
        with self.assertRaises(UserError):
            self.feed.pulled = False
        with self.assertRaises(ValidationError):
            self.feed.write({"direction": "inbound", "key_source": "pointer", "key_value": "/id"})

    def test_entries_are_written_by_the_engine_only(self):
        self.posted("INV/1")
        entry = self.env["sync.feed.entry"].search([])
        for model in (entry, self.env["sync.feed"].search([]), self.env["sync.subject"].search([])):
            with self.assertRaises(UserError):
                model.sudo().unlink()

    def test_retention_takes_entries_along(self):
        self.posted("INV/1")
        entry = self.env["sync.feed.entry"].search([])
        self.env.cr.execute("DELETE FROM sync_message WHERE id = %s", [entry.message_id.id])
        self.env.invalidate_all()
        self.assertFalse(entry.exists())
