"""Every way of authentication, and every door, with mangled headers and bodies: no 500, and nothing in the log.

``SYNC_FUZZ_EXAMPLES`` says how many requests each way is sent (40 unless told). The short run is the same each time, a
longer one is not, and tells of what it finds the whole request.
"""

import base64
import json
import logging
import os
import random
from datetime import datetime, timezone
from unittest.mock import patch

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from odoo.tests import HttpCase, tagged

from odoo.addons.sync_governance.core.delivery import shown, signatures
from odoo.addons.sync_governance.core.delivery.schemes import kind_of, schemes
from odoo.addons.sync_governance.models.partner import caller

from .api_fixture import ApiCase
from .certificates import pair

EXAMPLES = int(os.environ.get("SYNC_FUZZ_EXAMPLES", "40"))
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EXPECTED = {200, 201, 202, 400, 401, 403, 404, 405, 406, 408, 411, 413, 414, 415, 422, 429, 431}
PIECES = [
    b"", b" ", b"\t", b"\x00", b"\xff\xfe", b"\xe2\x80\x8b", b"'", b'"', b";", b",", b"=", b"==", b":", b"%00",
    b"../", b"Bearer ", b"Basic ", b"v1,", b"v1a,", b"sha256=", b"t=", b"9" * 30, b"-1", b"1e99", b"null",
    b"A" * 5000, b"{" * 70, b"[" * 70, b"\\u0000", b"\\ud800", b"NaN", b"<!DOCTYPE x>", b"' OR 1=1 --",
    b"${jndi:ldap://x}", b"{{7*7}}", b"sgk_", b"sgt_",
]  # fmt: skip
NAMES = [
    "Authorization", "Content-Type", "Accept", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
    "Forwarded", "Client-Cert", "Content-Encoding", "Idempotency-Key", "If-None-Match", "Accept-Language",
    "Origin", "Range", "X-Odoo-Database", "X-HTTP-Method-Override", "Expect", "Transfer-Encoding", "webhook-id",
    "X-Api-Key",
]  # fmt: skip


class Noise(logging.Handler):
    """Collects what is logged at warning and above, anywhere."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        # The server's own line about a request is told by its status, which the test looks at itself.
        if not record.name.startswith(("werkzeug", "odoo.http.rpc")):
            self.heard.append(f"{record.name}: {record.getMessage()}"[:300])


@tagged("post_install", "-at_install")
class TestMangledRequests(ApiCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(2026 if EXAMPLES <= 40 else None)
        self.noise = Noise()
        logging.getLogger().addHandler(self.noise)
        self.addCleanup(logging.getLogger().removeHandler, self.noise)
        certificate = pair("northwind")[0]
        self.der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        self.startPatcher(
            patch.dict(
                os.environ,
                {"SYNC_GOVERNANCE_TRUSTED_PROXIES": "127.0.0.1", "SYNC_GOVERNANCE_PLAIN_NETWORKS": "0.0.0.0/0"},
            )
        )

    # -- good requests -----------------------------------------------------------------------------------------------

    def proofs(self):
        """(endpoint's code, headers that prove somebody for a body) of every way that there is."""
        for name in sorted(schemes()):
            code = f"fuzz-{name.replace('_', '-')}"
            kind = kind_of(name)
            if kind == "ssh_key":
                continue  # by it we log in, nobody calls
            if kind == "signature":
                self.door(name, code, secret=SECRET)
                yield (
                    code,
                    lambda body, name=name: signatures.sign(
                        body,
                        profile=name,
                        secrets=[signatures.Secret("k", SECRET)],
                        message_id=f"m{self.chance.randrange(10**9)}",
                        now=datetime.now(timezone.utc),
                    ),
                )
            elif kind == "mtls":
                self.door(name, code, secret=f"sha256:{self.fingerprint}")
                yield code, lambda _body: {"Client-Cert": f":{self.der}:"}
            elif kind == "basic":
                self.door(name, code, secret="a password of length", credential={"username": code})
                yield code, lambda _body, code=code: {"Authorization": shown.basic(code, "a password of length")}
            elif kind == "oauth2":
                self.door(name, code, credential={"username": code})
                token = self.token(code)
                yield code, lambda _body, token=token: {"Authorization": f"Bearer {token}"}
            else:
                self.door(name, code)
                yield code, lambda _body, key=self.secret: {"Authorization": f"Bearer {key}"}

    def token(self, client):
        answer = self.url_open(
            "/sync/oauth/token",
            data="grant_type=client_credentials",
            headers={
                "Authorization": shown.basic(client, self.secret),
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        return answer.json()["access_token"]

    # -- and what becomes of them ------------------------------------------------------------------------------------

    def mangled(self, data):
        data = bytes(data)
        for _time in range(self.chance.randint(1, 3)):
            at = self.chance.randint(0, len(data))
            to = min(len(data), at + self.chance.randint(0, 12))
            data = self.chance.choice([
                data[:at], data[:at] + data[to:], data[:at] + self.chance.choice(PIECES) + data[at:],
                data[:to] + data[at:to] * 3 + data[to:], data[:at] + self.chance.randbytes(to - at) + data[to:],
            ])  # fmt: skip
        return data

    def header(self, value):
        """A mangled value that HTTP can carry."""
        return self.mangled(value.encode("latin-1", "replace")).replace(b"\r", b"").replace(b"\n", b"").strip()

    def changed(self, headers):
        headers = dict(headers)
        for name in list(headers):
            if self.chance.random() < 0.4:
                headers[name] = self.header(headers[name])
            elif self.chance.random() < 0.1:
                del headers[name]
        if self.chance.random() < 0.5:
            headers[self.chance.choice(NAMES)] = self.header(
                self.chance.choice(["application/json", "gzip", "*/*", "1"])
            )
        return headers

    def tried(self, path, headers, body, method="POST"):
        caller.FAILURES.forget()
        response = self.url_open(path, data=body, headers=headers, method=method, timeout=30)
        told = {"path": path, "headers": headers, "body": body, "status": response.status_code, "text": response.text}
        self.assertIn(response.status_code, EXPECTED, told)
        self.assertNotIn("Traceback", response.text, told)
        self.assertNotIn(SECRET, response.text)
        self.assertFalse(self.noise.heard, told)
        return response

    def test_every_way_of_authentication_at_its_webhook(self):
        for code, prove in self.proofs():
            body = self.document(7)
            good = {"Content-Type": "application/json", **prove(body)}
            self.assertEqual(self.tried(f"/sync/in/{code}", good, body).status_code, 202, code)
            for _time in range(EXAMPLES):
                good = {"Content-Type": "application/json", **prove(body)}
                sent = self.mangled(body) if self.chance.random() < 0.5 else body
                path = f"/sync/in/{code}{self.chance.choice(['', '', '/batch'])}"
                self.tried(path, self.changed(good), sent)

    def test_every_address_of_the_api_with_the_right_key_and_the_wrong_rest(self):
        good = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        paths = [
            "/orders",
            "/orders/x",
            "/messages/msg_1",
            "/messages/msg_1/raw",
            "/messages:batch",
            "/openapi.json",
            "/docs",
            "",
        ]
        bodies = [
            json.dumps(self.order()).encode(),
            json.dumps([{"type": "order.create", "body": self.order()}]).encode(),
        ]
        for number in range(EXAMPLES * 3):
            path = self.chance.choice(paths)
            if self.chance.random() < 0.3:
                path += "?" + self.mangled(b"limit=5&after=abc&number=1").decode("latin-1").replace("#", "")
            kept = {name: good[name] for name in good if name == "Authorization" or self.chance.random() < 0.9}
            headers = {
                **self.changed({**kept, "Accept": "application/json"}),
                "Idempotency-Key": self.header(f"k{number}"),
            }
            if self.chance.random() < 0.8:
                headers["Authorization"] = good["Authorization"]
            method = self.chance.choice(["POST", "POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
            self.tried(f"/sync/v1{path}", headers, self.mangled(self.chance.choice(bodies)), method)

    def test_the_token_endpoint(self):
        self.door("oauth2", "fuzz-tokens", credential={"username": "fuzz-tokens"})
        good = {
            "Authorization": shown.basic("fuzz-tokens", self.secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = b"grant_type=client_credentials&scope=write%3Aorder.create&client_id=fuzz-tokens&token=sgt_x"
        for _time in range(EXAMPLES * 2):
            path = self.chance.choice(["/sync/oauth/token", "/sync/oauth/token", "/sync/oauth/revoke"])
            self.tried(path, self.changed(good), self.mangled(form))
