"""A mapping is tried, changed and kept, in the browser."""

import json

from odoo.tests import tagged

from .browser import BrowserCase
from .common import SyncCase


@tagged("post_install", "-at_install")
class TestWorkbenchTour(BrowserCase, SyncCase):
    def test_a_manager_tries_a_mapping(self):
        self.author.password = self.author.login
        shop = self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        draft = shop.interface_ids.mapping_id.with_user(self.author)._next_version()
        before = json.loads(draft.document)
        self.start_tour("/odoo", "sync_governance_manager_tries_mapping", login=self.author.login)
        kept = json.loads(draft.document)
        self.assertNotEqual(kept, before)
        (number,) = [rule for rule in kept["rules"] if rule.get("to") == "number"]
        self.assertEqual(number["from"], "financial_status")
        self.assertFalse(self.env["sync.mapping.workbench"].search([]).filtered("source_text"))

    def test_a_manager_takes_what_is_suggested(self):
        self.author.password = self.author.login
        document = {"mapping": "new.order.create", "target": "order.create", "rules": []}
        draft = (
            self.env["sync.mapping"]
            .with_user(self.author)
            .create(
                {
                    "code": "new.order.create",
                    "name": "Orders of a new partner",
                    "document_type_id": self.env["sync.document.type"]._id_of("order.create"),
                    "document": json.dumps(document),
                }
            )
        )
        url = f"/odoo/action-sync_governance.action_mapping/{draft.id}"
        self.start_tour(url, "sync_governance_manager_takes_suggestions", login=self.author.login)
        rules = json.loads(draft.document)["rules"]
        self.assertEqual(rules, [{"to": "currency", "from": "ccy", "convert": ["currency"]}])
