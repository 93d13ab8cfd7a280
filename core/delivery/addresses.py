"""Which addresses may be dialled.

What counts is the address that a connection is made to, at the moment it is made: a name that was harmless a second
ago may point inside the network now (DNS rebinding). Public addresses on the ports of the web are open. Everything
else must be allowed by an administrator, by name and port; even then link-local addresses (cloud metadata), multicast
and what routes nowhere stay closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ..faults import Fault

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

OPEN_PORTS = {"https": 443, "http": 80}

# Reachable inside an organisation: open where an administrator allowed the name.
PRIVATE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15",
            "::1/128", "fc00::/7", "64:ff9b::/96", "64:ff9b:1::/48",
        ),
    )
)  # fmt: skip
# Never a partner: this network, link-local with the clouds' metadata services, protocol assignments, documentation,
# 6to4 and Teredo (they wrap an address that was not checked), multicast, reserved, broadcast.
NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
            "::/96", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "3fff::/20", "fe80::/10", "fec0::/10",
            "ff00::/8", "fd00:ec2::254/128",
        ),
    )
)  # fmt: skip
_LOOPBACK_6 = IPv6Address("::1")
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$")
_ALLOWED_NAME = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\s/@\[\]]+):(?P<port>\d{1,5})", re.IGNORECASE)


class AddressGuard:
    """Says whether an endpoint may be dialled.

    :param allowed: ``host:port`` texts (IPv6 in brackets) that may also be private, use another port and plain http
    :raise ValueError: for a text that is not ``host:port``
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(_host_and_port(text) for text in allowed)

    def allows_by_name(self, host: str, port: int) -> bool:
        """Whether an administrator allowed exactly this host and port."""
        return (_bare(host), port) in self._allowed

    def check_name(self, scheme: str, host: str, port: int) -> None:
        """Refuse what can be refused before asking the name service.

        :raise Fault: ``deliver.address_refused``
        """
        bare = _bare(host)
        if not bare or (_ENDS_IN_NUMBER.search(bare) and parsed_address(bare) is None):
            # 127.1, 0x7f000001 and 2130706433 are loopback to some resolvers: only the plain form is an address.
            raise refused(host, port, "is not a proper host name or address")
        if self.allows_by_name(host, port):
            return
        # Fail closed: the body is signed but not secret, and holds names and addresses of people.
        if scheme != "https":
            raise refused(host, port, "is not https; plain http is only for hosts allowed by name")
        if port != OPEN_PORTS["https"]:
            raise refused(host, port, "is not the port of https; other ports must be allowed by name")

    def permitted(self, host: str, port: int, addresses: Iterable[str]) -> list[str]:
        """The addresses of ``addresses`` that may be dialled, in their order.

        :raise Fault: ``deliver.address_refused`` when none is left
        """
        by_name = self.allows_by_name(host, port)
        open_ones = [text for text in addresses if is_open(text, by_name=by_name)]
        if not open_ones:
            # Which address it was stays unsaid: the text may be shown to a partner, who would learn our network.
            raise refused(host, port, "leads to an address inside a private or reserved network")
        return open_ones


def is_open(text: str, *, by_name: bool = False) -> bool:
    """Whether the numeric address ``text`` may be dialled."""
    address = parsed_address(text)
    if address is None:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address == _LOOPBACK_6:
        return by_name
    if _within(address, NEVER):
        return False
    # Python knows more special networks with every release: what it does not call global is private too.
    return by_name or (address.is_global and not _within(address, PRIVATE))


def parsed_address(text: str) -> Address | None:
    """``text`` as an address; None when it is none. The zone of a link-local address (``%eth0``) is not accepted."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def refused(host: str, port: int, reason: str) -> Fault:
    """The fault for an address that must not be dialled."""
    name = f"{host}:{port}"
    return Fault("deliver.address_refused", f"{name} {reason}.", subject=name)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _host_and_port(text: str) -> tuple[str, int]:
    match = _ALLOWED_NAME.fullmatch(text.strip())
    if match is None or not 0 < int(match["port"]) < 65536:
        raise ValueError(f"not host:port: {text!r}")
    return _bare(match["host"]), int(match["port"])
