"""Packs on EDI, files and UBL, moved through the real pipeline: what comes in by the door, what goes out as bytes."""

import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.codecs import codec
from odoo.addons.sync_governance.core.differences import differences
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Done
from odoo.addons.sync_governance.models.packs import reading
from odoo.addons.sync_governance.models.packs.onboarding import VERSIONED, take_live

from .governance_fixture import GovernanceCase

PACKS = (
    "bank-files",
    "marketplace-csv",
    "retail-edifact",
    "retail-x12",
    "supplier-csv",
    "supplier-edifact",
    "supplier-x12",
    "threepl-x12",
    "ubl",
)
OUT = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def counted(segment, number):
    """The trailer of a group or an interchange with that number of messages."""
    if segment.startswith("GE*"):
        return "*".join(["GE", str(number), *segment.split("*")[2:]])
    return "+".join(["UNZ", str(number), *segment.split("+")[2:]]) if segment.startswith("UNZ+") else segment


def interchange_of(kind, files):
    """One interchange with the messages of several, in the envelope of the first."""
    first = files[0].decode("latin-1")
    begins, ends = {"x12": ("ST*", "SE*"), "edifact": ("UNH+", "UNT+")}[kind]
    terminator = {"x12": "~\n", "edifact": "'\n"}[kind]
    messages = []
    for number, file in enumerate(files, 1):
        segments = file.decode("latin-1").split(terminator)
        start = next(at for at, segment in enumerate(segments) if segment.startswith(begins))
        end = next(at for at, segment in enumerate(segments) if segment.startswith(ends))
        body = segments[start : end + 1]
        if kind == "x12":
            body[0] = "*".join([*body[0].split("*")[:2], f"{number:04d}"])
            body[-1] = "*".join([*body[-1].split("*")[:2], f"{number:04d}"])
        else:
            body[0] = "+".join(["UNH", str(number), *body[0].split("+")[2:]])
            body[-1] = "+".join([*body[-1].split("+")[:2], str(number)])
        messages += body
    segments = first.split(terminator)
    start = next(at for at, segment in enumerate(segments) if segment.startswith(begins))
    end = next(at for at, segment in enumerate(segments) if segment.startswith(ends))
    tail = [counted(each, len(files)) for each in segments[end + 1 :]]
    return terminator.join([*segments[:start], *messages, *tail]).encode("latin-1")


@tagged("post_install", "-at_install")
class InterchangeCase(GovernanceCase, HttpCase):
    """``self.live(pack)`` is a partner with a door for files; ``self.post(door, file)`` sends to it."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        self.keys = {}
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.root = Path(root.name).resolve()
        self.startPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_FOLDERS": str(self.root)}))
        real = self.registry["sync.handler"]._for

        def found(handlers, handler, document_type):
            """A kind of document that nothing takes yet does not keep the others of its partner from going live."""
            try:
                return real(handlers, handler, document_type)
            except Fault:
                return handlers.env["sync.handler.order.create"]

        self.startPatcher(patch.object(self.registry["sync.handler"], "_for", found))

    def live(self, name):
        """The partner of the pack, live, and its inbound endpoints; ``self.keys`` has the key of each."""
        pack = self.env["sync.pack"].with_user(self.author).with_company(self.company)
        data = pack._read(name)
        out = [each["code"] for each in data["endpoints"] if each["transport"] == "https"]
        partner = pack._load(
            name,
            self.company,
            {
                "environment": "production",
                "partner_id": self.env["res.partner"].create({"name": data["partner"]["name"]}).id,
                "urls": dict.fromkeys(out, "https://edi.example.com/in"),
                "secrets": dict.fromkeys(out, OUT),
            },
        )
        doors = partner.endpoint_ids.filtered(lambda each: each.direction == "inbound")
        # A folder stands for the partner's server.
        for place in partner.endpoint_ids.filtered("carrier"):
            folder = self.root / place.code
            folder.mkdir(exist_ok=True)
            place.write({"carrier": "folder", "authentication": "none", "folder": str(folder), "file_ready": "suffix"})
        for door in doors.filtered(lambda each: not each.carrier):
            proof = self.env["sync.credential"].with_user(self.officer).create({"name": "Key", "endpoint_id": door.id})
            self.keys[door] = proof._issue(overlap_hours=0)
        for version in VERSIONED:
            versions = partner.interface_ids[version].filtered(lambda each: each.state == "draft")
            versions.with_user(self.author).action_submit()
            versions.with_user(self.approver).action_approve()
        take_live(partner, self.author, self.approver)
        return partner, doors

    def post(self, door, body):
        headers = {"Authorization": f"Bearer {self.keys[door]}", "Content-Type": "application/octet-stream"}
        return self.url_open(f"/sync/in/{door.code}", data=body, headers=headers)

    def put(self, door, body):
        """A file lies where the endpoint looks; the ids of the messages that come of it."""
        before = self.env["sync.message"].search([("endpoint_id", "=", door.id)])
        (Path(door.folder) / door.file_pattern.replace("*", "-today")).write_bytes(body)
        self.env["sync.poll"]._want(self.env.cr, door.ids)
        self.run_engine()
        return (self.env["sync.message"].search([("endpoint_id", "=", door.id)]) - before).mapped("uid")

    def message_of(self, uid):
        return self.env["sync.message"].search([("uid", "=", uid)])


class TestPackInterchanges(InterchangeCase):
    def test_certification_passes_on_the_samples_of_the_pack(self):
        for name in PACKS:
            with self.subTest(pack=name):
                partner, _door = self.live(name)
                runs = self.env["sync.certification"].search([("trading_partner_id", "=", partner.id)])
                self.assertEqual(runs.interface_id, partner.interface_ids)
                self.assertEqual([run.report for run in runs if not run.passed or not run.samples], [])

    # -- in ----------------------------------------------------------------------------------------------------------

    def test_every_sample_goes_through_the_door_with_its_neighbours_in_one_interchange(self):
        for name in PACKS:
            with self.subTest(pack=name):
                self.through_the_door(name)

    def setUp(self):
        super().setUp()
        # Whatever it is, it is taken, so that its canonical document is kept; real handlers are tried below.
        handler = self.registry["sync.handler.order.create"]
        self.startPatcher(patch.object(handler, "_touches", lambda _handler, _work: []))
        self.startPatcher(patch.object(handler, "_apply_one", lambda _handler, work: Done(reference=work.reference)))
        self.startPatcher(
            patch.object(
                self.registry["sync.handler"], "_for", lambda handlers, *_: handlers.env["sync.handler.order.create"]
            )
        )

    def through_the_door(self, name):
        partner, _doors = self.live(name)
        pack = reading.read(name)
        inbound = {line.pack_code: line for line in partner.interface_ids if line.direction == "inbound"}
        samples = [each for each in pack["samples"] if each["interface"] in inbound]
        handled = 0
        for door, group in self.together(samples, inbound):
            ids = self.ids_of(door, [reading.content(name, each["file"]) for each in group])
            self.run_engine()
            for sample, uid in zip(group, ids, strict=True):
                with self.subTest(pack=name, sample=sample["file"]):
                    handled += self.came_out(self.message_of(uid), sample, inbound[sample["interface"]])
        self.assertEqual(handled, len(samples))

    def together(self, samples, inbound):
        """(endpoint, samples that come in one file): messages of one kind in one interchange, other files alone."""
        groups = {}
        for number, sample in enumerate(samples):
            interface = inbound[sample["interface"]]
            edi = interface.endpoint_id.codec in ("x12", "edifact")
            kind = interface.topic.partition("/")[0] if edi else number
            groups.setdefault((interface.endpoint_id, kind), []).append(sample)
        return [(door, group) for (door, _kind), group in groups.items()]

    def ids_of(self, door, files):
        """The ids of the messages of the files, sent in one interchange and then once more, which changes nothing."""
        if door.carrier:
            (file,) = files
            (uid,) = self.put(door, file)
            self.assertEqual(self.put(door, file), [], "once more is the same message")
            return [uid]
        if len(files) == 1:
            first, again = self.post(door, files[0]), self.post(door, files[0])
            self.assertEqual(first.status_code, 202, first.text)
            self.assertEqual(again.json()["message_id"], first.json()["message_id"], "once more is the same message")
            return [first.json()["message_id"]]
        body = interchange_of(door.codec, files)
        answer = self.post(door, body)
        self.assertEqual(answer.status_code, 202, answer.text)
        told = answer.json()["results"]
        self.assertEqual([each["status"] for each in told], ["accepted"] * len(files), answer.text)
        again = self.post(door, body).json()["results"]
        self.assertEqual([each["status"] for each in again], ["repeated"] * len(files))
        return [each["message_id"] for each in told]

    def came_out(self, message, sample, interface):
        """The message ended as the sample says: translated as expected, or with its fault."""
        if "faults" in sample:
            self.assertIn(message.state, ("failed", "parked"))
            self.assertIn(sample["faults"][0], message.fault_code)
            return 1
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        self.assertEqual(message.interface_id, interface)
        found = self.canonical_of(message)
        expected = codec("json").decode(reading.content(interface.trading_partner_id.pack, sample["expected"]))
        self.assertEqual([str(each) for each in differences(expected, found)], [])
        return 1

    def canonical_of(self, message):
        """What the message was translated to, as it is kept."""
        kept = message.payload_ids.filtered(lambda each: each.kind == "canonical")
        return codec("json").decode(kept._contents()[kept.id])


class TestPackOrders(InterchangeCase):
    """An 850 becomes a sale order, to the cent."""

    def product(self, name, **values):
        return self.env["product.product"].create({"name": name, "type": "consu", "taxes_id": False, **values})

    def trades_in(self, currency):
        self.env.ref(f"base.{currency}").active = True
        self.company.currency_id = self.env.ref(f"base.{currency}")

    def order(self, number):
        return self.env["sale.order"].search([("client_order_ref", "=", number)])

    def test_an_order_with_allowances_freight_and_dozens_is_a_sale_order_and_once_only(self):
        self.trades_in("USD")
        partner, door = self.live("retail-x12")
        self.product("Desk lamp", default_code="NW-3318")
        pencils = self.product("Pencil")
        self.env["sync.xref"].create(
            {"domain": "product", "external_id": "99-1", "res_id": pencils.id, "trading_partner_id": partner.id}
        )
        body = reading.content("retail-x12", "samples/order_full.edi")
        answer = self.post(door, body)
        self.run_engine()
        message = self.message_of(answer.json()["message_id"])
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        order = self.order("4500123457")
        self.assertEqual((order.amount_total, order.currency_id.name, order.state), (356.20, "USD", "sale"))
        self.assertEqual(order.partner_shipping_id.city, "Hartford")
        self.assertEqual(order.partner_invoice_id.street2, "Floor 9")
        line = order.order_line.filtered(lambda each: each.product_id == pencils)
        self.assertEqual((line.product_uom_qty, line.product_uom_id.name, line.partner_line_ref), (6, "Dozens", "2"))
        other = self.post(door, body.replace(b"000000102", b"000000199"))
        self.run_engine()
        self.assertEqual(self.message_of(other.json()["message_id"]).state, "done")
        self.assertEqual(len(self.order("4500123457")), 1, "another interchange, the same order")

    def test_an_article_that_nobody_knows_is_named(self):
        self.trades_in("EUR")
        _partner, door = self.live("retail-edifact")
        answer = self.post(door, reading.content("retail-edifact", "samples/order.edi"))
        self.run_engine()
        message = self.message_of(answer.json()["message_id"])
        self.assertEqual((message.state, message.fault_code), ("failed", "apply.product_unknown"))
        self.assertIn("NW-2210", message.attempt_ids[:1].detail)
        self.assertFalse(self.order("4500781200"))
