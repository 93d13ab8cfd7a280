"""Development, test and production do not mix."""

import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import production

from . import documents as docs
from .test_flow import FlowCase

LOGGER = "odoo.addons.sync_governance.models.exchange.production"


@tagged("post_install", "-at_install")
class TestRehearsal(FlowCase):
    """The shop of the first flow, made a test partner or taken back to testing."""

    def setUp(self):
        super().setUp()
        self.shop = self.env["sync.trading.partner"].search([("pack", "=", "shopify")])
        production._SEEN.clear()
        self.addCleanup(production._SEEN.clear)

    def is_for(self, environment):
        """The shop is of another environment, as if it had been connected so."""
        self.env.cr.execute(
            "UPDATE sync_trading_partner SET environment = %s WHERE id = %s", [environment, self.shop.id]
        )
        self.env.cr.execute("UPDATE sync_endpoint SET environment = %s WHERE trading_partner_id = %s",
                            [environment, self.shop.id])  # fmt: skip
        self.env.invalidate_all()
        self.registry.clear_cache()

    def declare(self, environment):
        officer = self.env["res.users"].search([("login", "=", self.author.login)])
        with mute_logger(LOGGER):
            self.env["sync.production"].with_user(officer)._set_environment(environment)

    def nothing_happened(self):
        self.assertFalse(self.order())
        self.assertFalse(self.env["sync.process"].search([("trading_partner_id", "=", self.shop.id)]))
        self.assertFalse(self.sent)

    def test_an_order_of_a_test_partner_is_applied_and_rolled_back_and_says_what_it_would_have_done(self):
        self.is_for("test")
        orders = self.env["sale.order"].search_count([])
        with self.partner_answers():
            receipt = self.shop_orders(test=True)
            self.run_engine()
        message = self.message(receipt)
        self.assertEqual(message.state, "done", message.attempt_ids[0].detail)
        self.assertIn("Rehearsed, nothing was changed. It would have: created S", message.attempt_ids[0].detail)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)
        self.assertFalse(message.effect_ids)
        self.nothing_happened()

    def test_a_fault_is_found_in_a_rehearsal_as_in_earnest(self):
        self.is_for("test")
        receipt = self.shop_orders(test=True, lines=[docs.shopify_line(1, "LAMP-UNKNOWN", 2, "40.00")])
        self.run_engine()
        self.assertEqual(self.message(receipt).fault_code, "apply.product_unknown")

    def test_until_it_is_live_a_partner_has_no_effect(self):
        self.shop.sudo()._move({"state": "testing"})
        self.registry.clear_cache()
        receipt = self.shop_orders()
        self.run_engine()
        self.assertIn("Rehearsed", self.message(receipt).attempt_ids[0].detail)
        self.nothing_happened()

    def test_in_a_test_database_a_test_partner_acts(self):
        self.is_for("test")
        self.declare("test")
        with self.partner_answers():
            receipt = self.shop_orders(test=True)
            self.run_engine()
        self.assertEqual(self.message(receipt).state, "done")
        self.assertTrue(self.order())

    def test_what_happens_in_production_is_not_told_to_a_test_partner(self):
        threepl = self.env["sync.trading.partner"].search([("pack", "=", "threepl")])
        self.env.cr.execute("UPDATE sync_endpoint SET environment = 'test' WHERE trading_partner_id = %s", [threepl.id])
        self.registry.clear_cache()
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
        self.assertTrue(self.order())
        self.assertFalse(self.sent)

    # -- the flag in the document --------------------------------------------------------------------------------

    def test_a_test_document_at_a_production_door_is_refused(self):
        receipt = self.shop_orders(test=True)
        self.run_engine()
        message = self.message(receipt)
        self.assertEqual((message.state, message.fault_code), ("failed", "decode.wrong_environment"))
        self.assertIn("says “True” at /test", message.attempt_ids[0].detail)
        self.nothing_happened()

    def test_a_real_document_at_a_test_door_is_refused(self):
        self.is_for("test")
        receipt = self.shop_orders()
        self.run_engine()
        self.assertEqual(self.message(receipt).fault_code, "decode.wrong_environment")

    def test_a_flag_without_a_place_is_refused(self):
        door = self.shop.endpoint_ids
        for values in ({"test_flag_value": False}, {"test_flag_value": "test"}, {"test_flag_words": " , "}):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                door.write(values)

    # -- this database --------------------------------------------------------------------------------

    def test_a_database_for_tests_takes_nothing_at_production_doors(self):
        self.declare("test")
        with self.assertRaises(Fault) as refused, mute_logger(LOGGER):
            self.shop_orders()
        self.assertEqual(refused.exception.code, "receive.wrong_environment")
        self.declare("production")
        self.assertTrue(self.shop_orders().message_uid)

    def test_a_database_for_tests_sends_nothing_to_production_doors(self):
        with self.partner_answers():
            receipt = self.shop_orders()
        self.declare("test")
        with self.partner_answers():
            self.run_engine()
        self.assertFalse(self.sent)
        asked = self.env["sync.message"].search([("direction", "=", "outbound")])
        self.assertEqual(set(asked.mapped("fault_code")), {"deliver.wrong_environment"})
        self.assertTrue(receipt.message_uid)

    def test_only_a_security_officer_says_what_the_database_is_for(self):
        with self.assertRaises(AccessError):
            self.env["sync.production"].with_user(self.approver).action_is_test()

    # -- credentials --------------------------------------------------------------------------------

    def test_the_secret_of_a_test_door_opens_no_production_door(self):
        loader = self.env["sync.pack"].with_user(self.author)
        secret = "shpss_of_the_test_shop"
        test = loader._load(
            "shopify",
            self.company,
            {"code": "shop-test", "environment": "test", "secrets": {"shop-orders": secret}},
        )
        test.action_start_testing()
        test.endpoint_ids.action_go_live()
        body = json.dumps(docs.shopify_order("#1", [docs.shopify_line(1, "LAMP-1", 1, "40.00")])).encode()
        for door, key in ((self.shop.endpoint_ids, secret), (test.endpoint_ids, docs.SHOP_SECRET)):
            with self.subTest(door=door.code), self.assertRaises(Fault) as refused:
                self.receive(door.code, None, raw=body, profile="shopify", secret=key,
                             headers={"X-Shopify-Topic": "orders/create"})  # fmt: skip
            self.assertEqual(refused.exception.code, "authentication.signature_invalid")

    def test_an_interface_does_not_move_to_the_door_of_another_environment(self):
        test = self.env["sync.pack"].with_user(self.author)._load("shopify", self.company, {"code": "shop-test"})
        with self.assertRaisesRegex(UserError, "its endpoint stays"):
            self.shop.interface_ids.with_user(self.author).endpoint_id = test.endpoint_ids
