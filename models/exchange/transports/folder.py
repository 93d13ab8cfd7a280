"""Files into a folder of this server, or one that is mounted on it."""

import time

from odoo import api, models

from ....core.delivery import dropoff
from ....core.delivery.folders import Folder, numbered
from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault
from ...partner.endpoint_files import allowed_folders
from ..transport import Parcel


class SyncTransportFolder(models.AbstractModel):
    """A file for each document: whole or not there, and never over another one. See ``core/delivery/dropoff.py``."""

    _name = "sync.transport.folder"
    _description = "Transport: folder"
    _inherit = ["sync.transport"]
    _transport = "folder"
    _proofs = ("none",)

    @api.private
    def _door(self, endpoint):
        """The folder and how files are named there."""
        return {
            "endpoint_id": endpoint.id,
            "template": endpoint.file_name,
            "numbers": endpoint.file_exists == "number",
            "place": {"path": endpoint.folder, "allowed": allowed_folders()},
        }

    @api.private
    def _prepare(self, work, door):
        """The bytes and the name of the file, the same at every try."""
        return file_parcel(work, door)

    @staticmethod
    def _send(parcel):
        return delivered(parcel, lambda: Folder(**parcel.settings["place"]))


def file_parcel(work, door, credential_id=None):
    """A parcel of one file. Its name is made of what does not change from try to try."""
    return Parcel(
        message_id=work.message_id,
        endpoint_id=door["endpoint_id"],
        url="",
        body=work.encoded,
        headers={"file-name": dropoff.file_name(door["template"], values_of(work))},
        settings={"place": door["place"], "numbers": door["numbers"], "mark": work.uid},
        credential_id=credential_id,
    )


def values_of(work):
    """What may stand in braces in names and texts: nothing that changes from try to try."""
    return {
        "reference": work.reference or work.ordering_key or "",
        "key": work.ordering_key or "",
        "type": work.document_type or "",
        "id": str(work.message_id),
        "uid": work.uid,
        "date": work.received_at.strftime("%Y%m%d"),
        "time": work.received_at.strftime("%H%M%S"),
    }


def delivered(parcel, opened):
    """The result of putting the file of ``parcel`` into the folder that ``opened`` gives, a context manager."""
    started = time.monotonic()
    name = parcel.headers["file-name"]
    try:
        with opened() as store:
            there = dropoff.deliver(
                store,
                name,
                parcel.body,
                mark=parcel.settings["mark"],
                names=numbered(name) if parcel.settings["numbers"] else [name],
            )
    except Fault as fault:
        return DeliveryResult(None, {}, b"", time.monotonic() - started, fault)
    return DeliveryResult(None, {}, there.encode(), time.monotonic() - started, None)
