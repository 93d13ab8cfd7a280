"""The role of a transport: bytes on their way to a partner."""

from dataclasses import dataclass, field
from typing import Any

from odoo import api, models


@dataclass(slots=True)
class Parcel:
    """What a transport needs to deliver one message, read while a transaction was open.

    ``body`` and ``headers`` go on the wire; ``settings`` is the transport's own (timeouts, allowed hosts),
    ``credential_id`` the credential it was signed with. ``route``: the two addresses of an endpoint that has a second
    one (``failover.Route``); which it goes to is decided immediately before it leaves.
    """

    message_id: int
    endpoint_id: int
    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    credential_id: int | None = None
    route: Any = None


class SyncTransport(models.AbstractModel):
    """Inherit this role and name the transport.

    ``_prepare`` gets the work and what ``_door`` said of its endpoint (the record itself, unless overridden); both run
    with a transaction open and read what they need; ``_send`` runs in a thread with none, touches no
    record, and answers with a ``DeliveryResult`` instead of raising.
    """

    _name = "sync.transport"
    _description = "Transport"
    _transport = None
    _proofs = ()
    """The ways of authentication that fit, the usual one first; empty: all that fit https."""

    @api.private
    def _for(self, transport):
        """The transport of that name."""
        for name in self.env.registry.descendants(["sync.transport"], "_inherit"):
            if name != "sync.transport" and self.env[name]._transport == transport:
                return self.env[name]
        raise LookupError(f"No transport {transport}")

    @api.private
    def _door(self, endpoint):
        """What ``_prepare`` needs to know of the endpoint, read once for all that goes out together."""
        return endpoint

    @api.private
    def _prepare(self, work, door):
        raise LookupError(f"{self._name} prepares nothing")

    @staticmethod
    def _send(parcel):
        raise LookupError("This transport sends nothing")
