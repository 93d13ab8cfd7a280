"""Which addresses may be dialled.

What counts is the address that a connection is made to, at the moment it is made: a name that was harmless a second
ago may point inside the network now (DNS rebinding). Public addresses by https on its own port are open. Everything
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

OPEN_PORT = 443


def _networks(table: str) -> tuple[Network, ...]:
    """The networks of a table: one a line, followed by what it is."""
    return tuple(ip_network(line.split()[0]) for line in table.splitlines() if line.strip())


# Reachable inside an organisation: open where an administrator allowed the name.
PRIVATE = _networks("""
    10.0.0.0/8          private
    100.64.0.0/10       behind a carrier's address translation
    127.0.0.0/8         this machine
    172.16.0.0/12       private
    192.168.0.0/16      private
    198.18.0.0/15       measurements
    ::1/128             this machine
    64:ff9b::/96        translation to IPv4
    64:ff9b:1::/48      translation to IPv4, local
    fc00::/7            private
""")
# Never a partner, allowed by name or not.
NEVER = _networks("""
    0.0.0.0/8           this network
    100.100.100.200/32  a cloud's metadata service
    168.63.129.16/32    a cloud's metadata service
    169.254.0.0/16      link-local, with most clouds' metadata services
    192.0.0.0/24        protocol assignments
    192.0.2.0/24        documentation
    192.88.99.0/24      6to4 relay
    198.51.100.0/24     documentation
    203.0.113.0/24      documentation
    224.0.0.0/4         multicast
    240.0.0.0/4         reserved, and broadcast
    ::/96               wraps an IPv4 address that was not checked
    ::ffff:0:0:0/96     the same, translated
    100::/64            discarded
    2001::/32           the same, Teredo
    2001:db8::/32       documentation
    2002::/16           the same, 6to4
    3fff::/20           documentation
    fd00:ec2::254/128   a cloud's metadata service
    fe80::/10           link-local
    fec0::/10           site-local, retired
    ff00::/8            multicast
""")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOOPBACK_6 = IPv6Address("::1")
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$")
_ALLOWED_NAME = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\s/@\[\]]+):(?P<port>\d{1,5})", re.IGNORECASE)


class AddressGuard:
    """Says whether an endpoint may be dialled.

    :param allowed: ``host:port`` texts (IPv6 in brackets) that may also be private, use another port and plain http
    :raise Fault: ``engine.configuration`` for a text that is not ``host:port``
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
        if port != OPEN_PORT:
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
    if address == _LOOPBACK_6:
        return by_name
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64 and _within(IPv4Address(int(address) & 0xFFFFFFFF), NEVER):
            return False
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
        raise Fault("engine.configuration", f"An allowed host is written host:port, not {text!r}.", found=text)
    return _bare(match["host"]), int(match["port"])
