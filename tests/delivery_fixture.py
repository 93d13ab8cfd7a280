"""A finance system that invoices are delivered to, for tests of what goes out."""

import json
import uuid

from odoo.tools import file_path

from ..core import queue
from .common import SyncCase

DOOR = "finance-invoices"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class DeliveryCase(SyncCase):
    """``self.endpoint`` takes invoices; its interface stands for no milestone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.live_partner(
            "finance", secrets={DOOR: SECRET}, urls={DOOR: "https://finance.example/documents"}
        )
        cls.endpoint = cls.partner.endpoint_ids
        cls.interface = cls.endpoint.interface_ids
        # As no person may: what is live keeps what it stands for.
        cls.env.flush_all()
        cls.env.cr.execute("SET LOCAL session_replication_role = replica")
        cls.env.cr.execute("UPDATE sync_interface SET milestone = NULL WHERE id = %s", [cls.interface.id])
        cls.env.cr.execute("SET LOCAL session_replication_role = origin")
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()
        with open(file_path("sync_governance/packs/finance/samples/invoice.json"), "rb") as file:
            cls.invoice = json.load(file)

    def invoices(self, *keys, document=None):
        """Messages that are due to be delivered, one lane for each key."""
        self.env.flush_all()
        cr = self.env.cr
        messages = []
        for key in keys:
            cr.execute(
                """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                           state, occurred_at, published_at)
                   VALUES (%s, %s, 'invoice.posted', %s, %s, %s, 'routed', now() AT TIME ZONE 'UTC',
                           now() AT TIME ZONE 'UTC') RETURNING id""",
                [
                    uuid.uuid4().hex,
                    self.interface.document_type_id.id,
                    json.dumps(self.invoice if document is None else document),
                    key,
                    self.company.id,
                ],
            )
            messages.append(
                queue.NewMessage(
                    uid=f"msg_{uuid.uuid4().hex}",
                    direction="outbound",
                    endpoint_id=self.endpoint.id,
                    trading_partner_id=self.partner.id,
                    company_id=self.company.id,
                    key=key,
                    interface_id=self.interface.id,
                    document_type_id=self.interface.document_type_id.id,
                    event_id=cr.fetchone()[0],
                    reference=key,
                )
            )
        return self.env["sync.message"].browse(queue.enqueue(cr, messages))

    def lanes(self):
        """(claim, strikes) of every lane of the endpoint."""
        self.env.cr.execute("SELECT claim, strikes FROM sync_lane WHERE endpoint_id = %s", [self.endpoint.id])
        return self.env.cr.fetchall()

    def settle(self):
        """What a minute brings: the engine keeps house."""
        with self.engine_cursors():
            self.env["sync.engine"]._housekeep()
