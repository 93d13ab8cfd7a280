"""HTTPS push."""

from datetime import datetime, timezone

from odoo import api, models

from ....core.delivery import http, signatures
from ....core.faults import Fault
from ..transport import Parcel


class SyncTransportHttps(models.AbstractModel):
    """POST of the encoded document to the endpoint's URL, signed by its authentication profile."""

    _name = "sync.transport.https"
    _description = "Transport: HTTPS"
    _inherit = ["sync.transport"]
    _transport = "https"

    @api.private
    def _door(self, endpoint):
        """The endpoint's address, secrets and settings, the same for all that goes out together."""
        secrets = endpoint._secrets("sign")
        if not secrets:
            raise Fault(
                "deliver.credential_missing",
                f"{endpoint.name} has no valid credential to sign with.",
                subject=f"endpoint {endpoint.code}",
            )
        return {
            "endpoint_id": endpoint.id,
            "url": endpoint.url,
            "profile": endpoint.authentication,
            "secrets": secrets,
            "signing": endpoint._settings(),
            "sending": {
                "allowed_hosts": tuple(endpoint._private_hosts()),
                "connect_timeout": float(endpoint.connect_timeout),
                "read_timeout": float(endpoint.read_timeout),
                "pool_key": str(endpoint.id),
            },
        }

    @api.private
    def _prepare(self, work, door):
        """Sign the bytes as they will leave; the time signed is this attempt's, the id stays the message's."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sync-governance/1.0",
        }
        headers |= signatures.sign(
            work.encoded,
            profile=door["profile"],
            secrets=door["secrets"],
            message_id=work.uid,
            now=datetime.now(timezone.utc),
            settings=door["signing"],
        )
        return Parcel(
            message_id=work.message_id,
            endpoint_id=door["endpoint_id"],
            url=door["url"],
            body=work.encoded,
            headers=headers,
            credential_id=int(door["secrets"][0].key_id),
            settings=door["sending"],
        )

    @staticmethod
    def _send(parcel):
        return http.deliver(http.Request(url=parcel.url, body=parcel.body, headers=parcel.headers, **parcel.settings))
