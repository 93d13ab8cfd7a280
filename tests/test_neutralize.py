"""A restored copy is harmless."""

from odoo.tests import tagged
from odoo.tools.misc import file_open

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestNeutralize(SyncCase):
    def test_a_copy_sends_nothing_takes_nothing_and_knows_no_secret(self):
        self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        order = docs.shopify_order("#1", [docs.shopify_line(1, "X-1", 1, "10.00")])
        receipt = self.receive(
            "shop-orders", order, profile="shopify", secret=docs.SHOP_SECRET, headers=docs.shopify_headers("e1")
        )
        with file_open("sync_governance/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.run_engine()
        self.assertEqual(self.message(receipt).state, "ready", "nothing is worked")
        endpoint = self.env["sync.endpoint"].search([("code", "=", "shop-orders")])
        self.assertEqual(endpoint.state, "suspended")
        self.assertEqual(endpoint._secrets("verify"), [])
        self.env.cr.execute("SELECT count(*) FROM sync_credential_version WHERE secret_encrypted IS NOT NULL")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertFalse(self.env["sync.endpoint"]._intake_profile("shop-orders")["live"])
