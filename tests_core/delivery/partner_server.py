"""A partner on loopback whose answers the test chooses, byte by byte if it wants."""

import threading

from loopback_server import LoopbackServer


class Partner(LoopbackServer):
    """A TCP server that reads each request and hands the connection to ``answer(connection, request)``."""

    def __init__(self, answer, tls=None):
        self.answer, self.requests = answer, []
        self.stopping = threading.Event()
        super().__init__(tls)

    @property
    def url(self):
        return f"{super().url}/hook"

    def stop(self):
        self.stopping.set()
        super().stop()

    def converse(self, connection):
        while request := _read_request(connection):
            self.requests.append(request)
            self.answer(connection, request)


def _read_request(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return None
        head += part
    head, _separator, body = head.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return {"line": lines[0], "headers": headers, "body": body}


def answering(status=200, headers=(), body=b"", reason="X"):
    """An answer that is the same for every request."""

    def answer(connection, _request):
        lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers]
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    return answer
