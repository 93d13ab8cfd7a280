"""What is finished leaves when its retention says so; what is open stays."""

from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.addons.sync_governance.models.exchange import purge

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestRetention(SyncCase, CronMixinCase):
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
        transmission = message.transmission_id.id
        for table, column, key, value in (
            ("sync_message", "created_at", "id", message.id),
            ("sync_message", "done_at", "id", message.id),
            ("sync_payload", "created_at", "message_id", message.id),
            ("sync_payload", "created_at", "transmission_id", transmission),
            ("sync_attempt", "started_at", "message_id", message.id),
            ("sync_transmission", "occurred_at", "id", transmission),
            ("sync_dedupe", "seen_at", "message_uid", message.uid),
        ):
            self.env.cr.execute(
                f"UPDATE {table} SET {column} = {column} - %s * interval '1 day' WHERE {key} = %s", [days, value]
            )
        self.env.invalidate_all()

    def purge(self):
        """One round, however many runs it takes."""
        with self.engine_cursors():
            for _ in range(50):
                with self.capture_triggers("sync_governance.cron_retention") as triggered:
                    self.env["sync.engine"]._purge()
                if not triggered.records:
                    return
        self.fail("The round does not end")

    def known(self, uid):
        self.env.cr.execute("SELECT count(*) FROM sync_dedupe WHERE message_uid = %s", [uid])
        return self.env.cr.fetchone()[0]

    def removed(self, step):
        self.env.cr.execute("SELECT removed, finished_at IS NOT NULL FROM sync_purge WHERE step = %s", [step])
        return self.env.cr.fetchone()

    def test_documents_go_first_then_the_message_and_the_key_last(self):
        tax = self.env["account.tax"].search([("type_tax_use", "=", "sale"), ("amount", "=", 15)], limit=1)
        self.env["product.product"].create({"name": "X", "default_code": "X-1", "taxes_id": [(6, 0, tax.ids)]})
        message = self.message(self.order("#1", "X-1"))
        self.run_engine()
        self.assertEqual(message.state, "done", message.attempt_ids[:1].detail)
        retention = message.policy_id.retention_id
        self.assertLess(retention.payload_days, retention.message_days)
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_retention SET dedupe_days = 1000 WHERE id = %s", [retention.id])
        self.purge()
        self.assertTrue(message.payload_ids, "nothing is old yet")

        self.age(message, retention.payload_days + 1)
        self.purge()
        self.assertFalse(message.payload_ids)
        self.assertTrue(message.exists(), "that it happened is known longer than what was in it")

        uid, transmission, attempts = message.uid, message.transmission_id, message.attempt_ids
        effects = message.effect_ids
        self.assertTrue(transmission and effects)
        self.age(message, retention.message_days)
        self.purge()
        self.assertFalse(message.exists() or transmission.exists() or attempts.exists() or effects.exists())
        self.assertTrue(self.known(uid), "a repeat is recognised as long as its partner may repeat")

    def test_what_is_open_stays_whatever_its_age(self):
        message = self.message(self.order("#2", "UNKNOWN"))
        self.run_engine()
        self.assertEqual(message.state, "failed")
        self.age(message, 10_000)
        self.purge()
        self.assertTrue(message.exists())
        self.assertTrue(message.payload_ids)

    def test_bytes_that_an_open_message_needs_stay_whatever_their_age(self):
        message = self.message(self.order("#3", "UNKNOWN"))
        self.run_engine()
        self.age(message, 10_000)
        self.purge()
        self.assertIn("received", message.payload_ids.mapped("kind"))
        self.assertTrue(message.attempt_ids)

    def test_a_message_cancelled_before_it_was_worked_goes_too(self):
        message = self.message(self.order("#4", "UNKNOWN"))
        self.env.cr.execute(
            "UPDATE sync_message SET state = 'cancelled', done_at = created_at, interface_id = NULL WHERE id = %s",
            [message.id],
        )
        self.age(message, 401)
        self.purge()
        self.assertFalse(message.exists())

    def test_a_key_never_goes_before_the_message_it_leads_to(self):
        retention = self.env["sync.interface"].search([("endpoint_id.code", "=", "shop-orders")]).policy_id.retention_id
        message = self.message(self.order("#5", "UNKNOWN"))
        self.run_engine()
        self.env.flush_all()
        # As an older version let it be written.
        self.env.cr.execute("UPDATE sync_retention SET dedupe_days = 1 WHERE id = %s", [retention.id])
        self.age(message, 10)
        self.purge()
        self.assertTrue(self.known(message.uid))

    def test_keys_are_kept_as_long_as_messages_at_least(self):
        retention = self.env["sync.retention"].create({"code": "short", "name": "Short"})
        with self.assertRaises(ValidationError):
            retention.write({"message_days": 100, "dedupe_days": 99})
        with self.assertRaises(ValidationError):
            retention.write({"message_days": 0, "dedupe_days": 99})
        retention.write({"message_days": 100, "dedupe_days": 0})

    def test_who_was_turned_away_is_forgotten_once_its_exception_is_over(self):
        endpoint = self.env["sync.endpoint"].search([("code", "=", "shop-orders")])
        self.env.cr.execute(
            """INSERT INTO sync_transmission (direction, endpoint_id, company_id, verdict, fault_code, occurred_at)
               SELECT 'inbound', %s, %s, 'rejected', 'authentication.missing', now() - interval '2 years'
               RETURNING id""",
            [endpoint.id, self.company.id],
        )
        transmission = self.env["sync.transmission"].browse(self.env.cr.fetchone()[0])
        self.run_engine()
        self.assertTrue(transmission.exception_id)
        self.purge()
        self.assertTrue(transmission.exists(), "somebody is still at it")
        transmission.exception_id._close("resolved", "The partner has the right secret now.")
        self.env.flush_all()
        self.purge()
        self.assertFalse(transmission.exists())

    def test_a_round_goes_on_where_the_last_run_stopped_and_looks_at_nothing_twice(self):
        messages = [self.message(self.order(f"#{n}", "UNKNOWN")) for n in range(10, 16)]
        self.run_engine()
        for message in messages[::2]:
            self.env.cr.execute(
                "UPDATE sync_message SET state = 'done', done_at = created_at WHERE id = %s", [message.id]
            )
        for message in messages:
            self.age(message, 10_000)
        looked = []
        window = purge.purge_window

        def seen(cr, step, chunk=2):
            cr.execute("SELECT position FROM sync_purge WHERE step = %s", [step])
            looked.append((step, cr.fetchone()[0]))
            return window(cr, step, chunk)

        with patch.object(purge, "purge_window", seen), patch.object(purge, "SECONDS", 0.0):
            self.purge()
        self.assertEqual(len(looked), len(set(looked)), "each window once")
        self.assertEqual(self.removed("message"), (3, True))
        self.assertEqual([bool(message.exists()) for message in messages], [False, True] * 3)

    @mute_logger("odoo.sql_db", "odoo.addons.sync_governance.models.exchange.purge")
    def test_one_kind_that_fails_does_not_keep_the_others(self):
        message = self.message(self.order("#6", "UNKNOWN"))
        self.env.cr.execute("UPDATE sync_message SET state = 'done', done_at = created_at WHERE id = %s", [message.id])
        self.age(message, 10_000)
        window = purge.purge_window

        def fails(cr, step, **kwargs):
            if step == "payload":
                cr.execute("SELECT 1/0")
            return window(cr, step, **kwargs)

        with patch.object(purge, "purge_window", fails):
            self.purge()
        self.assertFalse(message.exists())
