"""The integration catalogue: every interface in words, and what is fed twice."""

import json

from lxml import html

from .governance_fixture import SECRET, GovernanceCase


class TestCatalogue(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.kind = self.env["sync.document.type"].search([("code", "=", "customer.changed")])
        schema = json.dumps({"type": "object"})
        self.form = self.approved(
            self.contract("any.customer", form="canonical", document_type_id=self.kind.id, schema=schema)
        )
        self.rules = self.approved(self.policy())

    def feeding(self, code, kind=None, environment="production"):
        """A live interface over which the partner ``code`` sends customers."""
        partner = self.partner(code, environment=environment)
        partner.action_start_testing()
        door = self.endpoint(partner, f"{code}-in")
        door.action_create_agent()
        self.credential(door, SECRET)
        door.action_go_live()
        line = self.interface(
            door,
            code=f"{code}.customers",
            name=f"Customers of {code}",
            document_type_id=(kind or self.kind).id,
            contract_id=self.form.id,
            policy_id=self.rules.id,
        )
        line.action_go_live()
        return line

    def test_two_systems_that_feed_the_same_customers_are_flagged(self):
        crm, shop = self.feeding("crm"), self.feeding("shop")
        self.assertEqual((crm.standing, shop.standing), ("conflict", "conflict"))
        self.assertIn("Customers by the same key (customer) come from Shop too", crm.conflict)
        self.assertIn("does not say whose word counts", crm.conflict)
        found = self.env["sync.interface"].search([("conflict", "!=", False)])
        self.assertEqual(found, crm | shop)
        self.assertFalse(self.env["sync.interface"].search([("conflict", "=", False)]) & found)

    def test_the_matrix_may_settle_it(self):
        crm = self.feeding("crm")
        self.feeding("shop")
        self.as_manager("sync.ownership").create(
            {
                "domain": "customer",
                "name": "Customers",
                "system_of_record": "partner",
                "trading_partner_id": crm.trading_partner_id.id,
            }
        )
        self.env.invalidate_all()
        self.assertIn("the ownership matrix says whose word counts", crm.conflict)

    def test_one_that_is_off_and_one_for_tests_feed_nothing(self):
        crm = self.feeding("crm")
        self.feeding("rehearsal", environment="test")
        self.feeding("gone").action_suspend()
        self.env.invalidate_all()
        self.assertEqual((crm.conflict, crm.standing), (False, "good"))

    def test_orders_of_two_shops_are_their_own(self):
        self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        self.env["sync.pack"].with_user(self.author)._load("shopify", self.company, {"code": "shop-two"})
        self.assertFalse(self.env["sync.interface"].search([("conflict", "!=", False)]))

    def test_it_says_when_how_fast_and_what_it_needs(self):
        self.live_partner("odoo")
        line = self.env["sync.interface"].search([("code", "=", "odoo.invoice.release")])
        self.assertTrue(line.schedule)
        self.assertEqual(line.promise, "300 s received to applied")
        self.assertTrue(line.dependencies)
        threepl = self.env["sync.pack"].with_user(self.author)._load("threepl", self.company)
        asks = threepl.interface_ids.filtered(lambda i: i.direction == "outbound")
        self.assertIn("cross-references: warehouse", asks.dependencies)

    def test_five_hundred_cost_as_many_statements_as_five(self):
        line = self.feeding("crm")
        names = ["schedule", "promise", "dependencies", "last_traffic_on", "feeds", "conflict", "standing"]
        names += ["owner_id", "steward_id", "contract_id", "health", "service_percent"]
        interfaces = self.as_manager("sync.interface").create(
            [
                {
                    "code": f"crm.many.{n}",
                    "name": f"Interface {n}",
                    "endpoint_id": line.endpoint_id.id,
                    "document_type_id": self.kind.id,
                    "contract_id": self.form.id,
                    "policy_id": self.rules.id,
                    "owner_id": self.manager.id,
                }
                for n in range(500)
            ]
        )
        self.env.flush_all()

        def statements(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.with_env(self.env).read(names)
            return self.env.cr.sql_log_count - before

        statements(interfaces[:5])
        self.assertLessEqual(statements(interfaces), statements(interfaces[:5]) + 2)

    def test_it_prints_for_an_auditor(self):
        crm = self.feeding("crm")
        self.feeding("shop")
        page, kind = self.env["ir.actions.report"]._render_qweb_html(
            "sync_governance.integration_catalogue", self.env["sync.interface"].search([]).ids
        )
        text = page.decode()
        self.assertEqual(kind, "html")
        for words in (
            "Integration catalogue",
            "Customers of crm",
            crm.code,
            "mara.manager",
            "Fed twice",
            "come from Shop",
        ):
            self.assertIn(words, text)

    def test_every_line_of_it_has_all_columns_also_where_nothing_stands(self):
        """What stays inside Odoo has no contract, and a new interface no traffic."""
        self.live_partner("odoo")
        lines = self.env["sync.interface"].search([])
        self.assertFalse(all(line.contract_id for line in lines))
        page, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "sync_governance.integration_catalogue", lines.ids
        )
        table = html.fromstring(page.decode())
        rows = table.xpath("//tbody/tr")
        self.assertEqual(len(rows), len(lines))
        self.assertEqual({len(row.xpath("./td")) for row in rows}, {len(table.xpath("(//thead/tr)[1]/th"))})
