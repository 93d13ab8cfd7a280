"""A partner from a folder of data."""

from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.models.packs import reading

from .governance_fixture import SECRET, GovernanceCase

BASIC = ("base.group_user", "sync_governance.group_agent", "mail.group_mail_notification_type_inbox")
EXAMPLES = {code: entry.examples for code, entry in catalogue().items()}
COUNTED = (
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
    "sync.ownership.version",
    "sync.xref",
    "res.users",
)


def refused(interface):
    """What the ownership matrix refuses of the catalogue's examples when they come over an interface."""
    code, matrix = interface.document_type_id.code, interface.env["sync.ownership"]
    if not interface.env["sync.handler"]._for(interface.handler, code)._writes:
        return []
    said = [(code, example, interface.trading_partner_id.id, interface.company_id.id) for example in EXAMPLES[code]]
    return [name for each in said if (decision := matrix._decide(*each)) for name in decision.refused]


class TestPack(GovernanceCase):
    def load(self, pack, **values):
        return self.env["sync.pack"].with_user(self.manager)._load(pack, self.company, values)

    def test_a_pack_says_when_documents_are_worked(self):
        data = reading.read("shopify")
        for timing, settings in (
            ("micro_batch", {"collect": {"documents": 50, "seconds": 30}}),
            (
                "window",
                {
                    "window": {
                        "time_zone": "Europe/Brussels",
                        "hours": [
                            {"day": "monday", "from": 8, "to": Decimal("12.5")},
                            {"day": "friday", "from": 9, "to": 17},
                        ],
                    }
                },
            ),
        ):
            changed = {**data, "policies": [{**data["policies"][0], "timing": timing, **settings}]}
            self.assertEqual([fault.detail for fault in reading.schema().faults(changed)], [])
            with patch.object(reading, "read", lambda name, changed=changed: changed):
                policy = self.load("shopify").interface_ids.policy_id
            self.assertEqual(policy.timing, timing)
        self.assertEqual((policy.batch_documents, policy.batch_seconds), (50, 30))
        calendar = policy.calendar_id
        self.assertEqual((calendar.tz, calendar.company_id), ("Europe/Brussels", self.company))
        self.assertEqual(
            [(line.dayofweek, line.hour_from, line.hour_to) for line in calendar.attendance_ids.sorted("dayofweek")],
            [("0", 8.0, 12.5), ("4", 9.0, 17.0)],
        )

    def test_a_pack_that_leaves_the_timing_open_is_refused(self):
        data = reading.read("shopify")
        changed = {**data, "policies": [{**data["policies"][0], "timing": "micro_batch"}]}
        self.assertIn("does not say “collect”", " ".join(reading._loose_ends(changed)))

    def counts(self):
        return {model: self.env[model].sudo().with_context(active_test=False).search_count([]) for model in COUNTED}

    def test_every_pack_loads_as_drafts_with_agents_and_again_without_a_trace(self):
        for name in reading.names():
            with self.subTest(pack=name):
                every = [door["code"] for door in reading.read(name)["endpoints"]]
                partner = self.load(name, endpoints=every)
                self.assertEqual(set(partner.endpoint_ids.mapped("pack_code")), set(every))
                self.assertEqual(partner.state, "draft")
                self.assertEqual(set(partner.endpoint_ids.mapped("state")), {"draft"})
                self.assertTrue(all(partner.endpoint_ids.mapped("user_id")))
                self.assertEqual(set(partner.interface_ids.mapped("state")), {"draft"})
                self.assertEqual(partner.interface_ids.owner_id, self.manager)
                before = self.counts()
                messages = len(partner.message_ids)
                self.assertEqual(self.load(name), partner)
                self.assertEqual(self.counts(), before)
                self.assertEqual(len(partner.message_ids), messages)

    def test_what_a_partner_may_do_without_is_set_up_where_it_is_wanted(self):
        partner = self.load("shopify")
        self.assertEqual(partner.endpoint_ids.pack_code, "shop-orders")
        self.assertEqual(partner.interface_ids.pack_code, "shopify.order.create")
        self.load("shopify", urls={"shop-updates": "https://nordlicht.myshopify.com/admin/api/2026-10/graphql.json"})
        door = partner.endpoint_ids.filtered(lambda each: each.pack_code == "shop-updates")
        self.assertEqual(door.interface_ids.mapped("document_type"), ["availability.changed", "shipment.dispatched"])
        self.load("shopify")
        self.assertEqual(len(partner.endpoint_ids), 2, "what is there stays")

    def test_agents_have_the_groups_that_the_pack_names_and_no_more(self):
        door = self.load("shopify").endpoint_ids
        groups = reading.read("shopify")["endpoints"][0]["agent"]["groups"]
        expected = self.env["res.groups"].concat(*(self.env.ref(name) for name in [*groups, *BASIC]))
        self.assertEqual(door.user_id.group_ids, expected)

    def test_a_draft_follows_the_pack_and_an_approved_version_gets_a_new_one_beside_it(self):
        partner = self.load("shopify")
        mapping = partner.interface_ids.mapping_id
        approved = self.approved(partner.interface_ids.contract_id)
        text = approved.schema
        with self.pack_file("contracts/order.json", text.replace('"title"', '"$comment"', 1)):
            self.load("shopify")
        self.assertEqual(approved.schema, text)
        newer = partner.interface_ids.contract_id
        self.assertEqual((newer.code, newer.version, newer.state), (approved.code, "1.2.0", "draft"))
        with self.pack_file("mappings/order.create.json", mapping.document + "\n"):
            self.load("shopify")
        self.assertEqual(partner.interface_ids.mapping_id, mapping)
        self.assertTrue(mapping.document.endswith("\n\n"))

    def test_a_live_interface_keeps_what_it_runs_on(self):
        partner = self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        contract = partner.interface_ids.contract_id
        with self.pack_file("contracts/order.json", contract.schema + " "):
            self.load("shopify")
        self.assertEqual(partner.interface_ids.contract_id, contract)
        self.assertEqual(self.env["sync.contract"].search_count([("code", "=", contract.code)]), 2)

    def test_a_second_shop_shares_the_versions_and_has_doors_of_its_own(self):
        first = self.load("shopify")
        second = self.load("shopify", code="shop-two", name="Second shop")
        self.assertEqual(second.endpoint_ids.code, "shop-two-shop-orders")
        self.assertEqual(second.interface_ids.code, "shop-two.shopify.order.create")
        self.assertEqual(second.interface_ids.contract_id, first.interface_ids.contract_id)
        self.assertEqual(refused(second.interface_ids), [])

    def test_no_pack_locks_another_out_of_what_its_documents_say(self):
        partners = [
            self.load(name, endpoints=[door["code"] for door in reading.read(name)["endpoints"]])
            for name in reading.names()
        ]
        for line in self.env["sync.interface"].search([("trading_partner_id", "in", [p.id for p in partners])]):
            with self.subTest(interface=line.code):
                taken = line.direction == "inbound" and line.handler != "kept"  # what is only kept writes nothing
                self.assertEqual(refused(line) if taken else [], [])

    def test_what_nobody_chose_leaves_no_drafts(self):
        self.load("ubl")
        codes = set(self.env["sync.mapping"].search([("code", "=like", "ubl.%")]).mapped("code"))
        self.assertEqual(codes, {"ubl.order.create", "ubl.shipment.dispatched", "ubl.invoice.posted"})
        self.assertFalse(self.env["sync.contract"].search([("code", "=like", "ubl.order_response%")]))
        self.load("ubl", endpoints=["ubl-responses"])
        self.assertTrue(self.env["sync.mapping"].search([("code", "=", "ubl.acknowledgement")]))
        self.assertFalse(self.env["sync.mapping"].search([("code", "=", "ubl.acknowledgement.simple")]))

    def test_only_managers_load_packs_and_only_known_ones(self):
        with self.assertRaises(AccessError):
            self.env["sync.pack"].with_user(self.viewer)._load("shopify", self.company)
        for name in ("no-such-pack", "../shopify"):
            with self.assertRaisesRegex(UserError, "no pack"):
                self.load(name)

    def pack_file(self, file, content):
        """The pack's file reads ``content`` meanwhile."""
        original = reading.text
        return patch.object(reading, "text", lambda name, path: content if path == file else original(name, path))


class TestWizard(GovernanceCase):
    def wizard(self, user, pack, **values):
        with Form(self.env["sync.pack.install"].with_user(user)) as form:
            form.pack = pack
        wizard = form.record
        wizard.action_next()
        with Form(wizard) as form:
            for name, value in values.items():
                form[name] = value
        wizard.action_next()
        self.assertEqual(wizard.step, "how")
        return wizard

    def test_a_partner_in_one_form(self):
        both = self.person("gina.both", "group_manager", "group_security_officer")
        wizard = self.wizard(both, "threepl", name="Swift Logistics", code="swift")
        self.assertEqual(len(wizard.endpoint_ids), 2)
        for line in wizard.endpoint_ids:
            line.secret_input = SECRET
        outbound = wizard.endpoint_ids.filtered(lambda line: line.direction == "outbound")
        outbound.url = "https://swift.example.com/requests"
        wizard.action_install()
        self.assertEqual(wizard.step, "tried")
        partner = self.env["sync.trading.partner"].browse(wizard.action_open()["res_id"])
        self.assertEqual(wizard.certification_ids.interface_id, partner.interface_ids)
        self.assertTrue(wizard.all_passed)
        self.assertEqual((partner.name, partner.code, partner.kind), ("Swift Logistics", "swift", "3pl"))
        self.assertEqual(partner.endpoint_ids.filtered("url").url, "https://swift.example.com/requests")
        self.assertEqual(len(partner.sudo().endpoint_ids.credential_ids), 2)
        self.assertTrue(all(door._has_valid_credential() for door in partner.endpoint_ids))
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM sync_pack_install_endpoint WHERE secret_token IS NOT NULL")
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_what_a_pack_brings_is_a_table_before_anything_is_set_up(self):
        with Form(self.env["sync.pack.install"].with_user(self.manager)) as form:
            form.pack = "retail-x12"
            table = str(form.matrix)
        self.assertEqual(table.count("<tr>"), 1 + len(reading.read("retail-x12")["interfaces"]))
        self.assertIn("<td>Orders (850)</td><td>to us</td>", table)
        self.assertIn("<td>Invoices (810)</td><td>to the partner</td>", table)

    def test_the_waiting_secret_is_sealed_and_nobodys_to_read(self):
        both = self.person("gina.both", "group_manager", "group_security_officer")
        line = self.wizard(both, "shopify").endpoint_ids[0]
        line.secret_input = SECRET
        self.assertFalse(line.secret_input)
        self.assertNotIn(SECRET, line.sudo().secret_token)
        with self.assertRaises(AccessError):
            line.read(["secret_token"])

    def test_a_manager_sets_it_up_without_secrets(self):
        wizard = self.wizard(self.manager, "shopify")
        wizard.action_install()
        partner = wizard.partner_made_id
        self.assertFalse(partner.sudo().endpoint_ids.credential_ids)

    def test_what_a_partner_may_do_without_is_ticked(self):
        wizard = self.wizard(self.manager, "shopify")
        self.assertEqual(wizard.endpoint_ids.filtered("wanted").code, "shop-orders")
        wizard.endpoint_ids.filtered(lambda line: line.code == "shop-refunds").wanted = True
        wizard.action_install()
        codes = wizard.partner_made_id.endpoint_ids.mapped("pack_code")
        self.assertEqual(set(codes), {"shop-orders", "shop-refunds"})

    def test_a_code_is_used_once(self):
        self.wizard(self.manager, "shopify").action_install()
        with self.assertRaisesRegex(UserError, "code of its own"):
            self.wizard(self.manager, "shopify").action_install()


class TestPromote(GovernanceCase):
    def wizard(self, source, **values):
        wizards = self.env["sync.pack.promote"].with_user(self.manager).with_context(active_id=source.id)
        return wizards.create({**wizards.default_get(["source_id", "name", "code"]), **values})

    def difference(self, wizard):
        with self.engine_cursors():
            return wizard.difference, wizard.differs

    def test_what_was_tuned_in_test_is_shown_and_taken_over_to_production(self):
        source = self.env["sync.pack"].with_user(self.manager)._load("threepl", self.company, {"environment": "test"})
        source.interface_ids.policy_id[:1].max_attempts = 3
        wizard = self.wizard(source, code="swift", name="Swift Logistics")
        said, differs = self.difference(wizard)
        self.assertTrue(differs)
        self.assertIn("+ new: partner swift", said)
        self.assertFalse(self.env["sync.trading.partner"].search([("code", "=", "swift")]), "only shown")
        partner = self.env["sync.trading.partner"].browse(wizard.action_promote()["res_id"])
        self.assertEqual((partner.code, partner.environment, partner.state), ("swift", "production", "draft"))
        self.assertEqual(partner.interface_ids.mapping_id, source.interface_ids.mapping_id)
        self.assertFalse(self.difference(self.wizard(source, target_id=partner.id))[1], "nothing differs now")
        source.endpoint_ids.filtered(lambda each: each.direction == "inbound").max_body_bytes = 2_000_000
        said, differs = self.difference(self.wizard(source, target_id=partner.id))
        self.assertTrue(differs)
        self.assertRegex(said, r"~ changed: endpoint swift-\S+\n    max_body_bytes: 1048576 → 2000000")

    def test_a_code_that_is_taken_is_refused_and_a_viewer_takes_nothing_over(self):
        source = self.env["sync.pack"].with_user(self.manager)._load("threepl", self.company, {"environment": "test"})
        with self.assertRaisesRegex(UserError, "already"):
            self.wizard(source, code="threepl").action_promote()
        with self.assertRaises(AccessError):
            self.env["sync.pack.promote"].with_user(self.viewer).create({"source_id": source.id})
