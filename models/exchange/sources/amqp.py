"""Documents from a queue of RabbitMQ."""

from odoo import api, models

from ....core.delivery import amqp
from ..collecting import Received, Session

PREFETCH = 20
"""Messages that we have in hand and have not acknowledged, at most: so many are taken over in one transaction."""
PATIENCE_SECONDS = 1.0
QUIET_SECONDS = 0.2
AGAIN_SECONDS = 5.0


class SyncSourceAmqp(models.AbstractModel):
    """Acknowledged after our commit; what is refused for good is rejected, and goes to the dead-letter exchange."""

    _name = "sync.source.amqp"
    _description = "Source: RabbitMQ"
    _inherit = ["sync.source"]
    _transport = "amqp"
    _proofs = ("basic",)

    @api.private
    def _door(self, endpoint):
        targets, credential_id = endpoint._broker_door()
        return {"credential_id": credential_id, "target": targets[0], "queue": endpoint.amqp_queue}

    @staticmethod
    def _session(door, position, memory):
        return QueueSession(door)


class QueueSession(Session):
    """One look at a queue: until it is empty for a moment. What is in hand when it ends goes back to the queue."""

    again = AGAIN_SECONDS

    def __init__(self, door):
        self.door = door
        self.link = amqp.Link(door["target"])

    def __enter__(self):
        self.link.open()
        try:
            self.link.consume(self.door["queue"], PREFETCH)
        except BaseException:
            self.link.close()
            raise
        return self

    def __exit__(self, *exc_info):
        self.link.close()

    def batches(self):
        while found := self.link.gathered(PREFETCH, PATIENCE_SECONDS, QUIET_SECONDS):
            yield [
                Received(
                    one.body,
                    id=identity(one),
                    name=one.message_id or one.headers.get("routing-key", ""),
                    headers=one.headers,
                    token=one.tag,
                )
                for one in found
            ]

    def settle(self, items):
        self.link.settle(
            [item.token for item in items if item.fault is None],
            [item.token for item in items if item.fault is not None],
        )


def identity(message):
    """How a message is recognised when it comes again: by the event that it is, or its message id, or its content."""
    headers = message.headers
    if headers.get("ce-id") and headers.get("ce-source"):
        return f"{headers['ce-source']} {headers['ce-id']}"[:250]
    return message.message_id[:250]
