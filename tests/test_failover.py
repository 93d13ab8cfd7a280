"""An endpoint with two addresses, over real servers and a real proxy on loopback."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from .delivery_fixture import DeliveryCase


class Stub(ThreadingHTTPServer):
    """A partner that answers ``status``; ``taken`` are the message ids that arrived, whatever it answered."""

    daemon_threads = True

    def __init__(self):
        stub = self
        self.status, self.taken = 200, []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                stub.taken.append(self.headers["webhook-id"])
                self.send_response(stub.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                """Nothing: the test says what it expects."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def name(self):
        return f"127.0.0.1:{self.server_port}"


class TestFailover(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = Stub(), Stub()
        for stub in (self.first, self.second):
            self.addCleanup(stub.server_close)
            self.addCleanup(stub.shutdown)
        self.endpoint.write(
            {
                "allowed_private_hosts": f"{self.first.name}\n{self.second.name}",
                "url": f"http://{self.first.name}/in",
                "secondary_url": f"http://{self.second.name}/in",
            }
        )
        self.number = 0

    def deliver(self, count=1):
        """That many documents, each in a lane of its own."""
        keys = [f"INV/{self.number + place}" for place in range(count)]
        self.number += count
        messages = self.invoices(*keys)
        self.run_engine()
        messages.invalidate_recordset()
        return messages

    def try_again(self):
        """The time of the next try has come."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute(
            "UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL AND endpoint_id = %s",
            [self.endpoint.id],
        )
        self.run_engine()
        self.env.invalidate_all()

    def first_is_gone(self):
        """Nobody listens at the first address any more."""
        self.first.shutdown()
        self.first.server_close()

    def probe_is_due(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_endpoint SET primary_probe_at = primary_probe_at - interval '1 hour' WHERE id = %s",
            [self.endpoint.id],
        )
        self.env.invalidate_all()

    def test_what_cannot_be_reached_goes_to_the_second_address_and_the_attempts_say_so(self):
        self.first_is_gone()
        messages = self.deliver(3)
        self.assertEqual(set(messages.mapped("state")), {"ready"})
        self.assertEqual(self.endpoint.address_in_use, "secondary")
        self.assertFalse(messages.mapped("sent_address")[0], "nothing had left")
        self.try_again()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(set(self.second.taken), set(messages.mapped("uid")), "under the same ids")
        self.assertEqual(
            [attempt.sent_to for attempt in messages[0].attempt_ids.sorted("id")],
            [self.first.name, f"{self.second.name} (second address)"],
        )
        self.assertEqual(self.endpoint.breaker_state, "closed", "the endpoint works")
        self.assertEqual(self.endpoint.health, "warning")
        self.assertIn("second one is used", self.endpoint.health_note)

    def test_what_the_first_may_have_taken_is_never_sent_to_the_second(self):
        self.first.status = 500
        messages = self.deliver(3)
        self.assertEqual(self.endpoint.address_in_use, "secondary")
        self.assertEqual(set(messages.mapped("sent_address")), {"primary"})
        later = self.deliver(2)
        self.assertEqual(set(later.mapped("state")), {"done"}, "others are not held up")
        self.try_again()
        self.assertEqual(set(messages.mapped("state")), {"ready"})
        self.assertEqual(set(self.second.taken), set(later.mapped("uid")))
        self.first.status = 200
        self.try_again()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(set(self.second.taken), set(later.mapped("uid")))
        self.assertEqual(self.endpoint.address_in_use, "primary", "it answers: that is proof enough")

    def test_where_both_know_what_was_delivered_it_is_repeated_at_the_second(self):
        self.endpoint.secondary_shares_ids = True
        self.first.status = 500
        messages = self.deliver(3)
        self.try_again()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(set(self.second.taken), set(messages.mapped("uid")))

    def test_what_was_refused_or_asked_to_wait_is_no_failure(self):
        for status in (422, 429):
            self.first.status = status
            messages = self.deliver(4)
            self.assertEqual(self.endpoint.address_in_use, "primary")
            self.assertFalse(any(messages.mapped("sent_address")), "an answer said that it was not taken")
        self.assertFalse(self.second.taken)

    def test_after_a_time_one_document_tries_the_first_address(self):
        self.endpoint.secondary_shares_ids = True
        self.first.status = 503
        self.deliver(3)
        before = len(self.first.taken)
        self.deliver(4)
        self.assertEqual(len(self.first.taken), before, "not before its time")
        self.probe_is_due()
        self.deliver(4)
        self.assertEqual(len(self.first.taken), before + 1, "one and not all")
        self.assertEqual(self.endpoint.address_in_use, "secondary")
        self.first.status = 200
        self.probe_is_due()
        self.deliver(1)
        self.assertEqual((self.endpoint.address_in_use, self.endpoint.secondary_since), ("primary", False))
        after = len(self.second.taken)
        self.deliver(3)
        self.assertEqual(len(self.second.taken), after)

    def test_both_addresses_failing_opens_the_circuit_breaker(self):
        self.first_is_gone()
        self.second.status = 500
        self.deliver(3)
        self.assertEqual((self.endpoint.address_in_use, self.endpoint.breaker_failures), ("secondary", 0))
        self.deliver(5)
        self.assertEqual(self.endpoint.breaker_state, "open")

    def test_a_worker_that_died_with_it_leaves_it_with_its_address(self):
        message = self.invoices("INV/dead")
        self.env.cr.execute("UPDATE sync_message SET sent_address = 'primary' WHERE id = %s", [message.id])
        self.first_is_gone()
        self.deliver(3)
        self.try_again()
        self.try_again()
        self.assertEqual(message.state, "ready")
        self.assertNotIn(message.uid, self.second.taken)
        self.assertEqual(message.sent_address, "primary", "that nothing left this time says nothing of the last")

    def test_somebody_is_told_once_and_told_that_it_is_over(self):
        self.endpoint.secondary_shares_ids = True
        self.first.status = 500
        self.deliver(3)
        self.settle()
        told = self.env["sync.exception"].search([("endpoint_id", "=", self.endpoint.id)])
        self.assertNotIn("deliver.secondary_used", told.mapped("code"), "not before its time")
        self.env.cr.execute("UPDATE sync_endpoint SET secondary_since = secondary_since - interval '20 minutes'")
        self.env.invalidate_all()
        self.settle()
        self.settle()
        told = self.env["sync.exception"].search([("code", "=", "deliver.secondary_used")])
        self.assertEqual((len(told), told.count, told.state), (1, 1, "new"))
        self.endpoint.with_user(self.author).action_use_first_address()
        self.assertEqual(self.endpoint.address_in_use, "primary")
        self.assertEqual(told.state, "resolved")

    def test_another_address_begins_anew(self):
        self.first_is_gone()
        self.deliver(3)
        self.endpoint.url = f"http://{self.first.name}/another"
        self.assertEqual((self.endpoint.address_in_use, self.endpoint.primary_failures), ("primary", 0))

    def test_a_second_address_keeps_the_rules_of_the_first(self):
        for url in ("http://other.example/in", "https://user:geheim@other.example/", "ftp://other.example/"):
            with self.assertRaises(ValidationError) as refused:
                self.endpoint.secondary_url = url
            self.assertNotIn("geheim", str(refused.exception))
        with self.assertRaisesRegex(ValidationError, "another one than the first"):
            self.endpoint.secondary_url = self.endpoint.url
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.endpoint.failover_after = 9
            self.endpoint.flush_recordset()
