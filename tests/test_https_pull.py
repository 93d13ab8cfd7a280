"""Orders that a shop offers as a list, fetched over real HTTP: pages, watermark, and a process that dies between."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import ValidationError

from odoo.addons.sync_governance.models.exchange import polling

from .pickup_fixture import PickupCase

KEY = "the-key-of-the-shop"


class Crash(BaseException):
    """The process is gone."""


class Shop(ThreadingHTTPServer):
    """Two orders on a page, by a cursor; ``status`` is what it answers besides, once each."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.orders, self.asked, self.status, self.tag = [], [], [], None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """A page of the list."""
        shop = self.server
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        shop.asked.append((given, dict(self.headers)))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return self.say(401, {})
        if shop.status:
            return self.say(*shop.status.pop(0))
        if shop.tag and self.headers.get("If-None-Match") == shop.tag:
            return self.say(304, None)
        orders = [one for one in shop.orders if one["updated_at"] >= given.get("since", "")]
        at = int(given.get("cursor", 0))
        following = str(at + 2) if len(orders) > at + 2 else None
        return self.say(
            200, {"orders": orders[at : at + 2], "meta": {"next": following}}, {"ETag": shop.tag or '"none"'}
        )

    def say(self, status, body, headers=None):
        """Send an answer."""
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        """Nothing."""


class TestHttpsPull(PickupCase):
    def setUp(self):
        super().setUp()
        self.shop = Shop()
        self.addCleanup(self.shop.stop)
        port = self.shop.server_address[1]
        self.configure(
            self.door,
            carrier="https_pull",
            transport="https_pull",
            authentication="api_key",
            url=f"http://127.0.0.1:{port}/orders?limit=2",
            allowed_private_hosts=f"127.0.0.1:{port}",
            pull_items="/orders",
            pull_paging="cursor",
            pull_cursor_at="/meta/next",
            pull_parameter="cursor",
            pull_since="since",
            pull_changed_at="/updated_at",
            pull_overlap_minutes=5,
        )
        self.door.credential_ids.with_user(self.author).action_revoke()
        self.env["sync.credential"].with_user(self.author).create(
            {"name": "Key", "endpoint_id": self.door.id, "secret_input": KEY}
        )
        for number in range(1, 6):
            self.offer(number)

    def offer(self, number, minute=None):
        order = json.loads(self.order(f"#{number}"))
        minute = 10 * number - 10 if minute is None else minute
        self.shop.orders.append({**order, "id": number, "updated_at": f"2026-05-01T10:{minute:02d}:00Z"})

    def position(self):
        return json.loads(self.poll().position)

    def test_each_entry_of_each_page_is_a_document(self):
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.taken), (False, 5))
        self.assertEqual(sorted(self.applied), [f"#{number}" for number in range(1, 6)])
        self.assertEqual([given.get("cursor") for given, _headers in self.shop.asked], [None, "2", "4"])
        self.assertEqual({given["limit"] for given, _headers in self.shop.asked}, {"2"})
        self.assertEqual(self.position()["watermark"], "2026-05-01T10:40:00Z")
        self.assertTrue(self.door.credential_ids.filtered(lambda one: one.state == "valid").last_used_at)

    def test_the_next_look_asks_for_what_is_new_with_an_overlap(self):
        self.look()
        self.offer(7, minute=38)  # written down late
        poll = self.look()
        self.assertEqual(self.shop.asked[-1][0]["since"], "2026-05-01T10:35:00Z")
        self.assertEqual((poll.taken, poll.repeated, self.applied.count("#5")), (1, 1, 1))

    def test_an_order_that_was_changed_is_another_document(self):
        self.look()
        self.shop.orders[4] = {**self.shop.orders[4], "note": "ring twice", "updated_at": "2026-05-01T10:50:00Z"}
        self.look()
        self.assertEqual(self.applied.count("#5"), 2)

    def die(self, step, page, after):
        """The process dies at this step of this page, before or after it was done."""
        original, calls = getattr(polling.Look, step), []

        def dying(*args):
            calls.append(step)
            if len(calls) < page:
                return original(*args)
            if after:
                original(*args)
            raise Crash

        died = False
        try:  # assertRaises would undo what was committed
            with patch.object(polling.Look, step, dying):
                self.look()
        except Crash:
            died = True
        self.assertTrue(died)
        self.env.cr.execute("DELETE FROM sync_worker")
        self.env.invalidate_all()

    def test_a_death_before_a_page_is_kept_asks_for_it_again(self):
        self.die("_take_over", 2, after=False)
        self.assertEqual(len(self.messages()), 2)
        self.assertNotIn("watermark", self.position(), "not ahead of the documents")
        self.look()
        self.assertEqual(sorted(self.applied), [f"#{number}" for number in range(1, 6)])
        self.assertEqual([given.get("cursor") for given, _headers in self.shop.asked], [None, "2", "2", "4"])

    def test_a_death_after_a_page_is_kept_goes_on_behind_it(self):
        self.die("_take_over", 2, after=True)
        self.assertEqual(len(self.messages()), 4)
        self.look()
        self.assertEqual(sorted(self.applied), [f"#{number}" for number in range(1, 6)])
        self.assertEqual([given.get("cursor") for given, _headers in self.shop.asked], [None, "2", "4"])

    def test_a_cursor_that_the_partner_has_forgotten_begins_the_look_anew(self):
        self.die("_take_over", 2, after=True)
        self.shop.status = [(410, {})]
        poll = self.look()
        self.assertEqual((poll.fault_code, sorted(self.applied)), (False, [f"#{number}" for number in range(1, 6)]))
        self.assertFalse(self.door.paused)

    def test_what_has_not_changed_is_not_sent_again(self):
        self.configure(self.door, pull_since=None, pull_changed_at=None, pull_paging="none")
        self.shop.tag = '"7"'
        self.look()
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.taken, poll.repeated), (False, 0, 0))
        self.assertEqual(self.shop.asked[-1][1]["If-None-Match"], '"7"')

    def test_a_partner_that_asks_to_slow_down_is_left_alone_for_so_long(self):
        self.shop.status = [(429, {}, {"Retry-After": "900"})]
        poll = self.look()
        self.assertEqual(poll.fault_code, "deliver.throttled")
        wait = (poll.wanted_at - poll.ended_at).total_seconds()
        self.assertAlmostEqual(wait, 900, delta=2)
        asked = len(self.shop.asked)
        self.look()
        self.assertEqual(len(self.shop.asked), asked, "nor by somebody who presses a button")

    def test_the_rate_of_the_endpoint_holds_for_the_pages_of_all_looks(self):
        self.configure(self.door, delivery_rate=0.001, delivery_burst=2)
        poll = self.look()
        self.assertEqual(
            (poll.fault_code, poll.taken, len(self.shop.asked)), (False, 4, 2), "two at once, after a rest"
        )
        self.assertGreater((poll.wanted_at - poll.ended_at).total_seconds(), 500, "then one in a thousand seconds")
        poll = self.look()
        self.assertEqual((poll.taken, len(self.shop.asked)), (0, 2), "nor for somebody who presses a button")
        self.env.cr.execute("UPDATE sync_endpoint_traffic SET tokens = 1 WHERE endpoint_id = %s", [self.door.id])
        poll = self.look()
        self.assertEqual(
            (poll.taken, [given.get("cursor") for given, _headers in self.shop.asked]), (1, [None, "2", "4"])
        )
        self.assertEqual(sorted(self.applied), [f"#{number}" for number in range(1, 6)])

    def test_a_failure_counts_for_the_breaker_and_moves_nothing(self):
        self.shop.status = [(500, {})]
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.position), ("deliver.server_error", False))
        self.assertEqual(self.door.breaker_failures, 1)

    def test_an_answer_that_is_no_list_is_told_and_skips_nothing(self):
        self.shop.status = [(200, {"error": "later"})]
        self.assertEqual(self.look().fault_code, "receive.page_unreadable")
        self.assertEqual(self.exceptions(), ["receive.page_unreadable"])
        self.look()
        self.assertEqual((len(self.applied), self.exceptions()), (5, []))

    def test_the_whole_answer_may_be_one_document(self):
        self.configure(self.door, pull_content="whole", pull_paging="none", pull_since=None)
        self.shop.status = [(200, json.loads(self.order("#77")))]
        self.look()
        self.assertEqual(self.applied, ["#77"])

    def test_what_does_not_fit_together_cannot_be_set(self):
        door = self.door.with_user(self.author)
        bare = self.door.url.partition("/orders")[0]
        for values in (
            {"pull_parameter": False},
            {"pull_cursor_at": "meta/next"},
            {"pull_changed_at": False},
            {"pull_content": "whole"},
            {"url": "http://127.0.0.2:9/"},
            {"codec": "xml"},
            {"pull_path": "v1/orders", "url": bare},
            {"pull_path": "/v1/orders#all", "url": bare},
            {"pull_path": "/v1/orders"},  # the address has a ? already
            {"pull_path": "/query?q=since {since}", "url": bare},
            {"pull_paging": "address", "pull_cursor_at": False},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                door.write(values)

    def test_a_path_goes_on_where_the_address_ends(self):
        bare = self.door.url.partition("/orders")[0]
        self.configure(self.door, url=f"{bare}/", pull_path="/orders?limit=7")
        self.assertEqual(self.look().taken, 5)
        self.assertEqual({given["limit"] for given, _headers in self.shop.asked}, {"7"})
