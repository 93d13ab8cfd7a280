"""A TCP server on loopback for tests: what the partner, the proxy and others that are spoken to have in common."""

import contextlib
import socket
import ssl
import threading


class LoopbackServer:
    """Serves each connection in a thread of its own by ``converse(connection)``; ``tls`` is the context of a server
    that is spoken to by TLS. A peer that goes away ends its own conversation and nothing else."""

    def __init__(self, tls=None):
        self.tls, self.connections = tls, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def name(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.name}"

    def stop(self):
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
        with contextlib.suppress(OSError, ssl.SSLError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                self.converse(connection)
