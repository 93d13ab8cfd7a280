"""What a version of a contract breaks is said on its form, and keeps it from being approved as a small change."""

import json

import psycopg2

from odoo.exceptions import UserError

from .governance_fixture import GovernanceCase


def schema(required=("id",), closed=False, **properties):
    described = {"type": "object", "required": list(required), "properties": {"id": {"type": "integer"}, **properties}}
    return json.dumps({**described, "additionalProperties": False} if closed else described)


STATUS = {"enum": ["open", "paid"]}


class TestCompatibility(GovernanceCase):
    def in_force(self, version="1.0.0", **values):
        return self.approved(self.contract(version=version, **{"schema": schema(status=STATUS), **values}))

    def draft(self, version, **values):
        return self.contract(version=version, **values)

    def approve(self, contract):
        contract.action_submit()
        contract.with_user(self.sales_approver).action_approve()

    def test_the_first_version_has_nothing_to_break(self):
        self.assertEqual(self.draft("1.0.0").verdict, "first")

    def test_an_addition_is_a_small_change(self):
        before = self.in_force()
        contract = self.draft("1.1.0", schema=schema(status=STATUS, note={"type": "string"}))
        self.assertEqual((contract.verdict, contract.predecessor_id), ("compatible", before))
        self.assertIn("/note", contract.difference_table)
        self.approve(contract)
        self.assertEqual(contract.state, "approved")

    def test_a_breaking_change_needs_a_new_first_number(self):
        self.in_force()
        narrower = schema(status={"enum": ["open"]})
        for version in ("1.0.1", "1.1.0"):
            contract = self.draft(version, schema=narrower)
            self.assertEqual(contract.verdict, "breaking")
            contract.action_submit()
            with self.assertRaisesRegex(UserError, "'paid' allowed in version 1.0.0.*2.0.0"):
                contract.with_user(self.sales_approver).action_approve()
            self.assertEqual(contract.state, "in_review")
        self.approve(self.draft("2.0.0", schema=narrower))

    def test_no_other_way_leads_to_the_approval(self):
        self.in_force()
        contract = self.draft("1.1.0", schema=schema(status={"enum": ["open"]}))
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "breaking change"):
            contract._move({"state": "approved", "approver_id": self.sales_approver.id})

    def test_what_counts_is_what_the_version_in_force_promised(self):
        self.in_force(compatibility="full")
        contract = self.draft("1.1.0", compatibility="none", schema=schema(status={"enum": ["open", "paid", "void"]}))
        self.assertEqual(contract.verdict, "breaking", "an old reader does not know the new value")
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "breaking change"):
            contract.with_user(self.sales_approver).action_approve()

    def test_all_versions_in_force_count_where_the_contract_says_so(self):
        self.in_force("1.0.0", compatibility="backward_transitive", schema=schema(status={"type": "string"}))
        retired = self.in_force("1.0.5", compatibility="backward_transitive", schema=schema(status={"type": "string"}))
        self.ends(retired, "retire")
        self.in_force("2.0.0", compatibility="backward_transitive", schema=schema(status=STATUS))
        contract = self.draft("2.1.0", schema=schema(status={"enum": ["open", "paid", "void"]}))
        self.assertEqual(contract.verdict, "breaking")
        self.assertIn("2.0.0, 1.0.0", contract.verdict_text)
        self.approve(contract)  # it breaks 1.0.0 alone, from which 2.0.0 had parted already
        self.assertEqual(contract.state, "approved")

    def test_what_an_open_contract_let_pass_counts_where_it_says_so(self):
        self.in_force(undeclared="strict")
        contract = self.draft("1.1.0", schema=schema(status=STATUS, note={"type": "string"}))
        self.assertEqual(contract.verdict, "breaking")

    def test_a_field_under_another_name_is_asked_about(self):
        self.in_force(schema=schema(shade={"type": "string"}))
        contract = self.draft("1.1.0", schema=schema(colour={"type": "string"}))
        self.assertEqual(contract.verdict, "warning")

    def test_nobody_slips_below_the_versions_in_force(self):
        self.in_force("1.0.0")
        contract = self.draft("0.9.0", schema=schema(status={"enum": ["open"]}))
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "lower number"):
            contract.with_user(self.sales_approver).action_approve()

    def test_what_a_contract_promises_is_part_of_what_was_approved(self):
        contract = self.in_force()
        self.env.flush_all()
        for column in ("compatibility = 'none'", "undeclared = 'strict'"):
            with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
                self.env.cr.execute(f"UPDATE sync_contract SET {column} WHERE id = %s", [contract.id])
