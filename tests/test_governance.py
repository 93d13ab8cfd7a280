"""Four eyes and immutability: in the buttons, in the ORM, in the database."""

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tools import mute_logger

from .governance_fixture import SCHEMA, GovernanceCase


class TestFourEyes(GovernanceCase):
    def test_a_version_is_approved_by_an_approver_of_its_domain(self):
        contract = self.contract()
        self.assertEqual(contract.domain, "sales")
        contract.action_submit()
        contract.with_user(self.sales_approver).action_approve()
        self.assertEqual(contract.state, "approved")
        self.assertEqual(contract.approver_id, self.sales_approver)
        self.assertTrue(contract.approved_at)

    def test_an_approver_of_another_domain_is_refused(self):
        contract = self.contract()
        contract.action_submit()
        with self.assertRaisesRegex(AccessError, "Sales"):
            contract.with_user(self.finance_approver).action_approve()
        self.assertFalse(contract.with_user(self.finance_approver).can_approve)

    def test_the_author_cannot_approve_whatever_groups_he_has(self):
        both = self.person("greta.both", "group_manager", "group_approver_sales")
        contract = (
            self.env["sync.contract"]
            .with_user(both)
            .create({"code": "own", "name": "Own", "document_type_id": self.order_type.id, "schema": SCHEMA})
        )
        contract.action_submit()
        with self.assertRaisesRegex(AccessError, "four eyes"):
            contract.action_approve()

    def test_whoever_changed_it_is_an_author_too(self):
        both = self.person("greta.both", "group_manager", "group_approver_sales")
        contract = self.contract()
        contract.with_user(both).name = "Order, better"
        contract.action_submit()
        self.assertEqual(contract.author_ids, self.manager | both)
        with self.assertRaisesRegex(AccessError, "four eyes"):
            contract.with_user(both).action_approve()

    def test_the_superuser_is_no_approver(self):
        contract = self.contract()
        contract.action_submit()
        with self.assertRaises(AccessError):
            contract.with_user(self.env.ref("base.user_root")).sudo().action_approve()

    def test_sending_back_needs_a_reason_and_reopens_the_draft(self):
        contract = self.contract()
        contract.action_submit()
        with self.assertRaises(UserError):
            contract.with_user(self.sales_approver).action_reject(" ")
        contract.with_user(self.sales_approver).action_reject("The id is text in their documents.")
        self.assertEqual(contract.state, "draft")
        self.assertFalse(contract.submitter_id)
        self.assertIn("The id is text", contract.message_ids[0].body)

    def test_only_what_is_in_review_is_approved(self):
        contract = self.contract()
        with self.assertRaisesRegex(UserError, "draft"):
            contract.with_user(self.sales_approver).action_approve()

    def test_a_policy_is_complete_before_its_review(self):
        policy = self.as_manager("sync.policy").create({"code": "bare", "name": "Bare"})
        with self.assertRaisesRegex(UserError, "service level"):
            policy.action_submit()


class TestNoWayAround(GovernanceCase):
    def test_no_write_moves_the_state(self):
        contract = self.contract()
        for values in ({"state": "approved"}, {"approver_id": self.sales_approver.id}, {"author_ids": [(5,)]}):
            for user in (self.manager, self.env.ref("base.user_admin")):
                with self.subTest(values=values), self.assertRaisesRegex(UserError, "buttons"):
                    contract.with_user(user).write(values)
            with self.assertRaisesRegex(UserError, "buttons"):
                contract.sudo().write(values)

    def test_no_call_from_outside_moves_the_state(self):
        contract = self.as_manager("sync.contract").browse(self.contract().id)
        with self.assertRaisesRegex(UserError, "buttons"):
            call_kw(contract.browse(), "write", [contract.ids, {"state": "approved"}], {})
        for method in ("_move", "_next_version"):
            with self.assertRaises(AccessError):
                call_kw(contract.browse(), method, [contract.ids, {"state": "approved"}], {})

    def test_nothing_is_born_approved(self):
        values = {"code": "born", "name": "Born", "document_type_id": self.order_type.id, "schema": SCHEMA}
        with self.assertRaisesRegex(UserError, "buttons"):
            self.as_manager("sync.contract").create({**values, "state": "approved"})
        born = (
            self.as_manager("sync.contract")
            .with_context(default_state="approved", default_approver_id=2)
            .create(values)
        )
        self.assertEqual(born.state, "draft")
        self.assertFalse(born.approver_id)

    def test_content_is_fixed_from_the_review_on(self):
        contract = self.contract()
        contract.action_submit()
        with self.assertRaisesRegex(UserError, "no longer changes"):
            contract.schema = "{}"
        contract.with_user(self.sales_approver).action_approve()
        for values in ({"schema": "{}"}, {"version": "9.0.0"}, {"name": "Other"}, {"code": "other"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "no longer changes"):
                contract.write(values)
        with self.assertRaisesRegex(UserError, "no longer changes"):
            contract.sudo().write({"schema": "{}"})
        with self.assertRaisesRegex(UserError, "buttons"):
            contract.sunset_date = "2030-01-01"

    def test_approved_versions_are_not_deleted(self):
        contract = self.approved(self.contract())
        with self.assertRaises(UserError):
            contract.unlink()

    def refused_by_the_database(self, query, params):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute(query, params)

    def test_raw_sql_meets_the_trigger(self):
        mapping, contract, policy = (self.approved(v) for v in (self.mapping(), self.contract(), self.policy()))
        self.env.flush_all()
        self.refused_by_the_database("UPDATE sync_contract SET schema = '{}' WHERE id = %s", [contract.id])
        self.refused_by_the_database("UPDATE sync_contract SET version = '2.0.0' WHERE id = %s", [contract.id])
        self.refused_by_the_database("UPDATE sync_contract SET state = 'draft' WHERE id = %s", [contract.id])
        self.refused_by_the_database("UPDATE sync_mapping SET document = '{}' WHERE id = %s", [mapping.id])
        self.refused_by_the_database("UPDATE sync_policy SET max_attempts = 1 WHERE id = %s", [policy.id])
        self.refused_by_the_database("DELETE FROM sync_contract WHERE id = %s", [contract.id])
        draft = self.contract(code="other")
        self.env.flush_all()
        self.refused_by_the_database("UPDATE sync_contract SET state = 'approved' WHERE id = %s", [draft.id])
        draft.action_submit()
        self.env.flush_all()
        self.refused_by_the_database(
            "UPDATE sync_contract SET state = 'approved', approver_id = submitter_id WHERE id = %s", [draft.id]
        )

    def test_the_gates_of_an_approved_policy_are_fixed_too(self):
        gate = self.as_manager("sync.gate").create(
            {
                "code": "g",
                "name": "G",
                "effect": "message.deliver",
                "condition": '{"field": "order.state", "equals": "sale"}',
            }
        )
        policy = self.approved(self.policy(gate_ids=[(6, 0, gate.ids)]))
        with self.assertRaisesRegex(UserError, "part of a policy"):
            gate.condition = '{"field": "order.state", "equals": "cancel"}'
        gate.name = "G, named better"
        self.env.flush_all()
        self.refused_by_the_database("DELETE FROM sync_policy_gate_rel WHERE sync_policy_id = %s", [policy.id])


class TestVersions(GovernanceCase):
    def test_a_new_version_is_a_draft_with_the_next_number(self):
        contract = self.approved(self.contract())
        action = contract.action_new_version()
        new = self.env["sync.contract"].browse(action["res_id"])
        self.assertEqual((new.code, new.version, new.state), ("northwind.order", "1.1.0", "draft"))
        self.assertEqual(new.schema, contract.schema)
        self.assertFalse(new.approver_id)

    @mute_logger("odoo.sql_db")
    def test_a_version_exists_once(self):
        self.contract()
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.contract()

    def test_deprecated_works_on_and_retired_ends(self):
        contract = self.approved(self.contract())
        self.ends(contract, "deprecate")
        self.assertEqual(contract.state, "deprecated")
        self.ends(contract, "retire")
        self.assertEqual(contract.state, "retired")

    def test_what_a_live_interface_needs_is_not_retired(self):
        self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        contract = self.env["sync.contract"].search([("code", "=", "shopify.order")])
        with self.assertRaisesRegex(UserError, "shopify.order.create"):
            self.ends(contract, "retire")
