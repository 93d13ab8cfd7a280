"""An interchange of several documents becomes a message for each: neighbours of a bad one go on."""

import json

from odoo.tests import tagged

from .test_intake import IntakeCase

ISA = "ISA*00*          *00*          *ZZ*LAMPSHOP       *ZZ*BULBWORKS      *260315*0930*U*00401*000000007*0*P*>~"
GOOD = "BEG*00*SA*{number}**20260315~PO1*1*2*EA*9.50**VN*L-100~CTT*1~"
RULES = {
    "mapping": "shopify.order.create",
    "target": "order.create",
    "rules": [
        {"to": "type", "value": "order.create"},
        {"to": "number", "from": "beginning.number", "required": True},
        {"to": "placed_at", "value": "2026-03-15T09:30:00+00:00"},
        {"to": "currency", "value": "USD"},
        {"to": "buyer", "value": {"name": "Lamp Shop"}},
        {"to": "prices_include_tax", "value": False},
        {
            "to": "lines",
            "each": "lines",
            "rules": [
                {"to": "id", "from": "line", "required": True},
                {
                    "to": "item.identifiers",
                    "each": "ids",
                    "rules": [
                        {"to": "scheme", "value": "sku"},
                        {"to": "value", "from": "id"},
                    ],
                },
                {"to": "quantity.value", "from": "quantity", "convert": ["decimal"]},
                {"to": "quantity.unit", "from": "unit"},
                {"to": "unit_price", "from": "price", "convert": ["decimal"]},
                {"to": "discounts", "value": []},
                {"to": "taxes", "value": []},
            ],
        },
        {"to": "charges", "value": []},
        {"to": "totals", "value": {"tax": "0.00", "grand_total": "19.00"}},
        {"to": "payment", "value": {"status": "pending"}},
    ],
}


def interchange(*bodies):
    """One X12 interchange with an 850 for each body."""
    sets = [f"ST*850*{at:04d}~{body}SE*{body.count('~') + 2}*{at:04d}~" for at, body in enumerate(bodies, start=1)]
    head = f"{ISA}GS*PO*LAMPSHOP*BULBWORKS*20260315*0930*7*X*004010~"
    return f"{head}{''.join(sets)}GE*{len(sets)}*7~IEA*1*000000007~".encode()


@tagged("post_install", "-at_install")
class TestInterchange(IntakeCase):
    """The shop's orders come by EDI now."""

    def setUp(self):
        super().setUp()
        line = self.door.interface_ids.filtered(lambda each: each.topic == "orders/create")
        self.configure(line.contract_id, schema=json.dumps({"type": "object"}))
        self.configure(line.mapping_id, document=json.dumps(RULES))
        self.configure(
            self.door,
            codec="x12",
            topic_source="constant",
            topic_value="orders/create",
            key_source="pointer",
            key_value="/beginning/number",
        )

    def test_each_document_is_a_message_and_a_bad_one_stops_no_other(self):
        answer = self.post(interchange(GOOD.format(number="PO-1"), "REF*DP*1~", GOOD.format(number="PO-3")))
        self.assertEqual(answer.status_code, 202)
        told = answer.json()["results"]
        self.assertEqual([one["status"] for one in told], ["accepted"] * 3)
        self.assertEqual([one["id"] for one in told], [f"000000007/7/{at:04d}" for at in (1, 2, 3)])
        self.run_engine()
        messages = self.messages()
        self.assertEqual([message.state for message in messages], ["done", "failed", "done"])
        self.assertEqual(self.applied, ["PO-1", "PO-3"])
        self.assertEqual(messages[1].fault_code, "decode.segment_missing")

    def test_an_interchange_that_comes_again_changes_nothing(self):
        body = interchange(GOOD.format(number="PO-1"), GOOD.format(number="PO-2"))
        self.post(body)
        again = self.post(body, event="e2")
        self.assertEqual([one["status"] for one in again.json()["results"]], ["repeated"] * 2)
        self.assertEqual(len(self.messages()), 2)

    def test_an_interchange_of_one_document_is_kept_as_it_came(self):
        body = interchange(GOOD.format(number="PO-1"))
        self.assertEqual(self.post(body).json()["status"], "accepted")
        self.run_engine()
        self.assertEqual(self.applied, ["PO-1"])
        self.assertEqual(self.messages().state, "done")

    def test_a_trailer_that_counts_more_than_came_is_told_and_kept(self):
        body = interchange(GOOD.format(number="PO-1")).replace(b"IEA*1*", b"IEA*2*")
        first, frame = self.post(body).json()["results"]
        self.assertEqual((first["status"], frame["status"]), ("accepted", "refused"))
        self.assertIn("the trailer counts 2, and 1 came", frame["detail"])
        kept = self.env["sync.transmission"].search([("endpoint_id", "=", self.door.id), ("verdict", "=", "rejected")])
        self.assertEqual(kept.fault_code, "decode.control_count")
        self.run_engine()
        self.assertEqual(self.applied, ["PO-1"])

    def test_what_is_no_interchange_is_kept_and_fails_where_people_see_it(self):
        self.assertEqual(self.post(b"<order/>").status_code, 202)
        self.run_engine()
        self.assertEqual(self.messages().fault_code, "decode.envelope")
