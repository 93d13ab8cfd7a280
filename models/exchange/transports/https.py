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
    def _prepare(self, work, endpoint):
        """Sign the bytes as they will leave; the time signed is this attempt's, the id stays the message's."""
        secrets = endpoint._secrets("sign")
        if not secrets:
            raise Fault(
                "deliver.credential_missing",
                f"{endpoint.name} has no valid credential to sign with.",
                subject=f"endpoint {endpoint.code}",
            )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sync-governance/1.0",
        }
        headers |= signatures.sign(
            work.encoded,
            profile=endpoint.authentication,
            secrets=secrets,
            message_id=work.uid,
            now=datetime.now(timezone.utc),
            settings=endpoint._settings(),
        )
        return Parcel(
            message_id=work.message_id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            body=work.encoded,
            headers=headers,
            credential_id=int(secrets[0].key_id),
            settings={
                "allowed_hosts": tuple(endpoint._private_hosts()),
                "connect_timeout": float(endpoint.connect_timeout),
                "read_timeout": float(endpoint.read_timeout),
                "pool_key": str(endpoint.id),
            },
        )

    @staticmethod
    def _send(parcel):
        return http.deliver(http.Request(url=parcel.url, body=parcel.body, headers=parcel.headers, **parcel.settings))
