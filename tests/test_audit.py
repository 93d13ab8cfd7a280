"""What is written down of what people do with the configuration."""

import json

from odoo.exceptions import AccessError, UserError

from .audit_fixture import AuditCase
from .governance_fixture import SECRET


class TestChanges(AuditCase):
    def test_a_change_stands_with_who_when_and_before_and_after(self):
        endpoint = self.endpoint(self.partner())
        self.new_entries()
        endpoint.write({"name": "Orders of the shop", "read_timeout": 30})
        entry = self.new_entries()
        self.assertEqual(len(entry), 1)
        self.assertEqual(
            (entry.kind, entry.action, entry.model, entry.res_id), ("change", "write", endpoint._name, endpoint.id)
        )
        self.assertEqual((entry.user_id, entry.login), (self.manager, "mara.manager"))
        self.assertEqual(entry.company_id, endpoint.company_id)
        self.assertEqual(
            json.loads(entry.changes), {"name": ["Orders", "Orders of the shop"], "read_timeout": [20, 30]}
        )
        self.assertIn("Read timeout (s): 20 → 30", entry.changes_text)
        self.env.cr.execute(
            """SELECT occurred_at > clock_timestamp() AT TIME ZONE 'UTC' - interval '1 minute'
                 FROM sync_audit_entry WHERE id = %s""",
            [entry.id],
        )
        self.assertTrue(self.env.cr.fetchone()[0])

    def test_what_stays_as_it_is_leaves_nothing(self):
        endpoint = self.endpoint(self.partner())
        self.new_entries()
        endpoint.write({"name": endpoint.name, "read_timeout": endpoint.read_timeout})
        self.assertFalse(self.new_entries())

    def test_a_new_record_and_its_end_are_told_with_what_it_held(self):
        gate = self.as_manager("sync.gate").create(
            {
                "code": "g",
                "name": "G",
                "effect": "message.deliver",
                "condition": '{"field": "order.state", "equals": "sale"}',
            }
        )
        entry = self.new_entries(model="sync.gate")
        self.assertEqual(json.loads(entry.changes)["code"], [None, "g"])
        gate.unlink()
        gone = self.new_entries(model="sync.gate")
        self.assertEqual((gone.action, gone.record), ("unlink", "G"))
        self.assertEqual(json.loads(gone.changes)["code"], ["g", None])

    def test_many_records_of_one_call_are_one_statement(self):
        partner = self.partner()
        doors = self.env["sync.endpoint"].browse()
        for number in range(12):
            doors |= self.endpoint(partner, f"door-{number}")
        self.env.flush_all()
        self.new_entries()
        doors.mapped("name")
        doors.invalidate_recordset()
        doors.mapped("connect_timeout")

        def statements(records):
            before = self.env.cr.sql_log_count
            records.write({"connect_timeout": records[0].connect_timeout + 1})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = statements(doors[:2]), statements(doors)
        self.assertLessEqual(many, few, "it does not grow with the records")
        with self.assertQueryCount(few):
            doors.write({"connect_timeout": 9})
            self.env.flush_all()
        self.assertEqual(len(self.new_entries()), 2 + 12 + 12)

    def test_of_a_secret_only_that_it_was_set(self):
        credential = self.credential(self.endpoint(self.partner()))
        credential._rotate("whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=", overlap_hours=1)
        entries = self.new_entries()
        self.assertLessEqual({"sync.credential", "sync.credential.version"}, set(entries.mapped("model")))
        written = json.dumps(entries.read(["changes", "details", "record", "reason"]))
        for secret in (SECRET, SECRET.removeprefix("whsec_"), "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"):
            self.assertNotIn(secret, written)
        states = [
            json.loads(entry.changes).get("state")
            for entry in entries.filtered(lambda e: e.model == "sync.credential.version")
        ]
        self.assertIn([None, "active"], states)
        self.assertIn(["active", "overlap"], states)

    def test_an_approval_is_told_as_one_with_the_version(self):
        policy = self.policy()
        policy.action_submit()
        self.new_entries()
        policy.with_user(self.sales_approver).action_approve()
        entry = self.new_entries(model="sync.policy")
        self.assertEqual(
            (entry.kind, entry.login, entry.policy), ("approval", "saul.approver", "northwind.orders 1.0.0")
        )
        self.assertEqual(json.loads(entry.changes)["state"], ["in_review", "approved"])

    def test_a_version_sent_back_is_told_as_a_decision(self):
        contract = self.contract(domain="sales")
        contract.action_submit()
        self.new_entries()
        contract.with_user(self.sales_approver).action_reject("no")
        self.assertEqual(self.new_entries(model="sync.contract").kind, "approval")

    def test_a_confirmed_credential_is_an_access_review(self):
        credential = self.credential(self.endpoint(self.partner()))
        credential.review_date = "2020-01-01"
        self.new_entries()
        credential.action_confirm_review()
        credential.action_confirm_review()
        reviews = self.new_entries(kind="review")
        self.assertEqual(reviews.mapped("record"), [credential.display_name] * 2, "each look counts")

    def test_a_transition_is_told_like_any_change(self):
        partner = self.partner()
        self.new_entries()
        partner.action_start_testing()
        self.assertEqual(json.loads(self.new_entries().changes), {"state": ["draft", "testing"]})

    def test_links_are_told_by_name(self):
        policy, level = self.policy(), self.as_manager("sync.service.level").create({"code": "l2", "name": "Quick"})
        gate = self.as_manager("sync.gate").create(
            {
                "code": "g",
                "name": "G",
                "effect": "message.deliver",
                "condition": '{"field": "order.state", "equals": "sale"}',
            }
        )
        self.new_entries()
        policy.write({"service_level_id": level.id, "gate_ids": [(4, gate.id)]})
        changes = json.loads(self.new_entries().changes)
        self.assertEqual(changes["service_level_id"][1], f"{level.display_name} ({level.id})")
        self.assertEqual(changes["gate_ids"], [[], [f"{gate.display_name} ({gate.id})"]])

    def test_what_rolls_back_leaves_no_entry(self):
        endpoint = self.endpoint(self.partner())
        self.new_entries()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            endpoint.name = "Other"
            raise ZeroDivisionError
        self.assertFalse(self.new_entries())


class TestRights(AuditCase):
    def test_who_gets_and_loses_a_group_is_told(self):
        officer = self.env.ref("sync_governance.group_security_officer")
        self.viewer.write({"group_ids": [(4, officer.id)]})
        entry = self.new_entries(kind="right")
        self.assertEqual(entry.record, "vera.viewer")
        self.assertIn("Security officer", json.loads(entry.changes)["groups"][1][0])
        officer.write({"user_ids": [(3, self.viewer.id)]})
        entry = self.new_entries(kind="right")
        self.assertIn("Security officer", json.loads(entry.changes)["groups"][0][0])

    def test_a_group_that_gives_ours_is_told_for_its_members(self):
        group = self.env["res.groups"].create({"name": "Helpers", "user_ids": [(4, self.viewer.id)]})
        self.new_entries()
        group.write({"implied_ids": [(4, self.env.ref("sync_governance.group_manager").id)]})
        self.assertEqual(self.new_entries(kind="right").record, "vera.viewer")

    def test_other_groups_are_nobodys_business_here(self):
        self.viewer.write({"group_ids": [(4, self.env.ref("base.group_partner_manager").id)]})
        self.assertFalse(self.new_entries())

    def test_access_lines_rules_and_settings_are_told(self):
        self.env["ir.model.access"].search([("name", "=", "sync.endpoint viewer")]).perm_write = True
        rule = self.env.ref("sync_governance.rule_sync_endpoint_company")
        rule.active = False
        self.env["ir.config_parameter"].set_param("sync_governance.max_waiting", "5")
        entries = self.new_entries()
        self.assertEqual(entries.mapped("model"), ["ir.model.access", "ir.rule", "ir.config_parameter"])
        self.assertEqual(entries.mapped("kind"), ["right", "right", "change"])
        self.assertEqual(json.loads(entries[2].changes)["value"], ["100000", "5"])

    def test_those_of_others_are_not(self):
        self.env["ir.config_parameter"].set_param("web.something", "5")
        self.env["ir.rule"].search([("model_id.model", "=", "res.partner")], limit=1).active = False
        self.assertFalse(self.new_entries())


class TestReaders(AuditCase):
    READS = (
        "sync.audit.entry",
        "sync.audit.anchor",
        "sync.trading.partner",
        "sync.endpoint",
        "sync.interface",
        "sync.contract",
        "sync.mapping",
        "sync.policy",
        "sync.gate",
        "sync.credential",
        "sync.ownership",
    )
    NEVER = (
        "sync.message",
        "sync.payload",
        "sync.event",
        "sync.transmission",
        "sync.attempt",
        "sync.exception",
        "sync.process",
        "sync.command",
    )

    def test_the_auditor_reads_the_trail_and_the_configuration_and_nothing_else(self):
        for model in self.READS:
            records = self.env[model].with_user(self.auditor)
            with self.subTest(model=model):
                self.assertTrue(records.has_access("read"))
                self.assertFalse(any(records.has_access(operation) for operation in ("write", "create", "unlink")))
        for model in self.NEVER:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.auditor).search([])
        for group in ("viewer", "manager", "security_officer", "operator", "approver"):
            self.assertFalse(self.auditor.has_group(f"sync_governance.group_{group}"))

    def test_his_forms_open(self):
        partner = self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        line = partner.interface_ids
        records = [
            partner,
            line,
            line.endpoint_id,
            line.endpoint_id.credential_ids,
            line.contract_id,
            line.mapping_id,
            line.policy_id,
            line.policy_id.service_level_id,
            line.policy_id.retention_id,
            self.new_entries()[0],
        ]
        for record in records:
            with self.subTest(model=record._name):
                mine = record.with_user(self.auditor)
                names = mine.get_view(view_type="form")["models"][record._name]
                self.assertTrue(mine.web_read({name: {} for name in names}))

    def test_those_who_are_written_about_do_not_read_it(self):
        for user in (self.viewer, self.sales_operator, self.sales_approver, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["sync.audit.entry"].with_user(user).search([])
        self.assertTrue(self.env["sync.audit.entry"].with_user(self.officer).search([], limit=1))

    def test_another_companys_entries_are_out_of_sight(self):
        self.endpoint(self.partner())
        entries = self.new_entries(model="sync.endpoint")
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.person("otto.other", "group_auditor")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(entries.with_user(stranger)._filtered_access("read"))
        self.assertTrue(entries.with_user(self.auditor)._filtered_access("read"))

    def test_nobody_writes_it_through_the_orm(self):
        entry = self.new_entries() or self.env["sync.audit.entry"].search([], limit=1)
        for env in (self.env(su=True), self.env(user=self.officer), self.env(user=self.auditor)):
            for model in ("sync.audit.entry", "sync.audit.chain", "sync.audit.anchor"):
                for attempt in (
                    lambda m=env[model]: m.create({"kind": "change", "action": "x"}),
                    lambda m=env[model]: m.browse(entry[:1].id or 1).write({"action": "y", "hash": "0"}),
                    lambda m=env[model]: m.browse(entry[:1].id or 1).unlink(),
                    lambda m=env[model]: m.browse(entry[:1].id or 1).copy(),
                ):
                    with self.subTest(model=model, su=env.su), self.assertRaises(UserError):
                        attempt()
