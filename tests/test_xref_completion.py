"""Codes that documents wait for: the list, what is suggested, and completing many at once."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from odoo.addons.sync_governance.core.matching import Hints

from .exception_fixture import ExceptionCase


class TestXrefCompletion(ExceptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp, cls.desk, cls.chair = cls.env["product.product"].create(
            [
                {"name": "Brass lamp", "default_code": "LAMP-1", "barcode": "4006381333931"},
                {"name": "Writing desk, oak", "default_code": "DESK"},
                {"name": "Garden chair", "default_code": "CHAIR"},
            ]
        )

    def gaps(self, user=None):
        return self.env["sync.xref.gap"].with_user(user or self.sales).search([])

    def suggested(self, code, domain="product", **hints):
        found = self.env["sync.xref"].with_user(self.sales)._suggest(domain, self.company, {code: Hints(**hints)})
        return found[code]

    # -- the list ----------------------------------------------------------------------------------------------------

    def test_codes_stand_in_the_order_of_how_many_wait_for_them(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        self.orders_that(self.unknown_product("SKU-7", "SKU-8"), "1002", "1003")
        found = [(gap.external_id, gap.document_count, gap.waiting_count) for gap in self.gaps()]
        self.assertEqual(sorted(found), [("SKU-7", 2, 2), ("SKU-8", 2, 2), ("SKU-9", 1, 1)])
        self.assertEqual(found[-1][0], "SKU-9")
        self.assertEqual(self.gaps().trading_partner_id, self.shop)

    def test_what_waits_behind_in_the_line_counts(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001", "1001", "1001")
        gap = self.gaps()
        self.assertEqual((gap.document_count, gap.waiting_count), (1, 3))

    def test_missing_and_ambiguous_codes_of_mappings_are_there(self):
        def answer(work):
            from odoo.addons.sync_governance.core.faults import Fault

            code = "translate.reference_ambiguous" if work.reference == "1002" else "translate.reference_missing"
            raise Fault(code, "Not clear.", found=work.reference, subject=f"payment_term {work.reference}")

        self.orders_that(answer, "1001", "1002")
        self.assertEqual(
            sorted(self.gaps().mapped(lambda gap: (gap.domain, gap.external_id, gap.ambiguous))),
            [("payment_term", "1001", False), ("payment_term", "1002", True)],
        )

    def test_what_is_over_is_not_in_the_list(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001")
        type(self).answer = staticmethod(self.done)
        messages.exception_id.action_retry()
        self.run_engine()
        self.assertFalse(self.gaps())

    def test_the_list_says_where_a_code_stands(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        gap = self.gaps()
        self.assertIn("SKU-9", gap.detail)
        self.assertEqual(gap.pointer, "/lines/0/item")

    def test_a_document_that_fails_again_waits_for_what_it_names_then(self):
        messages = self.orders_that(self.unknown_product("SKU-7", "SKU-8"), "1001")
        type(self).answer = staticmethod(self.unknown_product("SKU-8"))
        messages.exception_id.action_retry()
        self.run_engine()
        self.assertEqual(self.gaps().mapped("external_id"), ["SKU-8"])

    def test_documents_that_failed_before_an_upgrade_are_there(self):
        self.orders_that(self.unknown_product("SKU-7", "SKU-8"), "1001")
        self.env.cr.execute("DELETE FROM sync_missing_code")
        self.env["sync.missing.code"].init()
        self.assertEqual(sorted(self.gaps().mapped("external_id")), ["SKU-7", "SKU-8"])

    def test_who_does_not_see_the_exception_does_not_see_its_codes(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        self.assertTrue(self.gaps(self.viewer))
        self.assertTrue(self.gaps(self.author))
        self.assertFalse(self.gaps(self.finance))

    def test_another_company_does_not_see_them(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.person("otto.other", "group_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.gaps(stranger))

    # -- suggestions -------------------------------------------------------------------------------------------------

    def test_the_same_gtin_is_suggested_however_it_is_written(self):
        (found,) = self.suggested("04006381333931")
        self.assertEqual(found.res_id, self.lamp.id)
        self.assertGreater(found.score, 0.95)
        self.assertIn("GTIN 4006381333931", found.reason)
        beside = self.suggested("XYZ", gtins=("04006381333931",))
        self.assertEqual(beside[0].res_id, self.lamp.id)

    def test_a_code_written_otherwise_is_suggested(self):
        (found,) = self.suggested("lamp 1")
        self.assertEqual((found.res_id, found.reason), (self.lamp.id, "our code is LAMP-1"))

    def test_a_vendors_code_is_suggested(self):
        vendor = self.env["res.partner"].create({"name": "Timber Ltd"})
        self.env["product.supplierinfo"].create(
            {"partner_id": vendor.id, "product_code": "T-77", "product_tmpl_id": self.desk.product_tmpl_id.id}
        )
        purchaser = self.person("pia.purchase", "group_operator_warehouse")
        purchaser.group_ids += self.env.ref("purchase.group_purchase_user")
        found = self.env["sync.xref"].with_user(purchaser)._suggest("product", self.company, {"T-77": Hints()})["T-77"]
        self.assertEqual(found[0].res_id, self.desk.id)
        self.assertIn("Timber Ltd", found[0].reason)

    def test_a_name_that_is_alike_is_suggested_with_its_score(self):
        found = self.suggested("777", names=("Oak writing desk",))
        self.assertEqual(found[0].res_id, self.desk.id)
        self.assertLess(found[0].score, 0.95)
        self.assertIn("Oak writing desk", found[0].reason)
        self.assertNotIn(self.chair.id, [each.res_id for each in found])

    def test_a_misspelt_name_is_suggested(self):
        self.assertEqual(self.suggested("777", names=("Gardn chiar",))[0].res_id, self.chair.id)

    def test_many_codes_are_looked_up_with_as_many_statements_as_few(self):
        def statements(number):
            hints = {f"C-{i}": Hints(names=(f"Oak desk {i}", "Lamp")) for i in range(number)}
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.env["sync.xref"]._suggest("product", self.company, hints)
            self.assertTrue(all(found.values()))
            return self.env.cr.sql_log_count - before

        statements(1)
        self.assertEqual(statements(40), statements(2))

    def test_what_is_like_nothing_has_no_suggestion(self):
        self.assertEqual(self.suggested("QQQ-123"), [])

    def test_products_of_another_company_are_not_suggested(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lamp.company_id = other
        self.assertEqual(self.suggested("LAMP-1"), [])

    def test_other_kinds_are_suggested_by_name(self):
        carrier = self.env["delivery.carrier"].create(
            {"name": "Parcel service ground", "product_id": self.chair.id, "company_id": False}
        )
        found = self.env["sync.xref"]._suggest("carrier", self.company, {"ground parcel service": Hints()})
        self.assertEqual(found["ground parcel service"][0].res_id, carrier.id)
        self.assertEqual(self.suggested("sent", domain="status"), [])

    # -- completing --------------------------------------------------------------------------------------------------

    def complete(self, gaps):
        action = gaps.action_complete()
        return self.env[action["res_model"]].with_user(self.sales).browse(action["res_id"])

    def test_many_codes_are_completed_and_their_documents_go_on(self):
        messages = self.orders_that(self.unknown_product("lamp1", "SKU-8"), "1001", "1002")
        wizard = self.complete(self.gaps())
        line = wizard.line_ids.filtered(lambda each: each.external_id == "lamp1")
        other = wizard.line_ids - line
        self.assertFalse(line.res_id, "never applied without a person")
        self.assertIn("92 %: our code is LAMP-1", line.suggestion)
        line.action_take()
        other.res_id = self.desk.id
        self.assertEqual((wizard.picked_count, wizard.line_count), (2, 2))
        type(self).answer = staticmethod(self.done)
        wizard.action_apply()
        self.run_engine()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        known = self.env["sync.xref"]._resolve("product", self.shop.id, ["lamp1", "SKU-8"])
        self.assertEqual(known, {"lamp1": self.lamp.id, "SKU-8": self.desk.id})
        self.assertFalse(self.gaps())

    def test_one_conflict_and_nothing_is_remembered(self):
        self.orders_that(self.unknown_product("SKU-7", "SKU-8"), "1001")
        wizard = self.complete(self.gaps())
        self.env["sync.xref"].create(
            {"domain": "product", "external_id": "SKU-8", "res_id": self.chair.id, "trading_partner_id": self.shop.id}
        )
        for line in wizard.line_ids:
            line.res_id = self.lamp.id
        with self.assertRaisesRegex(UserError, "SKU-8.*stands for another"), self.env.cr.savepoint():
            wizard.action_apply()
        self.assertFalse(self.env["sync.xref"]._resolve("product", self.shop.id, ["SKU-7"]))

    def test_nothing_said_is_refused(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        with self.assertRaises(UserError):
            self.complete(self.gaps()).action_apply()

    def test_the_form_of_the_wizard_opens(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        with Form(self.complete(self.gaps())) as form, form.line_ids.edit(0) as line:
            self.assertEqual(line.external_id, "SKU-9")
            line.res_id = self.lamp.id

    def test_viewers_complete_nothing(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        with self.assertRaises(AccessError):
            self.gaps(self.viewer).action_complete()

    def test_a_company_one_does_not_work_in_is_refused(self):
        self.orders_that(self.unknown_product("SKU-9"), "1001")
        wizard = self.complete(self.gaps())
        other = self.env["res.company"].create({"name": "Other"})
        wizard.line_ids.write({"company_id": other.id, "res_id": self.lamp.id})
        with self.assertRaises(AccessError):
            wizard.action_apply()
