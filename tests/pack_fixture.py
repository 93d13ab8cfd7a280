"""The partners of the packs, for tests: they sign and send what their samples say, and receive at a real server."""

import json
import threading
import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.tests import HttpCase
from odoo.tools import file_path

from ..core import queue
from ..core.delivery import signatures
from ..core.delivery.profiles import profiles
from ..core.delivery.schemes import schemes
from ..core.security import hashing
from .common import SyncCase

TEXT_SECRET = "a-secret-of-the-partners-of-the-tests"
MADE_KEY = hashing.generate_key("sgk")
CODED_SECRET = "whsec_cGFjay1wYWNrLXBhY2stcGFjay1wYWNrLXBhY2s="


def secret_of(authentication, direction="inbound"):
    """A secret that fits a way of authentication."""
    if authentication == "api_key" and direction == "inbound":
        return MADE_KEY
    if authentication == "basic":
        return f"partner:{TEXT_SECRET}"
    profile = profiles().get(authentication)
    return CODED_SECRET if profile and profile.key == "base64" else TEXT_SECRET


@contextmanager
def listening(answer):
    """A partner's server on loopback; gives its address and the list of (path, headers, body) that it was sent.

    :param answer: (status, body) that it gives to all
    """
    received = []

    class Partner(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, said = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args):
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()


class PackCase(SyncCase, HttpCase):
    """One partner per pack, live by the real workflow."""

    def sample(self, pack, name):
        """The bytes of a file of a pack."""
        with open(file_path(f"sync_governance/packs/{pack}/{name}"), "rb") as file:
            return file.read()

    def partner_of(self, pack, address="https://partner.example.com"):
        """The live partner of a pack (its data), which is sent to at ``address``."""
        spoken = [door for door in pack["endpoints"] if door["transport"] in ("webhook", "https", "feed", "internal")]
        secrets = {door["code"]: secret_of(door["authentication"], door["direction"]) for door in spoken}
        urls = {d["code"]: f"{address}/{d['code']}" for d in pack["endpoints"] if d["transport"] == "https"}
        return self.live_partner(
            pack["name"],
            secrets={d["code"]: secrets[d["code"]] for d in spoken if d["direction"] != "internal"},
            urls=urls,
        )

    def knows(self, partner, references):
        """The cross-references that a sample names hold from now on."""
        xrefs = self.env["sync.xref"]
        for domain, codes in references.items():
            for external, code in codes.items():
                values = {"domain": domain, "external_id": external, "canonical_code": code}
                key = [(name, "=", value) for name, value in values.items()]
                if not xrefs.search_count([*key, ("trading_partner_id", "=", partner.id)]):
                    xrefs.create({**values, "trading_partner_id": partner.id})

    def sells(self, partner, order):
        """The articles, taxes and currency of an order are in Odoo, so that it can be placed."""
        self._currency(order["currency"])
        for line in order["lines"]:
            codes = {entry["scheme"]: entry["value"] for entry in line["item"]["identifiers"]}
            self._article(partner, codes.get("sku"), codes.get("partner"))
        included = "tax_included" if order["prices_include_tax"] else "tax_excluded"
        rates = {tax["rate"] for holder in [*order["lines"], *order["charges"]] for tax in holder["taxes"]}
        for percent in sorted(float(rate) * 100 for rate in rates):
            self.env["account.tax"].create(
                {
                    "name": f"Tax of the samples {percent} {included} {uuid.uuid4().hex[:6]}",
                    "amount": round(percent, 4),
                    "price_include_override": included,
                    "type_tax_use": "sale",
                    "company_id": self.company.id,
                }
            )

    def _currency(self, code):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)])
        currency.active = True
        if currency != self.company.currency_id and not currency.rate_ids:
            rate = {"currency_id": currency.id, "rate": 1.0, "company_id": self.company.id, "name": "2026-01-01"}
            self.env["res.currency.rate"].create(rate)

    def _article(self, partner, sku, theirs):
        products = self.env["product.product"]
        product = sku and products.search([("default_code", "=", sku)], limit=1)
        if not product and (sku or theirs):
            product = products.create({"name": f"Article {sku or theirs}", "default_code": sku, "type": "consu"})
        key = [("domain", "=", "product"), ("external_id", "=", theirs), ("trading_partner_id", "=", partner.id)]
        if theirs and not self.env["sync.xref"].search_count(key):
            self.env["sync.xref"].create(
                {
                    "domain": "product",
                    "external_id": theirs,
                    "res_id": product.id,
                    "trading_partner_id": partner.id,
                }
            )

    # -- in ------------------------------------------------------------------------------------------------------------

    def headers_of(self, pack, interface, body):
        """What a partner sends beside the body: the signature, the topic, the key, an id of the delivery."""
        door = next(each for each in pack["endpoints"] if each["code"] == interface["endpoint"])
        name, number = door["authentication"], uuid.uuid4().hex
        signed = (
            {"Authorization": f"Bearer {secret_of(name)}"} if name == "api_key" else self._signed(door, body, number)
        )
        headers = {"Content-Type": "application/json"}
        for source in next(iter(schemes()[name].dedupe), ()):
            if source.startswith("header:"):
                headers[source.removeprefix("header:")] = number
        if door["ordering_key"]["source"] == "header":
            headers[door["ordering_key"]["value"]] = number
        if door["topic"]["source"] == "header":
            headers[door["topic"]["value"]] = interface["topic"]
        return {**headers, **signed}

    def _signed(self, door, body, number):
        name = door["authentication"]
        return signatures.sign(
            body,
            profile=name,
            secrets=[signatures.Secret("partner", secret_of(name))],
            message_id=f"msg_{number}",
            now=datetime.now(timezone.utc),
            settings=door.get("authentication_settings"),
        )

    def message_of(self, response):
        """The message of a receipt over HTTP."""
        self.assertEqual(response.status_code, 202, response.text)
        return self.env["sync.message"].search([("uid", "=", response.json()["message_id"])])

    # -- out -----------------------------------------------------------------------------------------------------------

    def happens(self, interface, document):
        """An event whose document an interface carries; returns the message that is due."""
        self.env.flush_all()
        cr, key = self.env.cr, uuid.uuid4().hex
        cr.execute(
            """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                       state, occurred_at, published_at)
               VALUES (%s, %s, %s, %s, %s, %s, 'routed', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
               RETURNING id""",
            [
                uuid.uuid4().hex,
                interface.document_type_id.id,
                interface.document_type_id.code,
                json.dumps(document),
                key,
                self.company.id,
            ],
        )
        message = queue.NewMessage(
            uid=f"msg_{uuid.uuid4().hex}",
            direction="outbound",
            endpoint_id=interface.endpoint_id.id,
            trading_partner_id=interface.trading_partner_id.id,
            company_id=self.company.id,
            key=key,
            interface_id=interface.id,
            document_type_id=interface.document_type_id.id,
            event_id=cr.fetchone()[0],
            reference=key,
        )
        return self.env["sync.message"].browse(queue.enqueue(cr, [message]))
