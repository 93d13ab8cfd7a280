"""Files of several documents: each becomes a message of its own, at the door or opened by the engine in steps."""

import json
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.models.exchange import opening

from .test_intake import IntakeCase

LAYOUT = {
    "kind": "delimited",
    "charset": ["utf-8", "cp1252"],
    "fields": [
        {"name": "number", "column": "Order", "required": True},
        {"name": "buyer", "column": "Buyer"},
        {"name": "sku", "column": "Article"},
        {"name": "quantity", "column": "Qty", "type": "integer"},
    ],
    "documents": {"by": "key", "key": ["number"], "head": ["number", "buyer"]},
}
HEAD = "Order,Buyer,Article,Qty\n"
TOO_MANY = "odoo.addons.sync_governance.models.exchange.interchange.MOST_DOCUMENTS"
RULES = {
    "mapping": "shopify.order.create",
    "target": "order.create",
    "rules": [
        {"to": "type", "value": "order.create"},
        {"to": "number", "from": "number", "required": True},
        {"to": "placed_at", "value": "2026-03-15T09:30:00+00:00"},
        {"to": "currency", "value": "EUR"},
        {"to": "buyer.name", "from": "buyer"},
        {"to": "prices_include_tax", "value": False},
        {
            "to": "lines",
            "each": "lines",
            "rules": [
                {"to": "id", "from": "sku", "required": True},
                {
                    "to": "item.identifiers",
                    "each": "[@]",
                    "rules": [
                        {"to": "scheme", "value": "sku"},
                        {"to": "value", "from": "sku"},
                    ],
                },
                {"to": "quantity.value", "from": "quantity", "convert": ["decimal"]},
                {"to": "quantity.unit", "value": "C62"},
                {"to": "unit_price", "value": "1.00"},
                {"to": "discounts", "value": []},
                {"to": "taxes", "value": []},
            ],
        },
        {"to": "charges", "value": []},
        {"to": "totals", "value": {"tax": "0.00", "grand_total": "1.00"}},
        {"to": "payment", "value": {"status": "pending"}},
    ],
}


class FileCase(IntakeCase):
    """The shop's orders come in files now."""

    def setUp(self):
        super().setUp()
        line = self.door.interface_ids.filtered(lambda each: each.topic == "orders/create")
        self.configure(line.contract_id, schema=json.dumps({"type": "object"}))
        self.configure(line.mapping_id, document=json.dumps(RULES))
        self.configure(
            self.door,
            codec="flat",
            codec_options=json.dumps(LAYOUT),
            topic_source="constant",
            topic_value="orders/create",
            key_source="pointer",
            key_value="/number",
        )
        opening.Reading._kept.clear()

    def file(self, *numbers, head=HEAD, line="{number},Ann,L-1,2\n"):
        return (head + "".join(line.format(number=number) for number in numbers)).encode()

    def whole(self):
        """The file that came last."""
        return self.env["sync.file"].search([("endpoint_id", "=", self.door.id)], limit=1)


@tagged("post_install", "-at_install")
class TestFileAtTheDoor(FileCase):
    def test_each_document_is_a_message_and_a_bad_one_stops_no_other(self):
        answer = self.post((HEAD + "PO-1,Ann,L-1,2\nPO-1,Ann,L-2,1\nPO-2,Bob,L-1,many\nPO-3,Cid,L-1,1\n").encode())
        self.assertEqual(answer.status_code, 202, answer.text)
        told = answer.json()["results"]
        self.assertEqual([(one["id"], one["status"]) for one in told], [(f"PO-{n}", "accepted") for n in (1, 2, 3)])
        self.run_engine()
        messages = self.messages()
        self.assertEqual([message.state for message in messages], ["done", "failed", "done"])
        self.assertEqual(sorted(self.applied), ["PO-1", "PO-3"])
        places = [(each.place_first, each.place_last) for each in messages.transmission_id.sorted("id")]
        self.assertEqual(places, [(2, 3), (4, 4), (5, 5)])
        self.assertIn("Line 4, column Qty", messages[1].attempt_ids.detail)

    def test_the_transmission_says_how_many_and_what_is_wrong_in_which_line(self):
        self.post((HEAD + "PO-1,Ann,L-1,2\nPO-2,Bob,L-1,many\n").encode())
        self.run_engine()
        came = self.whole().transmission_id
        self.assertEqual((came.document_count, came.refused_count), (2, 1))
        self.assertIn("Line 3, column Qty", came.refused_text)
        bad = self.messages()[1]
        self.assertEqual(bad.place_text, "Line 3 of the file")
        self.assertEqual(bad.file_transmission_id, came)

    def test_json_lines_and_xml_are_taken_apart_too(self):
        self.configure(self.door, codec="ndjson", codec_options=None)
        order = {"number": "PO-1", "buyer": "Ann", "lines": [{"sku": "L-1", "quantity": 1}]}
        lines = [json.dumps(order), '{"number":', json.dumps({**order, "number": "PO-2"})]
        self.assertEqual(self.post("\n".join(lines).encode()).status_code, 202)
        self.run_engine()
        self.assertEqual(sorted(self.applied), ["PO-1", "PO-2"])
        self.assertIn("Line 2", self.messages()[1].attempt_ids.detail)

    def test_xml_with_several_records(self):
        self.configure(
            self.door, codec="xml", codec_options=json.dumps({"record": "Orders/Order"}), key_value="/Order/number"
        )
        rules = (
            json.dumps(RULES)
            .replace('"from": "number"', '"from": "Order.number"')
            .replace('"each": "lines"', '"each": "[Order]"')
        )
        line = self.door.interface_ids.filtered(lambda each: each.topic == "orders/create")
        rules = rules.replace('"from": "buyer"', '"from": "Order.number"').replace(
            '"from": "quantity"', '"from": "qty"'
        )
        self.configure(line.mapping_id, document=rules)
        order = "<Order><number>{}</number><sku>L-1</sku><qty>1</qty></Order>\n"
        bad = "<Order>text<number>PO-2</number></Order>\n"
        body = "<Orders>\n" + order.format("PO-1") + bad + order.format("PO-3") + "</Orders>"
        self.assertEqual(self.post(body.encode()).status_code, 202)
        self.run_engine()
        self.assertEqual(sorted(self.applied), ["PO-1", "PO-3"])
        self.assertIn("Line 3, /Order", self.messages()[1].attempt_ids.detail)

    def test_a_file_that_comes_again_changes_nothing(self):
        body = self.file("PO-1", "PO-2")
        self.post(body)
        again = self.post(body)
        self.assertEqual([one["status"] for one in again.json()["results"]], ["repeated"] * 2)
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual(len(self.env["sync.file"].search([("endpoint_id", "=", self.door.id)])), 1)

    def test_the_same_line_in_another_file_is_another_document(self):
        self.post(self.file("PO-1", "PO-2"), event="monday")
        self.post(self.file("PO-1", "PO-3"), event="tuesday")
        self.assertEqual(len(self.messages()), 4)

    def test_what_only_the_file_shows_to_be_wrong_stays_wrong(self):
        self.post(self.file("PO-1", "PO-2", "PO-1"))
        self.run_engine()
        last = self.messages()[2]
        self.assertEqual(last.state, "failed")
        self.assertIn("stood further up already", last.attempt_ids.detail)
        with self.engine_cursors():
            self.env["sync.command"]._give("retry", message_ids=last.ids, reason="once more")
        self.run_engine()
        self.assertEqual(last.state, "failed")

    def test_what_is_odd_about_a_good_document_is_told_with_it(self):
        fields = [{**each, "check_digit": True} if each["name"] == "sku" else each for each in LAYOUT["fields"]]
        self.configure(self.door, codec_options=json.dumps({**LAYOUT, "fields": fields}))
        self.post(self.file("PO-1", line="{number},Ann,4006381333932,2\n"))
        self.run_engine()
        message = self.messages()
        self.assertEqual(message.state, "done")
        self.assertIn("Line 2, column Article", message.attempt_ids.detail)

    def test_the_character_set_of_the_whole_file_counts_for_each_document(self):
        self.post((HEAD + "PO-1,Ann \xc3\xa4,L-1,2\nPO-2,J\xfcrgen,L-1,2\n").encode("cp1252"))
        self.run_engine()
        texts = self.messages().mapped("canonical_text")
        self.assertIn("Ann Ã¤", texts[0])
        self.assertIn("Jürgen", texts[1])


@tagged("post_install", "-at_install")
class TestFileOpenedByTheEngine(FileCase):
    """More documents than one transaction holds; here that is more than two."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch(TOO_MANY, 2))
        self.startPatcher(patch.object(opening, "CHUNK", 2))
        self.startPatcher(patch("odoo.addons.sync_governance.models.exchange.filing.BLOCK", 50))

    def test_a_file_is_stored_once_and_opened_later(self):
        body = self.file(*[f"PO-{n}" for n in range(1, 8)])
        answer = self.post(body)
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual(answer.json()["status"], "accepted")
        self.assertEqual(len(self.messages()), 1)
        blocks = self.whole().transmission_id.payload_ids
        self.assertEqual(b"".join(blocks._contents()[each.id] for each in blocks.sorted("id")), body)
        self.run_engine()
        self.assertEqual(sorted(self.applied), [f"PO-{n}" for n in range(1, 8)])
        self.assertEqual(set(self.messages().mapped("state")), {"done"})
        file = self.whole()
        self.assertEqual((file.documents, file.repeated, file.refused), (7, 0, 0))
        self.assertTrue(file.opened_at)
        self.assertIn("7 documents", self.messages()[0].attempt_ids.detail)

    def test_the_file_that_comes_again_is_a_repeat(self):
        body = self.file(*[f"PO-{n}" for n in range(1, 4)])
        first = self.post(body).json()
        again = self.post(body).json()
        self.assertEqual((again["message_id"], again["repeat"]), (first["message_id"], True))
        self.run_engine()
        self.assertEqual(len(self.applied), 3)

    def test_what_comes_later_stands_behind_the_file(self):
        self.post(self.file("PO-1", "PO-2", "PO-3"), event="file")
        late = self.post(self.file("PO-3", line="{number},Late,L-1,9\n"), event="late").json()["message_id"]
        self.assertEqual(self.messages()[1].lane_key, queue.UNOPENED)
        names = []
        with patch.object(type(self), "outcome", lambda _self, work: self.named(work, names)):
            self.run_engine()
        self.assertEqual([name for number, name in names if number == "PO-3"], ["Ann", "Late"])
        message = self.env["sync.message"].search([("uid", "=", late)])
        self.assertEqual((message.state, message.lane_key), ("done", "PO-3"))

    def named(self, work, names):
        names.append((work.canonical["number"], work.canonical["buyer"]["name"]))
        return IntakeCase.outcome(self, work)

    def test_after_a_death_between_two_steps_it_is_read_on(self):
        self.post(self.file(*[f"PO-{n}" for n in range(1, 8)]))
        tell, stored = opening.Step.tell, []

        def dies(step):
            stored.append(step.before)
            if len(stored) == 2:
                raise KeyboardInterrupt
            return tell(step)

        try:  # assertRaises would undo what was done so far
            with patch.object(opening.Step, "tell", dies):
                self.run_engine()
        except KeyboardInterrupt:
            self.env.invalidate_all()
        self.assertEqual(self.whole().documents, 4)
        opening.Reading._kept.clear()  # another process knows nothing of it
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE claim IS NULL")
        self.run_engine()
        self.assertEqual(sorted(self.applied), [f"PO-{n}" for n in range(1, 8)])
        self.assertEqual(self.whole().documents, 7)

    def test_whoever_lost_the_file_stores_nothing_of_it(self):
        self.post(self.file("PO-1", "PO-2", "PO-3"))
        store = opening.Step.store

        def rescued(step):
            with opening.read_committed(step.registry) as cr:
                cr.execute("UPDATE sync_lane SET claim = 'another' WHERE claim = %s", [step.claim.token])
            return store(step)

        with patch.object(opening.Step, "store", rescued):
            self.run_engine()
        self.assertEqual(len(self.messages()), 1)
        self.assertEqual(self.whole().documents, 0)
        self.env.cr.execute("UPDATE sync_lane SET claim = NULL, next_at = now() AT TIME ZONE 'UTC'")
        self.run_engine()
        self.assertEqual(len(self.applied), 3)

    def test_it_waits_where_too_many_documents_wait(self):
        self.configure(self.door, max_waiting=3)
        self.post(self.file(*[f"PO-{n}" for n in range(1, 8)]))
        waiting = []
        store = opening.Step.store

        def counted(step):
            found = store(step)
            waiting.append(len(self.messages().filtered(lambda each: each.state == "ready")))
            return found

        with patch.object(opening.Step, "store", counted):
            for _ in range(8):
                self.run_engine()
                self.env.cr.execute(
                    """UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL;
                       UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'"""
                )
                self.env.invalidate_all()
        self.assertEqual(len(self.applied), 7)
        self.assertLessEqual(max(waiting), 3 + 1)  # the file itself is ready too

    def test_a_file_that_nobody_can_read_fails_and_holds_up_nobody(self):
        self.configure(self.door, codec_options=json.dumps({**LAYOUT, "charset": ["utf-8"]}))
        self.post(self.file("PO-1", "PO-2", "PO-3"))
        self.configure(
            self.door,
            codec_options=json.dumps(
                {**LAYOUT, "fields": [{**LAYOUT["fields"][0], "column": "No"}, *LAYOUT["fields"][1:]]}
            ),
        )
        self.run_engine()
        self.assertEqual(self.messages().state, "failed")
        self.assertIn("the column No is missing", self.messages().attempt_ids.detail)
        self.configure(self.door, codec_options=json.dumps(LAYOUT))
        self.post(self.file("PO-9"), event="later")
        self.run_engine()
        self.assertEqual(self.applied, ["PO-9"])
        with self.engine_cursors():
            self.env["sync.command"]._give(
                "retry", message_ids=self.messages()[0].ids, reason="the layout is right now"
            )
        self.run_engine()
        self.assertEqual(sorted(self.applied), ["PO-1", "PO-2", "PO-3", "PO-9"])

    def test_an_interchange_of_too_many_documents_is_opened_too(self):
        from .test_interchange import GOOD, interchange

        self.configure(self.door, codec="x12", codec_options=None, key_value="/beginning/number")
        body = interchange(*[GOOD.format(number=f"PO-{number}") for number in range(3)])
        self.assertEqual(self.post(body).json()["status"], "accepted")
        self.run_engine()
        self.assertEqual(len(self.messages()), 4)
        self.assertEqual(self.whole().documents, 3)
