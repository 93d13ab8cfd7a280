"""Documents from a topic of Kafka."""

from odoo import api, models

from ....core.delivery import kafka
from ..collecting import Received, Session

MOST = 100
"""Records that are taken over in one transaction, at most."""
PATIENCE_SECONDS = 1.0
AGAIN_SECONDS = 5.0


class SyncSourceKafka(models.AbstractModel):
    """Offsets are committed after our commit. What is refused for good is left behind, and a person is told."""

    _name = "sync.source.kafka"
    _description = "Source: Kafka"
    _inherit = ["sync.source"]
    _transport = "kafka"
    _proofs = ("basic", "none")

    @api.private
    def _door(self, endpoint):
        cluster, credential_id = endpoint._kafka_cluster()
        return {
            "credential_id": credential_id,
            "cluster": cluster,
            "topic": endpoint.kafka_topic,
            "group": endpoint.kafka_group,
        }

    @staticmethod
    def _session(door, position, memory):
        return TopicSession(door)


class TopicSession(Session):
    """One look at a topic: until there is nothing more for a moment."""

    again = AGAIN_SECONDS

    def __init__(self, door):
        self.reader = kafka.Reader(door["cluster"], door["topic"], door["group"])

    def __enter__(self):
        try:
            self.reader.open()
        except BaseException:
            self.reader.close()
            raise
        return self

    def __exit__(self, *exc_info):
        self.reader.close()

    def batches(self):
        while found := self.reader.gathered(MOST, PATIENCE_SECONDS):
            yield [
                Received(
                    one.body, id=identity(one), name=identity(one), headers=one.headers, token=one, key=one.key or None
                )
                for one in found
            ]

    def settle(self, items):
        self.reader.commit([item.token for item in items])


def identity(record):
    """How a record is recognised when it comes again: by the event that it is, or its message id, or its place."""
    headers = record.headers
    if headers.get("ce-id") and headers.get("ce-source"):
        return f"{headers['ce-source']} {headers['ce-id']}"[:250]
    return headers.get("message-id", "")[:250] or f"{record.topic}/{record.partition}/{record.offset}"
