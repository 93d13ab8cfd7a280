"""schemathesis over the whole description of the API: calls made of it, right and wrong ones, against the real server.

The seed is fixed, so every run makes the same calls. What is not asked of the answers:

* that a document whose shape is right is applied: business may refuse it, and a cursor is only one if we gave it;
* that a wrong document in a batch refuses the whole batch: each has its own result;
* who is let in: ``test_api_identity.py`` walks every address with every wrong identity.
"""

import logging
from contextlib import contextmanager

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.api.business import ADDRESSES

from .feed_fixture import FeedCase

CALLS = 25
"""Of each kind for each operation: about a thousand altogether."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
# Of these nothing can be wrong but the address itself.
NEVER_WRONG = {("get", f"/sync/v1/{page}") for page in ("openapi.json", "asyncapi.json", "subscriptions")}
WRONG = (negative_data_rejection, missing_required_header)
TAKEN = {
    "customer.changed": "sales_approver",
    "payment.received": "finance_approver",
    "shipment.confirmed": "warehouse_approver",
    "tracking.event": "warehouse_approver",
}


@tagged("post_install", "-at_install")
class TestDescribedCalls(FeedCase, HttpCase):
    """A partner that may do everything there is: send, read what it was given, read Odoo's business."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse_approver = cls.person("wanda.approver", "group_approver_warehouse")

    def setUp(self):
        super().setUp()
        taken = [self.orders]
        for document_type, approver in TAKEN.items():
            taken.append(self.canonical_interface(self.api_door, document_type, getattr(self, approver)))
        for interface in taken:
            # Whoever sends waits for the result, so that what is wrong is refused at once; nothing holds up the next.
            self.configure(interface.policy_id, head_policy="skip", timing="synchronous", patience=1)
        self.api_door.sudo().hold_unread = False  # else nobody waits for a document whose ordering key cannot be read
        self.posted("INV/1", "INV/2")
        self.acknowledge({"cursor": self.fetch()["next"]})
        self.posted("INV/3")
        readable = self.env["sync.document.type"].search([("code", "in", sorted(ADDRESSES))])
        self.api_door.sudo().business_type_ids = readable
        self.known = self.records()
        self.description = self.get("/openapi.json").json()

    def records(self):
        """Something of the partner's own to read: {path: id}."""
        self.product = self.env["product.product"].create(
            {"name": "Headset", "default_code": "NW-2210", "is_storable": True}
        )
        agent = self.api_door.user_id
        customer = self.env["res.partner"].with_user(agent).sudo().create({"name": "Customer"})
        order = self.env["sale.order"].create(
            {"partner_id": customer.id, "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 2})]}
        )
        order.action_confirm()
        process = self.env["sync.process"]._ensure(
            "order_to_cash",
            "schemathesis",
            self.company,
            name="Order",
            trading_partner_id=self.northwind.id,
            started_at=fields.Datetime.now(),
        )
        process._link(order)
        self.northwind.sudo().partner_id = self.env["res.partner"].create({"name": "Supplier"})
        line = {"product_id": self.product.id, "product_qty": 2, "price_unit": 1}
        bought = self.env["purchase.order"].create(
            {"partner_id": self.northwind.partner_id.id, "order_line": [(0, 0, line)]}
        )
        bought.button_confirm()
        return {
            "orders": str(order.id),
            "customers": str(customer.id),
            "purchase-orders": str(bought.id),
            "messages": self.send(self.order("#seen")).json()["id"],
            "invoices": self.get("/invoices").json()["items"][0]["id"],
            "subscriptions": self.send(
                {"name": "Their shipments", "types": ["shipment.dispatched"]}, path="/subscriptions"
            ).json()["id"],
        }

    def test_calls_made_of_the_description_are_answered_as_it_says(self):
        schema = schemathesis.openapi.from_dict(
            self.description,
            config=SchemathesisConfig.from_dict(
                {"generation": {"with-security-parameters": False, "deterministic": True, "database": "none"}}
            ),
        )
        # What a batch brings is not waited for, and would stand before what comes after it.
        operations = sorted((result.ok() for result in schema.get_all_operations()), key=lambda one: ":" in one.path)
        self.assertEqual(
            {(operation.method.lower(), operation.path) for operation in operations},
            {(method, path) for path, methods in self.description["paths"].items() for method in methods},
        )
        self.seen = {}
        with self.told_to_the_log() as records:
            for operation in operations:
                for mode in schemathesis.GenerationMode:
                    with self.subTest(operation=f"{operation.method.upper()} {operation.path}", mode=mode.name):
                        self.call_at_random(operation, mode)
        self.assertEqual([f"{one.name}: {one.getMessage()}" for one in records], [])
        for operation in operations:
            statuses = self.seen[operation.method.lower(), operation.path]
            # Of what is sent, Odoo may have refused everything: the articles of these documents do not exist.
            good = {status for status in statuses if status < 300 or (operation.method == "post" and status == 422)}
            self.assertTrue(good, f"{operation.path} was never answered: {statuses}")

    def call_at_random(self, operation, mode):
        wrong = mode is schemathesis.GenerationMode.NEGATIVE
        checks = [*CHECKS, *(WRONG if wrong and not operation.path.endswith(":batch") else ())]

        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
        @settings(
            max_examples=CALLS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        def answered(case, known):
            if known and not wrong and "id" in (case.path_parameters or {}):
                case.path_parameters["id"] = self.known[operation.path.split("/")[3]]
            call = case.as_transport_kwargs(base_url=self.base_url())
            call["headers"]["Authorization"] = f"Bearer {self.key}"
            response = self.opener.request(**call, timeout=60, allow_redirects=False)
            self.seen.setdefault((operation.method.lower(), operation.path), set()).add(response.status_code)
            case.validate_response(response, checks=checks)

        if wrong and (operation.method.lower(), operation.path) in NEVER_WRONG:
            return
        answered()

    @contextmanager
    def told_to_the_log(self):
        """What is said in the log from a warning on."""
        records = []

        class Keeper(logging.Handler):
            def emit(self, record):
                records.append(record)

        keeper = Keeper(logging.WARNING)
        logging.getLogger().addHandler(keeper)
        try:
            yield records
        finally:
            logging.getLogger().removeHandler(keeper)
