"""A partner that calls the API: it sends orders in their canonical form and is given invoices."""

import json
from unittest.mock import patch

from odoo import fields

from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.core.work import Done, Effect
from odoo.addons.sync_governance.models.exchange.publisher import EventDraft

from .caller_fixture import CallerCase

SINK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class ApiCase(CallerCase):
    """``self.key`` is northwind's; what becomes of an order says ``self.outcome``, a function of the work."""

    def setUp(self):
        super().setUp()
        self.applied = []
        handler = self.registry["sync.handler.order.create"]
        self.startPatcher(patch.object(handler, "_apply_one", lambda _handler, work: self.outcome(work)))
        self.api_door = self.door("api_key", key_value="/number", credential={"may_read": True})
        self.key = self.secret
        self.orders = self.canonical_interface(self.api_door, "order.create", self.sales_approver)

    def partner(self, code="northwind", **values):
        return super().partner(code, **{"environment": "production", **values})  # of a test partner nothing stays

    def outcome(self, work):
        self.applied.append(work.canonical["number"])
        number = f"S{len(self.applied):05}"
        return Done([Effect("created", "sale.order", 7, number)], reference=work.canonical["number"])

    # -- configuration -------------------------------------------------------------------------------------------------

    def canonical_interface(self, endpoint, document_type, approver, **policy):
        """A live interface of the canonical form of a document type, through the real workflow."""
        kind = self.env["sync.document.type"].search([("code", "=", document_type)])
        code = f"{endpoint.code}.{document_type}"
        schema = json.dumps(catalogue()[document_type].schema, default=dict)
        contract = self.contract(code, document_type_id=kind.id, form="canonical", schema=schema)
        rules = self.policy(code, domain=kind.domain, **policy)
        for version in (contract, rules):
            version.action_submit()
            version.with_user(approver).action_approve()
        interface = self.interface(
            endpoint,
            code=code,
            name=kind.title,
            document_type_id=kind.id,
            topic=document_type,
            contract_id=contract.id,
            policy_id=rules.id,
        )
        interface.action_go_live()
        self.configure(endpoint.trading_partner_id, state="live")  # until then nothing has an effect
        return interface

    def gives_invoices(self, partner, code):
        """A live door of ``partner`` that is sent invoices."""
        door = self.endpoint(
            partner,
            code,
            direction="outbound",
            key_source="event",
            key_value=False,
            topic_source=False,
            topic_value=False,
            url="https://partner.example/hook",
        )
        self.credential(door, SINK_SECRET, purpose="sign")
        door.action_create_agent()
        door.action_go_live()
        return self.canonical_interface(door, "invoice.posted", self.finance_approver)

    def configure(self, record, **values):
        """Change what is approved, as no person may: the test is about its effect."""
        self.env.flush_all()
        names = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute("SET LOCAL session_replication_role = replica")  # the freeze of approved versions
        self.env.cr.execute(f"UPDATE {record._table} SET {names} WHERE id = %s", [*values.values(), record.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def synchronous(self, patience=1):
        self.configure(self.orders.policy_id, timing="synchronous", patience=patience)

    # -- documents -----------------------------------------------------------------------------------------------------

    def order(self, number="#1001", **changes):
        """A canonical order."""
        return {**json.loads(json.dumps(catalogue()["order.create"].examples[0])), "number": number, **changes}

    def given_invoices(self, *numbers, partner=None):
        """Invoices that were posted and delivered."""
        example = catalogue()["invoice.posted"].examples[0]
        drafts = [
            (
                None,
                EventDraft(
                    {**example, "number": number},
                    ordering_key=number,
                    company_id=self.company.id,
                    occurred_at=fields.Datetime.now(),
                    trading_partner_id=partner.id if partner else None,
                ),
            )
            for number in numbers
        ]
        self.env["sync.event"]._insert("invoice.posted", drafts)
        with self.partner_answers():
            self.run_engine()

    # -- calls ---------------------------------------------------------------------------------------------------------

    def call(self, method, path, body=None, key=None, headers=None):
        """A call of the API; ``key`` False: without any."""
        given = {} if key is False else {"Authorization": f"Bearer {key or self.key}"}
        if body is not None:
            given["Content-Type"] = "application/json"
        raw = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        self.env.flush_all()
        return self.url_open(f"/sync/v1{path}", data=raw, headers={**given, **(headers or {})}, method=method)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def send(self, body, path="/orders", **options):
        return self.call("POST", path, body=body, **options)

    def assertProblem(self, response, status, code):
        """A problem document of the taxonomy that says nothing else, and no secret."""
        self.assertEqual(
            (response.status_code, response.headers["Content-Type"], response.json().get("code")),
            (status, "application/problem+json", code),
            response.text,
        )
        self.assertEqual(response.json()["status"], status)
        self.assertNotIn(self.key, response.text)

    def messages(self):
        return self.env["sync.message"].search([("endpoint_id", "=", self.api_door.id)], order="id")
