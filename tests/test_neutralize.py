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
        self.tokens()
        with file_open("sync_governance/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.run_engine()
        self.assertEqual(self.message(receipt).state, "ready", "nothing is worked")
        endpoint = self.env["sync.endpoint"].search([("code", "=", "shop-orders")])
        self.assertEqual(endpoint.state, "suspended")
        self.assertEqual(endpoint._secrets("verify"), [])
        for left in (
            "sync_credential_version WHERE secret_encrypted IS NOT NULL OR secret_hash IS NOT NULL",
            "sync_access_token",
            "sync_sender_token",
        ):
            self.env.cr.execute(f"SELECT count(*) FROM {left}")
            self.assertEqual(self.env.cr.fetchone()[0], 0, left)
        self.assertFalse(self.env["sync.endpoint"]._intake_profile("shop-orders")["live"])

    def tokens(self):
        """One that we gave, and one that we got."""
        version = self.env["sync.credential.version"].search([], limit=1)
        self.env.cr.execute(
            """INSERT INTO sync_access_token (credential_id, version_id, expires_at, token_hash)
               VALUES (%(credential)s, %(version)s, now() AT TIME ZONE 'UTC', 'x');
               INSERT INTO sync_sender_token (version_id, generation) VALUES (%(version)s, 1)""",
            {"credential": version.credential_id.id, "version": version.id},
        )
