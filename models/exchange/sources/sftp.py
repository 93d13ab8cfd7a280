"""Files from a folder at a partner's SFTP server."""

from odoo import api, models

from ....core.delivery.sftp import SftpFolder
from .folder import FileSession


class SyncSourceSftp(models.AbstractModel):
    """One connection for each look. What broke off goes on with the files that are left at the next look."""

    _name = "sync.source.sftp"
    _description = "Source: SFTP"
    _inherit = ["sync.source"]
    _transport = "sftp"
    _proofs = ("basic", "ssh_key")

    @api.private
    def _door(self, endpoint):
        server, credential_id = endpoint._sftp_door()
        return {"credential_id": credential_id, "server": server, "rules": endpoint._pickup_rules()}

    @staticmethod
    def _session(door, position, memory):
        return FileSession(SftpFolder(door["server"]), door["rules"], memory)
