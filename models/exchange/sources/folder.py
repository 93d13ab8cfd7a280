"""Files from a folder of this server, or one that is mounted on it."""

import time
from datetime import datetime, timezone

from odoo import api, models

from ....core.delivery import pickup
from ....core.delivery.folders import Folder
from ...partner.endpoint_files import allowed_folders
from ..collecting import Received, Session


class SyncSourceFolder(models.AbstractModel):
    """See :mod:`~sync_governance.core.delivery.pickup` for which files and when, and ``folders`` for where."""

    _name = "sync.source.folder"
    _description = "Source: folder"
    _inherit = ["sync.source"]
    _transport = "folder"
    _proofs = ("none",)

    @api.private
    def _door(self, endpoint):
        return {
            "credential_id": None,
            "path": endpoint.folder,
            "allowed": allowed_folders(),
            "rules": endpoint._pickup_rules(),
        }

    @staticmethod
    def _session(door, position, memory):
        return FileSession(Folder(door["path"], door["allowed"]), door["rules"], memory)


class FileSession(Session):
    """One look at a folder, whoever holds it: one file at a time is read, taken over, and put where it belongs."""

    def __init__(self, store, rules, memory):
        self.store = store
        self.rules = rules
        self.memory = memory or {}

    def __enter__(self):
        self.store.__enter__()
        return self

    def __exit__(self, *exc_info):
        self.store.__exit__(*exc_info)

    def batches(self):
        found = pickup.look(self.store, self.rules, self.memory, time.time())
        self.memory, self.again = found.seen, found.again
        for one in pickup.picked(self.store, self.rules, found.ready):
            yield [
                Received(
                    one.body,
                    id=one.id,
                    name=one.entry.name,
                    headers=headers_of(one.entry),
                    token=one,
                    fault=one.fault,
                )
            ]

    def settle(self, items):
        for item in items:
            item.token.fault = item.fault
            pickup.settle(self.store, self.rules, item.token)
            self.memory.pop(item.token.entry.name, None)


def headers_of(entry):
    """What is kept of a file beside its bytes."""
    changed = datetime.fromtimestamp(entry.changed / 1e9, timezone.utc)
    return {
        "file-name": entry.name,
        "file-size": str(entry.size),
        "file-changed": changed.isoformat(timespec="seconds"),
    }
