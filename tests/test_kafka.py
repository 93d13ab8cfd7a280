"""Documents by way of Kafka's protocol, spoken by the mock cluster of confluent-kafka."""

import sys
from unittest import SkipTest
from unittest.mock import patch

from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.delivery import kafka

from .delivery_fixture import DeliveryCase
from .pickup_fixture import PickupCase


class MockCluster:
    """A cluster in this process: ``address`` is that of its first broker.

    :raises SkipTest: where confluent-kafka is not installed
    """

    def __init__(self, brokers=1):
        try:
            from confluent_kafka import Producer  # noqa: PLC0415 - optional
        except ImportError as error:
            raise SkipTest("no confluent-kafka on this machine, whose mock cluster the tests use") from error
        self._producer = Producer(
            {"test.mock.num.brokers": brokers, "bootstrap.servers": "unused", "allow.auto.create.topics": True}
        )
        metadata = self._producer.list_topics(timeout=10)
        self.addresses = [f"{broker.host}:{broker.port}" for broker in metadata.brokers.values()]

    def put(self, topic, body, key=None, headers=None, partition=None):
        """Write as a partner would."""
        where = {} if partition is None else {"partition": partition}
        self._producer.produce(topic, body, key=key, headers=headers, **where)
        assert self._producer.flush(10) == 0, "the mock cluster does not answer"

    def taken(self, topic):
        """All that is in the topic, as confluent-kafka's messages."""
        from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415 - optional

        consumer = Consumer(
            {"bootstrap.servers": self.addresses[0], "group.id": "test", "auto.offset.reset": "earliest"}
        )
        try:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number))[1] for number in partitions}
            found = []
            while len(found) < sum(ends.values()):
                message = consumer.poll(10)
                assert message is not None and not message.error(), "what was written cannot be read"
                found.append(message)
            return found
        finally:
            consumer.close()


class Configured:
    """What both sides arrange."""

    @classmethod
    def start_cluster(cls):
        cls.cluster = MockCluster()
        cls.addClassCleanup(kafka.close_idle, 0.0)

    def by_kafka(self, endpoint, **values):
        """Let the endpoint travel by Kafka, as no person may once it is live."""
        self.configure(
            endpoint,
            carrier="kafka",
            transport="kafka",
            authentication="none",
            broker_url=f"kafka://{self.cluster.addresses[0]}",
            allowed_private_hosts="\n".join(self.cluster.addresses),
            kafka_idempotent=False,
            kafka_version="2.1",
            connect_timeout=5,
            **{"read_timeout": 15, **values},
        )


class TestWriting(Configured, DeliveryCase):
    configure = PickupCase.configure

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_cluster()

    def setUp(self):
        super().setUp()
        self.topic = f"invoices-{self._testMethodName[-20:]}"
        self.cluster.put(self.topic, b"first", partition=0)
        self.by_kafka(self.endpoint, kafka_topic=self.topic)

    def deliver(self, *keys):
        messages = self.invoices(*keys)
        self.run_engine()
        messages.invalidate_recordset()
        return messages

    def written(self):
        return [message for message in self.cluster.taken(self.topic) if message.value() != b"first"]

    def test_a_document_is_a_record_with_its_key_its_id_and_what_is_told_of_it(self):
        message = self.deliver("INV/1")
        self.assertEqual((message.state, message.fault_code), ("done", False))
        (record,) = self.written()
        headers = dict(record.headers())
        self.assertEqual(record.key(), b"INV/1")
        self.assertEqual(headers["message-id"], message.uid.encode())
        self.assertEqual((headers["type"], headers["ce_type"]), (b"invoice.posted", b"invoice.posted"))
        self.assertEqual(record.value().decode(), message.sent_text and record.value().decode())

    def test_documents_of_one_key_stay_in_their_order_in_one_partition(self):
        messages = self.deliver("A", "B", "A", "A")
        self.assertEqual(set(messages.mapped("state")), {"done"})
        of_a = [record for record in self.written() if record.key() == b"A"]
        self.assertEqual(len({record.partition() for record in of_a}), 1)
        ids = [dict(record.headers())["message-id"].decode() for record in sorted(of_a, key=lambda one: one.offset())]
        self.assertEqual(ids, [messages[0].uid, messages[2].uid, messages[3].uid])

    def test_the_idempotent_producer_numbers_what_it_writes(self):
        self.configure(self.endpoint, kafka_idempotent=True)
        with patch.object(kafka.library(), "KafkaProducer") as made:
            made.return_value.send.return_value.get.return_value = None
            self.assertEqual(self.deliver("INV/1").state, "done")
        self.assertEqual((made.call_args.kwargs["enable_idempotence"], made.call_args.kwargs["acks"]), (True, "all"))

    def test_a_broker_that_the_cluster_names_and_nobody_allowed_is_not_dialled(self):
        cluster = kafka.Cluster(tuple(self.endpoint._broker_targets("")), idempotent=False)
        other = kafka._guarded(kafka.Cluster((kafka.target("kafka://127.0.0.1:1", allowed=("127.0.0.1:1",)),)))
        made = kafka.library().net.inet.KafkaNetSocket(other)
        port = cluster.targets[0].port
        self.assertEqual(made.dns_lookup("127.0.0.1", port), [])
        self.assertEqual(made.dns_lookup("169.254.169.254", 1), [])
        self.assertTrue(made.dns_lookup("127.0.0.1", 1))
        self.configure(self.endpoint, allowed_private_hosts="127.0.0.1:1")
        self.assertEqual(self.deliver("INV/1").fault_code, "deliver.address_refused")

    def test_a_cluster_that_is_away_keeps_the_document_waiting(self):
        self.configure(
            self.endpoint,
            broker_url="kafka://127.0.0.1:9",
            allowed_private_hosts="127.0.0.1:9",
            connect_timeout=1,
            read_timeout=2,
        )
        message = self.deliver("INV/1")
        self.assertEqual(message.state, "ready")
        self.assertIn(message.fault_code, ("deliver.connection_failed", "deliver.timeout"))

    def test_without_the_library_the_document_fails_with_words(self):
        message = self.invoices("INV/1")
        with patch.dict(sys.modules, {"kafka": None}):
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.library_missing"))
        self.assertIn("kafka-python", message.attempt_ids.detail)


class TestReading(Configured, PickupCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_cluster()

    def setUp(self):
        super().setUp()
        self.topic = f"orders-{self._testMethodName[-20:]}"
        self.by_kafka(self.door, kafka_topic=self.topic, kafka_group=f"odoo-{self.topic}")

    def test_records_are_taken_over_and_the_group_goes_on_behind_them(self):
        for number in range(7):
            self.cluster.put(self.topic, self.order(f"#{number}"), key=f"#{number}")
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.taken), (False, 7), poll.fault_detail)
        self.assertEqual(sorted(self.applied), sorted(f"#{number}" for number in range(7)))
        self.cluster.put(self.topic, self.order("#9"))
        poll = self.look()
        self.assertEqual((poll.taken, poll.repeated), (1, 0), "it does not begin anew")

    @mute_logger("odoo.addons.sync_governance.models.exchange.polling")
    def test_a_death_between_our_commit_and_the_offset_is_a_repeat(self):
        self.cluster.put(self.topic, self.order("#1"))
        with patch.object(kafka.Reader, "commit", side_effect=ZeroDivisionError):
            self.look()
        self.assertEqual(self.applied, ["#1"])
        self.door.invalidate_recordset()
        poll = self.look()
        self.assertEqual((poll.taken, poll.repeated), (0, 1))
        self.assertEqual(self.applied, ["#1"])

    def test_the_same_content_at_two_places_is_two_documents_unless_it_has_an_id(self):
        self.cluster.put(self.topic, self.order("#1"))
        self.cluster.put(self.topic, self.order("#1"))
        self.assertEqual(self.look().taken, 2)
        for _ in range(2):
            self.cluster.put(self.topic, self.order("#2"), headers={"message-id": "m2"})
        self.look()
        self.assertEqual(self.applied.count("#2"), 1)

    def test_what_can_never_be_taken_is_left_behind_and_told_to_a_person(self):
        self.configure(self.door, max_body_bytes=20_000)
        self.cluster.put(self.topic, b"x" * 30_000)
        self.cluster.put(self.topic, self.order("#2"))
        poll = self.look()
        self.assertEqual((poll.taken, poll.refused), (1, 1))
        self.assertEqual(self.applied, ["#2"])
        self.assertEqual(self.exceptions(), ["receive.too_large"])
        self.assertEqual(self.look().refused, 0, "it is behind us")
