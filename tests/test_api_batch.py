"""Many documents in one call of the API."""

import json

from odoo.tests import HttpCase, tagged

from .api_fixture import ApiCase

EVENTS = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@tagged("post_install", "-at_install")
class TestBatch(ApiCase, HttpCase):
    def batch(self, body, media_type="application/json", **options):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", "/messages:batch", body=raw, headers={"Content-Type": media_type}, **options)

    def event(self, number, **changes):
        return {
            "specversion": "1.0",
            "id": f"id-{number}",
            "source": "/shop",
            "type": "order.create",
            "data": self.order(f"#{number}"),
            **changes,
        }

    def statuses(self, response):
        self.assertEqual(response.status_code, 202, response.text)
        return [one["status"] for one in response.json()["results"]]

    def test_envelopes_in_a_list_are_taken_in_their_order_and_each_has_its_result(self):
        envelopes = [{"id": f"id-{number}", "body": self.order(f"#{number}")} for number in range(5)]
        response = self.batch(envelopes)
        self.assertEqual(self.statuses(response), ["accepted"] * 5)
        results = response.json()["results"]
        self.assertEqual([one["number"] for one in results], [1, 2, 3, 4, 5])
        self.assertEqual([one["message"] for one in results], [f"/sync/v1/messages/{m.uid}" for m in self.messages()])
        self.run_engine()
        self.assertEqual(sorted(self.applied), [f"#{number}" for number in range(5)])
        self.assertEqual(self.statuses(self.batch(envelopes)), ["repeated"] * 5)
        self.assertEqual(len(self.messages()), 5)

    def test_lines_are_taken_as_well(self):
        raw = b"\n".join(json.dumps({"body": self.order(f"#{number}")}).encode() for number in range(3))
        self.assertEqual(self.statuses(self.batch(raw, NDJSON)), ["accepted"] * 3)

    def test_events_are_taken_byte_for_byte_and_known_by_source_and_id(self):
        text = json.dumps(self.event(1))
        data = json.dumps(self.order("#1"))
        spaced = data.replace('"order.create"', ' "order.create" ')
        response = self.batch(f"[ {text.replace(data, spaced)} ]".encode(), EVENTS)
        self.assertEqual(self.statuses(response), ["accepted"])
        uid = response.json()["results"][0]["message"].rpartition("/")[2]
        self.assertEqual(self.get(f"/messages/{uid}/raw").content.decode(), spaced)
        again = self.batch(f"[{text.replace(data, spaced)}]".encode(), EVENTS)
        self.assertEqual(self.statuses(again), ["repeated"])
        self.assertEqual(self.statuses(self.batch([self.event(1, source="/other")], EVENTS)), ["accepted"])
        self.assertEqual(self.statuses(self.batch([self.event(1, data=self.order("#2"))], EVENTS)), ["conflict"])

    def test_the_key_of_a_single_call_and_of_an_envelope_are_one(self):
        order = self.order()
        single = self.send(order, headers={"Idempotency-Key": '"one"'}).json()["id"]
        response = self.batch([{"id": "one", "body": order}])
        self.assertEqual(self.statuses(response), ["repeated"])
        self.assertEqual(response.json()["results"][0]["message"], f"/sync/v1/messages/{single}")

    def test_one_that_is_wrong_does_not_hold_up_the_others(self):
        self.api_door.max_body_bytes = 20_000
        deep = json.loads("[" * 70 + "]" * 70)
        parts = [
            {"body": self.order("#1")},
            {"body": {"type": "order.cancel"}},
            {"body": {"number": "#2"}},
            {"nonsense": 1},
            {"body": {"type": "order.create", "note": deep}},
            {"body": {"type": "order.create", "note": "x" * 30_000}},
            {"body": [1]},
            {"body": self.order("#3")},
        ]
        response = self.batch(parts)
        self.assertEqual(self.statuses(response), ["accepted", *["refused"] * 6, "accepted"])
        self.assertEqual(
            [one["problem"]["code"] for one in response.json()["results"] if "problem" in one],
            [
                "receive.interface_unknown",
                "receive.interface_unknown",
                "receive.batch_malformed",
                "decode.too_deep",
                "receive.too_large",
                "decode.malformed",
            ],
        )
        self.run_engine()
        self.assertEqual(sorted(self.applied), ["#1", "#3"])

    def test_what_is_no_event_is_refused(self):
        parts = [
            self.event(1, specversion="0.3"),
            self.event(2, id=""),
            self.event(3, source=None),
            self.event(4, data="x"),
            self.event(5, datacontenttype="text/xml"),
            "x",
            self.event(6, type="order.unknown"),
            self.event(7, datacontenttype="application/json; charset=utf-8", partitionkey="line-7", time="x"),
        ]
        self.assertEqual(self.statuses(self.batch(parts, EVENTS)), [*["refused"] * 7, "accepted"])
        self.assertEqual(self.messages().lane_key, "line-7")

    def test_what_is_no_batch_is_refused_as_a_whole(self):
        for raw, media_type in ((b"{", "application/json"), (b"[]", "application/json"), (b"", NDJSON), (b"{}", EVENTS),
                                (b"[1", EVENTS), (b"\xff", EVENTS), (b"[" * 100_000, EVENTS)):  # fmt: skip
            with self.subTest(raw=raw[:5], media_type=media_type):
                self.assertProblem(self.batch(raw, media_type), 400, "receive.batch_malformed")
        self.assertProblem(self.batch([{"body": {}}] * 1001), 413, "receive.too_large")
        self.assertProblem(self.batch([], "application/cloudevents+json"), 415, "request.media_type_unknown")
        self.assertFalse(self.messages())

    def test_each_document_counts_for_the_limit_and_needs_the_scope(self):
        self.canonical_interface(self.api_door, "payment.received", self.finance_approver)
        self.proof.document_type_ids = self.order_type
        parts = [{"body": self.order("#1")}, {"body": {"type": "payment.received", "number": "P1"}}]
        response = self.batch(parts)
        self.assertEqual(self.statuses(response), ["accepted", "refused"])
        self.assertEqual(response.json()["results"][1]["problem"]["code"], "authentication.scope_missing")
        self.api_door.rate_per_minute = 3
        self.assertProblem(self.batch(parts * 2), 413, "receive.too_large")

    def test_without_anything_to_send_there_is_no_such_address(self):
        self.orders.action_suspend()
        self.assertProblem(self.batch([{"body": {}}]), 404, "request.address_unknown")

    def test_its_results_are_what_the_description_says(self):
        description = self.get("/openapi.json").json()
        operation = description["paths"]["/sync/v1/messages:batch"]["post"]
        self.assertEqual(set(operation["requestBody"]["content"]), {"application/json", EVENTS, NDJSON})
        self.assertIn("Results", description["components"]["schemas"])
