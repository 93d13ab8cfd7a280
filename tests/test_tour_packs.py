"""A retailer is set up from its pack in the browser, and its samples have gone through it before anybody sends."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestPackTour(BrowserCase, SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.author.password = cls.author.login
        cls.env["res.partner"].create({"name": "Hazel Harbor"})

    def test_from_the_list_of_packs_to_a_draft_whose_samples_came_out(self):
        self.start_tour("/odoo", "sync_governance_packs_sets_up", login=self.author.login)
        partner = self.env["sync.trading.partner"].search([("code", "=", "harbor-home")])
        self.assertEqual((partner.name, partner.state, partner.pack), ("Harbor Home Stores", "draft", "retail-x12"))
        self.assertEqual(partner.partner_id.name, "Hazel Harbor")
        runs = self.env["sync.certification"].search([("trading_partner_id", "=", partner.id)])
        self.assertEqual(runs.interface_id, partner.interface_ids)
        self.assertTrue(all(runs.mapped("passed")))
        self.assertFalse(self.env["sync.message"].search([("trading_partner_id", "=", partner.id)]))
