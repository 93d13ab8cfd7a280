"""Cross-references as files: Odoo's own import and export, and the days on which they are valid."""

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from .governance_fixture import GovernanceCase

COLUMNS = ["domain", "trading_partner_id", "external_id", "record_code", "canonical_code", "valid_from", "valid_to"]


class TestXrefExchange(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.shop = self.partner("shop")
        self.lamp, self.desk = self.env["product.product"].create(
            [
                {"name": "Lamp", "default_code": "LAMP", "barcode": "4006381333931"},
                {"name": "Desk", "default_code": "DESK"},
            ]
        )
        self.xrefs = self.as_manager("sync.xref")

    def load(self, *rows):
        return self.xrefs.load(COLUMNS, [[*row, *[""] * (len(COLUMNS) - len(row))] for row in rows])

    def known(self, *codes, domain="product"):
        return self.xrefs._resolve(domain, self.shop.id, codes)

    def test_records_are_named_by_their_code(self):
        told = self.load(
            ("Product", "Shop", "A", "LAMP"),
            ("product", "Shop", "B", "4006381333931"),
            ("Country", "Shop", "Deutschland", "DE"),
            ("Status", "Shop", "ok", "", "accepted"),
        )
        self.assertFalse(told["messages"])
        self.assertEqual(self.known("A", "B"), {"A": self.lamp.id, "B": self.lamp.id})
        self.assertEqual(self.known("Deutschland", domain="country"), {"Deutschland": self.env.ref("base.de").id})
        self.assertEqual(self.known("ok", domain="status"), {"ok": "accepted"})

    @mute_logger("odoo.sql_db")
    def test_conflicts_are_told_row_by_row_and_nothing_is_half_imported(self):
        self.xrefs.create(
            {"domain": "product", "external_id": "C", "res_id": self.desk.id, "trading_partner_id": self.shop.id}
        )
        self.env["product.product"].create([{"name": "Twin", "default_code": "TWIN"}] * 2)
        told = self.load(
            ("product", "Shop", "A", "LAMP"),
            ("product", "Shop", "B", "NOTHING"),
            ("product", "Shop", "C", "LAMP"),
            ("product", "Shop", "D", "TWIN"),
        )
        self.assertFalse(told["ids"])
        said = {message["record"]: message["message"] for message in told["messages"]}
        self.assertEqual(set(said), {1, 2, 3})
        self.assertIn("no product with the code “NOTHING”", said[1])
        self.assertIn("in use already", said[2])
        self.assertIn("fits 2 records", said[3])
        self.assertEqual(self.known("A", "C"), {"C": self.desk.id})

    def test_what_is_exported_comes_in_again_unchanged(self):
        self.load(("product", "Shop", "A", "LAMP", "", "2026-01-01", "2026-12-31"))
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        xref = self.xrefs.search([("external_id", "=", "A")])
        names = ["id", *COLUMNS]
        rows = xref.export_data(names)["datas"]
        self.assertEqual(rows[0][4], "LAMP")
        told = self.xrefs.load(names, [[str(cell or "") for cell in row] for row in rows])
        self.assertFalse(told["messages"])
        self.assertEqual(told["ids"], xref.ids)
        rows[0][4] = "DESK"
        self.xrefs.load(names, [[str(cell or "") for cell in row] for row in rows])
        self.assertEqual(xref.res_id, self.desk.id)

    def test_a_file_of_many_rows_asks_once_per_kind(self):
        rows = [{"domain": "product", "external_id": f"A{n}", "record_code": "LAMP"} for n in range(50)]
        self.xrefs._with_records(rows[:1])
        with self.assertQueryCount(1):
            self.xrefs._with_records(rows)

    def test_products_of_another_company_are_not_named(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lamp.company_id = other
        with self.assertRaises(ValidationError):
            self.xrefs.create({"domain": "product", "external_id": "A", "record_code": "LAMP"})

    # -- days --------------------------------------------------------------------------------------------------------

    def dated(self, record, begin, end):
        values = {"domain": "product", "external_id": "A", "trading_partner_id": self.shop.id, "res_id": record.id}
        return self.xrefs.create({**values, "valid_from": begin, "valid_to": end})

    def test_an_identifier_may_stand_for_one_thing_after_another(self):
        self.dated(self.lamp, False, "2020-12-31")
        self.dated(self.desk, "2021-01-01", False)
        self.assertEqual(self.known("A"), {"A": self.desk.id})

    @mute_logger("odoo.sql_db")
    def test_at_no_day_for_two(self):
        self.dated(self.lamp, False, "2020-12-31")
        with self.assertRaises(psycopg2.errors.ExclusionViolation), self.env.cr.savepoint():
            self.dated(self.desk, "2020-12-31", False)

    def test_a_database_of_before_is_brought_to_it(self):
        cr = self.env.cr
        cr.execute(
            """ALTER TABLE sync_xref DROP CONSTRAINT sync_xref_one_at_a_time;
               CREATE UNIQUE INDEX sync_xref_external_uniq
                   ON sync_xref (company_id, domain, external_id, COALESCE(trading_partner_id, 0)) WHERE active"""
        )
        self.env["sync.xref"].init()
        self.env["sync.xref"]._add_sql_constraints()
        cr.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'sync_xref'::regclass AND contype = 'x'")
        self.assertEqual(cr.fetchall(), [("sync_xref_one_at_a_time",)])
        cr.execute("SELECT to_regclass('sync_xref_external_uniq')")
        self.assertEqual(cr.fetchone(), (None,))
