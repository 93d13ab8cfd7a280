"""Two shops that ask by the REST API what became of their orders, in a company that trades."""

import json
from unittest.mock import patch

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate

from .common import TEST_KEYS
from .flow_fixture import FlowCase

EVERYTHING = (
    "availability.changed",
    "customer.changed",
    "customer_balance.changed",
    "invoice.posted",
    "order.changed",
    "payment.received",
    "purchase_order.placed",
    "shipment.dispatched",
)


class BusinessCase(FlowCase):
    """``self.key`` is the shop's, ``self.other_key`` the marketplace's; each may read everything there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": TEST_KEYS}))
        cls.shop, cls.door, cls.key = cls._reader("shop", "Web shop")
        cls.marketplace, cls.other_door, cls.other_key = cls._reader("marketplace", "Marketplace")

    @classmethod
    def _reader(cls, kind, name, **values):
        """A trading partner with a door for the API: (partner, endpoint, API key)."""
        partner = cls.env["sync.trading.partner"].create(
            {
                "name": name,
                "code": f"api-{kind}",
                "kind": kind,
                "company_id": cls.company.id,
                "environment": "production",
                **values,
            }
        )
        partner.action_start_testing()
        kinds = cls.env["sync.document.type"].search([("code", "in", EVERYTHING)])
        door = cls.env["sync.endpoint"].create(
            {
                "name": f"API of {name}",
                "code": f"api-{kind}",
                "trading_partner_id": partner.id,
                "direction": "inbound",
                "authentication": "api_key",
                "key_source": "pointer",
                "key_value": "/number",
                "topic_source": "pointer",
                "topic_value": "/type",
                "user_id": cls.agents[kind].id,
                "business_type_ids": [(6, 0, kinds.ids)],
            }
        )
        proof = cls.env["sync.credential"].create({"name": "Key", "endpoint_id": door.id, "may_read": True})
        key = proof._issue(overlap_hours=0)
        door.action_go_live()
        cls._let_live(partner)
        return partner, door, key

    @classmethod
    def _let_live(cls, partner, state="live"):
        """As if a second person had let the partner go live: the tests are about what follows."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE sync_trading_partner SET state = %s WHERE id = %s", [state, partner.id])
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    def call(self, method, path, body=None, key=None, headers=None):
        """A call of the API."""
        given = {"Authorization": f"Bearer {key or self.key}"}
        if body is not None:
            given["Content-Type"] = "application/json"
        raw = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        self.env.flush_all()
        return self.url_open(f"/sync/v1{path}", data=raw, headers={**given, **(headers or {})}, method=method)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def items(self, path, **options):
        """The entries of a list."""
        response = self.get(path, **options)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()["items"]

    def assertCanonical(self, document):
        """The document is what the catalogue says of its type."""
        self.assertEqual(validate(validator(document["type"]), document), [])

    def assertProblem(self, response, status, code):
        self.assertEqual((response.status_code, response.json().get("code")), (status, code), response.text)
