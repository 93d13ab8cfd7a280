"""Files into a folder at a partner's SFTP server."""

from dataclasses import replace

from odoo import api, models

from ....core.delivery.sftp import SftpFolder
from .folder import delivered, file_parcel

DELIVERY_SECONDS = 120.0
"""How long one delivery may take in all."""


class SyncTransportSftp(models.AbstractModel):
    """A connection for each file, which is written under a temporary name and renamed."""

    _name = "sync.transport.sftp"
    _description = "Transport: SFTP"
    _inherit = ["sync.transport"]
    _transport = "sftp"
    _proofs = ("basic", "ssh_key")

    @api.private
    def _door(self, endpoint):
        """The server and how files are named there."""
        server, credential_id = endpoint._sftp_door()
        return {
            "endpoint_id": endpoint.id,
            "template": endpoint.file_name,
            "numbers": endpoint.file_exists == "number",
            "place": replace(server, total_timeout=DELIVERY_SECONDS),
            "credential_id": credential_id,
        }

    @api.private
    def _prepare(self, work, door):
        """As into a folder of our own."""
        return file_parcel(work, door, door["credential_id"])

    @staticmethod
    def _send(parcel):
        return delivered(parcel, lambda: SftpFolder(parcel.settings["place"]))
