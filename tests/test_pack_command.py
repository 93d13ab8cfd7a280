"""``odoo sync_pack``: compared, applied and exported without anybody at the screen."""

import io
import json
import runpy
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from odoo.addons.sync_governance.models.packs import pack_command, reading

from .governance_fixture import SECRET, GovernanceCase

COMMAND = Path(__file__).parents[1] / "cli" / "sync_pack.py"


class TestPackCommand(GovernanceCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def pack(self, *args):
        """Exit status, lines of standard output, standard error."""
        command = runpy.run_path(str(COMMAND), run_name="odoo.cli.sync_pack")["SyncPack"]()
        given = [str(each) for each in args]
        options = command._command_line().parse_args([*given, "-d", self.env.cr.dbname, "--company", self.company.name])
        out, said = io.StringIO(), io.StringIO()
        with self.engine_cursors(), redirect_stdout(out), redirect_stderr(said):
            status = pack_command.run(options)
        return status, out.getvalue().splitlines(), said.getvalue()

    def changes(self, *args):
        status, lines, _said = self.pack(*args, "--json")
        return status, [json.loads(line) for line in lines]

    def partner_of(self, code):
        return self.env["sync.trading.partner"].search([("code", "=", code), ("company_id", "=", self.company.id)])

    def test_a_diff_tells_what_would_come_and_leaves_nothing(self):
        status, changes = self.changes("diff", "threepl")
        self.assertEqual(status, 1)
        self.assertEqual({change["action"] for change in changes}, {"add"})
        told = {(change["kind"], change["code"]) for change in changes}
        self.assertLessEqual(
            {("partner", "threepl"), ("endpoint", "threepl-requests"), ("mapping", "threepl.fulfilment.request")}, told
        )
        self.assertFalse(self.partner_of("threepl"))

    def test_applied_twice_is_like_once(self):
        status, changes = self.changes("apply", "threepl", "--owner", self.manager.login)
        self.assertEqual((status, self.partner_of("threepl").business_owner_id), (0, self.manager))
        self.assertTrue(changes)
        self.assertEqual(self.changes("apply", "threepl"), (0, []))
        self.assertEqual(self.pack("diff", "threepl"), (0, [], "Nothing differs.\n"))

    def test_an_approved_version_gets_a_draft_beside_it_and_the_diff_says_where_it_differs(self):
        partner = self.live_partner(
            "threepl",
            secrets={"threepl-requests": SECRET, "threepl-confirmations": SECRET},
            urls={"threepl-requests": "https://swift.example.com/requests"},
        )
        mapping = partner.interface_ids.filtered(lambda each: each.direction == "inbound").mapping_id
        copy = self.exported(partner, "threepl")
        path = copy / "mappings" / f"{mapping.code}.json"
        rules = json.loads(path.read_text())
        rules["title"] = "Another title"
        path.write_text(json.dumps(rules))
        status, changes = self.changes("apply", copy, "--partner", partner.code)
        self.assertEqual(status, 0)
        drafts = [change for change in changes if change["kind"] == "mapping"]
        self.assertEqual([(c["action"], c["code"], c["version"]) for c in drafts], [("add", mapping.code, "1.1.0")])
        kept = [change for change in changes if change["action"] == "keep"]
        self.assertEqual([(c["kind"], c["fields"][0]["field"]) for c in kept], [("interface", "mapping")])
        self.assertEqual(kept[0]["fields"][0]["to"], f"{mapping.code} 1.1.0")
        self.assertEqual(mapping.state, "approved")
        self.assertNotIn("Another title", mapping.document)
        self.assertEqual(partner.interface_ids.filtered(lambda e: e.direction == "inbound").mapping_id, mapping)
        status, again = self.changes("diff", copy, "--partner", partner.code)
        self.assertEqual((status, [change["action"] for change in again]), (0, ["keep"]))

    def test_a_draft_that_changes_is_told_place_by_place(self):
        self.pack("apply", "threepl")
        copy = self.exported(self.partner_of("threepl"), "threepl")
        path = copy / "mappings" / "threepl.fulfilment.request.json"
        path.write_text(path.read_text().replace('"standard"', '"express"'))
        _status, (change,) = self.changes("diff", copy, "--partner", "threepl")
        self.assertEqual((change["action"], change["kind"]), ("change", "mapping"))
        (only,) = change["fields"]
        self.assertEqual((only["field"], only["from"], only["to"]), ("rules", "standard", "express"))
        self.assertRegex(only["place"], r"^/rules/\d+/default$")
        _status, lines, _said = self.pack("diff", copy, "--partner", "threepl")
        self.assertIn("standard → express", lines[1])

    def test_an_exported_partner_installs_to_the_same_after_everything_is_gone(self):
        """Beside the packs of the server, in a folder that it names: samples come along."""
        shipped = reading.names()
        self.startPatcher(patch.dict("os.environ", {reading.FOLDERS: str(self.folder / "once")}))
        for name in shipped:
            with self.subTest(pack=name):
                code = f"{name}-tuned"
                self.pack("apply", name, "--partner", code, *self.everything(name))
                partner = self.partner_of(code)
                self.tune(partner)
                first = self.exported(partner, code)
                self.remove(partner)
                status, _lines, said = self.pack("apply", first)
                self.assertEqual(status, 0, said)
                second = self.exported(self.partner_of(code), code, again=True)
                self.assertEqual(self.contents(second), self.contents(first))
                self.remove(self.partner_of(code))

    def test_an_export_says_all_that_its_pack_says(self):
        """Of endpoints, interfaces and policies, member by member: what is not exported would be lost elsewhere."""
        for name in reading.names():
            pack = self.env["sync.pack"]._read(name)
            self.pack("apply", name, "--partner", f"{name}-all", *self.everything(name))
            partner = self.partner_of(f"{name}-all")
            exported = json.loads(self.contents(self.exported(partner, f"{name}-all"))["pack.json"])
            for kind in ("endpoints", "interfaces", "policies", "contracts"):
                found = {each["code"]: each for each in exported[kind]} if pack.get(kind) else {}
                for entry in pack.get(kind, ()):
                    with self.subTest(pack=name, kind=kind, code=entry["code"]):
                        self.assertEqual(lacks(found[entry["code"]], entry), [])
            self.remove(partner)

    def test_an_export_has_no_secret_no_address_and_no_person(self):
        partner = self.live_partner(
            "threepl",
            secrets={"threepl-requests": SECRET, "threepl-confirmations": SECRET},
            urls={"threepl-requests": "https://swift.example.com/requests"},
        )
        for domain, external_id, code in (("warehouse", "MUC-2", "WH"), ("customer", "mailto:eve@example.com", "1")):
            self.env["sync.xref"].create(
                {
                    "domain": domain,
                    "external_id": external_id,
                    "canonical_code": code,
                    "trading_partner_id": partner.id,
                }
            )
        files = self.contents(self.exported(partner, "swift"))
        text = b"\n".join(files.values()).decode()
        for never in (SECRET, "swift.example.com", "eve@example.com", self.author.login, self.author.name):
            self.assertNotIn(never, text)
        self.assertIn("MUC-2", text)

    def test_a_mapping_that_builds_on_another_stands_alone_in_an_export(self):
        self.pack("apply", "threepl")
        interface = self.partner_of("threepl").interface_ids.filtered(lambda each: each.direction == "outbound")
        base = interface.mapping_id
        base.with_user(self.author).action_submit()
        base.with_user(self.approver).action_approve()
        rules = {
            "mapping": "swift.fulfilment.request",
            "target": "fulfillment_request.created",
            "extends": base.code,
            "rules": [{"to": "data.shipping_method", "value": "express"}, {"remove": "data.instructions"}],
        }
        interface.mapping_id = self.env["sync.mapping"].create(
            {
                "code": "swift.fulfilment.request",
                "name": "Swift",
                "company_id": self.company.id,
                "document_type_id": base.document_type_id.id,
                "base_id": base.id,
                "document": json.dumps(rules),
            }
        )
        alone = json.loads(self.contents(self.exported(interface.trading_partner_id, "swift"))[
            "mappings/swift.fulfilment.request.json"
        ])  # fmt: skip
        self.assertNotIn("extends", alone)
        by_name = {rule.get("to"): rule for rule in alone["rules"]}
        self.assertEqual(by_name["data.shipping_method"]["value"], "express")
        self.assertNotIn("data.instructions", by_name)
        self.assertIn("data.products", by_name)

    def test_what_cannot_be_done_changes_nothing_and_says_why(self):
        for args, words in (
            (["apply", "no-such-pack"], "no pack"),
            (["apply", f"{self.folder}/nothing"], "no pack.json"),
            (["apply", "threepl", "--owner", "nobody.here"], "no user with the login"),
            (["export", "nobody", "--out", self.folder / "x"], "no trading partner nobody"),
        ):
            with self.subTest(args=[str(each) for each in args]):
                status, lines, said = self.pack(*args)
                self.assertEqual((status, lines), (2, []))
                self.assertIn(words, said)

    # -- what the tests do -------------------------------------------------------------------------------------------

    def everything(self, name):
        """Options that ask for the optional endpoints of a pack too."""
        doors = self.env["sync.pack"]._read(name)["endpoints"]
        return [option for door in doors for option in ("--with", door["code"])]

    def exported(self, partner, name, again=False):
        folder = self.folder / ("again" if again else "once") / name
        status, _lines, said = self.pack("export", partner.code, "--out", folder)
        self.assertEqual(status, 0, said)
        return folder

    def contents(self, folder):
        return reading.from_folder(folder).files

    def tune(self, partner):
        """As people tune a partner: limits, order of the queue, an agreed setting."""
        for endpoint in partner.endpoint_ids.filtered(lambda each: each.direction == "inbound"):
            endpoint.write({"max_body_bytes": 123_456, "key_source": "constant", "key_value": "one line for all"})
        partner.interface_ids.policy_id.write({"max_attempts": 5, "name": "As agreed in March"})

    def remove(self, partner):
        """The partner and all that it runs on are gone, as in a database that never had them."""
        interfaces = partner.interface_ids
        parts = [interfaces[name] for name in ("contract_id", "mapping_id", "policy_id")]
        below = [parts[2].gate_ids, parts[2].service_level_id, parts[2].retention_id]
        agents = partner.endpoint_ids.user_id
        self.env["sync.ownership"].search([("trading_partner_id", "=", partner.id)]).unlink()
        for records in (interfaces, partner.endpoint_ids, partner, *parts, *below, agents):
            records.unlink()


OURS = ("optional", "owner_group", "file")
"""What a pack says for the one who sets it up, or where in it something stands."""


def lacks(found, said, place=""):
    """Where ``found`` does not say what ``said`` says."""
    if isinstance(said, dict):
        names = [name for name in said if name not in OURS]
        return [each for name in names for each in lacks((found or {}).get(name), said[name], f"{place}/{name}")]
    if isinstance(said, list) and all(isinstance(each, str) for each in said):
        found, said = sorted(found or []), sorted(said)
    return [] if found == said or (not found and not said) else [f"{place}: {found!r} instead of {said!r}"]
