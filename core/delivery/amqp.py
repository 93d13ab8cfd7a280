"""RabbitMQ (AMQP 0-9-1): publishing with confirms, consuming with acknowledgements, everything with a time limit.

pika is optional and imported where it is used. Its callback interface is driven here by a loop that ends at a deadline,
because its blocking one waits for a confirm as long as the broker likes. A connection belongs to one thread at a time;
those between two uses are kept for a while, and looked after when they are used again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..faults import Fault
from .brokers import BrokerTarget, missing_library, target_of, tls_of

SCHEMES = {"amqps": 5671, "amqp": 5672}
HEARTBEAT_SECONDS = 60
KEPT_SECONDS = 25.0
"""A connection rests shorter than a heartbeat: resting, it answers none."""
CLOSE_SECONDS = 2.0
PERSISTENT = 2
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish. ``properties`` are those of AMQP (message_id, type, content_type ...)."""

    exchange: str
    routing_key: str
    body: bytes
    headers: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message that was consumed and is not acknowledged yet; ``headers`` hold its properties too, as text."""

    tag: int
    body: bytes
    message_id: str
    headers: dict[str, str]


def library() -> Any:
    """pika.

    :raise Fault: ``deliver.library_missing``
    """
    try:
        import pika  # noqa: PLC0415 - optional
        import pika.exceptions  # noqa: PLC0415
    except ImportError as error:
        raise missing_library("RabbitMQ", "pika") from error
    # What it would write as errors is told as faults.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return pika


def target(url: str, **settings: Any) -> BrokerTarget:
    """The broker at ``amqps://host[:port][/virtual-host]``, or ``amqp://`` without TLS.

    :raise Fault: ``engine.configuration`` for anything else
    """
    return target_of(url, SCHEMES, **settings)


class Link:
    """One connection with one channel.

    :raise Fault: ``deliver.*`` from every method; after that it is closed
    """

    def __init__(self, target: BrokerTarget) -> None:
        self.target = target
        self.used_at = time.monotonic()
        self._pika = library()
        self._loop: Any = None
        self._connection: Any = None
        self._channel: Any = None
        self._closed: BaseException | None = None
        self._blocked = False
        self._confirmed: bool | None = None
        self._nacked = False
        self._returned: Any = None
        self._prefetch = 1
        self._waiting: list[Delivered] = []

    # -- connecting --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Connect to the first address that answers."""
        fault: Fault | None = None
        for address in self.target.addresses():
            try:
                self._open(address)
                return
            except Fault as failure:
                self.close()
                if failure.code != "deliver.connection_failed":
                    raise
                fault = failure
        raise fault or self._fault_of(None)

    def _open(self, address: str) -> None:
        pika, target = self._pika, self.target
        tls = None
        if target.scheme == "amqps":
            tls = pika.SSLOptions(tls_of(target.authorities), target.host)
        parameters = pika.ConnectionParameters(
            host=address,
            port=target.port,
            virtual_host=target.path or "/",
            credentials=pika.PlainCredentials(target.username, target.secret),
            heartbeat=HEARTBEAT_SECONDS,
            ssl_options=tls,
            connection_attempts=1,
            socket_timeout=target.connect_timeout,
            stack_timeout=target.connect_timeout,
            client_properties={"connection_name": "sync-governance"},
        )
        self._closed, opened = None, []
        self._loop = pika.adapters.select_connection.IOLoop()
        self._loop.activate_poller()
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=opened.append,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
            custom_ioloop=self._loop,
        )
        self._until(lambda: bool(opened), target.connect_timeout)
        self._connection.add_on_connection_blocked_callback(lambda *_said: self._is_blocked(True))
        self._connection.add_on_connection_unblocked_callback(lambda *_said: self._is_blocked(False))
        channels: list[Any] = []
        self._channel = self._connection.channel(on_open_callback=channels.append)
        self._channel.add_on_close_callback(self._lost)
        self._until(lambda: bool(channels), target.connect_timeout)

    def _lost(self, _which: Any, reason: BaseException) -> None:
        if self._closed is None:
            self._closed = reason

    def _is_blocked(self, blocked: bool) -> None:
        self._blocked = blocked

    def close(self) -> None:
        """Say good-bye, if that takes no longer than a moment."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if connection.is_open:
                connection.close()
                self._until(lambda: connection.is_closed, CLOSE_SECONDS)
        except (Fault, OSError, self._pika.exceptions.AMQPError):
            self._closed = self._closed or ConnectionError("closed")
        finally:
            self._loop.deactivate_poller()
            self._loop.close()

    # -- publishing --------------------------------------------------------------------------------------------------

    def publish(self, publication: Publication) -> None:
        """Publish and wait until the broker has taken responsibility for it.

        :raise Fault: ``deliver.unroutable`` when no queue takes it; after any other the broker may have it
        """
        if self._confirmed is None:
            ready: list[Any] = []
            self._channel.add_on_return_callback(self._on_return)
            self._channel.confirm_delivery(self._on_confirm, callback=ready.append)
            self._until(lambda: bool(ready), self.target.read_timeout)
        self._returned, self._confirmed, told = None, False, self._pika.BasicProperties
        properties = told(delivery_mode=PERSISTENT, headers=dict(publication.headers), **publication.properties)
        self._nacked = False
        self._channel.basic_publish(
            publication.exchange, publication.routing_key, publication.body, properties, mandatory=True
        )
        self._until(lambda: bool(self._confirmed), self.target.read_timeout)
        self.used_at = time.monotonic()
        if self._returned is not None:
            raise self._unroutable(publication)
        if self._nacked:
            detail = f"{self.target.place} could not keep the message."
            raise Fault("deliver.server_error", detail, subject=self.target.place)

    def _on_return(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        self._returned = method.reply_text

    def _on_confirm(self, frame: Any) -> None:
        self._confirmed = True
        self._nacked = isinstance(frame.method, self._pika.spec.Basic.Nack)

    def _unroutable(self, publication: Publication) -> Fault:
        return Fault(
            "deliver.unroutable",
            f"No queue takes what is published to the exchange {publication.exchange or '(default)'} with the routing"
            f" key {publication.routing_key or '(empty)'}.",
            subject=f"exchange {publication.exchange}",
        )

    # -- consuming ---------------------------------------------------------------------------------------------------

    def consume(self, queue: str, prefetch: int) -> None:
        """Begin to consume ``queue``; the broker hands out at most ``prefetch`` that are not acknowledged."""
        begun: list[Any] = []
        self._prefetch = prefetch
        self._round_trip()
        self._channel.basic_consume(queue, self._on_message, callback=begun.append)
        self._until(lambda: bool(begun), self.target.read_timeout)

    def _on_message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._waiting.append(
            Delivered(method.delivery_tag, body, properties.message_id or "", _headers(method, properties))
        )

    def gathered(self, most: int, patience: float, quiet: float) -> list[Delivered]:
        """Up to ``most`` messages: waits ``patience`` for the first one, then until none has come for ``quiet``."""
        self._wait(lambda: bool(self._waiting), patience)
        while self._waiting and len(self._waiting) < most:
            before = len(self._waiting)
            self._wait(lambda: len(self._waiting) >= most, quiet)
            if len(self._waiting) == before:
                break
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def settle(self, taken: list[int], refused: list[int]) -> None:
        """Acknowledge and reject by tag, and be sure that the broker has heard it."""
        for tag in taken:
            self._channel.basic_ack(tag)
        for tag in refused:
            self._channel.basic_reject(tag, requeue=False)
        self._round_trip()

    def _round_trip(self) -> None:
        heard: list[Any] = []
        self._channel.basic_qos(prefetch_count=self._prefetch, callback=heard.append)
        self._until(lambda: bool(heard), self.target.read_timeout)

    # -- the loop ----------------------------------------------------------------------------------------------------

    def _wait(self, done: Callable[[], bool], seconds: float) -> bool:
        late: list[bool] = []
        timer = self._loop.call_later(seconds, lambda: late.append(True))
        try:
            while not done() and not late and self._closed is None:
                self._loop.poll()
                self._loop.process_timeouts()
        finally:
            self._loop.remove_timeout(timer)
        if self._closed is not None and not done():
            raise self._fault_of(self._closed)
        return done()

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        if self._wait(done, seconds):
            return
        if self._blocked:
            detail = f"{self.target.place} takes nothing just now: it is short of memory or disk."
            raise Fault("deliver.throttled", detail, subject=self.target.place)
        raise Fault("deliver.timeout", f"{self.target.place} did not answer in time.", subject=self.target.place)

    def _fault_of(self, error: BaseException | None) -> Fault:
        """What a lost connection or channel means; the broker's own words are shown only where they name an entity."""
        place, errors = self.target.place, self._pika.exceptions
        chain = _chain(error)
        for link in chain:
            code = getattr(link, "reply_code", None)
            if isinstance(link, errors.ProbableAuthenticationError | errors.ProbableAccessDeniedError) or code == 403:
                detail = f"{place} does not let us in, or not to do this: user, password or permission is wrong."
                return Fault("deliver.broker_refused", detail, subject=place)
            if code == 404:
                detail = f"{place} has no such exchange or queue."
                return Fault("deliver.unroutable", detail, subject=place)
            if code in (405, 406):
                detail = f"{place} does not let us use this exchange or queue as it is set up (AMQP {code})."
                return Fault("deliver.broker_refused", detail, subject=place)
            if type(link).__name__ in ("SSLError", "SSLCertVerificationError", "CertificateError"):
                detail = f"{place} could not prove by its certificate who it is, or speaks no safe TLS."
                return Fault("deliver.tls_failed", detail, subject=place)
        detail = f"No connection to {place} could be made, or it broke off."
        return Fault("deliver.connection_failed", detail, subject=place)


def publish(target: BrokerTarget, publication: Publication) -> None:
    """Publish over a kept connection, or a new one.

    :raise Fault: ``deliver.*``
    """
    link = _taken(target)
    if link is None:
        link = Link(target)
        link.open()
    try:
        link.publish(publication)
    except Fault as fault:
        if fault.code != "deliver.unroutable" or link._closed is not None:
            link.close()
            raise
        _give(link)
        raise
    except BaseException:
        link.close()
        raise
    _give(link)


def close_idle(seconds: float) -> None:
    """Close the kept connections that were not used for ``seconds``."""
    before, old = time.monotonic() - seconds, []
    with _LOCK:
        for key, links in list(_IDLE.items()):
            old += [link for link in links if link.used_at <= before and key[0] == os.getpid()]
            _IDLE[key] = [link for link in links if link not in old]
            if not _IDLE[key]:
                del _IDLE[key]
    for link in old:
        link.close()


# Connections are no state that must survive; a forked process leaves its parent's alone.
_IDLE: dict[tuple[int, BrokerTarget], list[Link]] = {}
_LOCK = threading.Lock()


def _taken(target: BrokerTarget) -> Link | None:
    """A kept connection that still answers."""
    close_idle(KEPT_SECONDS)
    while True:
        with _LOCK:
            links = _IDLE.get((os.getpid(), target))
            link = links.pop() if links else None
        if link is None:
            return None
        try:
            # What came while it rested: the broker may have closed it. Nothing is sent before that is known.
            link._wait(lambda: False, 0.0)
            return link
        except Fault:
            link.close()


def _give(link: Link) -> None:
    link.used_at = time.monotonic()
    with _LOCK:
        _IDLE.setdefault((os.getpid(), link.target), []).append(link)


def _headers(method: Any, properties: Any) -> dict[str, str]:
    """Properties and headers of a message as text, in lower case; CloudEvents' attributes as ``ce-*``."""
    told = {
        "routing-key": method.routing_key,
        "exchange": method.exchange,
        "redelivered": "true" if method.redelivered else "",
        "message-id": properties.message_id,
        "correlation-id": properties.correlation_id,
        "type": properties.type,
        "content-type": properties.content_type,
        "app-id": properties.app_id,
    }
    for name, value in (properties.headers or {}).items():
        if isinstance(value, str | int | bool):
            told[_ce(str(name))] = str(value)
    return {name.lower()[:200]: str(value)[:2000] for name, value in told.items() if value not in (None, "")}


def _ce(name: str) -> str:
    for prefix in ("cloudEvents:", "cloudEvents_"):
        if name.startswith(prefix):
            return f"ce-{name[len(prefix) :]}"
    return name


def _chain(error: BaseException | None) -> list[BaseException]:
    """``error`` and what it wraps."""
    links: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and link not in links:
            links.append(link)
            waiting += [link.__cause__, link.__context__, getattr(link, "exception", None), *link.args]
            waiting += list(getattr(link, "exceptions", ()))
    return links
