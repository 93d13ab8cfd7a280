"""Packs that fetch over HTTPS, from servers of the shop and of the warehouse: the samples arrive as documents."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from odoo.tests import tagged

from odoo.addons.sync_governance.models.packs.onboarding import VERSIONED, take_live

from .pack_fixture import PackCase

USER, SECRET = "ck_1234", "a-secret-of-the-partners-of-the-tests"


class Partner(ThreadingHTTPServer):
    """``entries`` (bytes) are offered by ``paged``, a function of (server, parameters) to the body of an answer."""

    daemon_threads = True

    def __init__(self, paged, proof):
        super().__init__(("127.0.0.1", 0), Answer)
        self.paged, self.proof = paged, proof
        self.entries, self.asked = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        """A page of the list, for whoever proves himself."""
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, given))
        known = self.headers["Authorization"] == self.server.proof
        body = json.dumps(self.server.paged(self.server, given)).encode() if known else b"{}"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing."""


def shop(server, given):
    """As WooCommerce lists orders: those changed after a moment, by numbers of pages; here two on a page."""
    after = given["modified_after"].removesuffix("Z")
    found = [one for one in map(json.loads, server.entries) if one["date_modified_gmt"] > after]
    found = [one for one in found if one["status"] in given["status"].split(",")]
    at = 2 * int(given["page"]) - 2
    return sorted(found, key=lambda one: one["id"])[at : at + 2]


def warehouse(server, given):
    """All that is newer, by a cursor."""
    at = int(given.get("cursor", 0))
    return {
        "data": [json.loads(one) for one in server.entries[at : at + 1]],
        "next_cursor": str(at + 1) if len(server.entries) > at + 1 else None,
    }


@tagged("post_install", "-at_install")
class TestPackFetched(PackCase):
    def fetching(self, name, code, paged, proof):
        """The partner of a pack whose endpoint ``code`` is on the wire, and the server that it asks."""
        server = Partner(paged, proof)
        self.addCleanup(server.stop)
        place = f"127.0.0.1:{server.server_address[1]}"
        loader = self.env["sync.pack"].with_user(self.author).with_company(self.company)
        partner = loader._load(
            name,
            self.company,
            {
                "environment": "production",
                "partner_id": self.env["res.partner"].create({"name": name}).id,
                "endpoints": [code],
                "urls": {code: f"http://{place}"},
                "private_hosts": {code: place},
            },
        )
        door = partner.endpoint_ids.filtered(lambda each: each.pack_code == code)
        (partner.endpoint_ids - door).interface_ids.unlink()
        (partner.endpoint_ids - door).unlink()
        # As agreed with the partner: its older documents are wanted too.
        door.pull_start = "2026-01-01T00:00:00"
        credential = {"name": "Key", "endpoint_id": door.id, "secret_input": SECRET}
        if door.authentication == "basic":
            credential["username"] = USER
        self.env["sync.credential"].with_user(self.author).create(credential)
        for version in VERSIONED:
            versions = partner.interface_ids[version].filtered(lambda each: each.state == "draft")
            versions.with_user(self.author).action_submit()
            versions.with_user(self.approver).action_approve()
        take_live(partner, self.author, self.approver)
        self.assertEqual(door.state, "live", door.missing)
        return partner, door, server

    def look(self, door):
        """What the look brought: {topic of the interface: state and fault of its message}, and the poll."""
        before = self.env["sync.message"].search([("endpoint_id", "=", door.id)])
        door.with_user(self.author).action_poll_now()
        self.run_engine()
        poll = self.env["sync.poll"].search([("endpoint_id", "=", door.id)])
        self.assertFalse(poll.fault_code, poll.fault_detail)
        messages = self.env["sync.message"].search([("endpoint_id", "=", door.id)], order="id") - before
        return [(one.interface_id.pack_code, one.state, one.fault_code) for one in messages], poll

    def test_a_shop_that_calls_nobody_is_asked_for_its_orders(self):
        proof = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        partner, door, server = self.fetching("woocommerce", "woo-fetched", shop, proof)
        placed = self.sample("woocommerce", "samples/order.json")
        for name in ("order.expected.json", "order_guest.expected.json"):
            self.sells(partner, json.loads(self.sample("woocommerce", f"samples/{name}")))
        unpaid = {**json.loads(placed), "id": 5200, "number": "5200", "status": "pending"}
        server.entries = [placed, self.sample("woocommerce", "samples/order_guest.json"), json.dumps(unpaid)]
        came, poll = self.look(door)
        self.assertEqual([each[:2] for each in came][0], ("woocommerce.fetched.processing", "done"), came)
        self.assertEqual([each[0] for each in came], ["woocommerce.fetched.processing", "woocommerce.fetched.on_hold"])
        (path, given), *more = server.asked
        self.assertEqual((path, given["page"], given["dates_are_gmt"]), ("/wp-json/wc/v3/orders", "1", "true"))
        self.assertEqual([asked["page"] for _path, asked in more], ["2"], "until a page is empty")
        self.assertEqual(json.loads(poll.position)["watermark"], "2026-03-05T20:14:30")

        server.entries[0] = self.sample("woocommerce", "samples/order_cancelled.json")
        came, poll = self.look(door)
        self.assertEqual(came, [("woocommerce.fetched.cancelled", "failed", "apply.not_supported")])
        self.assertEqual(server.asked[-1][1]["modified_after"], "2026-03-05T20:04:30", "with the overlap")
        came, poll = self.look(door)
        self.assertEqual((came, poll.taken), ([], 0), "what was seen before has no effect")

    def test_a_warehouse_that_calls_nobody_is_asked_for_its_reports(self):
        partner, door, server = self.fetching("wms", "wms-fetched", warehouse, f"Bearer {SECRET}")
        self.knows(partner, {"warehouse": {"ANR2": "WH-ANR"}})
        server.entries = [self.sample("wms", f"samples/{name}.json") for name in ("snapshot", "receipt", "return")]
        came, _poll = self.look(door)
        self.assertEqual(
            came,
            [
                ("wms.fetched.inventory", "done", False),
                ("wms.fetched.receipt", "failed", "apply.not_supported"),
                ("wms.fetched.return", "failed", "apply.not_supported"),
            ],
        )
        self.assertEqual([given.get("cursor") for _path, given in server.asked], [None, "1", "2"])
        self.assertEqual({path for path, _given in server.asked}, {"/v1/reports"})
