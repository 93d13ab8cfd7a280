"""Cross-references."""

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault

from .governance_fixture import GovernanceCase


class TestXref(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.shop, self.market = self.partner("shop"), self.partner("market")
        self.lamp, self.desk = self.env["product.product"].create(
            [{"name": "Lamp", "default_code": "LAMP"}, {"name": "Desk", "default_code": "DESK"}]
        )
        self.xrefs = self.as_manager("sync.xref")

    def product(self, external, record, partner=None, **values):
        return self.xrefs.create(
            {
                "domain": "product",
                "external_id": external,
                "res_id": record.id,
                "trading_partner_id": partner.id if partner else False,
                **values,
            }
        )

    def code(self, domain, external, code, partner=None):
        return self.xrefs.create(
            {
                "domain": domain,
                "external_id": external,
                "canonical_code": code,
                "trading_partner_id": partner.id if partner else False,
            }
        )

    def test_many_identifiers_are_resolved_by_one_statement(self):
        self.product("A", self.lamp, self.shop)
        self.product("B", self.desk)
        self.env.flush_all()
        with self.assertQueryCount(2):  # the right to read, and the statement
            found = self.xrefs._resolve("product", self.shop.id, ["A", "B", "C", None])
        self.assertEqual(found, {"A": self.lamp.id, "B": self.desk.id})

    def test_a_partners_own_goes_before_the_companys(self):
        self.product("A", self.desk)
        self.product("A", self.lamp, self.shop)
        self.assertEqual(self.xrefs._resolve("product", self.shop.id, ["A"]), {"A": self.lamp.id})
        self.assertEqual(self.xrefs._resolve("product", self.market.id, ["A"]), {"A": self.desk.id})

    def test_dates_limit_it(self):
        self.product("A", self.lamp, self.shop, valid_to="2020-01-01")
        self.assertEqual(self.xrefs._resolve("product", self.shop.id, ["A"]), {})

    def test_other_companies_have_their_own(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.env["sync.xref"].create(
            {"domain": "product", "external_id": "A", "res_id": self.lamp.id, "company_id": company.id}
        )
        self.assertEqual(self.xrefs._resolve("product", False, ["A"]), {})
        self.assertFalse(self.xrefs.search([("external_id", "=", "A")]))

    def test_the_way_back(self):
        self.product("A", self.lamp)
        self.product("A-own", self.lamp, self.shop)
        self.assertEqual(self.xrefs._external("product", self.shop.id, self.lamp | self.desk), {self.lamp.id: "A-own"})
        self.assertEqual(self.xrefs._external("product", self.market.id, self.lamp), {self.lamp.id: "A"})

    def test_remembering_is_idempotent_and_never_overwrites(self):
        for _ in range(2):
            self.xrefs._remember("product", self.shop.id, "A", self.lamp)
        self.assertEqual(self.xrefs.search_count([("external_id", "=", "A")]), 1)
        with self.assertRaises(Fault) as fault:
            self.xrefs._remember("product", self.shop.id, "A", self.desk)
        self.assertEqual(fault.exception.code, "translate.reference_ambiguous")

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_it_unique_also_without_a_partner(self):
        self.product("A", self.lamp)
        with self.assertRaises(psycopg2.errors.ExclusionViolation), self.env.cr.savepoint():
            self.product("A", self.desk)

    @mute_logger("odoo.sql_db")
    def test_it_stands_for_one_thing(self):
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.xrefs.create(
                {"domain": "product", "external_id": "A", "res_id": self.lamp.id, "canonical_code": "LAMP"}
            )
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.xrefs.create({"domain": "product", "external_id": "A"})

    def test_a_record_must_exist(self):
        with self.assertRaises(ValidationError):
            self.xrefs.create({"domain": "product", "external_id": "A", "res_id": 99_999_999})

    def test_the_mappings_lookup_speaks_codes_both_ways(self):
        self.product("A", self.lamp, self.shop)
        self.code("carrier", "ups_ground", "UPS", self.shop)
        self.code("status", "ok", "accepted")
        port = self.xrefs._lookup_port(self.shop.id, self.company.id)
        self.assertEqual(port.resolve("product", ["A", "Z"]), {"A": "LAMP"})
        self.assertEqual(port.reverse("product", ["LAMP", "DESK"]), {"LAMP": "A"})
        self.assertEqual(port.resolve("carrier", ["ups_ground"]), {"ups_ground": "UPS"})
        self.assertEqual(port.reverse("carrier", ["UPS"]), {"UPS": "ups_ground"})
        self.assertEqual(port.resolve("status", ["ok"]), {"ok": "accepted"})

    def test_the_way_back_says_when_it_is_not_clear(self):
        self.code("carrier", "ups_ground", "UPS", self.shop)
        self.code("carrier", "ups_air", "UPS", self.shop)
        self.code("carrier", "ups", "UPS")
        port = self.xrefs._lookup_port(self.shop.id, self.company.id)
        self.assertEqual(port.reverse("carrier", ["UPS"]), {"UPS": ["ups_air", "ups_ground"]})


class TestOwnership(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.shop, self.market = self.partner("shop"), self.partner("market")
        self.lines = self.as_manager("sync.ownership")
        self.everything = self.lines.create(
            {"domain": "order", "name": "Orders", "system_of_record": "partner", "trading_partner_id": self.shop.id}
        )

    def check(self, names, partner):
        return self.lines._check_write("order", names, partner.id if partner else None)

    def test_the_owner_may_write(self):
        self.assertEqual(self.check(["lines"], self.shop).accepted, ("lines",))

    def test_others_are_refused_with_a_reason(self):
        decision = self.check(["lines"], self.market)
        self.assertEqual(decision.refused, ("lines",))
        self.assertIn("Shop is the system of record of “Orders”", decision.reason)

    def test_a_named_field_goes_before_all_the_others(self):
        self.lines.create(
            {"domain": "order", "name": "Warehouse", "field_names": "warehouse", "on_other_write": "ignore"}
        )
        decision = self.check(["lines", "warehouse"], self.shop)
        self.assertEqual((decision.accepted, decision.ignored), (("lines",), ("warehouse",)))
        self.assertEqual(self.check(["warehouse"], None).accepted, ("warehouse",))

    def test_several_partners_may_each_own_theirs(self):
        self.lines.create(
            {"domain": "order", "name": "Orders", "system_of_record": "partner", "trading_partner_id": self.market.id}
        )
        self.assertEqual(self.check(["lines"], self.market).accepted, ("lines",))
        with self.assertRaises(ValidationError):
            self.lines.create({"domain": "order", "name": "Orders in Odoo"})

    def test_what_nobody_owns_is_accepted(self):
        self.assertEqual(self.lines._check_write("invoice", ["number"], self.market.id).accepted, ("number",))

    def test_every_change_is_a_version_that_stays(self):
        before = self.lines._current_version(self.company.id)
        self.everything.on_other_write = "accept"
        after = self.lines._current_version(self.company.id)
        self.assertEqual(after, before + 1)
        history = self.env["sync.ownership.version"].search([("company_id", "=", self.company.id)], limit=2)
        self.assertIn("others accepted", history[0].matrix)
        self.assertIn("others refused", history[1].matrix)
        self.assertEqual(self.check(["lines"], self.market).version, after)
        for attempt in (lambda: history[1].sudo().write({"matrix": ""}), lambda: history[1].sudo().unlink()):
            with self.assertRaisesRegex(Exception, "history"):
                attempt()
