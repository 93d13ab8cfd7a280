"""Partners: they sign, send, repeat what got no answer, and remember everything. And a sink for what Odoo sends."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulators import signed_order, signing
from simulators.configuration import Article
from simulators.shop import PEOPLE

from .checker import Sent

FIRST_ORDER = 500_000


@dataclass
class Document:
    """What is sent, and what was answered: ``accepted`` message ids, every status."""

    endpoint: str
    key: str
    line: str
    number: int
    body: bytes
    person: bool = False
    may_pass: bool = False
    accepted: set[str] = field(default_factory=set)
    statuses: Counter = field(default_factory=Counter)

    def remembered(self) -> Sent:
        place = f"{self.endpoint} {self.line}"
        return Sent(
            f"{place}/{self.number}", self.line, self.number, frozenset(self.accepted), self.person, self.may_pass
        )


def probe_document(line, number, instruction):
    """A document of the probe: ``number`` is its place in its line, ``instruction`` what its handler is to do."""
    return {
        "type": "status_codes.changed",
        "list": line,
        "version": str(number),
        "changed_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "system": {"scheme": "partner", "value": "PROBE"},
        "title": instruction,
        "codes": [{"code": "1", "title": "one", "final": False}],
    }


class Senders:
    """All partners of one stage. Of one line the next number is sent when the one before is accepted."""

    def __init__(self, plan) -> None:
        self.plan = plan
        self.documents: list[Document] = []
        self.give_up_after = 120.0
        self._orders = 0
        self._lock = threading.Lock()
        self._lines: Counter = Counter()
        self._local = threading.local()
        self._articles = [
            Article(a["sku"], a["title"], Decimal(a["price"]), Decimal(a["tax_rate"]), a["variant_id"])
            for a in plan["catalogue"]
        ]

    # -- documents ---------------------------------------------------------------------------------------------------

    def probe(
        self, line, instruction="plain", *, strict=True, person=False, may_pass=False, key=None, number=None
    ) -> Document:
        """The next document of a line, with an instruction for the probe."""
        endpoint = "probe-block" if strict else "probe-skip"
        with self._lock:
            self._lines[line] += number is None
            number = self._lines[line] if number is None else number
        body = probe_document(line, number, instruction)
        key = key or f"msg_{uuid.uuid4().hex}"
        return self._kept(Document(endpoint, key, line, number, json.dumps(body).encode(), person, may_pass))

    def order(self) -> Document:
        """A real order of the shop."""
        with self._lock:
            self._orders += 1
            number = FIRST_ORDER + self._orders
        chosen, customer = random.sample(self._articles, 2), random.choice(PEOPLE)
        body = signed_order.body(number, chosen, customer=customer, shop_domain=self.plan["shop_domain"])
        return self._kept(Document("shop-orders", uuid.uuid4().hex, str(number), 1, body))

    def _kept(self, document):
        with self._lock:
            self.documents.append(document)
        return document

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, document: Document) -> None:
        """Send until it is accepted, as a partner does whose request got no answer or a 5xx."""
        deadline = time.monotonic() + self.give_up_after
        while True:
            status = self.send_once(document)
            if status is not None and 200 <= status < 300:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{document.endpoint} took nothing for {self.give_up_after:.0f} s: {document.statuses}"
                )
            time.sleep(random.uniform(0.1, 0.5))

    def send_once(self, document: Document, *, body: bytes | None = None, spoil: bool = False) -> int | None:
        """One try; returns the status, None when there was no answer. Another ``body`` is signed like the own one."""
        content = document.body if body is None else body
        headers = self._signed(document, content)
        if spoil:
            content += b" "
        status, answer = self._post(f"/sync/in/{document.endpoint}", content, headers)
        document.statuses[status] += 1
        if status is not None and 200 <= status < 300:
            document.accepted.add(json.loads(answer)["message_id"])
        return status

    def _signed(self, document, content):
        if document.endpoint.startswith("probe"):
            signed = signing.standard_webhooks(content, self.plan["probe"], message_id=document.key)
            return {"Content-Type": "application/json"} | signed
        domain, secret = self.plan["shop_domain"], self.plan["shop"]
        return signed_order.headers(content, key=document.key, shop_domain=domain, secret=secret)

    def _post(self, path, content, headers):
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                port = self.plan["ports"][random.choice(("server-a", "server-b"))]
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                self._local.connection = connection
            connection.request("POST", path, content, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._local.connection = None
            return None, b""


class Traffic(threading.Thread):
    """One sender with lines of its own: ``count`` documents, and further ones until it is told that it is enough.

    :param pause: seconds between two documents
    """

    def __init__(self, senders: Senders, name: str, *, lines=1, count=0, pause=0.0, make=None) -> None:
        super().__init__(name=name, daemon=True)
        self.senders, self.lines, self.count, self.pause, self.make = senders, lines, count, pause, make
        self.enough = threading.Event()
        self.sent = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while self.sent < self.count or not self.enough.is_set():
                document = self.make() if self.make else self._next()
                self.senders.send(document)
                self.sent += 1
                if random.random() < 0.05:
                    self.senders.send_once(document)  # a repeat: the sender did not see the answer
                self.enough.wait(self.pause)
        except BaseException as failure:
            self.failure = failure

    def _next(self) -> Document:
        return self.senders.probe(f"{self.name}-{random.randrange(self.lines)}")


class Sink:
    """Takes whatever Odoo sends to the partners, and counts it by message id."""

    def __init__(self, ports) -> None:
        self.taken: Counter = Counter()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sink.taken[self.headers.get("webhook-id")] += 1
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                """Quiet."""

        self._servers = [ThreadingHTTPServer(("127.0.0.1", port), Handler) for port in ports]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
