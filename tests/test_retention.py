"""What is finished leaves when its retention says so; what is open stays."""

from odoo.tests import tagged

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestRetention(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})

    def order(self, number, sku):
        document = docs.shopify_order(number, [docs.shopify_line(1, sku, 1, "10.00")])
        return self.receive(
            "shop-orders", document, profile="shopify", secret=docs.SHOP_SECRET, headers=docs.shopify_headers(number)
        )

    def age(self, message, days):
        """Make a message, and all that hangs on it, ``days`` older."""
        for table, column, key, value in (
            ("sync_message", "created_at", "id", message.id),
            ("sync_message", "done_at", "id", message.id),
            ("sync_dedupe", "seen_at", "message_uid", message.uid),
        ):
            self.env.cr.execute(
                f"UPDATE {table} SET {column} = {column} - %s * interval '1 day' WHERE {key} = %s", [days, value]
            )
        self.env.invalidate_all()

    def purge(self):
        with self.engine_cursors():
            self.env["sync.engine"]._purge()

    def test_documents_go_first_then_the_message_and_the_key_last(self):
        tax = self.env["account.tax"].search([("type_tax_use", "=", "sale"), ("amount", "=", 15)], limit=1)
        self.env["product.product"].create({"name": "X", "default_code": "X-1", "taxes_id": [(6, 0, tax.ids)]})
        message = self.message(self.order("#1", "X-1"))
        self.run_engine()
        self.assertEqual(message.state, "done", message.attempt_ids[:1].detail)
        retention = message.policy_id.retention_id
        self.assertLess(retention.payload_days, retention.message_days)
        self.purge()
        self.assertTrue(message.payload_ids, "nothing is old yet")

        self.age(message, retention.payload_days + 1)
        self.purge()
        self.assertFalse(message.payload_ids)
        self.assertTrue(message.exists(), "that it happened is known longer than what was in it")

        self.age(message, retention.message_days)
        self.purge()
        self.assertFalse(message.exists())

    def test_what_is_open_stays_whatever_its_age(self):
        message = self.message(self.order("#2", "UNKNOWN"))
        self.run_engine()
        self.assertEqual(message.state, "failed")
        self.age(message, 10_000)
        self.purge()
        self.assertTrue(message.exists())
        self.assertTrue(message.payload_ids)
