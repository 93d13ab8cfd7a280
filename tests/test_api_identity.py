"""Every address of the API with every wrong identity: 401, 403 or 404, and never data."""

import base64
import os
import re
from datetime import timedelta
from unittest.mock import patch

from cryptography.hazmat.primitives.serialization import Encoding

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.api.business import ADDRESSES
from odoo.addons.sync_governance.core.delivery.shown import basic
from odoo.addons.sync_governance.core.security import hashing
from odoo.addons.sync_governance.models.partner import caller

from .certificates import pair
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
        order = self.business_of_northwind()
        self.ids = {
            "/subscriptions/{id}": asked,
            "/subscriptions/{id}:cancel": asked,
            "/messages/{id}": self.arrived,
            "/messages/{id}/raw": self.arrived,
            "/invoices/{id}": event,
        }
        self.ids |= {f"/orders/{{id}}{part}": str(order.id) for part in ("", "/shipments", "/invoices", "/payments")}
        self.ids |= {f"/customers/{{id}}{part}": str(order.partner_id.id) for part in ("", "/balance")}
        self.ids["/purchase-orders/{id}"] = str(self.bought.id)
        self.routes = [
            (method.upper(), self.filled(path.removeprefix("/sync/v1")))
            for path, methods in self.get("/openapi.json").json()["paths"].items()
            for method in methods
        ]
        self.assertEqual(len(self.routes), 14 + sum(map(len, ADDRESSES.values())))

    def business_of_northwind(self):
        """An order with a customer and a purchase order, which northwind may read: everything is called MARK."""
        kinds = self.env["sync.document.type"].search([("code", "in", sorted(ADDRESSES))])
        self.api_door.sudo().business_type_ids = kinds
        product = self.env["product.product"].create({"name": MARK, "default_code": MARK, "is_storable": True})
        customer = self.env["res.partner"].with_user(self.api_door.user_id).sudo().create({"name": MARK})
        order = self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "client_order_ref": MARK,
                "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
            }
        )
        process = self.env["sync.process"]._ensure(
            "order_to_cash",
            MARK,
            self.company,
            name="Order",
            trading_partner_id=self.northwind.id,
            started_at=fields.Datetime.now(),
        )
        process._link(order)
        supplier = self.env["res.partner"].create({"name": "Supplier"})
        self.northwind.sudo().partner_id = supplier
        line = {"product_id": product.id, "product_qty": 1, "price_unit": 1, "name": MARK}
        self.bought = self.env["purchase.order"].create({"partner_id": supplier.id, "order_line": [(0, 0, line)]})
        self.bought.button_confirm()
        return order

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
        if path.endswith(":query"):
            return {"items": [{"scheme": "sku", "value": MARK}]}
        return [{"body": self.order(number)}] if path.endswith(":batch") else self.order(number)

    def not_its_own(self):
        """All but what everybody has: a description, and a list of its own wishes."""
        return [route for route in self.routes if route[1] not in (*DESCRIPTIONS, "/subscriptions")]

    def walk(self, headers, expected, routes=None):
        count = len(self.messages())
        for method, path in routes or self.routes:
            with self.subTest(method=method, path=path, headers=sorted(headers)):
                caller.FAILURES.forget()  # so that it is the proof that is refused, and not the tenth attempt
                body = self.body_for(method, path, "#other")
                response = self.call(method, path, body=body, key=False, headers=headers)
                self.assertIn(response.status_code, expected, response.text)
                self.assertEqual(response.headers["Content-Type"], "application/problem+json")
                self.assertNotIn(MARK, response.text)
                if response.status_code == 401:
                    self.assertTrue(response.headers["WWW-Authenticate"])
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

    def test_a_key_that_is_revoked(self):
        key = bearer(self.key)
        self.proof.action_revoke()
        self.walk(key, (401,))

    def test_a_key_that_has_run_out(self):
        self.proof.version_ids._set_end(fields.Datetime.now() - timedelta(seconds=1))
        self.walk(bearer(self.key), (401,))
        response = self.get("/openapi.json")
        self.assertProblem(response, 401, "authentication.credential_expired")

    def test_a_token_that_was_revoked_or_has_run_out(self):
        self.door("oauth2", "northwind-oauth", credential={"may_read": True})
        client = {"Authorization": basic(self.proof.username, self.secret)}
        form = {**client, "Content-Type": "application/x-www-form-urlencoded"}

        def token():
            asked = self.url_open("/sync/oauth/token", data=b"grant_type=client_credentials", headers=form)
            return asked.json()["access_token"]

        revoked, expired = token(), token()
        self.assertEqual(self.get("/openapi.json", key=revoked).status_code, 200)
        self.url_open("/sync/oauth/revoke", data=f"token={revoked}".encode(), headers=form)
        self.walk(bearer(revoked), (401,))
        self.env.cr.execute("UPDATE sync_access_token SET expires_at = now() AT TIME ZONE 'UTC'")
        self.walk(bearer(expired), (401,))
        self.walk(client, (401,))  # the client itself calls nothing but the token endpoint

    def test_a_user_with_a_wrong_password_or_of_another_name(self):
        self.door("basic", "northwind-basic", credential={"may_read": True})
        right = {"Authorization": basic("northwind-basic", self.secret)}
        self.assertEqual(self.call("GET", "/openapi.json", key=False, headers=right).status_code, 200)
        self.walk({"Authorization": basic("northwind-basic", self.secret + "x")}, (401,))
        self.walk({"Authorization": basic("northwind-basic", "")}, (401,))
        self.walk({"Authorization": basic("southwind", self.secret)}, (401,))

    def test_a_certificate_that_a_stranger_claims_to_have_seen(self):
        certificate, _pem, _key = pair("northwind")
        self.door("mtls", "northwind-mtls", secret="CN=northwind", credential={"may_read": True})
        der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        shown = {"Client-Cert": f":{der}:"}
        with patch.dict(os.environ, {"SYNC_GOVERNANCE_TRUSTED_PROXIES": "127.0.0.1"}):
            self.assertEqual(self.call("GET", "/openapi.json", key=False, headers=shown).status_code, 200)
        for proxies in ("10.0.0.0/8", ""):
            with patch.dict(os.environ, {"SYNC_GOVERNANCE_TRUSTED_PROXIES": proxies}):
                self.walk(shown, (401,))
                self.walk({**shown, "X-Forwarded-For": "10.0.0.1"}, (401,))

    def test_a_test_partner_in_production(self):
        other = self.partner("southwind", environment="test")
        other.action_start_testing()
        self.northwind = other
        door = self.door("api_key", "southwind-api", credential={"may_read": True})
        door.sudo().business_type_ids = self.api_door.business_type_ids
        self.walk(bearer(self.secret), (404,), self.not_its_own())
        paths = self.get("/openapi.json", key=self.secret).json()["paths"]
        self.assertFalse([path for path in paths if "orders" in path or "availability" in path])

    def test_a_production_partner_in_a_database_for_tests(self):
        self.env["sync.production"].with_user(self.officer)._set_environment("test")
        self.env["sync.production"]._forget()
        self.addCleanup(self.env["sync.production"]._forget)
        for method, path in self.routes:
            response = self.call(method, path, body=self.body_for(method, path, "#x"))
            self.assertProblem(response, 503, "receive.wrong_environment")
            self.assertNotIn(MARK, response.text)

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
        self.assertTrue(self.proof.may_read)
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
