"""A webhook that is signature-checked, deduplicated and stored with its message, against a route of Odoo without any
of it that inserts the same body and commits. One server each time, both sides in turns on it; the load comes from a
process of its own over two connections, as many as there are workers: each keeps one busy. The engine's scheduled
action is on and works what arrives. A batch brings 500 documents in one signed request."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
import uuid

from devtools import layout

from .kit import Arena, Measure, at_least
from .kit.measure import percentiles
from .kit.pack import INBOUND, SECRET

QUESTION = "How many webhooks a second?"
CONNECTIONS = 2
BATCH = 500
LANES = 1000
SERVERS = {"--workers=2": ["--workers=2", "--max-cron-threads=1"], "threaded": ["--workers=0", "--max-cron-threads=1"]}


def run(arena: Arena) -> list[Measure]:
    """Requests a second and their latency under both kinds of server, then documents a second in batches."""
    measures = []
    with arena.ours() as database:
        with arena.server(database, "-i", "bare_route", "--workers=0", "--max-cron-threads=0"):
            pass
        for kind, options in SERVERS.items():
            with arena.server(database, *options) as port:
                measures += _compare(arena, database, port, kind)
    return measures


def _compare(arena, database, port, kind):
    drained = "SELECT 1 FROM sync_message WHERE state = 'ready' LIMIT 1"
    rounds, requests, batches = (2, 400, 4) if arena.quick else (9, 1500, 8)
    judged = at_least(0.75) if kind == "--workers=2" else None
    rate = Measure(f"Webhooks, {kind}", "requests/s", target=judged)
    slowest = {rank: Measure(f"Time to answer, {kind}, p{rank}", "ms") for rank in (50, 99)}
    many = Measure(f"Documents in batches of {BATCH}, {kind}", "documents/s", target=at_least(10) if judged else None)
    for side in ("webhook", "bare"):
        load(port, side, requests // 4)  # every process has its registry and its caches
    for number in range(rounds):
        for side in ("webhook", "bare") if number % 2 else ("bare", "webhook"):
            arena.until_none(database, drained, seconds=300)
            seconds, times = load(port, side, requests)
            rate.add(side, requests / seconds)
            for rank, measure in slowest.items():
                measure.add(side, percentiles(times, rank)[0])
        arena.until_none(database, drained, seconds=300)
        seconds, _times = load(port, "batch", batches)
        many.add("batch", batches * BATCH / seconds)
        many.add("webhook", rate.rounds["webhook"][-1])
    # A server that ends in the middle of work leaves it to the next one.
    arena.until_none(database, drained, seconds=300)
    rate.rounds = {side: rate.rounds[side] for side in ("webhook", "bare")}
    for measure in slowest.values():
        measure.rounds = {side: measure.rounds[side] for side in ("webhook", "bare")}
    return [rate, *slowest.values(), many]


# -- the load, in a process of its own -------------------------------------------------------------------------------


def load(port: int, side: str, requests: int) -> tuple[float, list[float]]:
    """Send that many requests; the seconds it took, and each one's milliseconds.

    :raises RuntimeError: when one of them was not accepted
    """
    command = [sys.executable, "-m", "benchmarks.webhook", str(port), side, str(requests)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=layout.ROOT, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr[-2000:]}")
    return tuple(json.loads(done.stdout))


def _send_all(port, side, count):
    prepared = [_request(side, number) for number in range(count)]
    times, problems = [], []

    def work(mine):
        try:
            connection = None
            for request in mine:
                started = time.perf_counter()
                connection = _exchange(connection, port, request)
                times.append((time.perf_counter() - started) * 1000)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=[prepared[first::CONNECTIONS]]) for first in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return time.perf_counter() - started, times


def _exchange(connection, port, request):
    """Send one request and read its answer; returns the connection if the server keeps it."""
    if connection is None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the server hung up")
        answer += more
    head, _separator, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    if " 202" not in lines[0]:
        raise RuntimeError(f"{lines[0]}: {body[:300]!r}")
    if headers.get("connection") == "close" or lines[0].startswith("http/1.0"):
        connection.close()
        return None
    return connection


def _request(side, number):
    if side == "bare":
        return _http("/bare", _body(), {})
    if side == "webhook":
        return _http("/sync/in/bench-in", *_signed(_body(), uuid.uuid4().hex, {"X-Bench-Key": f"k{number % LANES}"}))
    items = [
        b'{"id": "%s", "key": "k%d", "body": %s}' % (uuid.uuid4().hex.encode(), position % LANES, _body())
        for position in range(BATCH)
    ]
    return _http("/sync/in/bench-in/batch", *_signed(b"[" + b",".join(items) + b"]", uuid.uuid4().hex, {}))


def _body():
    return json.dumps(INBOUND).encode()


def _signed(body, message_id, headers):
    """The body and the headers of Standard Webhooks 1.0.0 over it."""
    at = int(time.time())
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return body, {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
        **headers,
    }


def _http(path, body, headers):
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: keep-alive",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


if __name__ == "__main__":
    json.dump(_send_all(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])), sys.stdout)
