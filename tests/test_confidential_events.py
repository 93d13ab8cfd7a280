"""What an event says is encrypted at rest as soon as one who gets it is confidential."""

import json
from unittest.mock import patch

from odoo.addons.sync_governance.core.security.erasure import Identifier
from odoo.addons.sync_governance.core.security.keyring import KeyRing
from odoo.addons.sync_governance.core.security.masking import MASK

from . import test_flow
from .common import TEST_KEYS

NEW_KEY = KeyRing.generate("new")


class TestConfidentialEvents(test_flow.FlowCase):
    def setUp(self):
        super().setUp()
        self.line = self.env["sync.interface"].search([("code", "=like", "threepl.fulfilment%")])
        self.line.confidential = True

    def requested(self):
        """The event by which the 3PL is asked, delivered."""
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
        event = self.env["sync.event"].search([("document_type", "=", "fulfilment.request")])
        self.assertEqual(len(event), 1)
        return event

    def stored(self, event):
        self.env.flush_all()
        self.env.cr.execute("SELECT document FROM sync_event WHERE id = %s", [event.id])
        return self.env.cr.fetchone()[0]

    def test_nothing_of_it_stands_readable_and_it_is_delivered_and_shown(self):
        event = self.requested()
        self.assertRegex(self.stored(event), r"^v1\.test\.")
        self.assertIn("Marta Lindqvist", self.sent[0].body.decode())
        self.assertIn("Marta Lindqvist", event.document_text)

    def test_an_event_that_nobody_confidential_gets_stands_as_it_is(self):
        self.line.confidential = False
        self.assertIn("Marta Lindqvist", json.loads(self.stored(self.requested()))["ship_to"]["name"])

    def test_it_opens_for_no_other_record(self):
        event = self.requested()
        self.env.cr.execute("UPDATE sync_event SET res_id = res_id + 1 WHERE id = %s", [event.id])
        event.message_ids.with_user(self.env.ref("base.user_admin"))._ask(
            "replay", starts={"outbound": "translate"}, versions="now"
        )
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((event.message_ids.state, len(self.sent)), ("failed", 1))
        self.assertIn("belongs to another record", event.message_ids.exception_id.detail)

    def test_a_new_key_takes_over(self):
        event = self.requested()
        with patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": f"{NEW_KEY},{TEST_KEYS}"}):
            self.assertEqual(self.env["sync.event"]._keys_in_use(), {"test": 1})
            with self.engine_cursors():
                self.assertEqual(self.env["sync.event"]._reencrypt(), 1)
                self.assertEqual(self.env["sync.event"]._reencrypt(), 0)
            self.assertEqual(self.env["sync.event"]._keys_in_use(), {"new": 1})
            self.assertIn("Marta Lindqvist", event.document_text)

    def test_a_person_is_erased_from_it_and_it_stays_encrypted(self):
        event = self.requested()
        officer = self.env["sync.erasure"].with_user(self.author)
        found = officer._erase(Identifier("name", "Marta Lindqvist"), self.company, "Request of the person")
        self.assertIn(event.id, found.event_ids)
        self.assertRegex(self.stored(event), r"^v1\.test\.")
        self.env.invalidate_all()
        self.assertNotIn("Lindqvist", event.document_text)
        self.assertIn(MASK, event.document_text)
