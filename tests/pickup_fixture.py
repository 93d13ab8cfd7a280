"""A shop whose orders lie in a folder, for tests of what we fetch ourselves."""

import json
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.sync_governance.core.work import Done

from . import documents as docs
from .common import SyncCase


@tagged("post_install", "-at_install")
class PickupCase(SyncCase):
    """``self.door`` fetches orders by ``carrier``; ``self.inbox`` is a folder of this machine that may be used."""

    carrier = "folder"
    authentication = "none"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        cls.door = cls.env["sync.endpoint"].search([("code", "=", "shop-orders")])
        root = tempfile.TemporaryDirectory()
        cls.addClassCleanup(root.cleanup)
        cls.root = Path(root.name).resolve()
        cls.startClassPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_FOLDERS": str(cls.root)}))

    def setUp(self):
        super().setUp()
        place = tempfile.TemporaryDirectory(dir=self.root)
        self.addCleanup(place.cleanup)
        self.inbox = Path(place.name)
        self.applied = []
        handler = self.registry["sync.handler.order.create"]
        self.startPatcher(patch.object(handler, "_apply_one", lambda _handler, work: self.outcome(work)))
        self.configure(
            self.door,
            carrier=self.carrier,
            transport=self.carrier,
            authentication=self.authentication,
            topic_source="constant",
            topic_value="orders/create",
            folder=str(self.inbox),
            file_ready="suffix",
        )

    def outcome(self, work):
        self.applied.append(work.canonical["number"])
        return Done(reference=work.canonical["number"])

    def configure(self, record, **values):
        """Change what is live, as no person may: the test is about its effect."""
        self.env.flush_all()
        names = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute("SET LOCAL session_replication_role = replica")  # the freeze of approved versions
        self.env.cr.execute(f"UPDATE {record._table} SET {names} WHERE id = %s", [*values.values(), record.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def order(self, number="#1001"):
        """The bytes of an order."""
        return json.dumps(docs.shopify_order(number, [docs.shopify_line(1, "X-1", 1, "10.00")])).encode()

    def put(self, name, body, age=60):
        """A file that was written ``age`` seconds ago."""
        path = self.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
        then = path.stat().st_mtime - age
        os.utime(path, (then, then))
        return path

    def look(self):
        """Ask for a look, and let the engine do what follows."""
        self.door.with_user(self.author).action_poll_now()
        self.run_engine()
        return self.poll()

    def poll(self):
        """What is known of the looks."""
        return self.env["sync.poll"].search([("endpoint_id", "=", self.door.id)])

    def messages(self):
        """What came in, in its order."""
        return self.env["sync.message"].search([("endpoint_id", "=", self.door.id)], order="id")

    def files(self, below=""):
        """Names of the files in the inbox, or in a folder of it."""
        place = self.inbox / below
        return sorted(path.name for path in place.iterdir() if path.is_file()) if place.is_dir() else []

    def exceptions(self):
        """Codes of the open exceptions of the endpoint."""
        found = self.env["sync.exception"].search([("endpoint_id", "=", self.door.id), ("is_open", "=", True)])
        return sorted(found.mapped("code"))
