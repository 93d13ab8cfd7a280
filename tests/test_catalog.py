"""Document types, contracts, mappings, policies, gates, interfaces."""

import json

from odoo.exceptions import UserError, ValidationError

from odoo.addons.sync_governance.core.canonical import catalogue

from .governance_fixture import GovernanceCase


class TestDocumentType(GovernanceCase):
    def test_the_records_are_the_catalogue(self):
        records = self.env["sync.document.type"].search([])
        self.assertEqual(set(records.mapped("code")), set(catalogue()))
        self.assertEqual(self.order_type.domain, "sales")
        self.assertEqual(json.loads(self.order_type.schema)["$id"], "urn:sync-governance:types:order.create")
        self.assertTrue(json.loads(self.order_type.example))

    def test_following_the_catalogue_again_changes_nothing_and_archives_what_left(self):
        gone = self.env["sync.document.type"].create({"code": "left.long_ago", "title": "Gone", "domain": "sales"})
        self.env["sync.document.type"]._sync_catalogue()
        self.assertFalse(gone.active)
        self.assertEqual(self.env["sync.document.type"]._id_of("order.create"), self.order_type.id)
        with self.assertRaises(LookupError):
            self.env["sync.document.type"]._id_of("no.such")


class TestContract(GovernanceCase):
    def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(self):
        for schema, reason in (
            ("{", "not JSON"),
            ('{"type": "strange"}', "strange"),
            ('{"$ref": "https://example.com/schema.json"}', "leads nowhere"),
            ('{"pattern": "("}', "pattern"),
        ):
            with self.subTest(schema=schema), self.assertRaisesRegex(ValidationError, reason), self.env.cr.savepoint():
                self.contract(schema=schema)

    def test_it_names_every_difference(self):
        faults = self.contract()._validate({"id": "one"})
        self.assertEqual([fault.pointer for fault in faults], ["/id"])


class TestMapping(GovernanceCase):
    def test_rules_that_cannot_be_used_are_refused_with_the_reason(self):
        with self.assertRaisesRegex(ValidationError, "not JSON"), self.env.cr.savepoint():
            self.mapping(document="{")
        with self.assertRaisesRegex(ValidationError, "cannot be used"), self.env.cr.savepoint():
            self.mapping(rules=[{"to": "number", "from": "id", "convert": ["no_such_converter"]}])
        with self.assertRaisesRegex(ValidationError, "call themselves"):
            self.mapping(
                document=json.dumps(
                    {"mapping": "other", "target": "order.create", "rules": [{"to": "number", "from": "id"}]}
                )
            )

    def test_a_mapping_builds_on_an_approved_one(self):
        base = self.mapping()
        document = {
            "mapping": "child",
            "extends": base.code,
            "target": "order.create",
            "rules": [{"to": "note", "from": "note"}],
        }
        child = self.mapping(code="child", document=json.dumps(document), base_id=base.id)
        result = child._compiled().evaluate({"id": 7, "note": "hi"})
        self.assertEqual(result.document, {"number": "7", "note": "hi"})
        self.assertEqual(child.target, "order.create")
        with self.assertRaisesRegex(UserError, "not approved"):
            child.action_submit()
        self.approved(base)
        child.action_submit()

    def test_the_same_rules_are_compiled_once(self):
        mapping = self.mapping()
        self.assertIs(mapping._compiled(), mapping._compiled())


class TestPolicy(GovernanceCase):
    def test_retries_in_numbers_and_words(self):
        policy = self.policy(retry_kind="schedule", retry_schedule="5, 30, 300", max_attempts=4)
        self.assertEqual(policy._retry_policy().schedule, (5.0, 30.0, 300.0))
        self.assertIn("5 s, 30 s, 5 min", policy.retry_text)
        for values in ({"retry_schedule": "soon"}, {"retry_schedule": ""}, {"retry_schedule": "-1"}):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                policy.write(values)

    def test_parts_are_copied_not_changed_once_fixed(self):
        policy = self.policy()
        level = policy.service_level_id
        level.applied_seconds = 10
        policy.action_submit()
        with self.assertRaisesRegex(UserError, "Duplicate"):
            level.applied_seconds = 20
        copy = level.copy()
        copy.applied_seconds = 20
        self.assertEqual(copy.code, f"{level.code}-copy")


class TestGate(GovernanceCase):
    def gate(self, condition):
        return self.as_manager("sync.gate").create(
            {"code": "g", "name": "G", "effect": "invoice.release", "condition": json.dumps(condition)}
        )

    def test_a_condition_reads_as_a_sentence(self):
        milestone = self.env["sync.milestone.type"].search([("code", "=", "shipment.confirmed")], limit=1)
        gate = self.gate(
            {
                "all": [
                    {"milestone": "shipment.confirmed", "of": "shipment"},
                    {"field": "order.delivery_status", "in": ["partial", "full"]},
                ]
            }
        )
        self.assertEqual(
            gate.condition_text,
            f"the shipment has reached “{milestone.name}” and the order's delivery is one of “partial”, “full”",
        )

    def test_the_vocabulary_is_closed(self):
        for condition in (
            [],
            {},
            {"all": []},
            {"python": "1"},
            {"field": "order.partner_id", "equals": "x"},
            {"milestone": "shipment.confirmed", "of": "moon"},
            {"field": "order.state", "equals": 1},
            {"not": {"any": [{"milestone": "no.such", "of": "process"}]}},
        ):
            with self.subTest(condition=condition), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.gate(condition)


class TestInterface(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.shop = self.partner()
        self.shop.action_start_testing()
        self.door = self.endpoint(self.shop)

    def test_going_live_lists_what_is_missing(self):
        line = self.interface(self.door, owner_id=False, topic=False)
        with self.assertRaises(ValidationError) as refusal:
            line.action_go_live()
        for gap in (
            "An owner",
            "An approved policy",
            "An approved contract",
            "The kind of document",
            "A live endpoint",
        ):
            self.assertIn(gap, str(refusal.exception))
            self.assertIn(gap, line.missing)

    def live(self):
        self.door.action_create_agent()
        self.credential(self.door)
        self.door.action_go_live()
        line = self.interface(
            self.door,
            contract_id=self.approved(self.contract()).id,
            mapping_id=self.approved(self.mapping()).id,
            policy_id=self.approved(self.policy()).id,
        )
        line.action_go_live()
        return line

    def test_with_everything_approved_it_goes_live_and_the_intake_knows_it(self):
        line = self.live()
        self.assertEqual(line._why_not_runnable(), [])
        profile = self.env["sync.endpoint"]._intake_profile(self.door.code)
        self.assertEqual(profile["interfaces"]["orders/create"][:2], (line.id, self.order_type.id))

    def test_a_live_interface_cannot_lose_what_it_needs(self):
        line = self.live()
        draft = line.contract_id._next_version()
        for values in ({"contract_id": draft.id}, {"owner_id": False}, {"policy_id": False}, {"mapping_id": False}):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                line.write(values)

    def test_the_engine_is_told_why_it_must_not_run(self):
        line = self.live()
        self.door.action_suspend()
        self.assertEqual(line._why_not_runnable(), ["The endpoint is suspended."])
        self.door.action_resume()
        self.shop.action_suspend()
        self.assertIn("The trading partner is suspended.", line._why_not_runnable())

    def test_a_canonical_document_needs_no_mapping_and_a_partners_own_does(self):
        line = self.interface(self.door, contract_id=self.approved(self.contract()).id)
        self.assertIn("An approved mapping", line._missing())
        line.contract_id = self.approved(self.contract("canonical.order", form="canonical"))
        self.assertNotIn("An approved mapping", line._missing())

    def test_what_nothing_in_odoo_takes_does_not_go_live(self):
        line = self.interface(self.door, handler="no.such.handler")
        self.assertTrue(any("no.such.handler" in gap for gap in line._missing()))

    def test_parts_fit_together(self):
        other_type = self.env["sync.document.type"].search([("code", "=", "payment.received")])
        contract = self.contract("pay", document_type_id=other_type.id)
        with self.assertRaisesRegex(ValidationError, "another document type"), self.env.cr.savepoint():
            self.interface(self.door, contract_id=contract.id)
        elsewhere = self.contract("theirs", trading_partner_id=self.partner("other").id)
        with self.assertRaisesRegex(ValidationError, "another partner"):
            self.interface(self.door, contract_id=elsewhere.id)
