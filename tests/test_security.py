"""Who may do what, and that no model is forgotten."""

from odoo.exceptions import AccessError
from odoo.tests import Form

from .governance_fixture import GovernanceCase

# The same for every company: catalogues that the addon brings and nobody fills with business.
# The last seven are the server's own, about no document.
SHARED = {
    "sync.document.type",
    "sync.process.type",
    "sync.milestone.type",
    "sync.engine.check",
    "sync.production",
    "sync.purge",
    "sync.field.group",
    "sync.alarm",
    "sync.watermark",
    "sync.audit.chain",
    "sync.audit.anchor",
    "sync.data.region",
    "sync.pack.sample",
}
DOMAINS = ("sales", "warehouse", "finance", "service", "integration")
CONFIGURATION = (
    "sync.trading.partner",
    "sync.endpoint",
    "sync.interface",
    "sync.contract",
    "sync.mapping",
    "sync.policy",
    "sync.gate",
    "sync.service.level",
    "sync.retention",
    "sync.ownership",
)


class TestEveryModel(GovernanceCase):
    def models(self, kind):
        models = self.env["ir.model"].search([("model", "=like", "sync.%"), ("transient", "=", kind == "transient")])
        return [name for name in models.mapped("model") if name in self.env and not self.env[name]._abstract]

    def test_has_an_access_line_for_a_group(self):
        for name in self.models("stored") + self.models("transient"):
            lines = self.env["ir.model.access"].search([("model_id.model", "=", name)])
            with self.subTest(model=name):
                self.assertTrue(lines)
                self.assertTrue(all(lines.mapped("group_id")), "a line without a group is for everybody")

    def test_has_a_global_company_rule(self):
        for name in set(self.models("stored")) - SHARED:
            rules = self.env["ir.rule"].search([("model_id.model", "=", name), ("global", "=", True)])
            with self.subTest(model=name):
                self.assertIn("company_id", self.env[name]._fields)
                self.assertTrue(any("company_ids" in (rule.domain_force or "") for rule in rules))

    def test_without_a_company_belongs_to_no_business(self):
        for name in SHARED:
            self.assertNotIn("company_id", self.env[name]._fields)

    def test_abstract_roles_offer_no_public_method_of_their_own(self):
        for name in self.env.registry:
            model = self.env[name]
            if (
                not name.startswith("sync.")
                or not model._abstract
                or not name.startswith(
                    (
                        "sync.handler",
                        "sync.publisher",
                        "sync.pack",
                        "sync.transport",
                        "sync.intake",
                        "sync.caller",
                        "sync.sealed",
                    )
                )
            ):
                continue
            own = {
                attribute
                for cls in type(model).__mro__
                for attribute, value in vars(cls).items()
                if cls.__module__.startswith("odoo.addons.sync_governance")
                and callable(value)
                and not attribute.startswith("_")
                and not getattr(value, "_api_private", False)
            }
            with self.subTest(model=name):
                self.assertFalse(own)


class TestGroups(GovernanceCase):
    def rights(self, user, model):
        env = self.env[model].with_user(user)
        return "".join(
            letter
            for letter, operation in zip("rwcu", ("read", "write", "create", "unlink"), strict=True)
            if env.has_access(operation)
        )

    def test_each_group_can_do_exactly_its_table(self):
        approver = self.sales_approver
        agent = self.person("agent", "group_agent")
        table = {
            # model: (viewer, operator, approver, manager, security officer, agent)
            **dict.fromkeys(CONFIGURATION, ("r", "r", "r", "rwcu", "r", "r")),
            "sync.retention": ("r", "r", "r", "rwcu", "r", ""),
            "sync.document.type": ("r", "r", "r", "r", "r", "r"),
            "sync.credential": ("", "", "", "r", "rwcu", ""),
            "sync.credential.version": ("", "", "", "r", "rwc", ""),
            "sync.xref": ("r", "rwc", "r", "rwcu", "r", "rwc"),
            "sync.ownership.version": ("r", "r", "r", "r", "r", ""),
            "sync.message": ("r", "r", "r", "r", "r", ""),
        }
        users = (self.viewer, self.sales_operator, approver, self.manager, self.officer, agent)
        for model, expected in table.items():
            for user, rights in zip(users, expected, strict=True):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(self.rights(user, model), rights)

    def test_every_form_opens_for_everybody_who_may_read_it(self):
        partner = self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        line = partner.interface_ids
        gate = self.env["sync.gate"].search([], limit=1) or self.env["sync.gate"].create(
            {
                "code": "g",
                "name": "G",
                "effect": "message.deliver",
                "condition": '{"field": "order.state", "equals": "sale"}',
            }
        )
        records = [
            partner,
            line,
            line.endpoint_id,
            line.contract_id,
            line.mapping_id,
            line.policy_id,
            line.document_type_id,
            gate,
            line.policy_id.service_level_id,
            line.policy_id.retention_id,
        ]
        for user in (self.viewer, self.sales_operator, self.sales_approver, self.manager, self.officer):
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    self.assertTrue(Form(record.with_user(user)))
        for user in (self.manager, self.officer):
            with self.subTest(user=user.login):
                self.assertTrue(Form(line.endpoint_id.sudo().credential_ids.with_user(user).sudo(False)))

    def test_somebody_without_a_group_sees_nothing(self):
        stranger = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {"name": "Stranger", "login": "stranger", "group_ids": [(6, 0, [self.env.ref("base.group_user").id])]}
            )
        )
        for model in (*CONFIGURATION, "sync.credential", "sync.message"):
            self.assertEqual(self.rights(stranger, model), "")

    def test_operators_and_approvers_have_a_domain_and_a_privilege_of_their_own(self):
        for kind in ("operator", "approver"):
            base = self.env.ref(f"sync_governance.group_{kind}")
            self.assertFalse(base.privilege_id)
            for domain in DOMAINS:
                group = self.env.ref(f"sync_governance.group_{kind}_{domain}")
                self.assertIn(base, group.all_implied_ids)
                self.assertEqual(group.privilege_id.group_ids, group)
                self.assertEqual(group.privilege_id.category_id, self.env.ref("sync_governance.module_category"))

    def test_no_group_of_ours_gives_another_of_ours_by_accident(self):
        groups = {
            name: self.env.ref(f"sync_governance.group_{name}")
            for name in ("manager", "security_officer", "operator", "approver", "agent")
        }
        for name, group in groups.items():
            for other_name, other in groups.items():
                if name != other_name:
                    self.assertNotIn(other, group.all_implied_ids, f"{name} gives {other_name}")

    def test_nobody_is_an_agent_and_a_person(self):
        self.assertFalse(self.env.ref("base.user_admin").has_group("sync_governance.group_agent"))


class TestCompanies(GovernanceCase):
    def test_another_company_is_out_of_sight_and_reach(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["sync.trading.partner"].create({"name": "Theirs", "code": "theirs", "company_id": other.id})
        door = self.env["sync.endpoint"].create(
            {
                "name": "Theirs",
                "code": "theirs-in",
                "trading_partner_id": theirs.id,
                "key_value": "/id",
                "topic_value": "X-T",
            }
        )
        for records in (theirs, door):
            with self.subTest(model=records._name):
                self.assertFalse(self.as_manager(records._name).search([("id", "=", records.id)]))
                with self.assertRaises(AccessError):
                    records.with_user(self.manager).read(["name"])
                with self.assertRaises(AccessError):
                    records.with_user(self.manager).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.endpoint(theirs, "mine-in")

    def test_what_is_for_every_company_is_seen_by_all(self):
        shared = self.contract(company_id=False)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.person("otto.other", "group_viewer")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertEqual(shared.with_user(stranger).code, "northwind.order")
