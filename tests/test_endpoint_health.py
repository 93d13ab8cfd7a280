"""What is done about a partner's system that fails, and what its limits do."""

from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import breaker, outbound

from .delivery_fixture import DeliveryCase

GONE = Fault("deliver.gone", "finance.example says that this address is closed for good (HTTP 410).", subject="finance")
TIMEOUT = Fault("deliver.timeout", "No answer.")


class TestEndpointHealth(DeliveryCase):
    def exceptions(self):
        return self.env["sync.exception"].search([("endpoint_id", "=", self.endpoint.id)])

    def disturb(self, ago):
        """The circuit breaker opened ``ago`` (an SQL interval), and a trial failed just now."""
        self.env.flush_all()
        breaker.record(self.env.cr, [(self.endpoint.id, TIMEOUT, None)] * 5)
        self.env.cr.execute(
            "UPDATE sync_endpoint SET disturbed_since = disturbed_since - %s::interval WHERE id = %s",
            [ago, self.endpoint.id],
        )
        self.env.invalidate_all()

    # -- 410 ---------------------------------------------------------------------------------------------------------

    def test_a_closed_address_takes_the_endpoint_off_and_its_messages_wait(self):
        messages = self.invoices("INV/1", "INV/2", "INV/3")
        with self.partner_answers(status=410, fault=GONE):
            self.run_engine()
            self.invoices("INV/4")
            self.run_engine()
        self.assertEqual(len(self.sent), 3, "what was on the wire already; nothing after the answer")
        self.assertEqual(messages.mapped("state"), ["ready"] * 3)
        self.assertEqual(messages.mapped("attempt"), [0] * 3)
        self.assertEqual((self.endpoint.paused, self.endpoint.pause_reason), (True, "gone"))
        self.assertEqual(self.endpoint.health, "bad")
        self.assertEqual(self.exceptions().mapped("code"), ["deliver.gone"], "one, however many documents")
        self.assertEqual(self.exceptions().user_id, self.author, "whoever looks after the connection")

    def test_a_person_lets_it_go_on_and_all_that_waited_is_delivered(self):
        messages = self.invoices("INV/1", "INV/2")
        with self.partner_answers(status=410, fault=GONE):
            self.run_engine()
        self.endpoint.with_user(self.author).action_unpause()
        self.assertEqual((self.endpoint.pause_reason, self.endpoint.breaker_state), (False, "closed"))
        self.assertEqual(self.exceptions().state, "resolved")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["done", "done"])

    # -- the ladder --------------------------------------------------------------------------------------------------

    def test_failures_warn_and_an_open_breaker_says_since_when(self):
        self.env.flush_all()
        breaker.record(self.env.cr, [(self.endpoint.id, TIMEOUT, None)])
        self.env.invalidate_all()
        self.assertEqual((self.endpoint.health, self.endpoint.disturbed_since), ("warning", False))
        self.disturb("0 minutes")
        self.assertEqual(self.endpoint.health, "bad")
        self.assertIn("No answer since", self.endpoint.health_note)
        self.settle()
        self.assertFalse(self.exceptions(), "most disturbances are over before anybody has read of them")

    def test_one_disturbance_is_one_exception_that_ends_when_the_partner_answers(self):
        self.disturb("20 minutes")
        self.settle()
        self.settle()
        self.assertEqual(self.exceptions().mapped("code"), ["deliver.disturbed"])
        self.assertEqual(self.exceptions().count, 1)
        self.env.cr.execute(
            "UPDATE sync_endpoint SET breaker_since = breaker_since - interval '1 hour' WHERE id = %s",
            [self.endpoint.id],
        )
        breaker.refused(self.env.cr, [(1, self.endpoint.id)])
        breaker.record(self.env.cr, [(self.endpoint.id, None, None)])
        self.env.invalidate_all()
        self.assertEqual((self.endpoint.health, self.endpoint.disturbed_since), ("good", False))
        self.settle()
        self.assertEqual(self.exceptions().state, "resolved")

    def test_after_days_the_endpoint_is_taken_off(self):
        self.disturb("6 days")
        self.settle()
        self.assertEqual((self.endpoint.paused, self.endpoint.pause_reason), (True, "disturbed"))
        self.assertIn("Nothing more is sent", self.exceptions().detail)
        self.invoices("INV/1")
        with self.partner_answers():
            self.run_engine()
        self.assertFalse(self.sent)

    def test_never_taken_off_where_nobody_wants_it(self):
        self.endpoint.stop_after_days = 0
        self.disturb("60 days")
        self.settle()
        self.assertFalse(self.endpoint.paused)
        self.assertEqual(self.exceptions().mapped("code"), ["deliver.disturbed"])

    # -- limits ------------------------------------------------------------------------------------------------------

    def test_what_the_rate_does_not_let_out_waits_and_uses_up_nothing(self):
        self.endpoint.write({"delivery_rate": 0.001, "delivery_burst": 2})
        messages = self.invoices("INV/1", "INV/2", "INV/3", "INV/4")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(len(self.sent), 2)
        self.assertEqual(sorted(messages.mapped("state")), ["done", "done", "ready", "ready"])
        self.assertEqual(set(self.lanes()), {(None, 0)})

    def test_a_document_that_does_not_go_out_costs_no_token(self):
        self.endpoint.write({"delivery_rate": 0.001, "delivery_burst": 1})
        broken = self.invoices("INV/1", document={"type": "invoice.posted"})
        with self.partner_answers(), mute_logger("odoo.addons.sync_governance.models.exchange.inbound"):
            self.run_engine()
            good = self.invoices("INV/2")
            self.run_engine()
        self.assertEqual((broken.state, good.state), ("failed", "done"))

    def test_one_at_a_time_is_one_at_a_time(self):
        self.endpoint.most_in_flight = 1
        messages = self.invoices("INV/1", "INV/2", "INV/3")
        rounds = []
        flights = outbound._flights

        def counted(*args):
            found = flights(*args)
            rounds.append(len(found))
            return found

        with self.partner_answers(), patch.object(outbound, "_flights", counted):
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual(rounds, [1, 1, 1], "what could not go is not even prepared")

    # -- at once -----------------------------------------------------------------------------------------------------

    def meanwhile(self, assignment):
        """While a delivery is prepared somebody changes the endpoint."""
        flights = outbound._flights

        def changed(batch, *args):
            found = flights(batch, *args)
            batch.env.cr.execute(f"UPDATE sync_endpoint SET {assignment} WHERE id = %s", [self.endpoint.id])
            return found

        return patch.object(outbound, "_flights", changed)

    def test_a_pause_holds_back_what_was_taken_up_already(self):
        message = self.invoices("INV/1")
        with self.partner_answers(), self.meanwhile("paused = true"):
            self.run_engine()
        self.assertFalse(self.sent)
        self.assertEqual((message.state, self.lanes()), ("ready", [(None, 0)]))
        self.endpoint.with_user(self.author).action_unpause()
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(message.state, "done")

    def test_a_partner_that_asked_another_worker_to_wait_is_left_alone_at_once(self):
        self.invoices("INV/1")
        with (
            self.partner_answers(),
            self.meanwhile("breaker_until = (now() AT TIME ZONE 'UTC') + interval '1 minute'"),
        ):
            self.run_engine()
        self.assertFalse(self.sent)
