"""What we send as CloudEvents is read and verified by the public packages of the two specifications."""

import json

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from psycopg2 import IntegrityError
from standardwebhooks import Webhook, WebhookVerificationError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .api_fixture import SINK_SECRET, ApiCase


@tagged("post_install", "-at_install")
class TestCloudEvents(ApiCase):
    def setUp(self):
        super().setUp()
        self.invoices = self.gives_invoices(self.northwind, "northwind-invoices")
        self.sink = self.invoices.endpoint_id

    def send_as(self, form, *numbers):
        """The parcels that leave for these invoices."""
        self.sink.event_form = form
        self.given_invoices(*numbers or ("INV/1",))
        return self.sent

    def verified(self, parcel):
        """The body, once the package of Standard Webhooks has verified its signature."""
        return Webhook(SINK_SECRET).verify(parcel.body, dict(parcel.headers))

    def assertEvent(self, event, number="INV/1"):
        message = self.env["sync.message"].search([("reference", "=", number), ("direction", "=", "outbound")])
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        self.assertEqual(
            (event.get_id(), event.get_source(), event.get_type(), event.get_subject()),
            (message.event_id.uid, f"urn:uuid:{database}", "invoice.posted", f"invoice/{number}"),
        )
        self.assertEqual(event.get_extension("sequence"), "0000000001")
        self.assertEqual(event.get_extension("partitionkey"), number)
        self.assertEqual(event.get_data()["number"], number)

    def test_binary_mode(self):
        (parcel,) = self.send_as("binary")
        self.assertEqual(self.verified(parcel)["number"], "INV/1", "the body is the document alone")
        self.assertEqual(parcel.headers["Content-Type"], "application/json")
        headers = {name.lower(): value for name, value in parcel.headers.items()}
        self.assertEvent(from_http_event(HTTPMessage(headers, parcel.body)))

    def test_structured_mode(self):
        (parcel,) = self.send_as("structured")
        self.assertEqual(self.verified(parcel)["specversion"], "1.0")
        self.assertEqual(parcel.headers["Content-Type"], "application/cloudevents+json")
        self.assertEvent(from_http_event(HTTPMessage({"content-type": parcel.headers["Content-Type"]}, parcel.body)))

    def test_batched_mode(self):
        parcels = self.send_as("batched", "INV/1", "INV/2")
        self.assertEqual({parcel.headers["Content-Type"] for parcel in parcels}, {"application/cloudevents-batch+json"})
        events = [event for parcel in parcels for event in self.verified(parcel)]
        self.assertEqual(len(events), 2)
        for event, number in zip(sorted(events, key=lambda e: e["subject"]), ("INV/1", "INV/2"), strict=True):
            self.assertEvent(JSONFormat().read(None, json.dumps(event)), number)

    def test_the_document_alone_carries_nothing_of_it(self):
        (parcel,) = self.send_as("document")
        self.assertEqual(parcel.headers["Content-Type"], "application/json")
        self.assertFalse([name for name in parcel.headers if name.lower().startswith("ce-")])
        self.assertEqual(self.verified(parcel)["number"], "INV/1")

    def test_a_changed_event_is_not_verified(self):
        (parcel,) = self.send_as("structured")
        parcel.body = parcel.body.replace(b"0000000001", b"0000000002")
        with self.assertRaises(WebhookVerificationError):
            self.verified(parcel)

    def test_what_is_sent_again_is_the_same_event(self):
        (first,) = self.send_as("structured")
        message = self.env["sync.message"].search([("interface_id", "=", self.invoices.id)])
        for start in ("translate", "deliver"):
            self.env["sync.command"].with_user(self.manager)._give(
                "replay", message_ids=message.ids, starts={"outbound": start}, versions="now"
            )
            with self.partner_answers():
                self.run_engine()
            again = self.sent[-1]
            self.assertEqual((again.body, again.headers["Content-Type"]), (first.body, first.headers["Content-Type"]))
            self.assertEqual(self.verified(again)["specversion"], "1.0")
        self.assertEqual(len(self.sent), 3)

    def test_what_is_kept_says_what_it_is(self):
        self.send_as("structured")
        self.env.cr.execute("SELECT content_type FROM sync_payload WHERE kind = 'sent'")
        self.assertEqual(self.env.cr.fetchall(), [("application/cloudevents+json",)])

    @mute_logger("odoo.sql_db")
    def test_only_what_is_sent_has_a_form(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.api_door.event_form = "binary"
            self.env.flush_all()
