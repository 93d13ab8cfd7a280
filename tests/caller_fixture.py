"""Endpoints that recognise who calls in every way there is."""

import json

from odoo.addons.sync_governance.models.partner import caller

from .governance_fixture import GovernanceCase


class CallerCase(GovernanceCase):
    """``self.door(authentication)`` is a live endpoint; orders stand in its body under /type ``orders/create``."""

    def setUp(self):
        super().setUp()
        caller.FAILURES.forget()
        self.northwind = self.partner()
        self.northwind.action_start_testing()

    def door(self, authentication, code="northwind-orders", secret=None, settings=None, credential=None, **values):
        """The endpoint; its credential has ``secret``, or one that Odoo makes: ``self.secret``."""
        door = self.endpoint(
            self.northwind,
            code,
            authentication=authentication,
            authentication_settings=json.dumps(settings) if settings else False,
            **values,
        )
        values = {"name": "Secret", "endpoint_id": door.id, **(credential or {})}
        if authentication == "basic":
            values.setdefault("username", code)
        self.proof = self.env["sync.credential"].with_user(self.officer).create(values)
        if secret:
            self.proof.secret_input = self.secret = secret
        else:
            self.secret = self.proof._issue(overlap_hours=0)
        door.action_create_agent()
        door.action_go_live()
        return door

    def document(self, number=1, topic="orders/create"):
        return json.dumps({"id": number, "type": topic}).encode()

    def post(self, code="northwind-orders", headers=None, body=None):
        """A document as a partner sends it over HTTP."""
        return self.url_open(
            f"/sync/in/{code}",
            data=body or self.document(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )

    def assertRefused(self, response, status, code):
        self.assertEqual(
            (response.status_code, response.json().get("type")),
            (status, f"urn:sync-governance:problem:authentication.{code}"),
            response.text,
        )
        self.assertNotIn(self.secret, response.text)

    def rejected(self):
        return self.env["sync.transmission"].search([("verdict", "=", "rejected")])
