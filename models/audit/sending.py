"""Lines of the trail to a collector of logs."""

import socket
from contextlib import contextmanager

SECONDS = 10.0
LARGEST_DATAGRAM = 65_000


@contextmanager
def syslog(address, *, stream=False):
    """A function that sends one RFC 5424 message to ``host:port``, as datagrams or over one connection.

    What is too long for a datagram is refused rather than cut: half an entry proves nothing.

    :raises OSError: when the collector is not there (of datagrams nobody learns that)
    :raises ValueError: for an address without a port
    """
    host, _colon, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"not an address of the form host:port: {address}")
    family, kind, protocol, _name, target = socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as line:
        line.settimeout(SECONDS)
        line.connect(target)

        def send(message):
            if stream:
                line.sendall(b"%d %s" % (len(message), message))
            elif len(message) > LARGEST_DATAGRAM:
                raise ValueError("an entry is too long for a datagram: use a connection (--tcp)")
            else:
                line.send(message)

        yield send
