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


class Order:
    """What the stand-in knows of one order."""

    def __init__(self, number, document):
        self.number, self.document, self.name = number, document, document["name"]
        self.request, self.state, self.milestones = f"WH/OUT/{number:05d}", "running", []

    def reach(self, code, subject, state="reached"):
        self.milestones.append(
            {
                "id": 1000 * self.number + len(self.milestones),
                "code": code,
                "name": code.replace(".", " "),
                "state": state,
                "subject_name": subject,
                "occurred_at": state == "reached" and time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
            }
        )


class OdooStandIn:
    """Takes webhooks; ``handled`` are the authentic ones that were new, by endpoint."""

    def __init__(self):
        self.received, self.handled, self.keys = [], [], set()
        self.status, self.partners, self.plays = 202, {}, False
        self.orders, self.lock = [], threading.RLock()
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
            order = Order(len(self.orders) + 1, document)
            self.orders.append(order)
            order.reach("order.received", order.name)
            threading.Thread(target=self._request_fulfilment, args=(order,), daemon=True).start()
        elif endpoint == "threepl-confirmations":
            self._ship(document["data"])
        elif endpoint == "gateway-payments":
            intent = document["data"]["object"]
            order = next(order for order in self.orders if order.name == intent["metadata"]["order_number"])
            if Decimal(intent["amount_received"]) / 100 == Decimal(order.document["total_price"]):
                order.reach("payment.received", order.name)
                order.state = "completed"

    def _request_fulfilment(self, order):
        recipient = {
            "name": order.document["shipping_address"]["name"],
            "address": {"address1": "x", "city": "y", "country": "DE"},
        }
        products = [
            {"reference_id": line["sku"], "external_line_id": str(line["id"]), "quantity": line["quantity"]}
            for line in order.document["line_items"]
        ]
        data = {
            "reference_id": order.request,
            "order_number": f"S{order.number:05d}",
            "customer_order_number": order.name,
            "recipient": recipient,
            "products": products,
            "shipping_method": "standard",
        }
        document = {"type": "fulfillment_request.created", "timestamp": "2026-01-01T00:00:00Z", "data": data}
        partner, message_id = self.partners["threepl"], f"msg_request_{order.number}"
        while self.send("threepl-requests", partner, document, message_id=message_id).fault:
            time.sleep(0.05)

    def _ship(self, data):
        order = next(order for order in self.orders if order.request == data["reference_id"])
        order.reach("shipment.confirmed", data["shipment_id"])
        number = f"INV/{data['shipment_id']}"
        invoice = {
            "type": "sales_document.posted",
            "data": {"document_type": "INVOICE", "document_number": number, "totals": {"gross": "1.00"}},
        }
        order.reach("invoice.posted", f"{number} (draft)")
        self.send("finance-invoices", self.partners["finance"], invoice, message_id=f"msg_{data['shipment_id']}")
        if data["is_final"]:
            order.reach("goods.shipped", order.name)
            order.reach("order.invoiced", order.name)

    # -- JSON-RPC -------------------------------------------------------------------------------------------------

    def _rpc(self, path, params):
        if path == "/web/session/authenticate":
            if params["password"] != "admin":
                return {"error": {"message": "Odoo Server Error", "data": {"message": "Access Denied"}}}
            return {"result": {"uid": 2}}
        asked = {field: value for field, _operator, value in params["args"][0]}
        with self.lock:
            if params["model"] == "sync.process":
                found = [order for order in self.orders if order.name == asked["reference"]]
                rows = [{"id": o.number, "name": f"O2C/{o.number}", "state": o.state} for o in found]
            elif params["model"] == "sync.milestone":
                rows = [m for order in self.orders if order.number == asked["process_id"] for m in order.milestones]
            else:
                rows = [{"id": 1, "name": "Unknown product NEW-1"}]
        return {"result": rows}

    def _handler(self):
        odoo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

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
