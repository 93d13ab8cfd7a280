"""Production documents travel encrypted, both ways, whatever a form, an import or SQL says."""

import base64
import os
from http.server import BaseHTTPRequestHandler
from unittest.mock import patch

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.controllers.arrival import arrival_of
from odoo.addons.sync_governance.core.faults import Fault

from .caller_fixture import CallerCase
from .certificates import Authority, pair
from .common import SyncCase
from .delivery_fixture import DeliveryCase

NOWHERE = {"SYNC_GOVERNANCE_PLAIN_NETWORKS": ""}
BEHIND = {**NOWHERE, "SYNC_GOVERNANCE_TRUSTED_PROXIES": "127.0.0.1"}
REFUSED = "urn:sync-governance:problem:authentication.not_encrypted"


@tagged("post_install", "-at_install")
class TestWhatArrives(CallerCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.northwind = self.partner("eastwind", environment="production")
        self.northwind.action_start_testing()

    def send(self, environment, headers=None, code="eastwind-orders"):
        with patch.dict(os.environ, environment):
            return self.post(code, headers={"Authorization": f"Bearer {self.secret}", **(headers or {})})

    def assertPlainRefused(self, response):
        self.assertEqual((response.status_code, response.json()["type"]), (403, REFUSED), response.text)
        self.assertNotIn(self.secret, response.text)

    def test_a_production_endpoint_takes_nothing_that_came_in_clear(self):
        self.door("api_key", "eastwind-orders")
        self.assertPlainRefused(self.send(NOWHERE))
        self.assertPlainRefused(self.send(BEHIND, {"X-Forwarded-Proto": "http"}))
        self.assertFalse(self.env["sync.message"].search([("endpoint_id.code", "=", "eastwind-orders")]))
        self.assertEqual(set(self.rejected().mapped("fault_code")), {"authentication.not_encrypted"})
        self.assertNotIn(self.secret, "".join(self.rejected().mapped("headers")))

    def test_that_it_was_encrypted_is_the_word_of_a_trusted_proxy_only(self):
        self.door("api_key", "eastwind-orders")
        self.assertEqual(self.send(BEHIND, {"X-Forwarded-Proto": "https"}).status_code, 202)
        strange = {**NOWHERE, "SYNC_GOVERNANCE_TRUSTED_PROXIES": "10.0.0.0/8"}
        for environment in (NOWHERE, strange):
            for name in (
                "X-Forwarded-Proto",
                "X_Forwarded_Proto",
                "X-Forwarded-Scheme",
                "Front-End-Https",
                "Forwarded",
            ):
                with self.subTest(name=name, environment=environment):
                    self.assertPlainRefused(self.send(environment, {name: "https"}))

    def test_an_endpoint_for_tests_takes_what_comes(self):
        self.northwind = self.partner("westwind")
        self.northwind.action_start_testing()
        self.door("api_key", "westwind-orders")
        self.assertEqual(self.send(NOWHERE, code="westwind-orders").status_code, 202)

    def test_the_server_may_name_networks_for_simulators(self):
        self.door("api_key", "eastwind-orders")
        self.assertEqual(self.send({"SYNC_GOVERNANCE_PLAIN_NETWORKS": "127.0.0.0/8"}).status_code, 202)
        self.assertPlainRefused(self.send({"SYNC_GOVERNANCE_PLAIN_NETWORKS": "10.0.0.0/8"}))

    def test_the_api_and_the_token_endpoint_hold_to_it(self):
        self.door("api_key", "eastwind-orders")
        with patch.dict(os.environ, NOWHERE):
            headers = {"Authorization": f"Bearer {self.secret}"}
            self.assertPlainRefused(self.url_open("/sync/v1/messages/msg_1", headers=headers))
            self.assertPlainRefused(self.url_open("/sync/v1/openapi.json", headers=headers))
        door = self.door("oauth2", "eastwind-tokens", credential={"username": "eastwind"})
        self.assertEqual(door.state, "live")
        shown = base64.b64encode(f"eastwind:{self.secret}".encode()).decode()
        form = {"data": "grant_type=client_credentials", "headers": {
            "Authorization": f"Basic {shown}", "Content-Type": "application/x-www-form-urlencoded",
        }}  # fmt: skip
        with patch.dict(os.environ, NOWHERE):
            self.assertPlainRefused(self.url_open("/sync/oauth/token", **form))
        with patch.dict(os.environ, BEHIND):
            form["headers"]["X-Forwarded-Proto"] = "https"
            self.assertEqual(self.url_open("/sync/oauth/token", **form).status_code, 200)


@tagged("post_install", "-at_install")
class TestWhatIsBelieved(SyncCase):
    def plain(self, networks="", proxies="10.0.0.0/8", peer="10.0.0.1", address=None, said=(), scheme="http"):
        """Whether a request counts as unencrypted. ``address`` is what Odoo's proxy mode took from a header."""
        forwarded = [("X-Forwarded-Proto", one) for one in said] + [
            ("X-Forwarded-For", one) for one in [address] if one
        ]
        environ = EnvironBuilder(headers=forwarded).get_environ()
        environ |= {"REMOTE_ADDR": address or peer, "wsgi.url_scheme": said[0] if said else scheme}
        environ["werkzeug.proxy_fix.orig"] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": scheme}
        configured = {"SYNC_GOVERNANCE_PLAIN_NETWORKS": networks, "SYNC_GOVERNANCE_TRUSTED_PROXIES": proxies}
        with patch.dict(os.environ, configured):
            return arrival_of(Request(environ)).plain

    def test_what_makes_a_request_encrypted(self):
        for plain, case in (
            (False, {"said": ["https"]}),
            (False, {"said": ["HTTPS"]}),
            (False, {"said": ["https, https"]}),
            (False, {"scheme": "https", "proxies": ""}),
            (False, {"scheme": "https"}),
            (True, {"said": ["http"]}),
            (True, {"said": ["https, http"]}),
            (True, {"said": ["http,https"]}),
            (True, {"said": ["https", "http"]}),
            (True, {"said": ["https x"]}),
            (True, {"said": ["https,"]}),
            (True, {"said": ["http"], "scheme": "https"}),
            (True, {"said": ["https"], "peer": "192.0.2.1"}),
            (True, {"said": ["https"], "proxies": ""}),
            (True, {"said": ["https"], "peer": "192.0.2.1", "address": "10.0.0.1"}),
            (True, {}),
            (False, {"networks": "127.0.0.1", "peer": "127.0.0.1"}),
            # The proxy is on the server itself, and whoever speaks to it is not.
            (True, {"networks": "127.0.0.1", "proxies": "127.0.0.1", "peer": "127.0.0.1", "address": "192.0.2.1"}),
            (True, {"networks": "127.0.0.1", "proxies": "127.0.0.1", "peer": "127.0.0.1", "said": ["http"]}),
            (False, {"networks": "127.0.0.1", "proxies": "127.0.0.1", "peer": "127.0.0.1"}),
            # Nobody becomes the server itself by saying so.
            (True, {"networks": "127.0.0.1", "peer": "192.0.2.1", "address": "127.0.0.1"}),
        ):
            with self.subTest(**case):
                self.assertEqual(self.plain(**case), plain)

    def test_networks_that_cannot_be_read_are_a_matter_of_set_up(self):
        with self.assertRaises(Fault) as caught:
            self.plain(networks="nonsense")
        self.assertEqual(caught.exception.code, "engine.configuration")


class Taking(BaseHTTPRequestHandler):
    """Takes every document; ``taken`` holds them."""

    taken = []

    def do_POST(self):
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        """Nothing: the test looks at what was taken."""


@tagged("post_install", "-at_install")
class TestWhatLeaves(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.dict(os.environ, NOWHERE))
        Taking.taken = []

    def test_an_address_in_clear_is_refused_when_it_is_saved(self):
        self.endpoint.allowed_private_hosts = "10.0.0.12:80"
        with self.assertRaisesRegex(ValidationError, "unencrypted"):
            self.endpoint.url = "http://10.0.0.12/documents"
        settings = {
            "name": "Tokens",
            "code": "tokens-out",
            "trading_partner_id": self.partner.id,
            "key_source": "event",
            "direction": "outbound",
            "authentication": "oauth2",
            "allowed_private_hosts": "10.0.0.12:80",
            "authentication_settings": '{"token_url": "http://10.0.0.12/token"}',
        }
        with self.assertRaisesRegex(ValidationError, "unencrypted"):
            self.env["sync.endpoint"].create(settings)

    def test_a_network_that_the_server_names_is_open(self):
        self.endpoint.allowed_private_hosts = "127.0.0.1:80\nlocalhost:80"
        with patch.dict(os.environ, {"SYNC_GOVERNANCE_PLAIN_NETWORKS": "127.0.0.1"}):
            self.endpoint.url = "http://127.0.0.1/documents"
            with self.assertRaisesRegex(ValidationError, "unencrypted"):
                self.endpoint.url = "http://localhost/documents"

    def test_an_address_that_came_past_the_form_is_not_sent_to(self):
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_endpoint SET url = 'http://127.0.0.1:9/', allowed_private_hosts = '127.0.0.1:9'
                WHERE id = %s""",
            [self.endpoint.id],
        )
        self.env.invalidate_all()
        message = self.invoices("one")
        self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.not_encrypted"))
        self.assertTrue(any("https" in gap for gap in self.endpoint._missing()))

    def test_a_partner_in_the_making_cannot_become_production_in_clear(self):
        partner = self.env["sync.trading.partner"].create(
            {"name": "Plain", "code": "plain", "environment": "test", "company_id": self.company.id}
        )
        endpoint = self.env["sync.endpoint"].create(
            {
                "name": "Plain",
                "code": "plain-out",
                "trading_partner_id": partner.id,
                "direction": "outbound",
                "key_source": "event",
                "allowed_private_hosts": "10.0.0.12:80",
                "url": "http://10.0.0.12/documents",
            }
        )
        self.assertFalse(endpoint._why_not_encrypted())
        with self.assertRaisesRegex(ValidationError, "https"):
            partner.environment = "production"

    # -- an authority of its own -------------------------------------------------------------------------------------

    def deliver(self, port, key):
        self.endpoint.write(
            {"allowed_private_hosts": f"127.0.0.1:{port}", "url": f"https://127.0.0.1:{port}/documents"}
        )
        message = self.invoices(key)
        self.run_engine()
        return message

    def test_a_partner_with_a_private_authority_is_delivered_to_with_it_and_not_without(self):
        authority = Authority()
        with authority.server(Taking) as port:
            refused = self.deliver(port, "without")
            self.assertEqual((refused.state, refused.fault_code), ("ready", "deliver.tls_failed"))
            self.assertEqual(Taking.taken, [])
            self.endpoint.authorities = authority.pem
            self.assertEqual(self.deliver(port, "with").state, "done")
        self.assertEqual(len(Taking.taken), 1)

    def test_what_is_no_authority_is_refused_and_when_it_ends_is_shown(self):
        for text, said in (("nonsense", "no certificates"), (pair()[1], "no authority"), (pair()[2], "private key")):
            with self.subTest(said=said), self.assertRaisesRegex(ValidationError, said):
                self.endpoint.authorities = text
        self.assertFalse(self.endpoint.authorities_until)
        self.endpoint.authorities = Authority().pem
        self.assertIn("CN=Private authority, until", self.endpoint.authorities_note)
        self.assertTrue(self.endpoint.authorities_until)

    def test_only_who_is_sent_to_has_authorities(self):
        partner = self.live_partner("shopify", secrets={"shop-orders": "hush" * 8})
        with self.assertRaisesRegex(ValidationError, "proxies verify"):
            partner.endpoint_ids.authorities = Authority().pem
