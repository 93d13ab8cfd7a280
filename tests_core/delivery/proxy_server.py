"""A proxy on loopback that opens tunnels (CONNECT), or refuses them as the test says."""

import base64
import select
import socket
import ssl

from loopback_server import LoopbackServer


class TunnelProxy(LoopbackServer):
    """``password``: what it asks for (``user:password``). ``status``: what it answers instead of opening a tunnel.

    ``tls`` is the server's context of a proxy that is spoken to by https. ``routes``: {host:port asked for: host:port
    dialled}, its own name service. ``asked`` are the targets, ``shown`` the credentials it was shown.
    """

    def __init__(self, *, password=None, status=None, tls=None, routes=None):
        self.password, self.status, self.routes = password, status, routes or {}
        self.asked, self.shown, self.carried = [], [], bytearray()
        super().__init__(tls)

    def converse(self, connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = connection.recv(1)
            if not part:
                return
            head += part
        lines = head.decode("latin-1").split("\r\n")
        method, target, _version = lines[0].split(" ")
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines[1:])}
        self.asked.append(f"{method} {target}")
        self.shown.append(headers.get("proxy-authorization"))
        wanted = self.password and "Basic " + base64.b64encode(self.password.encode()).decode()
        if wanted and self.shown[-1] != wanted:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif self.status:
            connection.sendall(b"HTTP/1.1 %d Not today\r\nContent-Length: 0\r\n\r\n" % self.status)
        else:
            host, _colon, port = self.routes.get(target, target).rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as partner:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump(connection, partner)

    def _pump(self, connection, partner):
        ends = {connection: partner, partner: connection}
        while True:
            pending = [connection] if isinstance(connection, ssl.SSLSocket) and connection.pending() else []
            for end in pending or select.select(list(ends), [], [], 5)[0]:
                data = end.recv(65536)
                if not data:
                    return
                if end is connection:
                    self.carried += data
                ends[end].sendall(data)
