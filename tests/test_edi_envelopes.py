"""Interchanges that leave: identities, control numbers that are drawn once, and the same bytes on every try."""

import json

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange.dry_run import preview
from odoo.addons.sync_governance.models.packs.reading import schema

from .edi_fixture import RULES, EdiCase, read


@tagged("post_install", "-at_install")
class TestEnvelopes(EdiCase):
    def test_a_document_leaves_in_a_complete_interchange(self):
        message = self.delivered("INV-1")
        self.assertEqual(message.state, "done")
        (parcel,) = self.sent
        self.assertEqual(parcel.headers["Content-Type"], "application/edi-x12")
        (document,) = read(parcel.body)
        header = document["interchange"]
        self.assertEqual(header["sender"], {"qualifier": "ZZ", "id": "BULBWORKS"})
        self.assertEqual(header["receiver"], {"qualifier": "ZZ", "id": "LAMPSHOP"})
        self.assertEqual((header["version"], header["reference"], header["test"]), ("00401", "000000001", False))
        self.assertEqual((document["group"]["kind"], document["group"]["reference"]), ("IN", "1"))
        self.assertEqual(document["beginning"]["number"], self.invoice["number"])
        self.assertEqual(message.interchange_id.reference, "000000001")

    def test_each_interchange_has_the_next_number(self):
        self.delivered("INV-1", "INV-2", "INV-3")
        numbers = [read(parcel.body)[0]["interchange"]["reference"] for parcel in self.sent]
        self.assertEqual(sorted(numbers), ["000000001", "000000002", "000000003"])

    def test_a_second_try_is_the_same_interchange(self):
        message = self.invoices("INV-1")
        with self.partner_answers(status=500, fault=Fault("deliver.server_error", "Not now.")):
            self.run_engine()
        self.assertEqual(message.state, "ready")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE endpoint_id = %s",
                            [self.endpoint.id])  # fmt: skip
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.id])
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(message.state, "done")
        self.assertEqual(len(self.sent), 2)
        self.assertEqual(self.sent[0].body, self.sent[1].body)

    def test_a_replay_keeps_the_number_and_the_next_document_has_another(self):
        message = self.delivered("INV-1")
        self.env["sync.command"]._give(
            "replay", message_ids=message.ids, starts={"outbound": "translate"}, versions="now"
        )
        with self.partner_answers():
            self.run_engine()
        self.delivered("INV-2")
        numbers = [read(parcel.body)[0]["interchange"]["reference"] for parcel in self.sent]
        self.assertEqual(numbers, ["000000001", "000000001", "000000002"])

    def test_without_identities_nothing_leaves_and_the_form_says_what_lacks(self):
        self.endpoint.edi_partner_id = False
        self.assertIn("identity", self.endpoint.edi_gap)
        message = self.invoices("INV-1")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "encode.envelope_incomplete"))
        self.assertFalse(self.sent)

    def test_edifact_leaves_with_its_own_syntax(self):
        self.endpoint.write({"codec": "edifact", "edi_version": "UNOC:3", "edi_own_qualifier": "14"})
        rules = [
            {"to": "message", "value": {"type": "INVOIC", "version": "D", "release": "96A"}},
            {"to": "segments", "value": [{"tag": "BGM", "elements": ["380", "INV-1", "9"]}]},
        ]
        self.approved(self.interface.mapping_id, document=json.dumps({**RULES, "target": "INVOIC", "rules": rules}))
        message = self.delivered("INV-1")
        self.assertEqual(message.state, "done", message.last_detail)
        text = self.sent[0].body.decode()
        self.assertTrue(text.startswith("UNB+UNOC:3+BULBWORKS:14+LAMPSHOP:ZZ+"), text)
        self.assertIn("UNZ+1+1'", text)

    def test_a_trial_draws_no_number(self):
        message = self.delivered("INV-1")
        before = self.env["sync.control.number"].search([]).last_number
        with self.engine_cursors():
            (shown,) = preview(self.registry, message.ids, starts={"outbound": "translate"}, versions="now")
        self.assertEqual(shown.outcome, "sent")
        self.assertEqual(self.env["sync.control.number"].search([]).last_number, before)

    def test_numbers_only_go_up(self):
        self.delivered("INV-1")
        line = self.env["sync.control.number"].search([("receiver", "=", "ZZ:LAMPSHOP")])
        self.assertEqual(line.last_number, 1)
        line.with_user(self.author).last_number = 4000
        self.delivered("INV-2")
        self.assertEqual(read(self.sent[-1].body)[0]["interchange"]["reference"], "000004001")
        with self.assertRaises(UserError):
            line.with_user(self.author).last_number = 10
        with self.assertRaises(UserError):
            line.with_user(self.author).unlink()

    def test_an_identity_that_is_too_long_is_refused_on_the_form(self):
        with self.assertRaises(ValidationError):
            self.endpoint.edi_own_id = "A" * 16

    def test_a_pack_says_how_interchanges_travel_and_leaves_identities_that_it_does_not_name(self):
        entry = {
            "code": "finance-invoices",
            "name": "Invoices to finance",
            "direction": "outbound",
            "transport": "https",
            "codec": "x12",
            "authentication": "standard_webhooks",
            "ordering_key": {"source": "event"},
            "agent": {"name": "Invoices to finance", "groups": []},
            "edi": {"own": {"id": "BULBWORKS", "qualifier": "14"}, "version": "00501", "answer": "errors"},
        }
        pack = self.env["sync.pack"]._read("finance")
        policy = {**pack["policies"][0], "awaits": {"syntax_hours": 4, "resend_times": 2}}
        changed = {**pack, "endpoints": [entry], "policies": [policy]}
        self.assertEqual([fault.detail for fault in schema().faults(changed)], [])
        values = self.env["sync.pack"]._endpoint_values(entry, {})
        self.endpoint.write({name: value for name, value in values.items() if name.startswith("edi_")})
        self.assertEqual((self.endpoint.edi_own_qualifier, self.endpoint.edi_version), ("14", "00501"))
        self.assertEqual((self.endpoint.edi_partner_id, self.endpoint.edi_answer), ("LAMPSHOP", "errors"))
        loaded = self.env["sync.pack"]._load_shared({**changed, "version": "1.1.0"}, self.company)
        policy = loaded["policies"]["finance.invoices"]
        self.assertEqual((policy.state, policy.await_syntax_hours, policy.resend_times), ("draft", 4.0, 2))
        self.assertIn("sent again up to 2 times", policy.await_text)
