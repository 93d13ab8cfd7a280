"""What another system is the system of record of is not created in Odoo past it: forms, imports and calls."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import Form

from .test_ownership import OwnershipCase


class TestCreated(OwnershipCase):
    def setUp(self):
        super().setUp()
        self.crm = self.partner("crm", name="Northwind CRM")
        self.clerk.group_ids |= self.env.ref("product.group_product_manager") | self.env.ref("stock.group_stock_user")

    def new(self, model="res.partner", by=None, **values):
        rank = {"customer_rank": 1} if model == "res.partner" else {}
        return self.env[model].with_user(by or self.clerk).create({"name": "Seeblick", **rank, **values})

    def entry(self):
        return self.env["sync.ownership.write"].search([("res_model", "in", ("res.partner", "product.template"))])

    def count(self, model, name="Seeblick"):
        return self.env[model].with_context(active_test=False).search_count([("name", "=", name)])

    def test_refused_it_says_where_it_is_created_and_who_may(self):
        self.own("customer", "identity", self.crm, steward=self.steward)
        with self.assertRaises(AccessError) as refusal, self.env.cr.savepoint():
            self.new()
        for words in ("Northwind CRM is the system of record", "create “Seeblick” there", "stella.steward may create"):
            self.assertIn(words, str(refusal.exception))
        self.assertFalse(self.count("res.partner"))

    def test_ignored_is_refused_too_nobody_loses_his_typing(self):
        self.own("customer", "identity", self.crm, "ignore")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.new()

    def test_no_call_import_or_quick_creation_gets_past_it(self):
        self.own("customer", "identity", self.crm)
        partners = self.env["res.partner"].with_user(self.clerk).with_context(res_partner_search_mode="customer")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            call_kw(partners, "create", [[{"name": "Seeblick"}]], {"context": dict(partners.env.context)})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            partners.name_create("Seeblick")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            with Form(partners) as form:
                form.name = "Seeblick"
        loaded = partners.load(["name", "customer_rank"], [["Seeblick", "1"]])
        self.assertIn("system of record", loaded["messages"][0]["message"])
        self.assertFalse(self.count("res.partner"))

    def test_a_contact_of_a_customer_is_one_and_a_supplier_is_not(self):
        known = self.customer()
        self.own("customer", "identity", self.crm)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.new(customer_rank=0, parent_id=known.id)
        self.assertTrue(self.new(customer_rank=0, supplier_rank=1))

    def test_proposed_it_is_archived_until_the_steward_accepts(self):
        self.own("customer", "identity", self.crm, "propose", self.steward)
        new = self.new(city="Chur")
        self.assertEqual((new.active, new.city), (False, "Chur"))
        proposal = self.entry()
        self.assertEqual(
            (proposal.state, proposal.user_id, proposal.steward_id), ("proposed", self.clerk, self.steward)
        )
        self.assertEqual(proposal.what, "New: Customers")
        self.assertIn("Seeblick", proposal.words)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            proposal.with_user(self.clerk).action_accept()
        new.with_user(self.clerk).active = True
        self.assertFalse(new.active, "that is a proposal as well")
        self.env["sync.ownership.write"].search([("state", "=", "proposed")]).with_user(self.steward).action_accept()
        self.assertTrue(new.active)

    def test_rejected_it_stays_archived(self):
        self.own("customer", "identity", self.crm, "propose", self.steward)
        new = self.new()
        proposal = self.entry().with_user(self.steward)
        proposal.decision_note = "We have it as Seehof."
        proposal.action_reject()
        self.assertFalse(new.active)

    def test_accepted_it_is_there_and_the_steward_is_told(self):
        self.own("customer", "identity", self.crm, "accept", self.steward)
        self.assertTrue(self.new().active)
        self.assertEqual(self.entry().state, "told")
        self.assertTold(self.entry())

    def test_the_steward_creates_and_it_is_noted(self):
        self.own("customer", "identity", self.crm, steward=self.steward)
        self.assertTrue(self.new(by=self.steward).active)
        self.assertEqual((self.entry().state, self.entry().user_id), ("told", self.steward))

    def test_a_part_that_another_system_owns_waits_alone(self):
        self.own("customer", "address", self.crm, "propose", self.steward)
        new = self.new(city="Chur", phone="1")
        self.assertEqual((new.active, new.city, new.phone), (True, False, "1"))
        self.assertEqual(self.entry().words, "City: Chur")
        self.entry().with_user(self.steward).action_accept()
        self.assertEqual(new.city, "Chur")

    def test_what_is_said_otherwise_of_a_part_holds_beside_the_whole(self):
        self.own("customer", "identity", self.crm, "accept", self.steward)
        self.own("customer", "credit", self.crm, "refuse", self.steward)
        self.clerk.group_ids |= self.env.ref("account.group_account_manager")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.new(credit_limit=5000)
        self.assertTrue(self.new(city="Chur"))

    def test_where_one_owns_everything_it_is_one_proposal(self):
        for group in ("identity", "address", "contact"):
            self.own("customer", group, self.crm, "propose", self.steward)
        new = self.new(city="Chur", phone="1")
        self.assertEqual((new.active, new.city, new.phone), (False, "Chur", "1"))
        self.assertEqual(len(self.entry()), 1)
        self.assertIn("City: Chur", self.entry().words)

    def test_a_part_that_was_not_typed_in_does_not_matter(self):
        self.own("customer", "address", self.crm)
        self.assertTrue(self.new(city=False, street=""))
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.new(city="Chur")

    def test_products_and_their_variants(self):
        self.own("product", "identity", self.crm, "propose", self.steward)
        lamp = self.new("product.template", default_code="L-9")
        self.assertFalse(lamp.active)
        self.assertFalse(lamp.with_context(active_test=False).product_variant_ids.filtered("active"))
        self.assertEqual(len(self.entry()), 1, "its variant is no creation of its own")
        self.entry().with_user(self.steward).action_accept()
        self.assertTrue(lamp.active and lamp.product_variant_ids.active)

    def test_products_are_refused_as_templates_and_as_variants(self):
        self.own("product", "identity", self.crm, "refuse")
        for model in ("product.template", "product.product"):
            with self.subTest(model=model), self.assertRaises(AccessError), self.env.cr.savepoint():
                self.new(model)
            self.assertFalse(self.count(model))

    def test_what_documents_and_odoo_itself_create_is_free(self):
        self.own("customer", "identity", self.crm)
        self.assertTrue(self.env["res.partner"].sudo().create({"name": "Seeblick", "customer_rank": 1}))
        agent = self.person("agatha.agent", "group_agent")
        agent.group_ids |= self.env.ref("base.group_partner_manager")
        self.assertTrue(self.new(by=agent))

    def test_where_nobody_owns_anything_it_costs_no_statement(self):
        self.env["sync.ownership"]._owned_elsewhere()
        partners = self.env["res.partner"].with_user(self.clerk)
        with self.assertQueryCount(0):
            self.assertFalse(partners._held_groups({"active", "name"}))
