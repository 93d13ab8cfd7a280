"""A proxy on the way to a partner: the tunnel that it opens (RFC 9110, 9.3.6).

The proxy sees host and port of the partner and nothing else: inside the tunnel runs TLS with the partner itself. What a
proxy answers is read with bounds and never shown.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..faults import Fault

_DEFAULT_PORTS = {"http": 3128, "https": 443}
_LONGEST_ANSWER = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is, and with which ``Proxy-Authorization`` it lets us through; none where that is empty."""

    scheme: str
    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """``host:port``, as an allowed host is written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def proxy_of(url: str, authorization: str = "") -> Proxy:
    """The proxy that ``url`` names: ``http://host[:port]`` or ``https://host[:port]``.

    :raise Fault: ``engine.configuration`` for anything else, among it an address with a user or a path
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        proper = (
            parts.scheme in _DEFAULT_PORTS
            and parts.hostname
            and port != 0
            and "@" not in parts.netloc
            and parts.path in ("", "/")
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        proper = False
    if not proper:
        raise Fault(
            "engine.configuration",
            "A proxy is written http://host:port or https://host:port, without a user or a path.",
            subject="proxy",
        )
    return Proxy(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme], authorization)


def open_tunnel(connection: socket.socket, proxy: Proxy, host: str, port: int, place: str) -> None:
    """Ask the proxy at the other end of ``connection`` for a tunnel to ``host`` and ``port``.

    :param place: how the partner is called in a fault
    :raise Fault: ``deliver.proxy_failed`` when it refuses, ``deliver.connection_failed`` when it cannot reach the
        partner; nothing of a document was sent
    :raise OSError: when the connection breaks off
    """
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    connection.sendall("\r\n".join(lines).encode("ascii") + b"\r\n\r\n")
    match = _STATUS.match(_head(connection))
    status = int(match[1]) if match else None
    if status is not None and 200 <= status < 300:
        return
    if status is not None and status >= 500:
        detail = f"The proxy {proxy.name} does not reach {place} (HTTP {status})."
        raise Fault("deliver.connection_failed", detail, found=status, subject=place)
    if status is None:
        reason = "does not answer as a proxy does"
    elif status == 407:
        reason = "does not accept our user and password (HTTP 407)"
    else:
        reason = f"refuses a connection to {place} (HTTP {status})"
    raise failed(proxy, reason)


def failed(proxy: Proxy, reason: str) -> Fault:
    """The fault of a proxy that lets nothing through."""
    return Fault("deliver.proxy_failed", f"The proxy {proxy.name} {reason}.", subject=f"proxy {proxy.name}")


def _head(connection: socket.socket) -> bytes:
    """The answer up to its empty line, one byte after the other: what follows belongs to the partner already."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST_ANSWER:
        part = connection.recv(1)
        if not part:
            break
        head += part
    return bytes(head)
