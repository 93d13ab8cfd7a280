"""Ownership enforced: on documents of partners, and on what people write in Odoo."""

import json
from copy import deepcopy

from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.sync_governance.core.canonical import catalogue

from .governance_fixture import SECRET, GovernanceCase

CUSTOMER = catalogue()["customer.changed"].examples[0]


class OwnershipCase(GovernanceCase):
    """A CRM that sends customers, a company whose matrix is empty, and a steward who is nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steward = cls.person("stella.steward", "group_viewer")
        cls.steward.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.clerk = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Carl Clerk",
                    "login": "carl.clerk",
                    "email": "carl@example.com",
                    "group_ids": [
                        (6, 0, [cls.env.ref(f"base.{g}").id for g in ("group_user", "group_partner_manager")])
                    ],
                }
            )
        )

    def own(self, domain, group, owner=None, verdict="refuse", steward=None):
        """A line of the matrix; without ``owner`` the group is Odoo's."""
        group = self.env["sync.field.group"].search([("domain", "=", domain), ("code", "=", group)])
        self.assertTrue(group)
        return self.as_manager("sync.ownership").create(
            {
                "domain": domain,
                "group_id": group.id,
                "system_of_record": "partner" if owner else "odoo",
                "trading_partner_id": owner.id if owner else False,
                "on_other_write": verdict,
                "steward_id": steward.id if steward else False,
            }
        )

    def assertTold(self, entry):
        """The steward got a notification about the entry."""
        told = self.env["mail.message"].search([("model", "=", entry._name), ("res_id", "=", entry.id)])
        self.assertIn(self.steward.partner_id, told.notified_partner_ids)

    def customer(self, **values):
        return self.env["res.partner"].create(
            {"name": "Alpenbüro", "customer_rank": 1, "company_id": self.company.id, "city": "Bern", **values}
        )


class TestMatrix(OwnershipCase):
    def row(self, domain, code):
        self.env.invalidate_all()
        return self.env["sync.field.group"].search([("domain", "=", domain), ("code", "=", code)])

    def test_every_domain_has_a_row_for_each_group_and_one_for_everything_else(self):
        rows = self.env["sync.field.group"].search([("domain", "=", "customer")])
        self.assertEqual(rows.mapped("code"), ["identity", "address", "contact", "credit", "pricing", "tax", "rest"])
        self.assertIn("Street", self.row("customer", "address").odoo_fields)

    def test_a_row_says_who_owns_it_and_what_happens_to_the_others(self):
        crm = self.partner("crm")
        self.assertEqual(self.row("customer", "address").ownership, "nobody")
        self.own("customer", "address", crm, "propose", self.steward)
        row = self.row("customer", "address")
        self.assertEqual((row.owner, row.ownership, row.on_other_write), ("Crm", "partner", "propose"))
        self.assertEqual(row.steward_ids, self.steward)
        self.as_manager("sync.ownership").create({"domain": "customer", "name": "All else"})
        self.assertEqual(
            (self.row("customer", "credit").owner, self.row("customer", "credit").inherited), ("Odoo", True)
        )

    def test_a_click_on_a_row_opens_its_line_or_a_new_one(self):
        action = self.row("order", "prices").action_decide()
        self.assertEqual(action["context"]["default_group_id"], self.row("order", "prices").id)
        line = self.own("order", "prices")
        self.assertEqual(self.row("order", "prices").action_decide()["res_id"], line.id)

    def test_a_group_brings_its_members_and_stays_in_its_domain(self):
        line = self.own("order", "delivery")
        self.assertEqual((line.name, line.field_names), ("Delivery", "ship_to, warehouse, requested_delivery_on"))
        with self.assertRaises(ValidationError):
            line.group_id = self.row("customer", "address")

    def test_two_lines_about_one_group_are_refused(self):
        self.own("order", "delivery")
        with self.assertRaisesRegex(ValidationError, "ship_to"):
            self.own("order", "delivery", self.partner("crm"))

    def test_a_version_keeps_the_steward_and_the_verdict(self):
        self.own("customer", "address", self.partner("crm"), "propose", self.steward)
        version = self.env["sync.ownership.version"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertIn("Crm; others proposed to the steward; steward stella.steward", version.matrix)


class TestDocuments(OwnershipCase):
    """What the CRM sends goes through the intake and the engine."""

    def setUp(self):
        super().setUp()
        self.crm = self.partner("crm", kind="crm", environment="production")
        self.crm.action_start_testing()
        self.door = self.endpoint(self.crm, "crm-customers", key_value="/number")
        self.door._create_agent(["base.group_partner_manager", "account.group_account_invoice"])
        self.credential(self.door)
        self.door.action_go_live()
        kind = self.env["sync.document.type"].search([("code", "=", "customer.changed")])
        schema = json.dumps({"type": "object"})
        contract = self.approved(
            self.contract("crm.customer", form="canonical", document_type_id=kind.id, schema=schema)
        )
        self.line = self.interface(
            self.door,
            code="crm.customers",
            document_type_id=kind.id,
            topic="customer.changed",
            contract_id=contract.id,
            policy_id=self.approved(self.policy()).id,
        )
        self.line.action_go_live()
        self.go_live(self.crm)
        self.known = self.customer(name="Alpenbüro AG", ref="10482", credit_limit=100)
        self.document = {**deepcopy(CUSTOMER), "addresses": [], "credit_limit": {**CUSTOMER["credit_limit"]}}
        self.document["credit_limit"]["currency"] = self.company.currency_id.name

    def go_live(self, partner):
        partner.sudo()._move({"state": "live"})
        self.registry.clear_cache()

    def send(self, document=None):
        receipt = self.receive(self.door.code, document or self.document, profile="standard_webhooks", secret=SECRET)
        self.run_engine()
        return self.message(receipt)

    def proposal(self):
        return self.env["sync.ownership.write"].search([("trading_partner_id", "=", self.crm.id)])

    def test_without_a_matrix_all_of_it_is_applied(self):
        message = self.send()
        self.assertEqual((message.state, message.attempt_ids[0].detail and message.fault_code), ("done", False))
        self.assertEqual((self.known.city, self.known.credit_limit), ("Zürich", 25000))
        self.assertEqual(message.effect_ids.mapped("res_id"), self.known.ids)

    def test_a_part_that_is_refused_refuses_the_document(self):
        self.own("customer", "credit")
        message = self.send()
        self.assertEqual((message.state, message.fault_code), ("failed", "enrich.owned_elsewhere"))
        self.assertIn("Odoo is the system of record of “Credit and payment terms”", message.attempt_ids[0].detail)
        self.assertEqual((self.known.city, self.known.credit_limit), ("Bern", 100))

    def test_a_document_that_does_not_touch_the_part_goes_through(self):
        self.own("customer", "credit")
        for member in ("credit_limit", "payment_terms"):
            del self.document[member]
        self.assertEqual(self.send().state, "done")
        self.assertEqual(self.known.city, "Zürich")

    def test_a_part_that_is_ignored_is_left_out_with_a_note(self):
        self.own("customer", "credit", verdict="ignore")
        message = self.send()
        self.assertEqual(message.state, "done")
        self.assertIn(
            "Left out: credit_limit, payment_terms. Odoo is the system of record", message.attempt_ids[0].detail
        )
        self.assertEqual((self.known.city, self.known.credit_limit), ("Zürich", 100))
        kept = json.loads(message.payload_ids.filtered(lambda p: p.kind == "canonical").text)
        self.assertIn("credit_limit", kept, "what was translated is kept whole: a replay asks the matrix again")

    def test_a_part_that_is_proposed_waits_and_the_rest_is_applied(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        message = self.send()
        self.assertEqual((message.state, self.known.city, self.known.credit_limit), ("done", "Zürich", 100))
        proposal = self.proposal()
        self.assertEqual((proposal.state, proposal.steward_id, proposal.reference), ("proposed", self.steward, "10482"))
        self.assertIn("25000", proposal.words)
        self.assertEqual(proposal.activity_ids.user_id, self.steward)
        proposal.with_user(self.steward).action_accept()
        self.assertEqual((proposal.state, self.known.credit_limit), ("accepted", 25000))
        self.assertFalse(proposal.activity_ids)

    def test_a_proposal_is_applied_exactly_once(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        self.send()
        proposal = self.proposal().with_user(self.steward)
        proposal.action_accept()
        self.known.credit_limit = 7
        with self.assertRaisesRegex(UserError, "accepted"):
            proposal.action_accept()
        self.assertEqual(self.known.credit_limit, 7)

    def test_a_rejected_proposal_changes_nothing_and_says_why(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        self.send()
        proposal = self.proposal().with_user(self.steward)
        with self.assertRaisesRegex(UserError, "Say why"):
            proposal.action_reject()
        proposal.decision_note = "Credit is decided by finance"
        proposal.action_reject()
        self.assertEqual((proposal.state, self.known.credit_limit), ("rejected", 100))
        with self.assertRaises(UserError):
            proposal.action_accept()

    def test_only_the_steward_decides(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        self.send()
        for user in (self.manager, self.sales_approver):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.proposal().with_user(user).action_accept()
        with self.assertRaises(AccessError):
            self.proposal().with_user(self.clerk).read(["words"])
        with self.assertRaises(UserError):
            self.proposal().with_user(self.steward).write({"state": "accepted"})
        with self.assertRaises(UserError):
            self.proposal().with_user(self.steward).write({"document": "{}"})
        self.assertEqual(self.known.credit_limit, 100)

    def test_a_newer_proposal_about_the_same_replaces_the_older(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        self.send()
        first = self.proposal()
        self.document["credit_limit"]["amount"] = "30000.00"
        self.send()
        self.assertEqual(first.state, "superseded")
        newer = self.proposal() - first
        newer.with_user(self.steward).action_accept()
        self.assertEqual(self.known.credit_limit, 30000)

    def test_a_part_that_is_accepted_is_told_to_the_steward(self):
        self.own("customer", "credit", verdict="accept", steward=self.steward)
        self.send()
        self.assertEqual(self.known.credit_limit, 25000)
        note = self.proposal()
        self.assertEqual((note.state, note.what), ("told", "Credit and payment terms"))
        self.assertTold(note)

    def test_the_owner_itself_is_not_asked(self):
        self.own("customer", "credit", self.crm)
        self.assertEqual(self.send().state, "done")
        self.assertEqual(self.known.credit_limit, 25000)

    def test_each_message_is_stamped_with_the_matrix_it_ran_under(self):
        self.own("customer", "credit", verdict="propose", steward=self.steward)
        message = self.send()
        version = self.env["sync.ownership"]._current_version(self.company.id)
        self.assertEqual((message.ownership_version, self.proposal().ownership_version), (version, version))


class TestScreens(OwnershipCase):
    """A person writes in Odoo what the CRM owns."""

    def setUp(self):
        super().setUp()
        self.crm = self.partner("crm", name="Northwind CRM")
        self.known = self.customer()

    def by(self, user):
        return self.known.with_user(user)

    def entries(self):
        return self.env["sync.ownership.write"].search([("res_model", "=", "res.partner")])

    def test_the_refusal_names_the_owner_and_who_may_override(self):
        self.own("customer", "address", self.crm, steward=self.steward)
        with self.assertRaises(AccessError) as refusal:
            self.by(self.clerk).city = "Basel"
        for words in ("Northwind CRM is the system of record of “Address”", "Alpenbüro", "stella.steward may override"):
            self.assertIn(words, str(refusal.exception))
        self.assertEqual(self.known.city, "Bern")

    def test_other_fields_and_other_people_than_customers_are_free(self):
        self.own("customer", "address", self.crm)
        self.by(self.clerk).phone = "1"
        vendor = self.env["res.partner"].create({"name": "Vendor", "company_id": self.company.id})
        vendor.with_user(self.clerk).city = "Basel"
        self.assertEqual((self.known.phone, vendor.city), ("1", "Basel"))

    def test_the_same_value_again_is_no_write(self):
        self.own("customer", "address", self.crm)
        self.by(self.clerk).write({"city": "Bern", "phone": "2"})
        self.assertEqual(self.known.phone, "2")

    def test_the_steward_overrides_and_it_is_noted(self):
        self.own("customer", "address", self.crm, steward=self.steward)
        self.by(self.steward).city = "Basel"
        self.assertEqual(self.known.city, "Basel")
        self.assertEqual((self.entries().state, self.entries().user_id), ("told", self.steward))

    def test_without_a_steward_an_integration_manager_overrides(self):
        self.own("customer", "address", self.crm)
        self.manager.group_ids |= self.env.ref("base.group_partner_manager")
        self.by(self.manager).city = "Basel"
        self.assertEqual(self.known.city, "Basel")

    def test_a_proposal_of_a_person_leaves_the_record_until_the_steward_accepts(self):
        self.own("customer", "address", self.crm, "propose", self.steward)
        self.by(self.clerk).write({"city": "Basel", "phone": "3"})
        self.assertEqual((self.known.city, self.known.phone), ("Bern", "3"))
        proposal = self.entries()
        self.assertEqual((proposal.state, proposal.words), ("proposed", "City: Basel"))
        with self.assertRaises(AccessError):
            proposal.with_user(self.clerk).action_accept()
        proposal.with_user(self.steward).action_accept()
        self.assertEqual(self.known.city, "Basel")

    def test_a_contact_does_not_get_an_address_that_was_only_proposed(self):
        self.own("customer", "address", self.crm, "propose", self.steward)
        contact = self.env["res.partner"].create({"name": "Nina", "parent_id": self.known.id, "type": "contact"})
        self.by(self.clerk).city = "Basel"
        self.assertEqual(contact.city, "Bern")
        self.entries().with_user(self.steward).action_accept()
        self.assertEqual(contact.city, "Basel")

    def test_an_accepted_write_tells_the_steward(self):
        self.own("customer", "address", self.crm, "accept", self.steward)
        self.by(self.clerk).city = "Basel"
        self.assertEqual((self.known.city, self.entries().state), ("Basel", "told"))
        self.assertTold(self.entries())

    def test_many_writes_of_a_kind_are_told_once_a_day(self):
        self.own("customer", "address", self.crm, "accept", self.steward)
        for city in ("Basel", "Genf", "Chur"):
            self.by(self.clerk).city = city
        self.assertEqual(self.entries().mapped("state"), ["told"] * 3)
        notified = [("model", "=", "sync.ownership.write"), ("notified_partner_ids", "=", self.steward.partner_id.id)]
        self.assertEqual(self.env["mail.message"].search_count(notified), 1)

    def test_odoo_as_the_owner_lets_people_write(self):
        self.own("customer", "address")
        self.by(self.clerk).city = "Basel"
        self.assertEqual(self.known.city, "Basel")

    def test_a_model_whose_domain_nobody_owns_costs_no_statement_more(self):
        self.own("product", "identity", self.crm)
        record = self.by(self.clerk)
        record.city = "Basel"
        record.flush_recordset()
        self.env["sync.ownership"]._owned_elsewhere()
        with self.assertQueryCount(0):
            self.assertFalse(record._held_groups({"city": "Genf"}))

    def test_products_and_prices(self):
        template = self.env["product.template"].create({"name": "Lamp", "default_code": "L-1", "list_price": 10})
        other = self.person("petra.product", "group_viewer")
        other.group_ids |= self.env.ref("product.group_product_manager") | self.env.ref(
            "product.group_product_pricelist"
        )
        self.own("product", "identity", self.crm)
        self.own("price", "prices", self.crm)
        for values in ({"name": "Lump"}, {"default_code": "L-2"}, {"list_price": 11}):
            with self.subTest(values=values), self.assertRaises(AccessError), self.env.cr.savepoint():
                template.with_user(other).write(values)
                self.env.flush_all()
        template.with_user(other).weight = 2
        with self.assertRaises(AccessError):
            template.product_variant_id.with_user(other).default_code = "L-3"
        pricelist = self.env["product.pricelist"].create({"name": "Retail"})
        price = {"pricelist_id": pricelist.id, "product_tmpl_id": template.id, "applied_on": "1_product"}
        item = self.env["product.pricelist.item"].create({**price, "fixed_price": 9})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["product.pricelist.item"].with_user(other).create({**price, "fixed_price": 8})
        with self.assertRaises(AccessError):
            item.with_user(other).fixed_price = 1
        with self.assertRaises(AccessError):
            item.with_user(other).unlink()


class TestOrders(OwnershipCase):
    """An order is its shop's; what was entered in Odoo is Odoo's."""

    def setUp(self):
        super().setUp()
        self.shop = self.partner("shop")
        self.seller = self.person("sam.seller", "group_viewer")
        self.seller.group_ids |= self.env.ref("sales_team.group_sale_manager")
        product = self.env["product.product"].create({"name": "Lamp", "list_price": 10})
        self.orders = self.env["sale.order"].create(
            [{"partner_id": self.customer().id, "order_line": [(0, 0, {"product_id": product.id})]} for _ in range(2)]
        )
        placed = self.orders[0]
        process = self.env["sync.process"]._ensure(
            "order_to_cash", "1:A", self.company, name="A", reference="A", trading_partner_id=self.shop.id
        )
        process._link(placed)
        self.own("order", "lines", self.shop)

    def test_an_order_of_the_shop_is_changed_in_the_shop(self):
        placed, typed = self.orders.with_user(self.seller)
        with self.assertRaisesRegex(AccessError, "Shop is the system of record of “Lines”"):
            placed.order_line.product_uom_qty = 5
        typed.order_line.product_uom_qty = 5
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            placed.write({"order_line": [(0, 0, {"product_id": placed.order_line.product_id.id})]})
        with self.assertRaises(AccessError):
            placed.order_line.unlink()
        placed.order_line.price_unit = 3
        self.assertEqual((typed.order_line.product_uom_qty, placed.order_line.price_unit), (5, 3))

    def test_what_follows_from_a_confirmation_is_not_held(self):
        self.orders.with_user(self.seller).action_confirm()
        self.assertEqual(set(self.orders.mapped("state")), {"sale"})
