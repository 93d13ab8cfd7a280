"""Documents on their way out, from the request to the warehouse of the first flow."""

from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.models.exchange import outbound

from .test_flow import FlowCase

ENGINE = "odoo.addons.sync_governance.models.exchange"


class TestDelivery(FlowCase):
    def request(self):
        return self.env["sync.message"].search([("endpoint_id.code", "=", "threepl-requests")])

    def requests_sent(self):
        return [parcel for parcel in self.sent if "requests" in parcel.url]

    @mute_logger(f"{ENGINE}.inbound")
    def test_what_was_delivered_is_not_sent_again_because_of_an_error_of_ours(self):
        with self.partner_answers(), patch(f"{ENGINE}.outbound.stages.confirm.run", side_effect=ZeroDivisionError):
            self.shop_orders()
            self.run_engine()
        self.assertEqual((self.request().state, self.request().fault_code), ("failed", "engine.internal"))
        self.assertEqual(len(self.requests_sent()), 1)

    def test_what_was_cancelled_while_it_was_prepared_is_not_sent(self):
        prepare = outbound._flights

        def cancelled_meanwhile(batch, works, *rest):
            found = prepare(batch, works, *rest)
            queue.cancel(batch.env.cr, [work.message_id for work in works])
            return found

        with self.partner_answers(), patch.object(outbound, "_flights", cancelled_meanwhile):
            self.shop_orders()
            self.run_engine()
        self.assertEqual(self.request().state, "cancelled")
        self.assertFalse(self.requests_sent())
        self.env.cr.execute("SELECT claim FROM sync_lane WHERE id = %s", [self.request().lane_id])
        self.assertEqual(self.env.cr.fetchone(), (None,), "its lane goes on")

    @mute_logger(f"{ENGINE}.stages.deliver")
    def test_a_transport_that_raises_fails_its_own_delivery_only(self):
        def broken(parcel):
            raise ZeroDivisionError

        with patch.object(type(self.env["sync.transport.https"]), "_send", staticmethod(broken)):
            self.shop_orders()
            self.run_engine()
        self.assertEqual((self.request().state, self.request().fault_code), ("failed", "engine.internal"))

    def test_facts_of_a_suspended_interface_wait_for_a_person_and_do_not_vanish(self):
        interface = self.env["sync.interface"].search([("endpoint_id.code", "=", "threepl-requests")])
        interface.action_suspend()
        with self.partner_answers():
            self.shop_orders()
            self.run_engine()
            self.assertEqual((self.request().state, self.request().fault_code), ("failed", "engine.configuration"))
            interface.action_resume()
            self.request().exception_id.action_retry()
            self.run_engine()
        self.assertEqual(self.request().state, "done")
        self.assertEqual(len(self.requests_sent()), 1)
