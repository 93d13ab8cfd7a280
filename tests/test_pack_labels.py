"""A label service over real HTTP: a transfer leaves, its label comes back in the answer; one not used is given back."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .pack_fixture import TEXT_SECRET, PackCase

PDF = b"%PDF-1.4 a label of the tests"


class Service(ThreadingHTTPServer):
    """Makes labels and takes them back; ``instead`` is what it answers for once."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked, self.instead = [], []
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """A label, with the file in the answer."""
        body = self.asked()
        if self.path.endswith("/manifests"):
            self.say(*(self.server.instead.pop(0) if self.server.instead else (200, manifest(body["label_ids"]))))
            return
        number = len(self.server.asked)
        packages = [
            {"tracking_number": f"3232{number:04d}{at}"} for at, _each in enumerate(body["shipment"]["packages"])
        ]
        label = {
            "label_id": f"se-{number}",
            "status": "completed",
            "created_at": "2026-05-04T13:30:02Z",
            "shipment_cost": {"currency": "usd", "amount": 11.43},
            "tracking_number": packages[0]["tracking_number"],
            "packages": packages,
            "carrier_code": "ups",
            "service_code": body["shipment"]["service_code"],
            "label_format": "pdf",
            "label_download": {"href": "data:application/pdf;base64," + base64.b64encode(PDF).decode()},
        }
        self.say(*(self.server.instead.pop(0) if self.server.instead else (200, label)))

    def do_PUT(self):
        """A label is taken back."""
        self.asked()
        taken = (200, {"approved": True, "message": "Voided."})
        self.say(*(self.server.instead.pop(0) if self.server.instead else taken))

    def asked(self):
        """What was sent, kept for the test."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.command, self.path, body, self.headers["API-Key"]))
        return body

    def say(self, status, document):
        """Send an answer."""
        raw = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        """Nothing."""


def manifest(taken, number="se-900", **more):
    """What the service answers to a manifest of these labels."""
    return {
        "manifest_id": number,
        "form_id": "9475",
        "created_at": "2026-05-04T16:30:02Z",
        "label_ids": taken,
        "errors": [],
        "manifest_download": {"href": "data:application/pdf;base64," + base64.b64encode(PDF).decode()},
        **more,
    }


@tagged("post_install", "-at_install")
class TestPackLabels(PackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = [cls.env.ref("base.group_user").id, cls.env.ref("stock.group_stock_user").id]
        cls.clerk = cls.env["res.users"].create(
            {"name": "Wim Warehouse", "login": "wim.warehouse", "group_ids": [(6, 0, groups)]}
        )
        cls.product = cls.env["product.product"].create({"name": "Grinder", "is_storable": True, "weight": 1.25})
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        where = {"street": "Kaai 3", "city": "Antwerpen", "zip": "2030", "country_id": cls.env.ref("base.be").id}
        cls.warehouse.partner_id.write({**where, "name": "Koffiehuis Kade"})
        cls.receiver = cls.env["res.partner"].create({**where, "name": "Mia Claes", "street": "Kouter 9"})
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.warehouse.lot_stock_id, 50)

    def setUp(self):
        super().setUp()
        self.service = Service()
        self.addCleanup(self.service.stop)
        partner = self.live_partner(
            "label-service", secrets={"label-service": TEXT_SECRET}, answers={"address": self.service.address}
        )
        fee = self.env["product.product"].create({"name": "Delivery", "type": "service"})
        self.carrier = self.env["delivery.carrier"].create(
            {
                "name": "UPS",
                "product_id": fee.id,
                "label_partner_id": partner.id,
                "label_carrier_code": "se-123890",
                "label_service_code": "ups_ground",
            }
        )

    def transfer(self, carrier=None):
        """A transfer to a customer, its goods reserved."""
        values = {
            "picking_type_id": self.warehouse.out_type_id.id,
            "location_id": self.warehouse.lot_stock_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            "partner_id": self.receiver.id,
            "carrier_id": (self.carrier if carrier is None else carrier).id,
        }
        picking = self.env["stock.picking"].create(values)
        self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 2,
                "picking_id": picking.id,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )
        picking.action_confirm()
        picking.action_assign()
        return picking.with_user(self.clerk)

    def leaves(self, picking):
        """The clerk validates it."""
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.run_engine()
        self.env.invalidate_all()

    def messages(self):
        return self.env["sync.message"].search([("endpoint_id.pack_code", "=", "label-service")], order="id")

    def test_a_transfer_that_leaves_gets_its_label_its_tracking_number_and_its_price(self):
        picking = self.transfer()
        self.leaves(picking)
        self.assertEqual(self.messages().mapped("state"), ["done", "done"], self.messages().mapped("fault_code"))
        ((command, path, body, key),) = self.service.asked
        self.assertEqual((command, path, key), ("POST", "/v1/labels", TEXT_SECRET))
        shipment = body["shipment"]
        self.assertEqual((shipment["carrier_id"], shipment["service_code"]), ("se-123890", "ups_ground"))
        self.assertEqual(
            (shipment["ship_to"]["name"], shipment["ship_from"]["city_locality"]), ("Mia Claes", "Antwerpen")
        )
        self.assertEqual((picking.label_state, picking.label_number), ("booked", "se-1"))
        self.assertEqual(picking.carrier_tracking_ref, "323200010")
        label = self.env["ir.attachment"].search([("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)])
        self.assertEqual((label.name, label.raw), ("se-1.pdf", PDF))

    def test_the_same_answer_again_changes_nothing_and_another_label_is_for_a_person(self):
        picking = self.transfer()
        self.leaves(picking)
        handler = self.env["sync.handler"]._for("label.booked", "label.booked")
        booked = {
            "type": "label.booked",
            "number": "se-1",
            "request_number": picking.name,
            "booked_at": "2026-05-04T13:30:02+00:00",
            "parcels": [{"tracking_number": "1"}],
        }

        class Work:
            canonical = booked

        notes = len(picking.message_ids)
        self.assertIn("already", handler._apply_one(Work).note)
        self.assertEqual((len(picking.message_ids), picking.carrier_tracking_ref), (notes, "323200010"))
        booked["number"] = "se-2"
        with self.assertRaisesRegex(Exception, "se-2 as well"):
            handler._apply_one(Work)

    def test_a_transfer_that_is_cancelled_gives_its_label_back(self):
        picking = self.transfer()
        picking.action_request_label()
        with self.assertRaisesRegex(UserError, "already"):
            picking.action_request_label()
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual((picking.label_state, picking.state), ("booked", "assigned"))
        picking.action_cancel()
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual(self.service.asked[-1][:3], ("PUT", "/v1/labels/se-1/void", {}))
        self.assertEqual((picking.label_state, picking.carrier_tracking_ref), ("voided", False))
        self.assertEqual(set(self.messages().mapped("state")), {"done"})

    def test_a_transfer_that_is_cancelled_while_its_label_is_on_order_gives_it_back_too(self):
        picking = self.transfer()
        picking.action_request_label()
        picking.action_cancel()
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual([one[:2] for one in self.service.asked][1:], [("PUT", "/v1/labels/se-1/void")])
        self.assertEqual(picking.label_state, "voided")

    def test_a_label_that_is_not_taken_back_is_for_a_person(self):
        picking = self.transfer()
        self.leaves(picking)
        self.service.instead = [(200, {"approved": False, "message": "The void window has passed."})]
        picking.action_void_label()
        self.run_engine()
        self.env.invalidate_all()
        answer = self.messages()[-1]
        self.assertEqual((answer.state, answer.fault_code), ("failed", "apply.refused"))
        self.assertTrue(answer.exception_id)
        self.assertEqual((picking.label_state, picking.label_number), ("void_requested", "se-1"))

    def test_what_the_service_refuses_is_no_label(self):
        self.service.instead = [(400, {"errors": [{"error_code": "invalid_address", "message": "Mia Claes"}]})]
        picking = self.transfer()
        self.leaves(picking)
        (message,) = self.messages()
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.rejected"))
        self.assertIn("invalid_address", message.exception_id.detail)
        self.assertNotIn("Mia Claes", message.exception_id.detail)
        self.assertEqual(picking.label_state, "requested")

    def test_a_carrier_without_a_label_service_asks_nobody(self):
        other = self.carrier.copy({"name": "Own van", "label_partner_id": False})
        picking = self.transfer(other)
        with self.assertRaises(UserError):
            picking.action_request_label()
        self.leaves(picking)
        self.assertEqual((self.service.asked, picking.label_state), ([], False))

    def test_who_does_not_work_in_the_warehouse_asks_for_no_label(self):
        reader = self.env["res.users"].create(
            {"name": "Rita", "login": "rita.reader", "group_ids": [(6, 0, [self.env.ref("base.group_user").id])]}
        )
        with self.assertRaises(AccessError):
            self.transfer().with_user(reader).action_request_label()

    def left(self, count):
        """Transfers that have left and have their labels."""
        pickings = self.env["stock.picking"].union(*(self.transfer() for _each in range(count))).with_user(self.clerk)
        for picking in pickings:
            self.leaves(picking)
        self.assertEqual(pickings.mapped("label_state"), ["booked"] * count)
        return pickings

    def closes(self, pickings):
        """The clerk closes a manifest; returns it as superuser."""
        action = pickings.action_close_manifest()
        found = self.env["sync.manifest"].search(action["domain"])
        self.run_engine()
        self.env.invalidate_all()
        return found

    def exceptions(self, code):
        return self.env["sync.exception"].search([("code", "=", code)])

    def test_what_has_left_is_put_on_one_manifest_and_never_on_another(self):
        pickings = self.left(2)
        staying = self.transfer()
        found = self.closes(pickings | staying)
        self.assertEqual(
            self.service.asked[-1][:3], ("POST", "/v1/manifests", {"label_ids": pickings.mapped("label_number")})
        )
        self.assertEqual((found.state, found.number, found.form_number), ("closed", "se-900", "9475"))
        self.assertEqual(base64.b64decode(found.document), PDF)
        self.assertEqual(found.picking_ids, pickings)
        self.assertEqual(pickings.label_manifest_id.with_user(self.clerk).label_count, 2)
        with self.assertRaises(UserError):
            pickings.action_close_manifest()
        self.assertFalse(staying.label_manifest_id)
        handler = self.env["sync.handler"]._for("manifest.closed", "manifest.closed")

        class Work:
            canonical = {"request_number": found.name, "number": "se-900", "labels": []}

        self.assertIn("already", handler._apply_one(Work).note)
        Work.canonical["number"] = "se-901"
        with self.assertRaisesRegex(Exception, "se-901"):
            handler._apply_one(Work)

    def test_labels_that_the_service_leaves_out_are_open_again_and_a_person_is_told(self):
        pickings = self.left(2)
        one, other = pickings.mapped("label_number")
        errors = [{"label_id": other, "error_code": "already_manifested", "message": "It is on another one."}]
        link = {"href": "https://labels.example.com/1.pdf"}
        self.service.instead = [(200, manifest([one], errors=errors, manifest_download=link))]
        found = self.closes(pickings)
        self.assertEqual((found.picking_ids.ids, found.document_url), (pickings[0].ids, link["href"]))
        self.assertFalse(pickings[1].label_manifest_id)
        exception = self.exceptions("apply.manifest_incomplete")
        self.assertEqual(len(exception), 1)
        self.assertIn(f"{pickings[1].name} (label {other}): It is on another one.", exception.detail)
        self.service.instead = [(200, manifest([other], "se-901"))]
        self.assertEqual(self.closes(pickings).picking_ids.ids, pickings[1].ids)

    def test_a_manifest_that_is_refused_keeps_its_labels_until_it_is_given_up(self):
        pickings = self.left(1)
        refused = {"errors": [{"error_code": "nothing_to_manifest", "message": "Mia Claes"}]}
        self.service.instead = [(400, refused)]
        found = self.closes(pickings)
        self.assertEqual((self.messages()[-1].fault_code, found.state), ("deliver.rejected", "requested"))
        with self.assertRaises(UserError):
            pickings.action_close_manifest()
        with self.assertRaises(UserError):
            found.with_user(self.clerk).action_give_up()
        found.action_give_up()
        self.assertEqual((found.state, pickings.label_manifest_id.ids), ("given_up", []))
        self.assertEqual(self.closes(pickings).state, "closed")

    def test_an_answer_that_is_no_manifest_changes_nothing(self):
        pickings = self.left(1)
        self.service.instead = [(200, {"manifest_id": "se-900", "created_at": "yesterday"})]
        found = self.closes(pickings)
        self.assertEqual((self.messages()[-1].fault_code, found.state), ("validate.contract", "requested"))
        self.assertEqual(pickings.label_manifest_id, found)

    def test_a_label_on_a_manifest_that_is_taken_back_is_for_a_person(self):
        pickings = self.left(1)
        found = self.closes(pickings)
        pickings.action_void_label()
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual((pickings.label_state, pickings.label_manifest_id), ("voided", found))
        self.assertIn(found.name, self.exceptions("apply.manifest_outdated").detail)

    def test_the_manifest_of_the_day_is_off_until_it_is_switched_on_and_closed_once(self):
        pickings = self.left(1)
        due = self.env["sync.manifest"]._close_due
        due()
        self.assertFalse(pickings.label_manifest_id)
        self.carrier.write({"label_manifest_daily": True, "label_manifest_time": 0})
        pickings.sudo().date_done = "2020-01-01 12:00:00"
        due()
        self.assertFalse(pickings.label_manifest_id)
        pickings.sudo().date_done = self.env.cr.now()
        due()
        found = pickings.label_manifest_id.sudo()
        self.assertEqual((found.scheduled, found.warehouse_id), (True, self.warehouse))
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual(found.state, "closed")
        later = self.left(1)
        due()
        self.assertFalse(later.label_manifest_id)
