"""Lists of addresses, as networks (CIDR), IPv4 and IPv6."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=1024)
def networks(text: str) -> tuple[Network, ...]:
    """The networks in ``text``, with commas, blanks or line ends between. An address is a network of one.

    :raise ValueError: naming the entry that is none, also one with bits behind its mask
    """
    found: list[Network] = []
    for entry in filter(None, re.split(r"[\s,]+", text)):
        try:
            found.append(ip_network(entry))
        except ValueError as error:
            raise ValueError(f"{entry} is not an address or a network like 203.0.113.0/24.") from error
    return tuple(found)


def within(address: str | None, text: str) -> bool:
    """Whether ``address`` lies in one of the networks of ``text``. What is no address lies nowhere.

    An IPv4 address that came over an IPv6 socket (``::ffff:203.0.113.7``) counts as the IPv4 address it is.
    """
    try:
        found = _plain(ip_address((address or "").partition("%")[0]))
    except ValueError:
        return False
    return any(found.version == network.version and found in network for network in networks(text))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return getattr(address, "ipv4_mapped", None) or address
