"""A partner comes from a pack to live, in the browser."""

from odoo.tests import tagged

from . import documents as docs
from .browser import BrowserCase
from .common import SyncCase

SECRET = "hush_of_the_lighthouse"


@tagged("post_install", "-at_install")
class TestOnboardingTour(BrowserCase, SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.author, cls.approver):
            user.password = user.login
        cls.env["res.partner"].create({"name": "Lena Lighthouse"})
        cls.env.ref("base.USD").active = True
        cls.company.currency_id = cls.env.ref("base.USD")
        cls.env["product.product"].create({"name": "Lamp", "default_code": "LAMP-1", "type": "consu"})

    def order(self, number):
        receipt = self.receive(
            "shop-orders",
            docs.shopify_order(number, [docs.shopify_line(1, "LAMP-1", 2, "40.00")]),
            profile="shopify",
            secret=SECRET,
            headers=docs.shopify_headers(number),
        )
        self.run_engine()
        self.assertEqual(self.message(receipt).state, "done", self.message(receipt).attempt_ids[:1].detail)
        return self.env["sale.order"].search([("client_order_ref", "=", number)])

    def test_from_a_pack_to_live(self):
        self.start_tour("/odoo", "sync_governance_onboarding_sets_up", login=self.author.login)
        shop = self.env["sync.trading.partner"].search([("name", "=", "Lighthouse shop")])
        self.assertEqual((shop.state, shop.environment), ("draft", "production"))
        for name in ("contract_id", "mapping_id", "policy_id"):
            versions = shop.interface_ids[name]
            versions.with_user(self.author).action_submit()
            versions.with_user(self.approver).action_approve()
        self.start_tour("/odoo", "sync_governance_onboarding_certifies", login=self.author.login)
        self.assertEqual(shop.state, "certified")
        self.assertFalse(self.order("#1001"), "a test order has no effect")
        self.start_tour("/odoo", "sync_governance_onboarding_asks", login=self.author.login)
        self.assertEqual((shop.state, shop.live_requested_by), ("certified", self.author))
        self.start_tour("/odoo", "sync_governance_onboarding_lets_live", login=self.approver.login)
        self.assertEqual((shop.state, shop.live_approved_by), ("live", self.approver))
        self.assertEqual(self.order("#1002").state, "sale")
