"""Kafka: written to the partition of the ordering key."""

import time

from odoo import api, models

from ....core.delivery import cloudevents, kafka
from ....core.delivery.brokers import named
from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault
from ..transport import Parcel


class SyncTransportKafka(models.AbstractModel):
    """The document as a record, delivered when all replicas in sync have it."""

    _name = "sync.transport.kafka"
    _description = "Transport: Kafka"
    _inherit = ["sync.transport"]
    _transport = "kafka"
    _proofs = ("basic", "none")

    @api.private
    def _door(self, endpoint):
        cluster, credential_id = endpoint._kafka_cluster()
        return {
            "endpoint_id": endpoint.id,
            "cluster": cluster,
            "credential_id": credential_id,
            "topic": endpoint.kafka_topic or "",
            "names": {"endpoint": endpoint.code, "partner": endpoint.trading_partner_id.code},
        }

    @api.private
    def _prepare(self, work, door):
        """Id and headers are the same on every try, so that a repeat is recognised."""
        names = door["names"] | {"type": work.document_type or "", "key": work.ordering_key or ""}
        told = cloudevents.attributes(work.event) if work.event else {}
        told.pop("datacontenttype", None)
        headers = {
            "message-id": work.uid,
            "type": work.document_type or "",
            "content-type": work.content_type,
            **{f"ce_{name}": value for name, value in told.items()},
        }
        record = kafka.Record(
            named(door["topic"], names), (work.ordering_key or work.uid).encode("utf-8"), work.encoded, headers
        )
        return Parcel(
            message_id=work.message_id,
            endpoint_id=door["endpoint_id"],
            url=door["cluster"].place,
            body=work.encoded,
            headers={"topic": record.topic, **headers},
            credential_id=door["credential_id"],
            settings={"cluster": door["cluster"], "record": record},
        )

    @staticmethod
    def _send(parcel):
        started = time.monotonic()
        try:
            kafka.publish(**parcel.settings)
        except Fault as fault:
            return DeliveryResult(None, {}, b"", time.monotonic() - started, fault)
        return DeliveryResult(None, {}, b"", time.monotonic() - started, None)
