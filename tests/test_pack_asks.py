"""What a pack asks: answered in the wizard, by the command or later, used where it belongs, and in no export."""

import io
import json
import runpy
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from odoo.addons.sync_governance.models.packs import pack_command, reading

from .governance_fixture import GovernanceCase

COMMAND = Path(__file__).parents[1] / "cli" / "sync_pack.py"
URL = "https://acme.my.salesforce.com/services/data/v64.0/sobjects"
TOKEN = "https://acme.my.salesforce.com/services/oauth2/token"
OTHER = "https://sandbox.my.salesforce.com/services/oauth2/token"


class TestPackAsks(GovernanceCase):
    def set_up(self, **values):
        loader = self.env["sync.pack"].with_user(self.manager)
        return loader._load("salesforce", self.company, {"environment": "test", **values})

    def door(self, partner, code="salesforce-records"):
        return partner.endpoint_ids.filtered(lambda each: each.pack_code == code)

    def pack(self, *args):
        """Exit status, standard output, standard error."""
        command = runpy.run_path(str(COMMAND), run_name="odoo.cli.sync_pack")["SyncPack"]()
        given = [str(each) for each in args]
        options = command._command_line().parse_args([*given, "-d", self.env.cr.dbname, "--company", self.company.name])
        out, said = io.StringIO(), io.StringIO()
        with self.engine_cursors(), redirect_stdout(out), redirect_stderr(said):
            status = pack_command.run(options)
        return status, out.getvalue(), said.getvalue()

    def missing(self, partner):
        step = self.env["sync.onboarding.step"].search(
            [("trading_partner_id", "=", partner.id), ("code", "=", "security")]
        )
        return step.reason

    def test_one_answer_goes_to_all_its_places_and_its_form_does_not_matter(self):
        for number, said in enumerate(("acme.my.salesforce.com", " https://ACME.my.salesforce.com/ ")):
            partner = self.set_up(code=f"crm-{number}", answers={"org": said})
            door = self.door(partner)
            self.assertEqual((door.url, door._settings()["token_url"]), (URL, TOKEN))
            self.assertEqual(door._settings()["client_authentication"], "post", "what the pack says stays")
            self.assertNotIn("Address of the org", self.missing(partner))

    def test_what_is_not_answered_is_missing_on_the_checklist(self):
        partner = self.set_up()
        self.assertIn("Not answered yet: Address of the org (My Domain).", self.missing(partner))

    def test_what_is_no_answer_is_refused_with_an_example(self):
        host = "acme.example.com"
        for said in (f"https://{host}/path", "a b", f"ftp://{host}", f"user@{host}", f"https://{host}?x=1", "https://",
                     "acme\nexample", "x" * 201):  # fmt: skip
            with self.subTest(said=said), self.assertRaisesRegex(UserError, "acme.my.salesforce.com"):
                self.set_up(answers={"org": said})

    def test_a_text_stays_one_value_of_an_address(self):
        partner = self.set_up()
        door = self.door(partner)
        partner.sudo().pack_asks = json.dumps(
            [
                {
                    "code": "account",
                    "label": "Account",
                    "help": "x",
                    "example": "A-1",
                    "kind": "text",
                    "goes_to": [{"place": "url", "endpoint": door.pack_code, "as": "https://x.example/{}/v1"}],
                }
            ]
        )
        partner._answer({"account": "../a/b?c=d", "nobody-asked": "x"})
        self.assertEqual(door.url, "https://x.example/..%2Fa%2Fb%3Fc%3Dd/v1")

    def test_the_wizard_asks_and_the_addresses_follow(self):
        both = self.person("gina.both", "group_manager", "group_security_officer")
        with Form(self.env["sync.pack.install"].with_user(both)) as form:
            form.pack = "salesforce"
        wizard = form.record
        self.assertEqual(wizard.question_ids.mapped("code"), ["org", "client"])
        wizard.action_next()
        wizard.action_next()
        wizard.question_ids[0].answer = "acme.my.salesforce.com"
        wizard.question_ids[1].answer = "3MVG9.key"
        line = wizard.endpoint_ids.filtered(lambda each: each.code == "salesforce-records")
        self.assertTrue(line.url_asked)
        line.secret_input = "the-consumer-secret"
        wizard.action_install()
        partner = wizard.partner_made_id
        door = self.door(partner)
        self.assertEqual((door.url, door._settings()["token_url"]), (URL, TOKEN))
        self.assertEqual(door.sudo().credential_ids.username, "3MVG9.key")
        self.assertFalse(partner._unanswered())

    def test_what_is_answered_later_is_answered_on_the_partner(self):
        partner = self.set_up()
        wizards = self.env["sync.pack.answer"].with_context(active_id=partner.id)
        wizard = wizards.with_user(self.manager).create(
            wizards.with_user(self.manager).default_get(["trading_partner_id", "question_ids"])
        )
        wizard.question_ids.filtered(lambda each: each.code == "org").answer = "acme.my.salesforce.com"
        wizard.action_answer()
        self.assertEqual(self.door(partner).url, URL)
        with self.assertRaises(AccessError):
            wizards.with_user(self.viewer).create({"trading_partner_id": partner.id})

    def test_the_command_answers_says_what_is_open_and_applied_again_changes_nothing(self):
        status, _out, said = self.pack("apply", "salesforce", "--partner", "crm")
        self.assertEqual(status, 0)
        self.assertIn("Not answered yet: Address of the org (My Domain).", said)
        status, _out, said = self.pack(
            "apply", "salesforce", "--partner", "crm", "--answer", "org=acme.my.salesforce.com"
        )
        self.assertEqual((status, said.replace("Nothing differs.\n", "")), (0, ""))
        partner = self.env["sync.trading.partner"].search([("code", "=", "crm")])
        self.assertEqual(self.door(partner)._settings()["token_url"], TOKEN)
        self.assertEqual(self.pack("apply", "salesforce", "--partner", "crm"), (0, "", "Nothing differs.\n"))
        self.assertEqual(self.door(partner)._settings()["token_url"], TOKEN)
        status, _out, said = self.pack("apply", "salesforce", "--partner", "crm", "--answer", "acme")
        self.assertEqual(status, 2)
        self.assertIn("org=acme.example.com", said)

    def test_an_export_asks_and_never_answers_and_a_promotion_leaves_the_answers_of_production(self):
        test = self.set_up(code="crm-test", answers={"org": "sandbox.my.salesforce.com"})
        live = self.set_up(code="crm", environment="production", answers={"org": "acme.my.salesforce.com"})
        with tempfile.TemporaryDirectory() as folder:
            status, _out, said = self.pack("export", "crm-test", "--out", Path(folder) / "crm-test")
            self.assertEqual(status, 0, said)
            files = reading.from_folder(Path(folder) / "crm-test").files
            exported = json.loads(files["pack.json"])
            self.assertNotIn(b"sandbox", b"".join(files.values()))
            shipped = reading.read("salesforce")
            self.assertEqual([ask["code"] for ask in exported["asks"]], [ask["code"] for ask in shipped["asks"]])
            there = {place["endpoint"] for ask in exported["asks"] for place in ask["goes_to"]}
            self.assertEqual(there, {"salesforce-records"}, "what is not set up is not asked for")
            status, _out, said = self.pack("apply", Path(folder) / "crm-test", "--partner", "crm")
            self.assertEqual(status, 0, said)
        self.assertEqual((self.door(live).url, self.door(live)._settings()["token_url"]), (URL, TOKEN))
        self.assertEqual(self.door(test)._settings()["token_url"], OTHER)
