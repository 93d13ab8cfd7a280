"""Trading partners and endpoints."""

from odoo.exceptions import AccessError, UserError, ValidationError

from .governance_fixture import GovernanceCase


class TestTradingPartner(GovernanceCase):
    def test_the_way_to_live_and_back(self):
        partner = self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        self.assertEqual(partner.state, "live")
        self.assertEqual(partner.interface_ids.state, "live")
        partner = partner.with_user(self.manager)
        partner.action_suspend()
        self.assertEqual((partner.state, partner.endpoint_ids.state), ("suspended", "suspended"))
        self.assertFalse(self.env["sync.endpoint"]._intake_profile("shop-orders")["live"])
        partner.action_resume()
        self.assertEqual((partner.state, partner.endpoint_ids.state), ("live", "live"))
        partner.action_retire()
        self.assertEqual((partner.state, partner.endpoint_ids.state, partner.interface_ids.state), ("retired",) * 3)

    def test_certifying_says_what_is_missing(self):
        partner = self.partner(technical_owner_id=False)
        partner.action_start_testing()
        with self.assertRaises(UserError) as refusal:
            partner.action_certify()
        for gap in ("No technical owner", "No contact", "no endpoint", "no interface"):
            self.assertIn(gap, str(refusal.exception))

    def test_state_is_moved_by_buttons_only(self):
        partner = self.partner()
        with self.assertRaisesRegex(UserError, "buttons"):
            partner.state = "live"
        with self.assertRaisesRegex(UserError, "buttons"):
            partner.sudo().write({"state": "live"})
        with self.assertRaises(AccessError):
            partner.with_user(self.viewer).action_start_testing()

    def test_counts_are_computed_for_many_at_once(self):
        partners = self.env["sync.trading.partner"].concat(*(self.partner(f"p-{n}") for n in range(5)))
        for partner in partners:
            self.endpoint(partner, f"{partner.code}-in")
        self.env.flush_all()
        self.env.invalidate_all()
        partners = partners.with_env(self.env)
        names = ["endpoint_count", "interface_count", "message_open_count", "health"]
        partners[:1].read(names)
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            partners.read(names)
        self.assertEqual(partners.mapped("endpoint_count"), [1] * 5)

    def test_environment_and_company_are_fixed_once_it_is_connected(self):
        partner = self.partner()
        self.endpoint(partner)
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(UserError):
            partner.sudo().company_id = other
        partner.action_start_testing()
        with self.assertRaises(UserError):
            partner.environment = "production"


class TestEndpoint(GovernanceCase):
    def ready(self, **values):
        partner = self.partner()
        partner.action_start_testing()
        door = self.endpoint(partner, **values)
        door.action_create_agent()
        self.credential(door)
        return door

    def test_going_live_lists_what_is_missing(self):
        door = self.endpoint(self.partner())
        with self.assertRaises(ValidationError) as refusal:
            door.action_go_live()
        for gap in ("trading partner is in testing", "A user of its own", "A valid credential"):
            self.assertIn(gap, str(refusal.exception))
            self.assertIn(gap, door.missing)

    def test_it_acts_as_its_own_user_with_least_rights_in_its_company(self):
        door = self.ready()
        agent = door.user_id
        self.assertEqual(agent.login, "sync.agent.northwind-orders")
        self.assertEqual(agent.company_ids, self.company)
        self.assertFalse(agent.share)
        inbox = self.env.ref("mail.group_mail_notification_type_inbox")
        self.assertEqual(
            agent.group_ids - inbox, self.env.ref("base.group_user") | self.env.ref("sync_governance.group_agent")
        )
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [agent.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.assertEqual(agent.company_id, self.company)
        with self.assertRaises(AccessError):
            door.with_user(agent).name = "Mine"

    def test_it_never_acts_as_a_person_or_an_administrator(self):
        door = self.endpoint(self.partner())
        for user in (self.manager, self.env.ref("base.user_admin"), self.env.ref("base.user_root")):
            with self.subTest(user=user.login), self.assertRaises(ValidationError):
                door.sudo().user_id = user
        door.action_create_agent()
        with self.assertRaisesRegex(ValidationError, "may do too much"):
            door.user_id.sudo().group_ids |= self.env.ref("sync_governance.group_manager")
            door.with_user(self.manager).sudo().write({"user_id": door.user_id.id})

    def test_the_intake_profile_follows_every_change(self):
        profiles = self.env["sync.endpoint"]
        self.assertIsNone(profiles._intake_profile("northwind-orders"))
        door = self.ready(max_body_bytes=1000)
        self.assertFalse(profiles._intake_profile("northwind-orders")["live"])
        door.action_go_live()
        profile = profiles._intake_profile("northwind-orders")
        self.assertTrue(profile["live"])
        self.assertEqual((profile["id"], profile["max_body_bytes"], dict(profile["interfaces"])), (door.id, 1000, {}))
        door.max_body_bytes = 2000
        self.assertEqual(profiles._intake_profile("northwind-orders")["max_body_bytes"], 2000)
        with self.assertQueryCount(0):
            profiles._intake_profile("northwind-orders")
            profiles._intake_profile("made-up")
        door.action_suspend()
        self.assertFalse(profiles._intake_profile("northwind-orders")["live"])

    def test_a_paused_endpoint_still_takes_in(self):
        door = self.ready()
        door.action_go_live()
        door.action_pause()
        self.assertTrue(door.paused)
        self.assertTrue(self.env["sync.endpoint"]._intake_profile(door.code)["live"])
        door.action_unpause()
        self.assertFalse(door.paused)

    def test_topic_and_ordering_key_are_found_in_headers_and_documents(self):
        door = self.endpoint(
            self.partner(), topic_source="header", topic_value="X-Topic", key_value="/order/lines/0/a~1b"
        )
        profile = self.env["sync.endpoint"]._intake_profile(door.code)
        document = {"order": {"lines": [{"a/b": 77}]}}
        self.assertEqual(door._topic_from(profile, {"x-topic": "orders/create"}, document), "orders/create")
        self.assertEqual(door._lane_key(profile, {}, document), "77")
        for nothing in (
            None,
            [],
            {},
            {"order": {"lines": []}},
            {"order": {"lines": [{"a/b": {}}]}},
            {"order": {"lines": [{"a/b": None}]}},
        ):
            self.assertEqual(door._lane_key(profile, {}, nothing), "-")
        self.assertIsNone(door._topic_from(profile, {}, document))

    def test_settings_and_addresses_are_checked(self):
        door = self.endpoint(self.partner())
        for values in (
            {"code": "Not A Code"},
            {"authentication_settings": "{"},
            {"authentication_settings": "[]"},
            {"authentication_settings": '{"layout": "plain"}'},
            {"allowed_private_hosts": "no-port"},
            {"key_source": "event"},
            {"key_value": False},
            {"key_value": "id"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                door.write(values)
        out = self.endpoint(self.partner("out"), "out", direction="outbound", key_source="event")
        for url in ("ftp://x.example.com", "http://x.example.com/in", "https://user:pw@x.example.com/", "nonsense"):
            with self.subTest(url=url), self.assertRaises(ValidationError), self.env.cr.savepoint():
                out.url = url
        out.write({"allowed_private_hosts": "127.0.0.1:9000", "url": "http://127.0.0.1:9000/in"})

    def test_what_was_on_the_wire_is_not_deleted(self):
        door = self.ready()
        door.action_go_live()
        with self.assertRaises(UserError):
            door.unlink()
