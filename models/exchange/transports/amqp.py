"""RabbitMQ: published with confirms."""

import time

from odoo import api, models

from ....core.delivery import amqp, cloudevents
from ....core.delivery.brokers import named
from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault
from ..transport import Parcel


class SyncTransportAmqp(models.AbstractModel):
    """The document as a persistent message, delivered when the broker has confirmed it and a queue has taken it."""

    _name = "sync.transport.amqp"
    _description = "Transport: RabbitMQ"
    _inherit = ["sync.transport"]
    _transport = "amqp"
    _proofs = ("basic",)

    @api.private
    def _door(self, endpoint):
        targets, credential_id = endpoint._broker_door()
        return {
            "endpoint_id": endpoint.id,
            "target": targets[0],
            "credential_id": credential_id,
            "exchange": endpoint.amqp_exchange or "",
            "routing_key": endpoint.amqp_routing_key or "",
            "names": {"endpoint": endpoint.code, "partner": endpoint.trading_partner_id.code},
        }

    @api.private
    def _prepare(self, work, door):
        """Message id and headers are the same on every try, so that a repeat is recognised."""
        names = door["names"] | {"type": work.document_type or "", "key": work.ordering_key or ""}
        routing_key = named(door["routing_key"], names)
        if len(routing_key.encode()) > amqp.LONGEST_NAME:
            raise Fault("encode.value", "The routing key is longer than 255 bytes.", subject="routing key")
        told = cloudevents.attributes(work.event) if work.event else {}
        told.pop("datacontenttype", None)
        properties = {
            "message_id": work.uid,
            "type": work.document_type or "",
            "content_type": work.content_type,
            "app_id": "sync-governance",
        }
        headers = {f"cloudEvents:{name}": value for name, value in told.items()}
        publication = amqp.Publication(named(door["exchange"], names), routing_key, work.encoded, headers, properties)
        return Parcel(
            message_id=work.message_id,
            endpoint_id=door["endpoint_id"],
            url=door["target"].place,
            body=work.encoded,
            headers={
                "message-id": work.uid,
                "exchange": publication.exchange,
                "routing-key": routing_key,
                "content-type": work.content_type,
                **headers,
            },
            credential_id=door["credential_id"],
            settings={"target": door["target"], "publication": publication},
        )

    @staticmethod
    def _send(parcel):
        started = time.monotonic()
        try:
            amqp.publish(**parcel.settings)
        except Fault as fault:
            return DeliveryResult(None, {}, b"", time.monotonic() - started, fault)
        return DeliveryResult(None, {}, b"", time.monotonic() - started, None)
