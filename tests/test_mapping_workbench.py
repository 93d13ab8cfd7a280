"""The workbench of a mapping: source, rules and result side by side, and nothing is written."""

import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from . import documents as docs
from .governance_fixture import GovernanceCase

SECRET = "shpss_workbench"


class TestMappingWorkbench(GovernanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls.live_partner("shopify", secrets={"shop-orders": SECRET})
        cls.line = cls.shop.interface_ids
        cls.approved_mapping = cls.line.mapping_id
        cls.draft = cls.approved_mapping.with_user(cls.manager)._next_version()

    def bench(self, mapping=None, user=None):
        """The workbench as the form opens it."""
        action = (mapping or self.draft).with_user(user or self.manager).action_workbench()
        model = self.env[action["res_model"]].with_user(user or self.manager)
        return Form(model.with_context(**action["context"]))

    def changed(self, **changes):
        """The rules of the draft with other expressions, by target."""
        document = json.loads(self.draft.document)
        for rule in document["rules"]:
            if rule.get("to") in changes:
                rule["from"] = changes[rule["to"]]
        return json.dumps(document, indent=2)

    def test_it_opens_with_the_first_sample_of_the_interface(self):
        bench = self.bench()
        self.assertEqual((bench.interface_id, bench.source_kind), (self.line, "sample"))
        self.assertIn("Prices with tax", bench.sample_id.name)
        self.assertEqual(bench.verdict, "good")
        self.assertEqual(json.loads(bench.result_text)["type"], "order.create")

    def test_every_sample_comes_out_as_the_pack_expects(self):
        bench = self.bench()
        self.assertGreaterEqual(bench.sample_count, 6)
        self.assertEqual(bench.passed_count, bench.sample_count, bench.sample_table)

    def test_other_rules_run_at_once_and_nothing_is_written(self):
        before = self.draft.document
        bench = self.bench()
        bench.rules = self.changed(number="id")
        self.assertNotEqual(bench.passed_count, bench.sample_count)
        self.assertIn("/number", bench.sample_table)
        self.assertIn("/number", bench.difference_table, "to the version before")
        self.env.flush_all()
        self.assertEqual(self.draft.document, before)
        self.assertFalse(self.env["sync.mapping.workbench"].search([]), "not even the wizard is kept")

    def test_the_version_before_is_compared_with_and_does_not_differ(self):
        bench = self.bench()
        self.assertEqual(bench.compare_id, self.approved_mapping)
        self.assertFalse(bench.difference_count)

    def test_a_fault_names_rule_place_and_words(self):
        bench = self.bench()
        bench.source_kind = "text"
        order = docs.shopify_order("#7", [docs.shopify_line(1, "LAMP-1", 2, "40.00")])
        order["line_items"][0]["price"] = "cheap"
        bench.source_text = json.dumps(order)
        self.assertEqual(bench.verdict, "faults")
        self.assertIn("cheap", bench.fault_table)
        self.assertRegex(bench.fault_table, r"Line \d+")
        self.assertIn("line_items[0].price", bench.fault_table)

    def test_rules_that_cannot_be_used_say_where(self):
        bench = self.bench()
        bench.rules = '{\n"mapping": "shopify.order.create",\n"target" "order.create"}'
        self.assertIn("Line 3", bench.fault_table)
        bench.rules = self.draft.document.replace('"required"', '"requird"', 1)
        self.assertIn("requird", bench.fault_table)
        self.assertRegex(bench.fault_table, r"Line \d+")
        self.assertFalse(bench.result_text)

    def test_a_source_that_cannot_be_read_says_so(self):
        bench = self.bench()
        bench.source_kind = "text"
        self.assertEqual(bench.verdict, "empty")
        bench.source_text = '{"id": 1,}'
        self.assertEqual(bench.verdict, "faults")
        self.assertFalse(bench.result_text)

    def test_coverage_names_what_is_never_read_and_never_made(self):
        bench = self.bench()
        bench.source_kind = "text"
        bench.source_text = json.dumps({**docs.shopify_order("#7", []), "loyalty_tier": "gold"})
        self.assertIn("loyalty_tier", bench.unused.split("\n"))
        rules = json.loads(self.draft.document)
        rules["rules"].append({"to": "never", "from": "nowhere"})
        bench.rules = json.dumps(rules)
        self.assertIn("never", bench.unfilled.split("\n"))

    def test_an_uploaded_file_is_read_by_the_codec_of_the_endpoint(self):
        rules = [{"to": "number", "from": "ref"}]
        mapping = self.mapping(rules=rules)
        layout = {"kind": "delimited", "fields": [{"name": "ref"}, {"name": "qty"}]}
        endpoint = self.endpoint(self.partner(), codec="flat", codec_options=json.dumps(layout))
        self.interface(endpoint, mapping_id=mapping.id)
        bench = self.bench(mapping)
        self.assertEqual(bench.source_kind, "text")
        bench.source_kind = "file"
        bench.upload = base64.b64encode(b"ref,qty\nA-1,2\nA-2,3\n").decode()
        self.assertEqual(bench.document_count, 2, bench.fault_table)
        self.assertTrue(bench.is_decoded)
        bench.document_number = 2
        self.assertEqual(json.loads(bench.result_text), {"number": "A-2"})

    def test_a_stored_document_is_read_with_the_rights_of_the_user(self):
        order = docs.shopify_order("#9", [docs.shopify_line(1, "LAMP-1", 2, "40.00")])
        order["email"] = "nora@example.com"
        receipt = self.receive(
            "shop-orders", order, profile="shopify", secret=SECRET, headers=docs.shopify_headers("#9")
        )
        message = self.message(receipt)
        for user, is_read in ((self.sales_operator, True), (self.manager, False)):
            with self.subTest(user=user.login):
                bench = self.bench(user=user)
                bench.source_kind = "message"
                self.assertEqual(bench.verdict, "empty")
                bench.message_id = message.with_user(user)
                self.assertIn("#9", bench.source_text)
                self.assertEqual("nora@example.com" in bench.source_text, is_read)
                self.assertEqual("nora@example.com" in (bench.result_text or ""), is_read)

    def test_the_cross_references_of_the_partner_are_asked(self):
        mapping = self.mapping(rules=[{"to": "number", "from": "ref", "convert": [{"xref": "status"}]}])
        partner = self.partner()
        self.interface(self.endpoint(partner), mapping_id=mapping.id)
        bench = self.bench(mapping)
        bench.source_text = '{"ref": "ok"}'
        self.assertIn("is not known in the cross-references", bench.fault_table)
        self.env["sync.xref"].create(
            {"domain": "status", "external_id": "ok", "canonical_code": "accepted", "trading_partner_id": partner.id}
        )
        bench = self.bench(mapping)
        bench.source_text = '{"ref": "ok"}'
        self.assertEqual(json.loads(bench.result_text), {"number": "accepted"})

    def test_the_rules_go_into_the_draft_on_request_only(self):
        bench = self.bench()
        bench.rules = self.changed(number="id")
        record = bench.save()
        self.assertFalse(record.source_text, "the source is never stored")
        action = record.action_keep()
        self.assertEqual(action["res_id"], self.draft.id)
        self.assertEqual(json.loads(self.draft.document), json.loads(self.changed(number="id")))

    def test_what_is_approved_is_tried_and_not_changed(self):
        bench = self.bench(self.approved_mapping)
        self.assertTrue(bench.can_edit)
        self.assertFalse(bench.can_keep)
        with self.assertRaises(UserError):
            bench.save().action_keep()

    def test_operators_read_and_keep_nothing(self):
        bench = self.bench(user=self.sales_operator)
        self.assertFalse(bench.can_edit)
        self.assertEqual(bench.verdict, "good")
        record = (
            self.env["sync.mapping.workbench"]
            .with_user(self.sales_operator)
            .create({"mapping_id": self.draft.id, "rules": "{}"})
        )
        with self.assertRaises(AccessError):
            record.action_keep()

    def test_viewers_have_no_workbench(self):
        with self.assertRaises(AccessError):
            self.bench(user=self.viewer)

    # -- suggestions -------------------------------------------------------------------------------------------------

    def new_partner(self):
        bench = self.bench(self.mapping(rules=[{"to": "type", "value": "order.create"}]))
        bench.source_text = json.dumps(
            {"order_ref": "A-17", "ccy": "EUR", "positions": [{"qty": 2, "uom": "EA"}], "total_tax": "1.00"}
        )
        return bench

    def suggested(self, bench):
        return {bench.suggestion_ids.edit(n).target: n for n in range(len(bench.suggestion_ids))}

    def test_rules_are_suggested_with_a_reason(self):
        bench = self.new_partner()
        rows = self.suggested(bench)
        with bench.suggestion_ids.edit(rows["currency"]) as line:
            self.assertEqual(line.source, "ccy")
            self.assertIn("every value is a currency", line.reason)
            self.assertFalse(line.accepted)
        self.assertNotIn("ccy", bench.rules, "nothing is taken by itself")

    def test_what_another_partners_mapping_reads_is_known(self):
        bench = self.new_partner()
        with bench.suggestion_ids.edit(self.suggested(bench)["totals.tax"]) as line:
            self.assertIn("shopify.order.create reads total_tax", line.reason)

    def test_a_rule_that_is_taken_works_at_once(self):
        bench = self.new_partner()
        for target in ("currency", "lines[].quantity.value"):
            with bench.suggestion_ids.edit(self.suggested(bench)[target]) as line:
                line.accepted = True
        made = json.loads(bench.result_text)
        self.assertEqual((made["currency"], made["lines"]), ("EUR", [{"quantity": {"value": "2"}}]))

    def test_what_the_rules_make_already_is_not_suggested(self):
        bench = self.bench()
        self.assertNotIn("number", self.suggested(bench))

    def test_who_changes_no_rules_gets_no_suggestions(self):
        bench = self.bench(user=self.sales_operator)
        self.assertFalse(bench.can_suggest)
        self.assertFalse(len(bench.suggestion_ids))
