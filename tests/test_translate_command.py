"""``odoo sync_translate``: the way of production, and nothing stays."""

import io
import json
import runpy
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from odoo.exceptions import ValidationError

from odoo.addons.sync_governance.core.differences import differences
from odoo.addons.sync_governance.models.packs import reading, translating

from .common import SyncCase

COMMAND = Path(__file__).parents[1] / "cli" / "sync_translate.py"
LAYOUT = {
    "kind": "delimited",
    "fields": [
        {"name": "order", "required": True},
        {"name": "amount", "type": "decimal"},
        {"name": "gtin", "check_digit": True},
    ],
    "documents": {"by": "key", "key": ["order"]},
}


class TestTranslate(SyncCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def translate(self, *args, pack="shopify"):
        """Exit status, documents and standard error of the command."""
        command = runpy.run_path(str(COMMAND), run_name="odoo.cli.sync_translate")["SyncTranslate"]()
        options = command._command_line().parse_args(["-d", self.env.cr.dbname, "--pack", pack, *map(str, args)])
        out, said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with self.engine_cursors(), redirect_stdout(out), redirect_stderr(said):
            status = translating.run(options)
        return status, out.buffer.getvalue().decode(), said.getvalue()

    def sample(self, file, pack="shopify"):
        return reading.FOLDER / pack / file

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def test_a_file_of_a_pack_that_is_not_installed_is_translated_and_nothing_stays(self):
        before = self.env["sync.trading.partner"].search_count([])
        file = self.sample("samples/order_tax_included.json")
        status, said, faults = self.translate(file)
        self.assertEqual(status, 0, faults)
        (document,) = map(json.loads, said.splitlines())
        self.assertEqual(document["type"], "order.create")
        expected = next(
            each for each in reading.read("shopify")["samples"] if each["file"] == "samples/order_tax_included.json"
        )
        self.assertEqual(document["number"], json.loads(reading.text("shopify", expected["expected"]))["number"])
        self.assertEqual(self.env["sync.trading.partner"].search_count([]), before)
        self.assertFalse(self.env["sync.message"].search_count([("reference", "=", document["number"])]))

    def test_a_fault_is_told_with_its_place_and_the_others_go_through(self):
        good, bad = self.sample("samples/order_tax_included.json"), self.file("bad.json", '{"id": 1}')
        status, said, faults = self.translate(good, bad, self.file("broken.json", '{"id": '))
        self.assertEqual(status, 1)
        self.assertEqual(len(said.splitlines()), 1)
        self.assertIn("bad.json:1: validate.contract: ", faults)
        self.assertIn("broken.json:1: decode.malformed: The JSON is broken at line 1", faults)

    def test_the_versions_of_an_installed_partner_are_used_and_routes_are_chosen(self):
        partner = self.live_partner("shopify", {"shop-orders": "s" * 32})
        status, said, faults = self.translate(
            "--partner", partner.code, "--route", "order.create", self.sample("samples/order_tax_included.json")
        )
        self.assertEqual((status, len(said.splitlines())), (0, 1), faults)
        status, said, faults = self.translate("--route", "papyrus", self.sample("samples/order_tax_included.json"))
        self.assertEqual((status, said), (2, ""))
        self.assertIn("no such route", faults)

    def test_a_route_that_partners_may_do_without_is_tried_by_its_name(self):
        status, said, faults = self.translate("--route", "refund.issued", self.sample("samples/refund.json"))
        self.assertEqual(status, 0, faults)
        self.assertEqual(json.loads(said)["type"], "refund.issued")

    def test_what_cannot_be_done_says_why(self):
        status, _said, faults = self.translate(self.folder / "nothing.json")
        self.assertEqual(status, 2)
        self.assertIn("nothing.json", faults)
        status, _said, faults = self.translate(self.file("a.json", "{}"), pack="papyrus")
        self.assertEqual(status, 2)
        self.assertIn("There is no pack 'papyrus'", faults)

    def test_a_file_of_another_kind_is_recognised(self):
        status, said, faults = self.translate(self.file("order.edi", "ISA*00*          *"))
        self.assertEqual((status, said), (1, ""))
        self.assertIn("it looks like X12, and the route reads json", faults)

    def test_canonical_documents_are_encoded_the_other_way(self):
        request = next(
            each for each in reading.read("threepl")["samples"] if each["interface"] == "threepl.fulfilment.request"
        )
        file = self.file("request.json", reading.text("threepl", request["file"]))
        status, said, faults = self.translate("--encode", file, pack="threepl")
        self.assertEqual(status, 0, faults)
        document, expected = json.loads(said), json.loads(reading.text("threepl", request["expected"]))
        # What the sample's cross-references say is not known to this database, and left out.
        missing = [str(each) for each in differences(expected, document)]
        self.assertTrue(all("facility" in each for each in missing), missing)

    # -- files of many documents ---------------------------------------------------------------------------------------

    def endpoint(self, **values):
        partner = (
            self.env["sync.pack"]
            .with_user(self.author)
            ._load("shopify", self.company, {"code": "by-file", "environment": "production"})
        )
        endpoint = partner.endpoint_ids.filtered(lambda each: each.direction == "inbound")
        endpoint.write(values)
        return endpoint

    def test_one_bad_line_of_a_file_stops_no_other(self):
        self.endpoint(codec="ndjson")
        order = json.dumps(json.loads(reading.text("shopify", "samples/order_tax_included.json")))
        status, said, faults = self.translate(
            "--partner", "by-file", self.file("orders.jsonl", f"{order}\n{{\n{order}\n")
        )
        self.assertEqual(status, 1)
        self.assertEqual(len(said.splitlines()), 2)
        self.assertIn("orders.jsonl:2: decode.malformed: Line 2: The JSON is broken", faults)

    def test_a_flat_file_goes_by_the_layout_of_the_endpoint(self):
        endpoint = self.endpoint(codec="flat", codec_options=json.dumps(LAYOUT))
        interface = endpoint.interface_ids
        contract = {
            "type": "object",
            "required": ["order", "lines"],
            "properties": {"order": {"type": "string", "pattern": "^[0-9]+$"}},
        }
        interface.contract_id.write({"schema": json.dumps(contract)})
        interface.mapping_id = False
        file = self.file("orders.csv", "order,amount,gtin\n1,2.50,4006381333932\nx,1,\n2,two,\n")
        status, _said, faults = self.translate("--partner", "by-file", file)
        self.assertEqual(status, 1)
        self.assertIn("orders.csv:2: validate.canonical: ", faults)  # it went through decode and validate
        self.assertIn("orders.csv:2: note: Line 2, column gtin: '4006381333932' is no GTIN", faults)
        self.assertIn("orders.csv:3: validate.contract: ", faults)
        self.assertIn("orders.csv:4: decode.value_invalid: Line 4, column amount: here should stand a number", faults)

    def test_a_layout_that_cannot_be_used_is_refused_where_it_is_entered(self):
        with self.assertRaisesRegex(ValidationError, "Fixed lines need fields"):
            self.endpoint(codec="flat", codec_options='{"kind": "fixed"}')

    def test_a_flat_file_needs_a_layout_and_json_has_none(self):
        with self.assertRaisesRegex(ValidationError, "Kind is missing"):
            self.endpoint(codec="flat")
        with self.assertRaisesRegex(ValidationError, "has no options"):
            self.endpoint(codec="json", codec_options='{"kind": "fixed"}')

    def test_production_reads_a_flat_file_by_the_layout(self):
        endpoint = self.endpoint(codec="flat", codec_options=json.dumps(LAYOUT))
        profile = endpoint._profile()
        document = self.env["sync.intake"]._peek(profile, b"order,amount,gtin\n7,1,\n")
        self.assertEqual(document["order"], "7")
