"""Every address of the API with every wrong identity: 401, 403 or 404, and never data."""

import re

from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.delivery.shown import basic
from odoo.addons.sync_governance.core.security import hashing
from odoo.addons.sync_governance.models.partner import caller

from .feed_fixture import FeedCase

MARK = "INV-SECRET-4711"
# Whoever is known is told what he may use, which may be nothing.
DESCRIPTIONS = ("/openapi.json", "/asyncapi.json")


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@tagged("post_install", "-at_install")
class TestWrongIdentities(FeedCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.posted(MARK)
        page = self.fetch()
        self.acknowledge({"cursor": page["next"]})
        self.posted(f"{MARK}-2")
        self.arrived = self.send(self.order(MARK)).json()["id"]
        self.run_engine()
        self.event = event = self.get("/invoices").json()["items"][0]["id"]
        asked = self.send({"name": MARK, "types": ["shipment.dispatched"]}, path="/subscriptions").json()["id"]
        self.ids = {
            "/subscriptions/{id}": asked,
            "/subscriptions/{id}:cancel": asked,
            "/messages/{id}": self.arrived,
            "/messages/{id}/raw": self.arrived,
            "/invoices/{id}": event,
        }
        self.routes = [
            (method.upper(), self.filled(path.removeprefix("/sync/v1")))
            for path, methods in self.get("/openapi.json").json()["paths"].items()
            for method in methods
        ]
        self.assertEqual(len(self.routes), 14)

    def filled(self, path):
        return path.replace("{id}", self.ids.get(path, ""))

    def body_for(self, method, path, number):
        if method != "POST":
            return None
        if path.startswith("/subscriptions"):
            return {"name": "Another", "types": ["invoice.posted"]}
        if path.endswith(":acknowledge"):
            waiting = self.env["sync.feed.entry"].search([("acknowledged_at", "=", False)]).message_id
            return {"ids": [self.event, *waiting.event_id.mapped("uid")]}
        return [{"body": self.order(number)}] if path.endswith(":batch") else self.order(number)

    def not_its_own(self):
        """All but what everybody has: a description, and a list of its own wishes."""
        return [route for route in self.routes if route[1] not in (*DESCRIPTIONS, "/subscriptions")]

    def walk(self, headers, expected, routes=None):
        count = len(self.messages())
        for method, path in routes or self.routes:
            with self.subTest(method=method, path=path, headers=sorted(headers)):
                caller.FAILURES.forget()  # there are more addresses than anybody may be wrong in a minute
                body = self.body_for(method, path, "#other")
                response = self.call(method, path, body=body, key=False, headers=headers)
                self.assertIn(response.status_code, expected, response.text)
                self.assertEqual(response.headers["Content-Type"], "application/problem+json")
                self.assertNotIn(MARK, response.text)
                self.assertNotRegex(response.text, r"evt_[0-9a-f]|northwind|southwind")
        self.assertEqual(len(self.messages()), count, "nothing was taken in")
        waiting = self.env["sync.feed.entry"].search([("acknowledged_at", "=", False)])
        self.assertEqual((len(waiting), waiting.offers), (1, 0), "nothing was fetched or acknowledged")
        asked = self.env["sync.subscription"].search([("trading_partner_id.code", "=", "northwind")])
        self.assertEqual(asked.mapped("state"), ["requested"], "nothing was asked for or cancelled")

    def test_they_are_all_the_right_ones_for_who_may(self):
        for method, path in self.routes:
            body = self.body_for(method, path, "#right")
            self.assertIn(self.call(method, path, body=body).status_code, (200, 201, 202))

    def test_nobody_and_who_shows_what_is_not_valid(self):
        changed = self.key[:-1] + ("A" if self.key[-1] != "A" else "B")
        for headers in (
            {},
            bearer(""),
            bearer(changed),
            bearer(hashing.generate_key("sgk")),
            bearer(hashing.generate_key("sgt")),
            bearer(hashing.digest(self.key)),
            {"Authorization": basic("northwind-orders", self.key)},
            {"Authorization": self.key},
            {"X-Api-Key": self.key},
        ):
            self.walk(headers, (401,))

    def test_a_key_that_is_revoked_or_run_out(self):
        key = bearer(self.key)
        self.proof.action_revoke()
        self.walk(key, (401,))

    def test_the_key_of_a_door_that_is_closed(self):
        self.api_door.action_suspend()
        for method, path in self.routes:
            response = self.call(method, path, body=self.body_for(method, path, "#x"))
            self.assertProblem(response, 503, "receive.endpoint_not_live")

    def test_an_administrator_of_odoo_who_is_no_partner(self):
        self.authenticate("admin", "admin")
        self.walk({}, (401,))

    def test_an_address_that_is_not_allowed(self):
        self.api_door.allowed_sources = "203.0.113.0/24"
        self.walk(bearer(self.key), (403,))

    def test_a_credential_that_covers_nothing_of_it(self):
        self.proof.document_type_ids = self.env["sync.document.type"].search([("code", "=", "order.cancel")])
        routes = [route for route in self.routes if route[1] not in DESCRIPTIONS]
        self.walk(bearer(self.key), (403, 404), routes)
        paths = self.get("/openapi.json").json()["paths"]
        always = ["/asyncapi.json", "/messages/{id}", "/messages/{id}/raw", "/openapi.json"]
        self.assertEqual(sorted(paths), [f"/sync/v1{path}" for path in always])

    def test_another_partner_with_nothing_of_its_own(self):
        other = self.partner("southwind")
        other.action_start_testing()
        self.northwind = other
        self.door("api_key", "southwind-api", credential={"may_read": True})
        self.walk(bearer(self.secret), (404,), self.not_its_own())
        self.assertEqual(self.get("/subscriptions", key=self.secret).json(), {"items": []})
        for path in DESCRIPTIONS:
            self.assertNotRegex(self.get(path, key=self.secret).text, re.compile("northwind|order.create"))

    def test_another_partner_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids |= company
        self.officer.company_ids |= company
        other = self.partner("southwind", company_id=company.id)
        other.action_start_testing()
        self.northwind = other
        self.door("api_key", "southwind-api", credential={"may_read": True})
        self.walk(bearer(self.secret), (404,), self.not_its_own())
        self.assertEqual(self.get("/subscriptions", key=self.secret).json(), {"items": []})

    def test_addresses_that_do_not_exist_tell_a_stranger_nothing(self):
        for path in (
            "",
            "/",
            "/nonsense",
            "/orders/",
            "/messages",
            "/messages/",
            "/openapi",
            "/docs/x",
            "/a%0Ab",
            "/%2e%2e/web",
        ):
            with self.subTest(path=path):
                self.assertEqual(self.call("GET", path, key=False).status_code, 401)
