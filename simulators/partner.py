"""What all partners share: an HTTP server on loopback with a control API, and a state that can be looked at.

``POST /control/<verb>`` with a JSON object tells the partner to do something and answers with what came of it;
``GET /state`` shows everything it knows; ``POST`` to any other path is business, if the partner receives any.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, TypeVar

from . import configuration
from .console import say
from .outbox import Outbox

_LARGEST_BODY = 10_000_000
_REMEMBERED = 300

Value = TypeVar("Value")


class ControlError(Exception):
    """A control request that cannot be done; answered with ``status`` and the message."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Answer:
    """What a business request is answered."""

    status: int
    document: Any
    headers: dict[str, str] = field(default_factory=dict)


class Partner:
    """One partner. A subclass has methods ``control_<verb>(**arguments)``, ``state()`` and perhaps ``receive()``."""

    name = "partner"

    def __init__(self, port: int) -> None:
        self.lock = threading.RLock()
        self.outbox = Outbox()
        self.at_stop: list[Callable[[], None]] = [self.outbox.stop]
        self._server = _LoopbackServer(("127.0.0.1", port), self._handler())

    @property
    def port(self) -> int:
        """The port it listens on; chosen by the system when 0 was asked for."""
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """A business request has arrived."""
        return Answer(404, {"error": f"{self.name} receives nothing"})

    def state(self) -> dict[str, Any]:
        """Everything the partner knows, as JSON."""
        return {"deliveries": self.outbox.shown()}

    def keep(self, known: dict[str, Value], key: str, value: Value) -> None:
        """Remember ``value``; a demonstration may run for days, so the oldest is forgotten."""
        with self.lock:
            known[key] = value
            if len(known) > _REMEMBERED:
                del known[next(iter(known))]

    def serve(self) -> None:
        """Answer until :meth:`stop`."""
        self._server.serve_forever(poll_interval=0.05)

    def start(self) -> None:
        """Answer in a thread of this process."""
        threading.Thread(target=self.serve, daemon=True).start()

    def stop(self) -> None:
        for end in self.at_stop:
            end()
        self._server.shutdown()
        self._server.server_close()

    def control(self, verb: str, arguments: dict[str, Any]) -> Any:
        """Do ``verb``, one of the methods ``control_<verb>``.

        :raise ControlError: for an unknown verb or arguments that do not fit it
        """
        method: Callable[..., Any] | None = getattr(self, f"control_{verb}", None)
        if method is None:
            raise ControlError(f"{self.name} cannot {verb}", 404)
        try:
            return method(**arguments)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise ControlError(f"{verb}: {error}") from error

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet per answer: in two, the second would wait for the acknowledgement of the first.
            wbufsize = -1

            def do_GET(self) -> None:
                if self.path == "/state":
                    self._answer(Answer(200, partner.state()))
                else:
                    self._answer(Answer(404, {"error": "there is only /state"}))

            def do_POST(self) -> None:
                body = self._body()
                if body is None:
                    return
                if self.path.startswith("/control/"):
                    self._control(self.path.removeprefix("/control/"), body)
                else:
                    self._answer(partner.receive(body, dict(self.headers.items())))

            def _body(self) -> bytes | None:
                length = self.headers.get("Content-Length", "0")
                if not length.isdigit() or int(length) > _LARGEST_BODY:
                    self.close_connection = True
                    self._answer(Answer(413, {"error": "too large"}))
                    return None
                return self.rfile.read(int(length))

            def _control(self, verb: str, body: bytes) -> None:
                try:
                    arguments = json.loads(body or b"{}")
                    if not isinstance(arguments, dict):
                        raise ControlError("the arguments are a JSON object")
                    self._answer(Answer(200, partner.control(verb, arguments)))
                except ControlError as error:
                    self._answer(Answer(error.status, {"error": str(error)}))
                except ValueError as error:
                    self._answer(Answer(400, {"error": f"not JSON: {error}"}))

            def _answer(self, answer: Answer) -> None:
                content = json.dumps(answer.document).encode()
                self.send_response(answer.status)
                for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: Any) -> None:
                """Silent: the timeline tells what happens."""

        return Handler


class _LoopbackServer(ThreadingHTTPServer):
    """Without the look-up of the own name, which takes its time where no name service answers."""

    daemon_threads = True

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


def run(make: Callable[[configuration.Configuration], Partner]) -> None:
    """The main program of one partner: serve until told to stop, or until whoever started it is gone."""
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", required=True, help="the JSON file that all partners read")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    arguments = parser.parse_args()
    try:
        partner = make(configuration.load(arguments.config))
    except (configuration.ConfigurationError, OSError) as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stopping.set())
    if arguments.until_eof:
        threading.Thread(target=_until_eof, args=(stopping,), daemon=True).start()
    partner.start()
    say(f"{partner.name} {partner.url}")
    stopping.wait()
    partner.stop()


def _until_eof(stopping: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stopping.set()
