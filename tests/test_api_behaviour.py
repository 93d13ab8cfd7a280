"""How much may be asked, and what somebody is told who is not let in."""

from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.delivery.shown import basic
from odoo.addons.sync_governance.models.exchange import gauge

from .api_fixture import ApiCase


@tagged("post_install", "-at_install")
class TestHowMuch(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.dict(gauge._SLICES, clear=True))

    def test_a_read_counts_as_one_document(self):
        self.api_door.rate_per_minute = 4
        first = self.get("/openapi.json")
        self.assertEqual(first.headers["RateLimit-Policy"], '"documents";q=4;w=60')
        self.assertRegex(first.headers["RateLimit"], r'^"documents";r=3;t=\d+$')
        again = self.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual(again.status_code, 304)
        self.assertRegex(again.headers["RateLimit"], r'^"documents";r=2;t=\d+$')
        sent = self.send(self.order())
        self.assertRegex(sent.headers["RateLimit"], r'^"documents";r=1;t=\d+$')
        self.assertEqual(self.get(f"/messages/{sent.json()['id']}").status_code, 200)
        for response in (self.get("/openapi.json"), self.get("/messages/x"), self.send(self.order("#2"))):
            self.assertProblem(response, 429, "receive.too_many")
            self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 60)

    def test_without_a_limit_nothing_is_counted(self):
        response = self.get("/openapi.json")
        self.assertNotIn("RateLimit", response.headers)
        self.assertFalse(self.env["sync.gauge"].search([("endpoint_id", "=", self.api_door.id), ("taken", ">", 0)]))

    def test_while_too_much_waits_its_status_can_be_read(self):
        self.api_door.write({"max_waiting": 1, "rate_per_minute": 100})
        uid = self.send(self.order()).json()["id"]
        self.env.cr.execute("UPDATE sync_gauge SET measured_at = NULL")
        gauge._SLICES.clear()
        self.assertProblem(self.send(self.order("#2")), 429, "receive.too_many")
        self.assertEqual(self.get(f"/messages/{uid}").json()["status"], "ready")


@tagged("post_install", "-at_install")
class TestNotLetIn(ApiCase, HttpCase):
    def refused(self, **headers):
        response = self.call("GET", "/openapi.json", key=False, headers=headers)
        self.assertEqual(response.status_code, 401, response.text)
        return response

    def test_who_shows_nothing_is_told_what_there_is_to_show(self):
        response = self.refused()
        self.assertProblem(response, 401, "authentication.missing")
        self.assertEqual(
            response.headers["WWW-Authenticate"], 'Bearer realm="sync", Basic realm="sync", charset="UTF-8"'
        )
        self.assertIn("Authorization: Bearer", response.json()["detail"])
        self.assertEqual(response.json()["fixer"], "partner")

    def test_who_shows_what_is_wrong_is_told_what_to_do(self):
        response = self.refused(Authorization=f"Bearer {self.key[:-1]}{'A' if self.key[-1] != 'A' else 'B'}")
        self.assertProblem(response, 401, "authentication.credential_invalid")
        self.assertEqual(response.headers["WWW-Authenticate"], 'Bearer realm="sync", error="invalid_token"')
        self.assertIn("ask whoever gave it to you", response.json()["detail"])

    def test_a_user_with_a_password(self):
        self.door("basic", "northwind-basic", credential={"may_read": True})
        right = {"Authorization": basic("northwind-basic", self.secret)}
        self.assertEqual(self.call("GET", "/openapi.json", key=False, headers=right).status_code, 200)
        response = self.refused(Authorization=basic("northwind-basic", "wrong"))
        self.assertEqual(response.headers["WWW-Authenticate"], 'Basic realm="sync", charset="UTF-8"')
        self.assertIn("ask whoever gave it to you", response.json()["detail"])

    def test_a_key_that_has_run_out_is_told_apart_and_challenged(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_credential_version SET valid_until = now() AT TIME ZONE 'UTC' - interval '1 minute'"
            " WHERE credential_id = %s",
            [self.proof.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        response = self.refused(Authorization=f"Bearer {self.key}")
        self.assertProblem(response, 401, "authentication.credential_expired")
        self.assertIn("Bearer", response.headers["WWW-Authenticate"])


@tagged("post_install", "-at_install")
class TestWhatMayBeRead(ApiCase):
    def setUp(self):
        super().setUp()
        self.orders_as_they_stand = self.env["sync.document.type"].search([("code", "=", "order.changed")])

    def test_a_manager_sets_it_and_it_is_written_down(self):
        with self.assertRaises(AccessError):
            self.api_door.with_user(self.viewer).business_type_ids = self.orders_as_they_stand
        self.api_door.with_user(self.manager).business_type_ids = self.orders_as_they_stand
        profile = self.env["sync.endpoint"]._intake_profile(self.api_door.code)
        self.assertEqual(profile["business"], {"order.changed"})
        told = self.env["sync.audit.entry"].search([("model", "=", "sync.endpoint"), ("res_id", "=", self.api_door.id)])
        self.assertTrue(told.filtered(lambda entry: "business_type_ids" in (entry.changes or "")))

    def test_only_what_there_is_and_only_where_somebody_calls(self):
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self.api_door.business_type_ids = self.order_type
        sends = self.gives_invoices(self.northwind, "northwind-invoices").endpoint_id
        with self.assertRaisesRegex(ValidationError, "choose an endpoint that receives"):
            sends.business_type_ids = self.orders_as_they_stand
