"""What goes out in another form than JSON says which."""

import json

from .delivery_fixture import DeliveryCase


class TestOutboundFiles(DeliveryCase):
    def test_a_delivery_has_the_form_of_its_endpoint_and_names_it(self):
        self.endpoint.codec = "ndjson"
        message = self.invoices("INV-1")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(message.state, "done")
        (parcel,) = self.sent
        self.assertEqual(parcel.headers["Content-Type"], "application/x-ndjson")
        self.assertTrue(parcel.body.endswith(b"}\n"))
        self.assertTrue(json.loads(parcel.body))

    def test_a_document_that_the_layout_has_no_place_for_is_a_fault_of_this_document(self):
        layout = {"kind": "delimited", "fields": [{"name": "nothing_of_the_kind", "required": True}]}
        self.endpoint.write({"codec": "flat", "codec_options": json.dumps(layout)})
        message = self.invoices("INV-1")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "encode.value"))
        self.assertFalse(self.sent)
