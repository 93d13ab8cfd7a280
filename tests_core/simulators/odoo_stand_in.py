"""A stand-in for Odoo that is as much of it as the partners meet: intake, deliveries, and JSON-RPC.

It verifies and signs with the addon's own ``core``, so that the partners' independent signatures are held against it.
"""

import base64
import json
import threading
import time
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sync_governance.core.delivery import signatures
from sync_governance.core.delivery.http import Request, deliver


def webhook_secret(letter):
    return "whsec_" + base64.b64encode(letter * 32).decode()


SECRETS = {
    "shop-orders": "shop secret",
    "threepl-requests": webhook_secret(b"r"),
    "threepl-confirmations": webhook_secret(b"c"),
    "carrier-tracking": "sécret",
    "gateway-payments": "whsec_gateway",
    "finance-invoices": webhook_secret(b"f"),
}
PROFILES = {
    "shop-orders": "shopify",
    "threepl-confirmations": "standard_webhooks",
    "carrier-tracking": "easypost",
    "gateway-payments": "stripe",
}


class OdooStandIn:
    """Takes webhooks; ``handled`` are the authentic ones that were new, by endpoint."""

    def __init__(self):
        self.received, self.handled, self.keys = [], [], set()
        self.status, self.partners, self.plays = 202, {}, False
        self.order, self.milestones, self.state, self.lock = None, [], "running", threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def documents(self, endpoint):
        return [document for name, document in self.handled if name == endpoint]

    def send(self, endpoint, partner, document, *, message_id, secret=None, now=None):
        """Deliver a document as the addon does."""
        body = json.dumps(document).encode()
        now = now or datetime.now(timezone.utc)
        key = signatures.Secret("k", secret or SECRETS[endpoint])
        headers = signatures.sign(body, profile="standard_webhooks", secrets=[key], message_id=message_id, now=now)
        url = f"{partner}/hook"
        return deliver(
            Request(
                url, body=body, headers=headers, allowed_hosts=[url.split("/")[2]], pool_key=partner, read_timeout=1
            )
        )

    # -- intake ---------------------------------------------------------------------------------------------------

    def _take(self, endpoint, body, headers):
        profile = PROFILES[endpoint]
        verdict = signatures.verify(
            body,
            headers,
            profile=profile,
            secrets=[signatures.Secret("k", SECRETS[endpoint])],
            now=datetime.now(timezone.utc),
        )
        with self.lock:
            self.received.append({"endpoint": endpoint, "headers": headers, "body": body, "ok": verdict.ok})
        if not verdict.ok:
            return 401
        if self.status != 202:
            return self.status
        try:
            document = json.loads(body)
        except ValueError:
            return 202
        key = (endpoint, signatures.dedupe_key(profile, headers, document))
        with self.lock:
            if key not in self.keys:
                self.keys.add(key)
                self.handled.append((endpoint, document))
                if self.plays:
                    self._play(endpoint, document)
        return 202

    # -- a very small order to cash -------------------------------------------------------------------------------

    def _play(self, endpoint, document):
        if endpoint == "shop-orders":
            self.order = document
            self._reach("order.received", document["name"])
            threading.Thread(target=self._request_fulfilment, daemon=True).start()
        elif endpoint == "threepl-confirmations":
            self._ship(document["data"])
        elif endpoint == "carrier-tracking" and document["result"]["status"] == "delivered":
            self._reach("carrier.delivered", document["result"]["tracking_code"])
        elif endpoint == "gateway-payments":
            paid = Decimal(document["data"]["object"]["amount_received"]) / 100
            assert paid == Decimal(self.order["total_price"])
            self._reach("payment.received", self.order["name"])
            self.state = "completed"

    def _request_fulfilment(self):
        order = self.order
        recipient = {
            "name": order["shipping_address"]["name"],
            "address": {"address1": "x", "city": "y", "country": "DE"},
        }
        products = [
            {"reference_id": line["sku"], "external_line_id": str(line["id"]), "quantity": line["quantity"]}
            for line in order["line_items"]
        ]
        data = {
            "reference_id": "WH/OUT/00001",
            "order_number": "S00001",
            "customer_order_number": order["name"],
            "recipient": recipient,
            "products": products,
            "shipping_method": "standard",
        }
        document = {"type": "fulfillment_request.created", "timestamp": "2026-01-01T00:00:00Z", "data": data}
        result = self.send("threepl-requests", self.partners["threepl"], document, message_id="msg_request")
        assert result.status == 202, result

    def _ship(self, data):
        self._reach("shipment.confirmed", data["shipment_id"])
        number = f"INV/{data['shipment_id']}"
        invoice = {
            "type": "sales_document.posted",
            "data": {"document_type": "INVOICE", "document_number": number, "totals": {"gross": "1.00"}},
        }
        self._reach("invoice.posted", f"{number} (draft)")
        message_id = f"msg_{data['shipment_id']}"
        result = self.send("finance-invoices", self.partners["finance"], invoice, message_id=message_id)
        assert result.status == 200, result
        if data["is_final"]:
            self._reach("goods.shipped", self.order["name"])
            self._reach("order.invoiced", self.order["name"])

    def _reach(self, code, subject):
        with self.lock:
            self.milestones.append(
                {
                    "id": len(self.milestones) + 1,
                    "code": code,
                    "name": code.replace(".", " "),
                    "state": "reached",
                    "subject_name": subject,
                    "occurred_at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
                }
            )

    # -- JSON-RPC -------------------------------------------------------------------------------------------------

    def _rpc(self, path, params):
        if path == "/web/session/authenticate":
            if params["password"] != "admin":
                return {"error": {"message": "Odoo Server Error", "data": {"message": "Access Denied"}}}
            return {"result": {"uid": 2}}
        with self.lock:
            rows = {
                "sync.process": [{"id": 1, "name": "O2C/1", "state": self.state}] if self.order else [],
                "sync.milestone": list(self.milestones),
                "sync.exception": [{"id": 1, "name": "Unknown product NEW-1"}],
            }
        return {"result": rows[params["model"]]}

    def _handler(self):
        odoo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith("/sync/in/"):
                    status = odoo._take(self.path.rpartition("/")[2], body, dict(self.headers.items()))
                    self._answer(status, {})
                else:
                    self._answer(200, odoo._rpc(self.path, json.loads(body)["params"]))

            def _answer(self, status, document):
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args):
                pass

        return Handler
