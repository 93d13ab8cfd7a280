"""An order that came by import is assessed before its goods leave, where a gate says so."""

import json
from unittest.mock import patch

from odoo.addons.sync_governance.models.packs import reading

from .outward_fixture import OutwardCase
from .pack_fixture import listening, secret_of

GATE = {
    "code": "ship.cleared",
    "name": "Ship what is cleared",
    "effect": "message.deliver",
    "condition": {"milestone": "risk.cleared", "of": "process"},
    "deadline_hours": 48,
    "at_deadline": "exception",
}


class TestPublishRisk(OutwardCase):
    def setUp(self):
        super().setUp()
        server = listening((200, b"{}"))
        address, self.received = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        real = reading.read

        def read(name):
            pack = real(name)
            if name == "portal":
                policies = [{**each, "asks_risk": each["code"] == "portal.orders"} for each in pack["policies"]]
                return {**pack, "policies": policies}
            if name == "threepl":
                policies = [
                    {**each, "gates": [GATE["code"]]} if each["code"] == "threepl.requests" else each
                    for each in pack["policies"]
                ]
                return {**pack, "policies": policies, "gates": [GATE]}
            return pack

        self.startPatcher(patch.object(reading, "read", read))
        self.portal = self.live("portal")
        self.fraud = self.live("fraud", address)
        self.live("threepl", address)
        self.document = json.loads(self.sample("portal", "samples/order.json"))
        self.sells(self.portal, self.document)

    def sent_to(self, door):
        """What was sent to an endpoint until now."""
        return [json.loads(body) for path, _headers, body in self.received if path == f"/{door}"]

    def ordered(self):
        """The portal places its order; the order in Odoo."""
        headers = {
            "Authorization": f"Bearer {secret_of('api_key')}",
            "Content-Type": "application/json",
            "Idempotency-Key": '"one"',
        }
        taken = self.url_open("/sync/v1/orders", data=json.dumps(self.document).encode(), headers=headers)
        self.assertEqual(taken.status_code, 202, taken.text)
        self.run_engine()
        order = self.env["sale.order"].search([("client_order_ref", "=", self.document["number"])])
        self.assertEqual(order.state, "sale")
        return order

    def assessed(self, verdict, check, number):
        """The fraud service says what it thinks of what it was asked about; the message."""
        pack = reading.read("fraud")
        line = next(each for each in pack["interfaces"] if each.get("topic") == f"assessment.{verdict}")
        body = json.loads(self.sample("fraud", "samples/accepted.json"))
        body["type"] = f"assessment.{verdict}"
        body["data"] |= {"reference": check["reference"], "order_id": check["order_id"], "assessment_id": number}
        raw = json.dumps(body).encode()
        response = self.url_open("/sync/in/fraud-results", data=raw, headers=self.headers_of(pack, line, raw))
        message = self.message_of(response)
        self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("done", False))
        return message

    def test_an_order_waits_until_the_service_accepts_it(self):
        order = self.ordered()
        (check,) = self.sent_to("fraud-checks")
        self.assertEqual((check["reference"], check["order_id"]), (f"RQ-{order.name}", self.document["number"]))
        self.assertEqual(check["amount"], f"{order.amount_total:.2f}")
        self.assertEqual(self.sent_to("threepl-requests"), [], "the gate holds it")
        self.assessed("accepted", check, "AS-1")
        self.assertEqual(len(self.sent_to("threepl-requests")), 1)
        self.assertEqual(len(self.sent_to("fraud-checks")), 1, "it is asked once")

    def test_an_order_that_is_to_be_looked_at_waits_for_a_person(self):
        order = self.ordered()
        (check,) = self.sent_to("fraud-checks")
        self.assessed("review", check, "AS-1")
        process = self.env["sync.process"]._of(order)
        self.assertEqual(process.state, "on_hold")
        told = self.env["sync.exception"].search([("code", "=", "apply.risk_to_decide")])
        self.assertEqual((told.is_open, told.process_id), (True, process))
        self.assertEqual(self.sent_to("threepl-requests"), [])
        process.hold_ids.with_user(self.approver).action_release()
        self.run_engine()
        self.assertEqual(process.state, "running")
        self.assertEqual(len(self.sent_to("threepl-requests")), 1)

    def test_the_last_assessment_counts(self):
        order = self.ordered()
        (check,) = self.sent_to("fraud-checks")
        self.assessed("declined", check, "AS-1")
        self.assertEqual(self.sent_to("threepl-requests"), [])
        self.assessed("accepted", check, "AS-2")
        self.assertEqual(self.env["sync.process"]._of(order).state, "running")
        self.assertEqual(len(self.sent_to("threepl-requests")), 1)
        self.assertFalse(self.env["sync.exception"].search([("code", "=", "apply.risk_to_decide")]).is_open)
