"""What message brokers have in common: their addresses, who may be dialled, names made of a document, what it tells.

A broker is dialled only where an administrator allowed its ``host:port`` by name, at an address that was checked.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from ..faults import Fault
from ..security.networks import within
from .addresses import AddressGuard, refused

NAME_PARTS = ("type", "key", "endpoint", "partner")
"""What may stand in braces in a routing key or the name of a topic."""
_PART = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class BrokerTarget:
    """A broker and how we come to it. Times are seconds.

    ``scheme`` says whether TLS is spoken, ``path`` is the part behind the slash (RabbitMQ's virtual host). ``allowed``
    are the ``host:port`` that an administrator allowed by name; ``encrypted``: plain connections are refused, except to
    numeric addresses in ``plain_networks``.
    """

    scheme: str
    host: str
    port: int
    path: str = ""
    username: str = ""
    secret: str = field(default="", repr=False)
    authorities: str = field(default="", repr=False)
    allowed: tuple[str, ...] = ()
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    encrypted: bool = False
    plain_networks: str = ""
    pool_key: str = ""

    @property
    def place(self) -> str:
        """``host:port``, to speak of it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def is_exposed(self) -> bool:
        """Whether documents would travel in clear that may not."""
        return self.encrypted and not self.scheme.endswith("s") and not within(self.host, self.plain_networks)

    def addresses(self, resolver: Callable[..., Any] | None = None) -> list[str]:
        """The numeric addresses that may be dialled, in the order of the name service.

        :raise Fault: ``deliver.address_refused``, ``deliver.not_encrypted``, ``deliver.connection_failed``
        """
        guard = AddressGuard(self.allowed)
        if not guard.allows_by_name(self.host, self.port):
            raise refused(self.host, self.port, "is not among the hosts that are allowed by name, as a broker must be")
        if self.is_exposed():
            raise Fault("deliver.not_encrypted", f"{self.place} would be sent to unencrypted.", subject=self.place)
        try:
            found = (resolver or socket.getaddrinfo)(self.host, self.port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            detail = f"No connection to {self.place} could be made: there is no such host."
            raise Fault("deliver.connection_failed", detail, subject=self.place) from error
        return guard.permitted(self.host, self.port, dict.fromkeys(str(entry[4][0]) for entry in found))


def target_of(url: str, schemes: Mapping[str, int], **settings: Any) -> BrokerTarget:
    """The target that ``url`` names: ``scheme://host[:port][/path]``.

    :param schemes: {scheme: its usual port}; those that end in ``s`` speak TLS
    :raise Fault: ``engine.configuration`` for anything else, among it an address with a user
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        proper = parts.scheme in schemes and parts.hostname and port != 0 and "@" not in parts.netloc
        proper = proper and not parts.query and not parts.fragment
    except ValueError:
        proper = False
    if not proper:
        ways = " or ".join(f"{scheme}://host:port" for scheme in schemes)
        raise Fault("engine.configuration", f"The address of a broker is {ways}, without a user.", subject="address")
    return BrokerTarget(
        parts.scheme, parts.hostname, port or schemes[parts.scheme], unquote(parts.path[1:]), **settings
    )


@lru_cache(maxsize=32)
def tls_of(authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or newer; certificate and name are verified by ``authorities`` (PEM) alone, or by the system's.

    :raise Fault: ``engine.configuration`` when the text holds no certificate
    """
    try:
        context = ssl.create_default_context(cadata=authorities or None)
    except (ssl.SSLError, ValueError) as error:
        detail = "The authorities that the endpoint trusts cannot be read."
        raise Fault("engine.configuration", detail, subject="authorities") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def name_problem(template: str) -> str | None:
    """Why ``template`` cannot name where a document goes, as the end of a sentence; None when it can."""
    unknown = [part for part in _PART.findall(template) if part not in NAME_PARTS]
    if unknown:
        return f"knows {', '.join('{' + part + '}' for part in NAME_PARTS)} and not {{{unknown[0]}}}"
    if "{" in _PART.sub("", template) or "}" in _PART.sub("", template):
        return "has a brace that is alone"
    return None


def named(template: str, parts: Mapping[str, str]) -> str:
    """``template`` with what stands in braces filled in; what there is not is empty."""
    return _PART.sub(lambda match: parts.get(match[1]) or "", template)


def missing_library(name: str, package: str) -> Fault:
    """The fault of a transport whose library is not installed."""
    detail = f"This server cannot speak to {name}: the Python package {package} is not installed."
    return Fault("deliver.library_missing", detail, subject=package)
