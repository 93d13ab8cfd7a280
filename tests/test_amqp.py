"""Documents by way of a real RabbitMQ."""

import contextlib
import json
import socket
import sys
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.delivery import amqp
from odoo.addons.sync_governance.models.partner import endpoint_broker

from .delivery_fixture import DeliveryCase
from .pickup_fixture import PickupCase
from .rabbitmq import RabbitServer


class WithRabbit:
    """A broker for the class: ``self.rabbit``."""

    @classmethod
    def start_rabbit(cls):
        cls.rabbit = RabbitServer()
        cls.addClassCleanup(cls.rabbit.stop)
        cls.rabbit.start()


class Configured(WithRabbit):
    """What both sides arrange."""

    def by_amqp(self, endpoint, tls=True, **values):
        """Let the endpoint travel by RabbitMQ, as no person may once it is live."""
        rabbit = self.rabbit
        url = f"amqps://127.0.0.1:{rabbit.tls_port}" if tls else f"amqp://127.0.0.1:{rabbit.port}"
        self.configure(
            endpoint,
            carrier="amqp",
            transport="amqp",
            authentication="basic",
            broker_url=url,
            allowed_private_hosts=f"127.0.0.1:{rabbit.port}\n127.0.0.1:{rabbit.tls_port}",
            authorities=rabbit.authority.pem,
            connect_timeout=5,
            **{"read_timeout": 10, **values},
        )

    def log_in(self, endpoint, secret="guest"):
        endpoint.credential_ids.action_revoke()
        self.env["sync.credential"].create(
            {"name": "RabbitMQ", "endpoint_id": endpoint.id, "username": "guest", "secret_input": secret}
        )
        self.env.invalidate_all()
        self.addCleanup(amqp.close_idle, 0.0)


class TestPublishing(Configured, DeliveryCase):
    configure = PickupCase.configure

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_rabbit()

    def setUp(self):
        super().setUp()
        self.rabbit.declare("invoices")
        self.by_amqp(self.endpoint, amqp_exchange="", amqp_routing_key="invoices")
        self.log_in(self.endpoint)

    def deliver(self, *keys):
        messages = self.invoices(*keys)
        self.run_engine()
        messages.invalidate_recordset()
        return messages

    def try_again(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
        self.run_engine()
        self.env.invalidate_all()

    def test_a_document_is_a_persistent_message_with_its_id_and_what_is_told_of_it(self):
        message = self.deliver("INV/1")
        self.assertEqual(message.state, "done", message.fault_code)
        ((method, properties, body),) = self.rabbit.taken("invoices")
        self.assertEqual(properties.message_id, message.uid)
        self.assertEqual((properties.delivery_mode, properties.content_type), (2, "application/json"))
        self.assertEqual(properties.type, "invoice.posted")
        self.assertEqual(properties.headers["cloudEvents:type"], "invoice.posted")
        self.assertEqual(method.routing_key, "invoices")
        self.assertEqual(json.loads(body), json.loads(message.sent_text))

    def test_the_routing_key_names_the_document_and_the_order_of_a_key_is_kept(self):
        self.configure(self.endpoint, amqp_exchange="amq.topic", amqp_routing_key="{partner}.{type}.{key}")
        connection, channel = self.rabbit.channel()
        with contextlib.closing(connection):
            channel.queue_bind("invoices", "amq.topic", "*.invoice.posted.#")
        messages = self.deliver("A", "A", "B", "A")
        self.assertEqual(set(messages.mapped("state")), {"done"})
        taken = self.rabbit.taken("invoices")
        self.assertEqual(
            {method.routing_key for method, *_ in taken}, {"finance.invoice.posted.A", "finance.invoice.posted.B"}
        )
        of_a = [properties.message_id for method, properties, _body in taken if method.routing_key.endswith(".A")]
        self.assertEqual(of_a, [messages[0].uid, messages[1].uid, messages[3].uid])

    def test_what_no_queue_takes_is_not_delivered_and_says_so(self):
        self.configure(self.endpoint, amqp_routing_key="nobody.listens")
        message = self.deliver("INV/1")
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.unroutable"))
        self.assertIn("nobody.listens", message.attempt_ids.detail)
        self.configure(self.endpoint, amqp_exchange="there-is-none")
        message = self.deliver("INV/2")
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.unroutable"))
        self.configure(self.endpoint, amqp_exchange="", amqp_routing_key="invoices")
        self.assertEqual(self.deliver("INV/3").state, "done", "the connection is good for the next one")

    def test_a_password_that_is_wrong_shows_nowhere(self):
        self.log_in(self.endpoint, "geheim-und-falsch")
        with self.assertLogs("odoo", "DEBUG") as log:
            message = self.deliver("INV/1")
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.broker_refused"))
        self.assertNotIn("geheim", "\n".join([*log.output, message.attempt_ids.detail, message.attempt_ids.faults]))

    def test_a_broker_that_cannot_prove_who_it_is_gets_nothing(self):
        self.configure(self.endpoint, authorities=None)
        self.assertEqual(self.deliver("INV/1").fault_code, "deliver.tls_failed")
        self.assertEqual(self.rabbit.count("invoices"), 0)

    def test_a_broker_that_nobody_allowed_is_not_dialled(self):
        self.configure(self.endpoint, allowed_private_hosts="127.0.0.1:1")
        self.assertEqual(self.deliver("INV/1").fault_code, "deliver.address_refused")

    def test_connections_are_kept_and_a_lost_one_is_opened_again(self):
        ((target,), _credential) = self.endpoint._broker_door()
        publication = amqp.Publication("", "invoices", b"{}")
        amqp.publish(target, publication)
        ((link,),) = amqp._IDLE.values()
        amqp.publish(target, publication)
        self.assertEqual(list(amqp._IDLE.values()), [[link]], "the same connection")
        link._connection._transport._sock.shutdown(socket.SHUT_RDWR)  # as a firewall does
        amqp.publish(target, publication)
        self.assertNotEqual(list(amqp._IDLE.values()), [[link]])
        self.assertEqual(self.rabbit.count("invoices"), 3)
        amqp.close_idle(0.0)
        self.assertFalse(amqp._IDLE)

    def test_a_broker_that_stops_between_publish_and_confirm_is_asked_again_with_the_same_id(self):
        self.configure(self.endpoint, read_timeout=2)
        until = amqp.Link._until

        def stops(link, done, seconds):
            if link._confirmed is False:  # published, and the confirm is waited for
                self.rabbit.freeze()
            return until(link, done, seconds)

        with patch.object(amqp.Link, "_until", stops):
            message = self.deliver("INV/1")
        self.rabbit.thaw()
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.timeout"))
        self.try_again()
        self.assertEqual(message.state, "done")
        ids = [properties.message_id for _method, properties, _body in self.rabbit.taken("invoices")]
        self.assertEqual(set(ids), {message.uid}, "once or twice, and known by its id")

    def test_a_broker_short_of_memory_is_left_alone_until_it_has_room(self):
        self.configure(self.endpoint, read_timeout=2)
        self.rabbit.control("set_vm_memory_high_watermark", "absolute", "1")
        try:
            message = self.deliver("INV/1")
            self.assertEqual((message.state, message.fault_code), ("ready", "deliver.throttled"))
            self.assertFalse(message.attempt, "the document is not to blame: no try is used up")
        finally:
            self.rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")
        self.env.cr.execute("UPDATE sync_endpoint SET breaker_until = NULL WHERE id = %s", [self.endpoint.id])
        self.try_again()
        self.assertEqual(message.state, "done", message.fault_code)
        ids = {properties.message_id for _method, properties, _body in self.rabbit.taken("invoices")}
        self.assertEqual(ids, {message.uid})

    def test_what_was_confirmed_survives_a_broker_that_dies_and_the_rest_waits_for_it(self):
        first = self.deliver("INV/1")
        self.rabbit.kill()
        second = self.deliver("INV/2")
        self.assertEqual((second.state, second.fault_code), ("ready", "deliver.connection_failed"))
        self.rabbit.start()
        self.try_again()
        self.assertEqual((first.state, second.state), ("done", "done"))
        ids = [properties.message_id for _method, properties, _body in self.rabbit.taken("invoices")]
        self.assertEqual(ids, [first.uid, second.uid])


class TestConsuming(Configured, PickupCase):
    carrier = "folder"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_rabbit()

    def setUp(self):
        super().setUp()
        self.rabbit.declare("refused")
        self.rabbit.declare("orders", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "refused"})
        self.by_amqp(self.door, amqp_queue="orders")
        self.log_in(self.door)

    def test_what_is_in_the_queue_is_taken_over_in_its_order_and_acknowledged(self):
        for number in range(25):
            self.rabbit.put("orders", self.order(f"#{number}"), message_id=f"m{number}")
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.taken), (False, 25))
        self.assertEqual(sorted(self.applied), sorted(f"#{number}" for number in range(25)))
        self.assertEqual((self.rabbit.count("orders"), self.rabbit.count("refused")), (0, 0))

    def test_what_comes_again_is_known_by_its_id(self):
        self.rabbit.put("orders", self.order("#1"), message_id="m1")
        self.rabbit.put("orders", self.order("#1"), message_id="m1")
        self.look()
        self.rabbit.put("orders", self.order("#1"), message_id="m1")
        poll = self.look()
        self.assertEqual((poll.taken, poll.repeated), (0, 1), "it is acknowledged all the same")
        self.assertEqual(self.applied, ["#1"])
        self.assertEqual(self.rabbit.count("orders"), 0)

    @mute_logger("odoo.addons.sync_governance.models.exchange.polling")
    def test_a_death_between_our_commit_and_the_acknowledgement_is_a_repeat(self):
        self.rabbit.put("orders", self.order("#1"), message_id="m1")
        with patch.object(amqp.Link, "settle", side_effect=ZeroDivisionError):
            self.look()
        self.assertEqual((self.applied, self.rabbit.count("orders")), (["#1"], 1), "it went back to the queue")
        self.look()
        self.assertEqual((self.applied, self.rabbit.count("orders")), (["#1"], 0))

    def test_what_can_never_be_taken_goes_to_the_dead_letter_exchange_and_to_a_person(self):
        self.rabbit.put("orders", b"x" * 2_000_000, message_id="huge")
        self.rabbit.put("orders", self.order("#2"), message_id="m2")
        poll = self.look()
        self.assertEqual((poll.taken, poll.refused), (1, 1))
        self.assertEqual(self.applied, ["#2"])
        ((_method, properties, _body),) = self.rabbit.taken("refused")
        self.assertEqual(properties.message_id, "huge")
        self.assertEqual(self.exceptions(), ["receive.too_large"])

    def test_the_kind_of_document_may_stand_in_a_property_of_the_message(self):
        self.configure(self.door, topic_source="header", topic_value="type")
        self.rabbit.put(
            "orders",
            self.order("#1"),
            type="orders/create",
            headers={"cloudEvents:id": "e1", "cloudEvents:source": "/shop"},
        )
        self.rabbit.put(
            "orders",
            self.order("#1"),
            type="orders/create",
            headers={"cloudEvents:id": "e1", "cloudEvents:source": "/shop"},
        )
        self.look()
        self.assertEqual(self.applied, ["#1"], "an event is known by its source and id")

    def test_a_queue_that_is_not_there_is_told_to_a_person(self):
        self.configure(self.door, amqp_queue="there-is-none")
        poll = self.look()
        self.assertEqual(poll.fault_code, "deliver.unroutable")
        self.assertEqual(self.exceptions(), ["deliver.unroutable"])
        self.configure(self.door, amqp_queue="orders")
        self.look()
        self.assertEqual(self.exceptions(), [], "it is over by itself")


class TestBrokerForm(DeliveryCase):
    """Without any broker: what the form says and refuses."""

    configure = PickupCase.configure

    def draft(self, **values):
        return self.env["sync.endpoint"].new(
            {"direction": "outbound", "carrier": "amqp", "authentication": "basic", **values}
        )

    def test_without_the_library_the_form_says_what_to_install_and_nothing_goes_live(self):
        self.configure(
            self.endpoint, carrier="amqp", transport="amqp", authentication="basic", broker_url="amqp://127.0.0.1"
        )
        self.configure(self.endpoint, allowed_private_hosts="127.0.0.1:5672", amqp_routing_key="x")
        with patch.object(endpoint_broker, "is_installed", lambda name: False):
            self.assertIn("pika", self.endpoint.broker_hint)
            self.assertTrue(any("pika" in gap for gap in self.endpoint._missing()))
        self.env.invalidate_all()
        self.assertFalse(self.endpoint.broker_hint)

    def test_without_the_library_what_is_live_fails_with_words_and_the_rest_works(self):
        self.configure(
            self.endpoint, carrier="amqp", transport="amqp", authentication="basic", broker_url="amqp://127.0.0.1"
        )
        self.configure(self.endpoint, allowed_private_hosts="127.0.0.1:5672", amqp_routing_key="x")
        self.endpoint.credential_ids.action_revoke()
        self.env["sync.credential"].create(
            {"name": "R", "endpoint_id": self.endpoint.id, "username": "guest", "secret_input": "guest"}
        )
        message = self.invoices("INV/1")
        with patch.dict(sys.modules, {"pika": None}):
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.library_missing"))
        self.assertIn("pika", message.attempt_ids.detail)

    def test_addresses_and_names_that_cannot_be_right_are_refused(self):
        door = self.env["sync.endpoint"].create(
            {
                "name": "Events",
                "code": "events-out",
                "trading_partner_id": self.partner.id,
                "direction": "outbound",
                "carrier": "amqp",
                "authentication": "basic",
                "key_source": "event",
                "allowed_private_hosts": "rabbit.example:5671\nrabbit.example:5672",
                "broker_url": "amqps://rabbit.example/shop",
            }
        )
        self.assertEqual(door.transport, "amqp")
        for url in (
            "amqps://ada:geheim@rabbit.example",
            "https://rabbit.example",
            "amqps://other.example",
            "amqp://rabbit.example",
        ):
            with self.subTest(url), self.assertRaises(ValidationError) as refused:
                door.broker_url = url
            self.assertNotIn("geheim", str(refused.exception))
        with self.assertRaisesRegex(ValidationError, "order"):
            door.amqp_routing_key = "x.{order}"
        with self.assertRaises(ValidationError):
            door.authentication = "standard_webhooks"
