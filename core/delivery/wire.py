"""Connections that dial only permitted addresses and never wait beyond the request's deadline.

Three small subclasses of urllib3's classes, used by :mod:`.http`:

* the *connection* resolves its host itself, asks the guard, and dials the numeric address it was given leave for.
  Host header, SNI and the check of the certificate keep the name, so a pinned address costs no security;
* the *socket* shortens every wait to what is left until the deadline, so that a partner who sends one byte every few
  seconds cannot hold a worker;
* the *adapter* of requests hands both their limits, and keeps the pool.

Written for urllib3 1.26 to 2.x and requests 2.31 and newer.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util import Timeout
from urllib3.util.ssltransport import SSLTransport

from ..faults import Fault
from .addresses import AddressGuard, parsed_address
from .proxies import Proxy, failed, open_tunnel

Resolver = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one request may take, in seconds; ``deadline`` is a moment of :func:`time.monotonic`."""

    connect: float
    read: float
    deadline: float

    def left(self) -> float:
        """Seconds until the deadline.

        :raise TimeoutError: when it has passed
        """
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline of the request has passed")
        return seconds


# The limits of the request that this thread is making. Connections are shared by many requests, limits are not.
LIMITS: ContextVar[Limits | None] = ContextVar("limits_of_the_request", default=None)


@dataclass(slots=True)
class Reuse:
    """Whether a request may use a connection that was kept, and whether it did."""

    allowed: bool = True
    happened: bool = False


REUSE: ContextVar[Reuse | None] = ContextVar("reuse_of_connections", default=None)


@dataclass(slots=True)
class Sent:
    """Whether anything of a request has left: from then on the partner may have taken it."""

    begun: bool = False


SENT: ContextVar[Sent | None] = ContextVar("what_was_sent", default=None)
# A partner's address may move, and is looked up again with every new connection.
_LONGEST_LIFE = 300.0
# Most servers close what was idle for 60 seconds, some after five.
_LONGEST_REST = 30.0


class _Deadline:
    """Mixin of a socket: no single wait is longer than what is left until the deadline."""

    def _bounded(self, wait: Callable[..., Any], *args: Any) -> Any:
        limits = LIMITS.get()
        if limits is None:
            return wait(*args)
        configured = self.gettimeout()
        left = limits.left()
        self.settimeout(left if configured is None else min(configured, left))
        try:
            return wait(*args)
        finally:
            self.settimeout(configured)

    def recv_into(self, *args: Any) -> int:
        return self._bounded(super().recv_into, *args)

    def recv(self, *args: Any) -> bytes:
        return self._bounded(super().recv, *args)

    def send(self, *args: Any) -> int:
        return self._bounded(super().send, *args)

    def sendall(self, *args: Any) -> None:
        return self._bounded(super().sendall, *args)


class DeadlineSocket(_Deadline, socket.socket):
    """A TCP socket that keeps the deadline."""


class DeadlineSSLSocket(_Deadline, ssl.SSLSocket):
    """A TLS socket that keeps the deadline. The handshake is bounded by the time-out set when it starts."""

    @classmethod
    def _create(cls, sock: Any, *args: Any, **settings: Any) -> Any:
        """TLS with the partner inside TLS with a proxy: Python's own class would write past the outer one."""
        if isinstance(sock, ssl.SSLSocket):
            return SSLTransport(sock, settings["context"], settings.get("server_hostname"))
        return super()._create(sock, *args, **settings)


class _Guarded:
    """Mixin of a connection: resolve, ask the guard, dial."""

    guard: AddressGuard
    resolver: Resolver
    proxy_between: Proxy | None
    proxy_tls: ssl.SSLContext | None
    scheme: str
    opened_at = 0.0
    rested_since = 0.0

    def send(self, data: Any) -> Any:
        if self.sock is None:
            self.connect()
        sent = SENT.get()
        if sent is not None:
            sent.begun = True
        return super().send(data)

    def _new_conn(self) -> socket.socket:
        self.opened_at = time.monotonic()
        host, limits = self.host.strip("[]"), LIMITS.get()
        if limits is None:
            raise RuntimeError("a guarded connection is made within a request with limits")
        self.guard.check_name(self.scheme, host, self.port)
        if self.proxy_between is not None:
            return self._tunnelled(self.proxy_between, host, limits)
        return self._connected(self.guard, host, self.port, limits)

    def _tunnelled(self, proxy: Proxy, host: str, limits: Limits) -> socket.socket:
        """A connection to the partner through the proxy.

        The guard holds all the same: the name is looked up here, and the proxy is asked for an address that may be
        dialled. Only what an administrator allowed by name is the proxy's to look up.
        """
        place = f"{host}:{self.port}"
        if self.guard.allows_by_name(host, self.port):
            if parsed_address(host) is not None:
                self.guard.permitted(host, self.port, [host])
            targets = [host]
        else:
            targets = self.guard.permitted(host, self.port, self._looked_up(host, self.port))
        fault: Fault | None = None
        for target in targets:
            connection = self._to_proxy(proxy, limits)
            try:
                open_tunnel(connection, proxy, target, self.port, place)
                return connection
            except Fault as refusal:
                connection.close()
                if refusal.code != "deliver.connection_failed":
                    raise
                fault = refusal
            except BaseException as error:
                connection.close()
                if isinstance(error, OSError):
                    raise failed(proxy, "breaks the connection off or does not answer in time") from error
                raise
        raise fault or failed(proxy, "was asked for no address")

    def _to_proxy(self, proxy: Proxy, limits: Limits) -> socket.socket:
        """A connection to the proxy itself, which an administrator named; metadata services stay closed to it too."""
        try:
            connection = self._connected(AddressGuard([proxy.name]), proxy.host, proxy.port, limits)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise failed(proxy, "cannot be reached") from error
        if self.proxy_tls is None:
            return connection
        try:
            return self.proxy_tls.wrap_socket(connection, server_hostname=proxy.host)
        except (OSError, ssl.CertificateError) as error:
            connection.close()
            raise failed(proxy, "could not prove by its certificate who it is") from error

    def _looked_up(self, host: str, port: int) -> dict[str, tuple[int, tuple[Any, ...]]]:
        """{numeric address: (family, what is dialled)}, in the order of the name service."""
        try:
            found = self.resolver(host, port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"no address for {host}") from error
        return {str(address[0]): (family, address) for family, _type, _protocol, _name, address in found}

    def _connected(self, guard: AddressGuard, host: str, port: int, limits: Limits) -> socket.socket:
        families = self._looked_up(host, port)
        failure: OSError | None = None
        for permitted in guard.permitted(host, port, families):
            family, address = families[permitted]
            try:
                return self._dialled(family, address, limits)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection to {host} in time") from failure
        raise NewConnectionError(self, f"no connection to {host}") from failure

    def _dialled(self, family: int, address: tuple[Any, ...], limits: Limits) -> socket.socket:
        dialled = DeadlineSocket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                dialled.setsockopt(*option)
            # The handshake of TLS runs under this time-out too.
            dialled.settimeout(min(limits.connect, limits.left()))
            dialled.connect(address)
        except BaseException:
            dialled.close()
            raise
        return dialled


class _GuardedHTTPConnection(_Guarded, HTTPConnection):
    scheme = "http"


class _GuardedHTTPSConnection(_Guarded, HTTPSConnection):
    scheme = "https"


class _GuardedPool:
    """Mixin of a pool: its connections know the guard."""

    owner: _GuardedPools

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        connection.guard = self.owner.guard
        connection.resolver = self.owner.resolver
        connection.proxy_between = self.owner.proxy_between
        connection.proxy_tls = self.owner.proxy_tls
        return connection

    def _get_conn(self, timeout: Any = None) -> Any:
        """A kept connection as long as it is young and was used lately; a closed one dials anew when it is used."""
        connection = super()._get_conn(timeout)
        reuse = REUSE.get()
        if connection.sock is not None:
            if (reuse is not None and not reuse.allowed) or _is_stale(connection, _LONGEST_REST):
                connection.close()
            elif reuse is not None:
                reuse.happened = True
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.rested_since = time.monotonic()
        return super()._put_conn(connection)

    def close_idle(self, seconds: float) -> None:
        """Close kept connections that were not used for ``seconds``; those in use are not in the pool."""
        resting = []
        with contextlib.suppress(queue.Empty, AttributeError):  # empty; or closed meanwhile, with all it kept
            while True:
                resting.append(self.pool.get(block=False))
        for connection in reversed(resting):
            if connection is not None and _is_stale(connection, seconds):
                connection.close()
            try:
                # Not by _put_conn: it has rested all the while.
                self.pool.put(connection, block=False)
            except (queue.Full, AttributeError):  # its place is taken; or closed meanwhile
                if connection is not None:
                    connection.close()


def _is_stale(connection: Any, rest: float) -> bool:
    now = time.monotonic()
    return now - connection.opened_at >= _LONGEST_LIFE or now - connection.rested_since >= rest


class _GuardedHTTPPool(_GuardedPool, HTTPConnectionPool):
    ConnectionCls = _GuardedHTTPConnection


class _GuardedHTTPSPool(_GuardedPool, HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPSConnection


class _GuardedPools(PoolManager):
    def __init__(
        self,
        guard: AddressGuard,
        resolver: Resolver,
        proxy: Proxy | None,
        proxy_tls: ssl.SSLContext | None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.guard, self.resolver = guard, resolver
        self.proxy_between, self.proxy_tls = proxy, proxy_tls
        self.pool_classes_by_scheme = {"http": _GuardedHTTPPool, "https": _GuardedHTTPSPool}

    def _new_pool(self, *args: Any, **kwargs: Any) -> Any:
        pool = super()._new_pool(*args, **kwargs)
        pool.owner = self
        return pool


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests over guarded connections; through a proxy only where its own settings name one."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        pool_size: int,
        resolver: Resolver,
        authorities: str = "",
        client_certificate: str = "",
        proxy: Proxy | None = None,
    ) -> None:
        self._guard, self._resolver, self._proxy = guard, resolver, proxy
        # The proxy is not shown our certificate: it is for the partner.
        self._proxy_tls = _tls_of_proxies(authorities) if proxy is not None and proxy.scheme == "https" else None
        self._tls = _showing(authorities, client_certificate) if client_certificate else _tls_context(authorities)
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        self.poolmanager = _GuardedPools(
            self._guard,
            self._resolver,
            self._proxy,
            self._proxy_tls,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            ssl_context=self._tls,
        )

    def close_idle(self, seconds: float) -> None:
        """Close the connections that were not used for ``seconds``."""
        for key in self.poolmanager.pools.keys():
            pool = self.poolmanager.pools.get(key)
            if pool is not None:
                pool.close_idle(seconds)

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        return self.poolmanager.connection_from_url(request.url)

    def get_connection(self, url: str, proxies: Any = None) -> Any:
        return self.poolmanager.connection_from_url(url)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set: the pool's own TLS context always verifies, and holds the authorities already."""

    def send(self, request: Any, stream: bool = False, timeout: Any = None, **kwargs: Any) -> requests.Response:
        """Send under the limits of this thread's request, whatever time-out the session was given."""
        limits = LIMITS.get()
        if limits is None:
            raise RuntimeError("a guarded request has limits")
        return super().send(request, stream=stream, timeout=Timeout(connect=limits.connect, read=limits.read), **kwargs)


@lru_cache(maxsize=32)
def _tls_context(authorities: str) -> ssl.SSLContext:
    """The context of all endpoints that trust the same authorities and show no certificate."""
    return _verifying(authorities)


@lru_cache(maxsize=32)
def _tls_of_proxies(authorities: str) -> ssl.SSLContext:
    """The context of the way to a proxy, in which nobody but TLS itself compares the name."""
    context = _verifying(authorities)
    context.check_hostname = True
    return context


def _showing(authorities: str, client_certificate: str) -> ssl.SSLContext:
    """A context of its own that shows a certificate.

    :raise Fault: ``deliver.credential_missing`` when the text is no certificate with its key
    """
    context = _verifying(authorities)
    try:
        with _as_file(client_certificate.encode()) as name:
            # No password: a key that has one must not ask for it on the server's terminal.
            context.load_cert_chain(name, password=lambda: b"")
    except (ssl.SSLError, ValueError, OSError) as error:
        detail = "The client certificate with its key cannot be used."
        raise Fault("deliver.credential_missing", detail, subject="client certificate") from error
    return context


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """The name of a file with ``content``, because Python's TLS reads keys from files only; in memory where it can."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("certificate")
        try:
            os.write(number, content)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    with tempfile.NamedTemporaryFile() as file:  # readable by its owner only, gone at the end
        file.write(content)
        file.flush()
        yield file.name


def _verifying(authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, certificate and name verified by ``authorities`` (PEM) alone, or by the public ones.

    :raise Fault: ``engine.configuration`` when the text holds no certificate
    """
    try:
        context = (
            ssl.create_default_context(cadata=authorities)
            if authorities
            else ssl.create_default_context(cafile=requests.certs.where())
        )
    except (ssl.SSLError, ValueError) as error:
        detail = "The authorities that the endpoint trusts cannot be read."
        raise Fault("engine.configuration", detail, subject="authorities") from error
    # Said and not left to the system's configuration, which may be older than the rule.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if urllib3.__version__.startswith("1."):
        # urllib3 1.26 names no host to TLS when the host is an address, and compares the certificate itself.
        context.check_hostname = False
    context.sslsocket_class = DeadlineSSLSocket
    return context
