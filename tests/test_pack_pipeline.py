"""Every sample of every pack through the real pipeline: over HTTP with a real signature, out to a real server."""

import json
import re
from base64 import b64encode
from datetime import datetime, timezone
from decimal import Decimal

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.core.codecs import codec
from odoo.addons.sync_governance.core.delivery import signatures
from odoo.addons.sync_governance.core.delivery.profiles import profiles
from odoo.addons.sync_governance.models.packs import reading

from .pack_fixture import PackCase, listening, secret_of

TAKEN = (200, json.dumps({"data": {"answer": {"userErrors": []}}, "id": "1", "success": True}).encode())
"""An answer by which every partner says that it took the document."""

NOW = re.compile(r'"[0-9]{4}-[0-9-]+T[0-9:]+[.][0-9]+[+]00:00"')
"""A moment of the machine's clock: no sample has fractions of a second."""

LATE = ("parked", "apply.order_unknown")
OUTCOMES = {
    "by.hand": {("failed", "apply.not_supported")},
    "order.compared": {LATE, ("done", False), ("failed", "apply.not_supported")},
    "payment.received": {LATE, ("done", False), ("failed", "apply.payment_amount_mismatch")},
    "risk.assessed": {LATE},
    "shipment.confirmed": {("failed", "apply.shipment_unknown"), ("parked", "apply.shipment_unknown")},
    "tracking.event": {("parked", "apply.shipment_unknown")},
}
"""State and fault of what comes out as it should, by handler or document type; what is not here is applied."""


def packs():
    """All but those that write to addresses made of the document: they have tests of their own."""
    found = [reading.read(name) for name in reading.names()]
    return [pack for pack in found if not any("request" in line for line in pack["interfaces"])]


def interfaces(pack, direction):
    """Those of a direction that speak JSON over HTTP; what answers requests comes with ``test_replies.py``."""
    spoken = [d for d in pack["endpoints"] if d["codec"] == "json" and d["transport"] in ("webhook", "https")]
    doors = {door["code"] for door in spoken}
    lines = [each for each in pack["interfaces"] if each["endpoint"] in doors and "reply_to" not in each]
    return [each for each in lines if reading.direction_of(pack, each) == direction]


def samples(pack, interface):
    return [sample for sample in pack.get("samples", ()) if sample["interface"] == interface["code"]]


def turned(references):
    """From our codes to the partner's, as a sample of what leaves has them, to the other way round."""
    return {domain: {theirs: ours for ours, theirs in codes.items()} for domain, codes in references.items()}


def as_then(uid, context):
    """A function: what was sent now, as if it had the message's id and moment that the sample names."""

    def told(text):
        text = text.replace(uid, context.get("message_id", uid))
        then = context.get("occurred_at") or context.get("received_at")
        return re.sub(NOW, json.dumps(then), text) if then else text

    return told


@tagged("post_install", "-at_install")
class TestPackPipeline(PackCase):
    def test_what_every_partner_sends_becomes_its_canonical_document_once(self):
        for pack in packs():
            lines = interfaces(pack, "inbound")
            if not lines:
                continue
            partner = self.partner_of(pack)
            for line in lines:
                for sample in samples(pack, line):
                    with self.subTest(sample=f"{pack['name']}/{sample['file']}"):
                        self.check_received(pack, partner, line, sample)

    @mute_logger("odoo.addons.sync_governance.models.exchange.inbound")
    def check_received(self, pack, partner, line, sample):
        self.knows(partner, sample.get("references", {}))
        wanted = "expected" in sample and codec("json").decode(self.sample(pack["name"], sample["expected"]))
        if wanted and line["document_type"] == "order.create":
            self.sells(partner, wanted)
        body = self.sample(pack["name"], sample["file"])
        headers = self.headers_of(pack, line, body)
        door = partner.endpoint_ids.filtered(lambda each: each.pack_code == line["endpoint"])
        first = self.message_of(self.url_open(f"/sync/in/{door.code}", data=body, headers=headers))
        again = self.message_of(self.url_open(f"/sync/in/{door.code}", data=body, headers=headers))
        self.assertEqual(again, first, "the same delivery again is the same message")
        self.assertEqual(first.interface_id.pack_code, line["code"])
        self.run_engine()
        if "faults" in sample:
            self.assertEqual(first.state, "failed")
            self.assertIn(first.fault_code, {*sample["faults"], "decode.wrong_environment"})
            self.assertTrue(first.exception_id, "somebody is told")
        else:
            canonical = first.payload_ids.filtered(lambda each: each.kind == "canonical")
            found = canonical._contents()[canonical.id] if canonical else b"null"
            self.assertEqual(codec("json").decode(bytes(found)), wanted, first.fault_code)
            self.check_outcome(line, wanted, first)
        if first.state == "failed":
            queue.cancel(self.env.cr, first.ids)  # somebody has seen to it: what stands behind it in its lane goes on

    def check_outcome(self, line, document, message):
        """What became of a document that came out as it should: applied, waiting for its order, or for a person."""
        usual = OUTCOMES.get(line.get("handler") or line["document_type"], {("done", False)})
        ordered = document["lines"] if line["document_type"] == "order.create" else []
        if not all(each["item"]["identifiers"] for each in ordered):
            usual = {("failed", "apply.product_unknown")}
        self.assertIn((message.state, message.fault_code), usual)
        if ordered and message.state == "done":
            order = message.process_id._linked("sale.order")
            self.assertEqual(f"{order.amount_total:.2f}", f"{Decimal(document['totals']['grand_total']):.2f}")
        if message.state == "failed":
            self.assertTrue(message.exception_id.user_id, "somebody is to see to it")

    def test_what_every_partner_is_sent_leaves_as_its_contract_says(self):
        with listening(TAKEN) as (address, received):
            for pack in packs():
                lines = interfaces(pack, "outbound")
                if not lines:
                    continue
                partner = self.partner_of(pack, address)
                for line in lines:
                    with self.subTest(interface=line["code"]):
                        self.check_sent(pack, partner, line, received)

    def check_sent(self, pack, partner, line, received):
        interface = partner.interface_ids.filtered(lambda each: each.pack_code == line["code"])
        mine = samples(pack, line)
        for sample in mine:
            self.knows(partner, turned(sample.get("references", {})))
            message = self.happens(interface, json.loads(self.sample(pack["name"], sample["file"])))
            del received[:]
            self.run_engine()
            if "faults" in sample:
                self.assertEqual((message.state, received), ("failed", []))
                self.assertEqual(message.fault_code, sample["faults"][0])
                continue
            self.assertEqual(message.state, "done", message.fault_code)
            wanted = codec("json").decode(self.sample(pack["name"], sample["expected"]))
            self.check_parcel(pack, line, received, wanted, as_then(message.uid, sample.get("context", {})))
        for example in catalogue()[line["document_type"]].examples:
            message = self.happens(interface, example)
            del received[:]
            self.run_engine()
            self.assertEqual(message.state, "done", f"the example of the catalogue: {message.fault_code}")
            self.assertEqual(len(received), 1)

    def check_parcel(self, pack, line, received, wanted, as_of_sample):
        """One request came: with the document that the sample expects, and the proof that the endpoint gives."""
        ((path, headers, body),) = received
        self.assertEqual(path, f"/{line['endpoint']}")
        self.assertEqual(codec("json").decode(as_of_sample(body.decode()).encode()), wanted)
        door = next(each for each in pack["endpoints"] if each["code"] == line["endpoint"])
        name, settings = door["authentication"], door.get("authentication_settings", {})
        if name in profiles():
            proof = signatures.verify(
                body,
                headers,
                profile=name,
                secrets=[signatures.Secret("partner", secret_of(name))],
                now=datetime.now(timezone.utc),
                settings=settings or None,
            )
            self.assertTrue(proof.ok, proof.fault)
        else:
            secret = secret_of(name, "outbound")
            shown = b64encode(secret.encode()).decode() if name == "basic" else secret
            self.assertIn(shown, headers[settings.get("header", "Authorization").lower()])
