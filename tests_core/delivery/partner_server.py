"""A partner on loopback whose answers the test chooses, byte by byte if it wants."""

import socket
import ssl
import threading


class Partner:
    """A TCP server that reads each request and hands the connection to ``answer(connection, request)``."""

    def __init__(self, answer, tls=None):
        self.answer, self.tls = answer, tls
        self.requests, self.connections = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def name(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.name}/hook"

    def stop(self):
        self.stopping.set()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                while request := _read_request(connection):
                    self.requests.append(request)
                    self.answer(connection, request)
        except (OSError, ssl.SSLError):
            return


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
