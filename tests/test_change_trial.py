"""Real documents of every kind, tried under other versions: compared to the end, and without any trace."""

import json
import time
from unittest.mock import patch

from odoo.tests import tagged

from ..models.change import rehearsal
from ..models.exchange.cursor import rolled_back
from . import test_flow

FINGERPRINTS = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1
"""


@tagged("post_install", "-at_install")
class TestTrialOfEveryKind(test_flow.FlowCase):
    """An order that went all the way: placed, shipped in two parts, carried, invoiced, told and paid."""

    def setUp(self):
        super().setUp()
        with self.partner_answers():
            self.shop_orders(lines=None)
            self.run_engine()
            picking = self.order().picking_ids
            self.threepl_ships("S-1", picking, {self.lamp: 1, self.cable: 2}, "NP100", final=False)
            self.run_engine()
            self.threepl_ships("S-2", picking, {self.lamp: 1, self.cable: 1}, "NP101", final=True)
            self.run_engine()
            for parcel in ("NP100", "NP101"):
                self.carrier_says(f"evt_{parcel}_1", parcel, "in_transit", "2026-11-21T06:00:00Z")
                self.carrier_says(f"evt_{parcel}_2", parcel, "delivered", "2026-11-21T15:00:00Z")
                self.run_engine()
            self.gateway_pays("evt_pay", "#1001", 12524)
            self.run_engine()
        self.messages = self.env["sync.message"].search([])
        self.assertEqual(set(self.messages.mapped("state")), {"done"})

    def tried(self, messages, **versions):
        """{message id: what came of it}, under other versions of their interface."""
        with self.engine_cursors():
            found = list(rehearsal.rehearse(self.registry, messages.ids, versions, time.monotonic() + 600))
        return {each.message_id: each for each in found}

    def of_kind(self, code):
        return self.messages.filtered(lambda m: m.document_type_id.code == code and m.direction != "outbound")

    def other_mapping(self, messages, edit):
        mapping = messages.interface_id.mapping_id.with_user(self.author)._next_version()
        document = json.loads(mapping.document)
        edit({rule.get("to"): rule for rule in document["rules"]})
        mapping.document = json.dumps(document)
        return mapping

    def fingerprints(self):
        """{table: digest of all its rows}"""
        self.env.flush_all()
        self.env.cr.execute(FINGERPRINTS)
        found = {}
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
            (found[table],) = self.env.cr.fetchone()
        return found

    def test_under_the_same_versions_every_kind_comes_to_the_same_end_as_when_it_came(self):
        kinds = set(self.messages.mapped("document_type_id.code"))
        self.assertLessEqual(
            {"order.create", "shipment.confirmed", "shipment.dispatched", "tracking.event", "payment.received"}, kinds
        )
        for message_id, found in self.tried(self.messages).items():
            message = self.messages.browse(message_id)
            with self.subTest(message.display_name, kind=message.document_type_id.code, way=message.direction):
                self.assertEqual((found.verdict, found.differences), ("same", ()))
                self.assertTrue(found.first)
                self.assertIn(found.before.outcome, ("applied", "sent"), found.before.detail)
                for word in ("already", "before"):
                    self.assertNotIn(word, found.before.detail, "it was really done, and not found done")

    def test_a_trial_leaves_no_trace_in_the_database(self):
        self.env["ir.sequence"].search([("code", "in", ("sale.order", "stock.picking"))]).implementation = "no_gap"
        self.env["stock.picking.type"].search([]).sequence_id.implementation = "no_gap"
        before, sent = self.fingerprints(), len(self.sent)
        mails = type(self.env["ir.mail_server"])
        with patch.object(mails, "send_email", side_effect=AssertionError("a mail left")), self.partner_answers():
            found = self.tried(self.messages)
        self.assertEqual(len(found), len(self.messages))
        changed = {table for table, digest in self.fingerprints().items() if digest != before[table]}
        self.assertFalse(changed)
        self.assertEqual(len(self.sent), sent, "nothing was delivered")

    def test_no_label_is_bought_and_no_mail_leaves_even_where_somebody_sends_at_once(self):
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Express",
                "product_id": self.cable.id,
                "delivery_type": "fixed",
                "integration_level": "rate_and_ship",
            }
        )
        picking = self.order().picking_ids[:1]
        asked = []
        carriers, servers = type(carrier), type(self.env["ir.mail_server"])
        with (
            self.engine_cursors(),
            patch.object(carriers, "fixed_send_shipping", lambda carrier, pickings: asked.append(pickings)),
            patch.object(servers, "send_email", lambda server, *args, **kwargs: asked.append(args)),
            rolled_back(self.registry) as cr,
        ):
            env = self.env(cr=cr)
            answer = carrier.with_env(env).send_shipping(picking.with_env(env))
            mail = env["mail.mail"].create({"subject": "On its way", "email_to": "a@mail.example", "body_html": "Soon"})
            mail.send()
            self.assertEqual(mail.state, "outgoing")
        self.assertEqual(answer, [{"exact_price": 0.0, "tracking_number": False}])
        self.assertFalse(asked)

    def test_a_shipment_of_other_quantities_shows_in_stock_and_events(self):
        shipped = self.of_kind("shipment.confirmed").sorted("id")[0]

        def half(rules):
            (quantity,) = [rule for rule in rules["lines"]["rules"] if rule.get("to") == "quantity.value"]
            quantity["convert"] = [*quantity["convert"], {"multiply": "0.5"}]

        found = self.tried(shipped, mapping=self.other_mapping(shipped, half))[shipped.id]
        self.assertEqual(found.verdict, "different", found.before)
        told = "\n".join(found.differences)
        for place in ("/document/lines", "/stock/", "/events/"):
            self.assertIn(place, told)
        self.assertIn("1 asked, 1 moved or reserved (done)", told)

    def test_more_than_was_asked_for_fails_in_the_trial_as_it_would(self):
        shipped = self.of_kind("shipment.confirmed").sorted("id")[0]

        def tenfold(rules):
            (quantity,) = [rule for rule in rules["lines"]["rules"] if rule.get("to") == "quantity.value"]
            quantity["convert"] = [*quantity["convert"], {"multiply": "10"}]

        found = self.tried(shipped, mapping=self.other_mapping(shipped, tenfold))[shipped.id]
        self.assertEqual(found.verdict, "worse")
        self.assertIn("10 of LAMP-1 were confirmed and 2 are open", found.after.detail)

    def test_a_payment_of_another_amount_shows(self):
        payment = self.of_kind("payment.received")

        def double(rules):
            rule = rules["amount.amount"]
            rule["convert"] = [*rule["convert"], {"multiply": "2"}]

        found = self.tried(payment, mapping=self.other_mapping(payment, double))[payment.id]
        self.assertEqual(found.verdict, "worse")
        self.assertIn("owes 125.24 USD", found.after.detail)
        self.assertEqual(found.before.traces["payments"][0]["amount"], "125.24 USD")
        invoices = [each for each in found.before.traces["invoices"] if each["kind"] == "out_invoice"]
        self.assertEqual([each["open"] for each in invoices], ["0.00 USD"] * 2, "and the invoices are paid by it")

    def test_another_status_of_the_carrier_shows_in_the_parcel_and_its_milestones(self):
        scan = self.of_kind("tracking.event").filtered(lambda m: "delivered" in (m.attempt_ids[:1].detail or ""))[:1]
        self.assertTrue(scan)

        def lost(rules):
            rules["status"]["convert"][0]["table"]["map"]["delivered"] = "exception"

        found = self.tried(scan, mapping=self.other_mapping(scan, lost))[scan.id]
        told = "\n".join(found.differences)
        self.assertEqual(found.verdict, "different")
        for place in ("/document/status", "/values/sync.parcel", "/milestones/"):
            self.assertIn(place, told)

    def test_the_invoice_and_the_mail_of_a_shipment_are_written_anew(self):
        ends = [found.before for found in self.tried(self.of_kind("shipment.dispatched")).values()]
        invoices = [invoice for end in ends for invoice in end.traces["invoices"]]
        mails = [mail for end in ends for mail in end.traces["mails"]]
        self.assertEqual(sorted({invoice["state"] for invoice in invoices}), ["posted"])
        self.assertEqual({mail["email"] for mail in mails}, {"marta.lindqvist@example.com"})

    def test_of_a_person_a_difference_shows_its_place_alone(self):
        order = self.of_kind("order.create")

        def somebody_else(rules):
            rules["buyer.email"].pop("convert")
            rules["buyer.email"]["value"] = "somebody.else@mail.example"

        found = self.tried(order, mapping=self.other_mapping(order, somebody_else))[order.id]
        told = "\n".join(found.differences)
        self.assertEqual(found.verdict, "different")
        self.assertIn("/document/buyer/email: ••• → •••", told)
        self.assertNotIn("example", told)

    def test_what_cannot_be_set_aside_is_tried_on_what_is_there(self):
        payment = self.of_kind("payment.received")
        handler = type(self.env["sync.handler.payment.received"])
        with patch.object(handler, "_set_aside", lambda self, effects: False):
            found = self.tried(payment)[payment.id]
        self.assertEqual((found.first, found.verdict), (False, "same"))
        self.assertIn("booked already", found.before.detail)
