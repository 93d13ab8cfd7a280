"""A finance system that answers each invoice with a document of its own, at a real server."""

import json
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..core import queue
from ..models.packs import reading
from .common import SyncCase

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
DOOR = "finance-invoices"
JSON = "application/json"
ANSWER = {"id": "R-1", "at": "2026-04-02T10:15:02Z", "verdict": "fine", "rules": []}

CONTRACT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "at", "verdict"],
    "properties": {"id": {"type": "string"}, "at": {"type": "string"}, "verdict": {"enum": ["fine", "odd"]}},
}
MAPPING = {
    "mapping": "finance.risk.assessed",
    "title": "What the finance system says to an invoice",
    "source": "answer of the finance system",
    "target": "risk.assessed",
    "rules": [
        {"to": "type", "value": "risk.assessed"},
        {"to": "number", "from": "id", "required": True},
        {"to": "order_number", "from": "@context.request.number", "required": True},
        {"to": "assessed_at", "from": "at", "convert": ["datetime"], "required": True},
        {"to": "decision", "from": "verdict", "convert": [{"table": {"map": {"fine": "accept", "odd": "review"}}}]},
        {"to": "reasons", "each": "rules", "keep_empty": True, "rules": [{"to": "code", "from": "code"}]},
    ],
}


@contextmanager
def answering(*answers):
    """A partner's server on loopback; gives its address and the list of (headers, body) that it was sent.

    :param answers: (status, media type, body) one after the other; the last one again and again. The body is bytes, a
        dict (JSON), or a function of what was sent. With a fourth member, an announced length, it breaks off before.
    """
    received = []

    class Partner(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, said, *length = answers[min(len(received), len(answers) - 1)]
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            said = said(body) if callable(said) else said
            said = json.dumps(said).encode() if isinstance(said, dict) else said
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length[0] if length else len(said)))
            self.end_headers()
            try:
                self.wfile.write(said)
            except OSError:
                self.close_connection = True  # more than the other side wanted to read
            if length:
                self.close_connection = True

        def log_message(self, *args):
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()


def finance_that_answers(**policy):
    """The pack of the finance system, with an interface that takes its answers.

    :param policy: further members of the policy of the request
    """
    pack = reading.from_folder(reading.FOLDER / "finance")
    data = json.loads(pack.files["pack.json"])
    data["interfaces"].append(
        {
            "code": "finance.risk.assessed",
            "name": "What finance says to an invoice",
            "endpoint": DOOR,
            "reply_to": "finance.invoice.posted",
            "document_type": "risk.assessed",
            "contract": "finance.answer",
            "mapping": "finance.risk.assessed",
            "policy": "finance.answers",
            "handler": "kept",
        }
    )
    data["policies"].append({**data["policies"][0], "code": "finance.answers", "name": "Answers", "on_failure": "skip"})
    data["policies"][0] |= policy
    common = {"document_type": "risk.assessed"}
    data["contracts"].append({**common, "code": "finance.answer", "name": "Answer", "file": "contracts/answer.json"})
    data["mappings"].append(
        {**common, "code": "finance.risk.assessed", "name": "Answer", "file": "mappings/answer.json"}
    )
    data["samples"].append(
        {
            "title": "An answer",
            "interface": "finance.risk.assessed",
            "file": "samples/answer.json",
            "expected": "samples/answer.expected.json",
            "context": {"request": {"number": "INV/2026/00001"}},
        }
    )
    expected = {
        "type": "risk.assessed",
        "number": "R-1",
        "order_number": "INV/2026/00001",
        "assessed_at": "2026-04-02T10:15:02+00:00",
        "decision": "accept",
        "reasons": [],
    }
    files = {
        **pack.files,
        "pack.json": json.dumps(data).encode(),
        "contracts/answer.json": json.dumps(CONTRACT).encode(),
        "mappings/answer.json": json.dumps(MAPPING).encode(),
        "samples/answer.json": json.dumps(ANSWER).encode(),
        "samples/answer.expected.json": json.dumps(expected).encode(),
    }
    return reading.PackFiles("finance", files)


class ReplyCase(SyncCase):
    """``self.request`` carries invoices to finance, ``self.reply`` takes what finance answers."""

    policy = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pack = finance_that_answers(**cls.policy)
        cls.invoice = json.loads(cls.pack.files["samples/invoice.json"])

    def finance(self, address):
        with reading.lent(self.pack):
            self.partner = self.live_partner("finance", secrets={DOOR: SECRET}, urls={DOOR: address})
        self.endpoint = self.partner.endpoint_ids
        self.reply = self.partner.interface_ids.filtered("replies_to_id")
        self.request = self.reply.replies_to_id
        self.assertEqual((self.request.direction, self.reply.direction), ("outbound", "inbound"))
        # The samples name no order; as no person may: what is live keeps what it stands for.
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute("UPDATE sync_interface SET milestone = NULL WHERE id = %s", [self.request.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def posted(self, key="INV/1", process=None):
        """An invoice that was posted: the message that is due to be delivered."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                       process_id, res_model, res_id, state, occurred_at, published_at)
               VALUES (%s, %s, 'invoice.posted', %s, %s, %s, %s, 'res.company', %s, 'routed',
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC') RETURNING id""",
            [
                uuid.uuid4().hex,
                self.request.document_type_id.id,
                json.dumps(self.invoice),
                key,
                self.company.id,
                process and process.id,
                self.company.id,
            ],
        )
        message = queue.NewMessage(
            uid=f"msg_{uuid.uuid4().hex}",
            direction="outbound",
            endpoint_id=self.endpoint.id,
            trading_partner_id=self.partner.id,
            company_id=self.company.id,
            key=key,
            interface_id=self.request.id,
            document_type_id=self.request.document_type_id.id,
            event_id=cr.fetchone()[0],
            process_id=process and process.id,
            reference=key,
        )
        return self.env["sync.message"].browse(queue.enqueue(cr, [message]))

    def published(self, key="INV/1"):
        """An invoice that was posted and is about to be routed; returns its event's id."""
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                       res_model, res_id, state, occurred_at, published_at)
               VALUES (%s, %s, 'invoice.posted', %s, %s, %s, 'res.company', %s, 'new', now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC') RETURNING id""",
            [
                uuid.uuid4().hex,
                self.request.document_type_id.id,
                json.dumps(self.invoice),
                key,
                self.company.id,
                self.company.id,
            ],
        )
        return self.env.cr.fetchone()[0]

    def due_now(self, message):
        """A message that is to be tried again later is to be tried now."""
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.id])
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.lane_id])
        self.env.invalidate_all()

    def canonical(self, message):
        """The canonical document of a message."""
        payload = message.payload_ids.filtered(lambda each: each.kind == "canonical")
        return json.loads(bytes(payload._contents()[payload.id]))
