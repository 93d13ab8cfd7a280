"""Outbound HTTP with an address guard.

One :class:`GuardedSession` per endpoint keeps its connections; :func:`deliver` finds it by the request's
``pool_key``. A delivery always ends in a :class:`DeliveryResult`;
what went wrong is a fault of the stage ``deliver``. The promises:

* only permitted addresses are dialled (see :mod:`.addresses`), redirects are never followed, proxies and ``.netrc`` of
  the environment are ignored (a proxy is one that the request names), cookies are not kept;
* connecting, every read, and the delivery as a whole have a time limit; asking the name service is the operating
  system's and only its outcome is held against the limit;
* of the answer at most :data:`BODY_LIMIT` bytes are read. What was answered is decided by the status alone: once a
  partner said 2xx, a body that never ends does not make the delivery a failure (it would be sent twice).
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from http.client import RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3 import exceptions as wire_exceptions

from ..faults import Fault
from ..security.networks import within
from . import backoff
from .addresses import AddressGuard
from .proxies import Proxy, proxy_of
from .wire import LIMITS, REUSE, SENT, GuardedAdapter, Limits, Resolver, Reuse, Sent

BODY_LIMIT = 20_000
_RETRIED_CLIENT_ERRORS = (408, 425)
_MOST_HEADERS = 64
_LONGEST_HEADER = 2_000
_LONGEST_WAIT = 3_600.0
_MOST_SESSIONS = 128


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``allowed_hosts`` are ``host:port`` texts that an administrator allowed by name; ``pool_key`` names the endpoint
    whose connections are used. Times are seconds; ``total_timeout``, from the first step to the last byte, is that of
    connecting and reading together unless given. ``client_certificate`` is a PEM text of our certificate and its key,
    ``authorities`` a PEM text of those trusted instead of the public ones. ``encrypted``: plain http is refused even
    where the host is allowed by name, except to numeric addresses in the networks of ``plain_networks``. ``proxy`` is
    the address of the proxy that opens a tunnel to the partner, ``proxy_authorization`` what it wants to see.
    ``body_limit``: so many bytes of the answer are read.
    """

    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    allowed_hosts: Iterable[str] = ()
    pool_key: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    total_timeout: float | None = None
    authorities: str = field(default="", repr=False)
    client_certificate: str = field(default="", repr=False)
    encrypted: bool = False
    plain_networks: str = ""
    proxy: str = ""
    proxy_authorization: str = field(default="", repr=False)
    body_limit: int = BODY_LIMIT


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of a request. ``status`` is None when there was no answer, ``fault`` None when it was accepted.

    ``headers`` have lower-case names. ``truncated``: there was more body than is kept, or it broke off.
    ``retry_after``: the seconds that the partner asks us to wait, at most an hour. ``sent``: something of the request
    had left, so that without an answer the partner may have taken it all the same.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    elapsed: float
    fault: Fault | None
    truncated: bool = False
    retry_after: float | None = None
    sent: bool = False


class GuardedSession:
    """Delivers to one endpoint over pooled connections. May be shared by threads.

    :param allowed_hosts: ``host:port`` that an administrator allowed by name
    :param pool_size: how many connections are kept
    :param authorities: PEM of the authorities to trust instead of the public ones
    :param client_certificate: PEM of the certificate that we show, with its key
    :param proxy: opens a tunnel to the partner
    :param resolver: stands in for :func:`socket.getaddrinfo`
    """

    def __init__(
        self,
        *,
        allowed_hosts: Iterable[str] = (),
        pool_size: int = 16,
        authorities: str = "",
        client_certificate: str = "",
        proxy: Proxy | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        # Looked up late, so that what a host patches (gevent) is used.
        resolver = resolver or (lambda *args: socket.getaddrinfo(*args))
        self._adapter = GuardedAdapter(
            AddressGuard(allowed_hosts),
            pool_size=pool_size,
            resolver=resolver,
            authorities=authorities,
            client_certificate=client_certificate,
            proxy=proxy,
        )
        self._session = _Session()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)

    def deliver(self, request: Request) -> DeliveryResult:
        """Send ``request`` and say what came of it. Never raises for anything the partner or the network does."""
        started = time.monotonic()
        total = request.total_timeout or request.connect_timeout + request.read_timeout
        limits = Limits(request.connect_timeout, request.read_timeout, started + total)
        token, sent = LIMITS.set(limits), Sent()
        sent_token = SENT.set(sent)
        try:
            result = self._delivered(request, started)
        finally:
            SENT.reset(sent_token)
            LIMITS.reset(token)
        return replace(result, sent=sent.begun)

    def _delivered(self, request: Request, started: float) -> DeliveryResult:
        place = place_of(request.url)
        try:
            _check_url(request.url, place)
            if request.encrypted:
                demand_encrypted(request.url, request.plain_networks)
            prepared = self._session.prepare_request(
                requests.Request(request.method, request.url, headers=dict(request.headers), data=request.body)
            )
            response = self._sent(prepared)
        except Fault as fault:
            return DeliveryResult(None, {}, b"", time.monotonic() - started, fault)
        except (exceptions.RequestException, wire_exceptions.HTTPError, OSError, UnicodeError) as error:
            return DeliveryResult(None, {}, b"", time.monotonic() - started, classify(error, place=place))
        with response:
            body, truncated = _bounded_body(response, request.body_limit)
            headers = _bounded_headers(response.headers)
        wait = headers.get("retry-after")
        seconds = backoff.asked(wait, datetime.now(timezone.utc))
        return DeliveryResult(
            status=response.status_code,
            headers=headers,
            body=body,
            elapsed=time.monotonic() - started,
            fault=classify(response.status_code, place=place, retry_after=wait),
            truncated=truncated,
            retry_after=None if seconds is None else min(seconds, _LONGEST_WAIT),
        )

    def _sent(self, prepared: requests.PreparedRequest) -> requests.Response:
        """Send; once more on a fresh connection if a kept one turns out to have been closed by the partner.

        A partner closes what was idle for long, and our request may cross with that. Before any byte of an answer
        that looks like never having been sent. In the rare case that it was taken all the same it arrives twice, which
        is what the id of the message is for.
        """
        reuse = Reuse()
        token = REUSE.set(reuse)
        try:
            return self._session.send(prepared, stream=True, allow_redirects=False)
        except exceptions.ConnectionError as error:
            if not reuse.happened or not _broke_off_before_the_answer(error):
                raise
            REUSE.set(Reuse(allowed=False))
            return self._session.send(prepared, stream=True, allow_redirects=False)
        finally:
            REUSE.reset(token)

    def close_idle(self, seconds: float) -> None:
        """Close the pooled connections that were not used for ``seconds``."""
        self._adapter.close_idle(seconds)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def __enter__(self) -> GuardedSession:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def deliver(request: Request) -> DeliveryResult:
    """Send ``request`` over the pooled connections of its endpoint, see :meth:`GuardedSession.deliver`."""
    try:
        session = _session(
            request.pool_key,
            frozenset(request.allowed_hosts),
            request.authorities,
            request.client_certificate,
            proxy_of(request.proxy, request.proxy_authorization) if request.proxy else None,
            os.getpid(),
        )
    except Fault as fault:
        return DeliveryResult(None, {}, b"", 0.0, fault)
    return session.deliver(request)


def close_idle(seconds: float) -> None:
    """Close the connections of all endpoints that were not used for ``seconds``."""
    with _SESSIONS_LOCK:
        sessions = list(_SESSIONS.values())
    for session in sessions:
        session.close_idle(seconds)


# Connections are no state that must survive: another process, or this one after a restart, opens its own. The process
# id keeps a forked worker from speaking over its parent's sockets. What falls out is closed when the last delivery lets
# go of it.
_SESSIONS: OrderedDict[tuple[Any, ...], GuardedSession] = OrderedDict()
_SESSIONS_LOCK = threading.Lock()


def _session(
    pool_key: str,
    allowed_hosts: frozenset[str],
    authorities: str,
    client_certificate: str,
    proxy: Proxy | None,
    process: int,
) -> GuardedSession:
    # A connection that was opened with one certificate, or by one authority's word, carries nothing for another.
    shown = hashlib.sha256(f"{client_certificate}\0{authorities}".encode()).digest()
    key = pool_key, allowed_hosts, shown, proxy, process
    with _SESSIONS_LOCK:
        session = _SESSIONS.get(key)
        if session is None:
            session = _SESSIONS[key] = GuardedSession(
                allowed_hosts=allowed_hosts,
                authorities=authorities,
                client_certificate=client_certificate,
                proxy=proxy,
            )
        _SESSIONS.move_to_end(key)
        while len(_SESSIONS) > _MOST_SESSIONS:
            _SESSIONS.popitem(last=False)
    return session


def classify(
    outcome: int | BaseException, *, place: str = "the partner", retry_after: str | None = None
) -> Fault | None:
    """The fault behind a status or an error of the network; None for 2xx, the only success.

    The texts name the partner's host, never an address or the library's own words: they are shown to people.
    """
    if isinstance(outcome, int):
        return _fault_of_status(outcome, place, retry_after)
    if isinstance(outcome, Fault):
        return outcome
    code, text = _fault_of_error(outcome)
    return Fault(code, text.format(place=place), subject=place)


def _fault_of_status(status: int, place: str, retry_after: str | None) -> Fault | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        code, said = "deliver.redirected", "points to another address, which is not followed"
    elif status == 410:
        code, said = "deliver.gone", "says that this address is closed for good"
    elif status == 429 or (status == 503 and retry_after):
        code, said = "deliver.throttled", "asks to slow down"
    elif status >= 500 or status < 200 or status in _RETRIED_CLIENT_ERRORS:
        code, said = "deliver.server_error", "failed to handle the request"
    else:
        code, said = "deliver.rejected", "refused the document"
    return Fault(code, f"{place} {said} (HTTP {status}).", found=status, subject=place)


def _fault_of_error(error: BaseException) -> tuple[str, str]:
    if isinstance(error, (exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema, UnicodeError)):
        return "deliver.address_refused", "{place} is not a proper web address."
    if isinstance(error, exceptions.InvalidHeader):
        return "engine.configuration", "A header for {place} has characters that headers cannot have."
    chain = _chain(error)
    if any(isinstance(link, (exceptions.SSLError, wire_exceptions.SSLError)) for link in chain):
        return "deliver.tls_failed", "{place} could not prove by its certificate who it is, or speaks no safe TLS."
    timeouts = (exceptions.Timeout, wire_exceptions.TimeoutError, TimeoutError)
    # urllib3 1.26 derives its "no connection" from its time-out.
    if any(isinstance(link, timeouts) and not isinstance(link, wire_exceptions.NewConnectionError) for link in chain):
        return "deliver.timeout", "{place} did not answer in time."
    return "deliver.connection_failed", "No connection to {place} could be made, or it broke off."


def _broke_off_before_the_answer(error: BaseException) -> bool:
    """Whether the connection ended with no byte of an answer. No time-out: then the partner may be at work on it."""
    broken = (RemoteDisconnected, BrokenPipeError, ConnectionResetError, ConnectionAbortedError)
    chain = _chain(error)
    return any(isinstance(link, broken) for link in chain) and not any(isinstance(link, TimeoutError) for link in chain)


def _chain(error: BaseException) -> list[BaseException]:
    """``error`` and what it wraps: the libraries wrap in attributes, in arguments and in the context."""
    links: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and all(link is not known for known in links):
            links.append(link)
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return links


def _bounded_body(response: requests.Response, limit: int) -> tuple[bytes, bool]:
    """At most ``limit`` bytes of the body as they were sent, and whether that is not all of it."""
    try:
        body = response.raw.read(limit + 1, decode_content=False)
    except (wire_exceptions.HTTPError, exceptions.RequestException, OSError):
        return b"", True
    return body[:limit], len(body) > limit or len(body) < _announced(response.headers)


def _announced(headers: Mapping[str, str]) -> int:
    """The length of the body by its header, 0 where that says none: a connection that ends early is no error here."""
    said = headers.get("content-length") or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0


def _bounded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value[:_LONGEST_HEADER] for name, value in list(headers.items())[:_MOST_HEADERS]}


def _check_url(url: str, place: str) -> None:
    """Refuse what is not a plain ``http(s)://host[:port]/path``; the address itself is checked when it is dialled."""
    try:
        parts = urlsplit(url)
        proper = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        proper = False
    if not proper:
        detail = f"{place} is not a proper web address (http or https, no user name)."
        raise Fault("deliver.address_refused", detail, subject=place)


def demand_encrypted(url: str, plain_networks: str = "") -> None:
    """Refuse a proper address of plain http, unless its host is a numeric address in one of ``plain_networks``.

    :raise Fault: ``deliver.not_encrypted``
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or within(parts.hostname, plain_networks):
        return
    place = place_of(url)
    raise Fault("deliver.not_encrypted", f"{place} would be sent to unencrypted.", subject=place)


def place_of(url: str) -> str:
    """The host and port of ``url``, to speak of it: the rest may hold secrets."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "The address"
    except ValueError:
        return "The address"


class _Session(requests.Session):
    """A session that takes nothing from the environment, keeps no cookies and follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Identity: a compressed answer of 20 kB may be gigabytes once unpacked.
        self.headers.update({"Accept-Encoding": "identity", "User-Agent": "sync-governance"})

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Never: requests would read the whole body of a redirect, however long, to prepare the next request."""
        return None
