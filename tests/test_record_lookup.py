"""Records that a mapping finds by what identifies them everywhere."""

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.mapping import Identified

from .governance_fixture import GovernanceCase

PRODUCT = Identified("product", "gtin", "own")


class TestRecordLookup(GovernanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].create({"name": "Timber Ltd", "is_company": True, "vat": "BE0477472701"})
        cls.lamp, cls.desk = cls.env["product.product"].create(
            [
                {"name": "Lamp", "default_code": "LAMP", "barcode": "4006381333931"},
                {"name": "Desk", "default_code": "DESK"},
            ]
        )
        cls.env["product.supplierinfo"].create(
            {"partner_id": cls.vendor.id, "product_code": "T-77", "product_tmpl_id": cls.desk.product_tmpl_id.id}
        )
        cls.purchaser = cls.person("pia.purchase", "group_viewer")
        cls.purchaser.group_ids += cls.env.ref("purchase.group_purchase_user")

    def port(self, user=None, contact=None):
        partners = self.env["sync.trading.partner"]
        code = f"timber-{contact.id if contact else 0}"
        timber = partners.search([("code", "=", code)]) or partners.create(
            {"name": "Timber", "code": code, "partner_id": contact and contact.id}
        )
        return self.env["sync.xref"]._lookup_port(timber.id, self.company.id, (user or self.purchaser).id)

    def test_a_gtin_is_found_however_it_is_written(self):
        answer = self.port().records(PRODUCT, ["04006381333931", "4006381333931", "4006381333932"])
        self.assertEqual(answer, {"04006381333931": "LAMP", "4006381333931": "LAMP"})

    def test_both_directions(self):
        port = self.port()
        self.assertEqual(port.records(Identified("product", "own", "gtin"), ["LAMP"]), {"LAMP": "4006381333931"})

    def test_what_has_no_such_identifier_is_missing(self):
        self.assertEqual(self.port().records(Identified("product", "own", "gtin"), ["DESK"]), {})

    def test_a_vendors_code_counts_for_that_vendor_only(self):
        asked = Identified("product", "supplier", "own")
        self.assertEqual(self.port(contact=self.vendor).records(asked, ["T-77"]), {"T-77": "DESK"})
        other = self.env["res.partner"].create({"name": "Other vendor"})
        self.assertEqual(self.port(contact=other).records(asked, ["T-77"]), {})
        back = self.port(contact=self.vendor).records(Identified("product", "own", "supplier"), ["DESK", "LAMP"])
        self.assertEqual(back, {"DESK": "T-77"})

    def test_a_vendors_code_needs_the_vendor(self):
        with self.assertRaisesRegex(Fault, "no contact"):
            self.port().records(Identified("product", "supplier", "own"), ["T-77"])

    def test_a_vat_number_is_found_however_it_is_written_and_once_per_company(self):
        self.vendor.ref = "V-1"
        self.env["res.partner"].create({"name": "Anna", "parent_id": self.vendor.id})
        answer = self.port().records(Identified("contact", "vat", "own"), ["BE 0477.472.701", "BE0477472702"])
        self.assertEqual(answer, {"BE 0477.472.701": "V-1"})

    def test_several_answer_for_each(self):
        self.env["product.product"].create({"name": "Twin", "default_code": "LAMP"})
        answer = self.port().records(Identified("product", "own", "own"), ["LAMP"])
        self.assertEqual(len(answer["LAMP"]), 2)

    def test_one_question_is_one_search_and_one_read(self):
        self.env["product.product"].create([{"name": f"P{n}", "default_code": f"P{n}"} for n in range(60)])
        self.env.flush_all()
        port = self.port()
        asked = Identified("product", "own", "own")
        port.records(asked, ["LAMP"])  # rights and rules are known from now on
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            few = port.records(asked, ["P1"])
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            many = port.records(asked, [f"P{n}" for n in range(60)])
        self.assertEqual((few, len(many)), ({"P1": "P1"}, 60))

    def test_another_companys_records_are_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lamp.company_id = other
        self.assertEqual(self.port().records(PRODUCT, ["4006381333931"]), {})

    def test_who_may_not_read_such_records_is_told(self):
        agent = self.person("agent", "group_agent")
        with self.assertRaisesRegex(Fault, "agent may not read"):
            self.port(user=agent).records(PRODUCT, ["4006381333931"])

    def test_an_identifier_that_odoo_does_not_keep_is_told(self):
        if "global_location_number" in self.env["res.partner"]._fields:
            self.skipTest("Odoo keeps it here")
        with self.assertRaisesRegex(Fault, "a module is missing"):
            self.port().records(Identified("contact", "gln", "own"), ["9524100000018"])
