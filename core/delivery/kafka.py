"""Kafka: an idempotent producer, and a consumer whose offsets are committed when we say so.

kafka-python (3 or newer) is optional and imported where it is used. A cluster names its brokers itself: each of them is
dialled only if an administrator allowed it by name, whatever the cluster says.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..faults import Fault
from .brokers import BrokerTarget, missing_library, target_of, tls_of

SCHEMES = {"kafkas": 9093, "kafka": 9092}
COMMIT_SECONDS = 10.0
MOST_BYTES = 16_777_216
"""What one look fetches from a partition at a time."""
_SCHEME = "sync-guarded"


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write. ``key`` decides the partition."""

    topic: str
    key: bytes
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a cluster is found, and how we log in: ``mechanism`` of SASL, empty for none.

    ``idempotent``: the producer numbers what it writes, so that the cluster drops a repeat of its own. ``version`` is
    the protocol's, for a cluster that cannot be asked.
    """

    targets: tuple[BrokerTarget, ...]
    mechanism: str = ""
    idempotent: bool = True
    version: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """The first broker, to speak of the cluster."""
        return self.targets[0].place

    def settings(self) -> dict[str, Any]:
        """What producer and consumer are configured with alike.

        :raise Fault: for an address that must not be dialled
        """
        for target in self.targets:
            target.addresses()
        first = self.targets[0]
        encrypted = first.scheme == "kafkas"
        told: dict[str, Any] = {
            "bootstrap_servers": [target.place for target in self.targets],
            "client_id": "sync-governance",
            "security_protocol": ("SASL_" if self.mechanism else "") + ("SSL" if encrypted else "PLAINTEXT"),
            "ssl_context": tls_of(first.authorities) if encrypted else None,
            "bootstrap_timeout_ms": _ms(first.connect_timeout),
            "proxy_url": _guarded(self),
        }
        if self.version:
            told["api_version"] = self.version
        if self.mechanism:
            told |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": first.username,
                "sasl_plain_password": first.secret,
            }
        return told


def target(url: str, **settings: Any) -> BrokerTarget:
    """The broker at ``kafkas://host[:port]``, or ``kafka://`` without TLS.

    :raise Fault: ``engine.configuration`` for anything else
    """
    found = target_of(url, SCHEMES, **settings)
    if found.path:
        raise Fault("engine.configuration", "The address of a Kafka broker is kafkas://host:port.", subject="address")
    return found


def library() -> Any:
    """kafka-python.

    :raise Fault: ``deliver.library_missing``, also for a version that cannot be guarded
    """
    try:
        import kafka  # noqa: PLC0415 - optional
        import kafka.errors  # noqa: PLC0415
        import kafka.net.inet  # noqa: PLC0415
    except ImportError as error:
        raise missing_library("Kafka", "kafka-python (3 or newer)") from error
    # What it would write as errors is told as faults.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    _register(kafka.net.inet.KafkaNetSocket)
    return kafka


# -- the address guard -----------------------------------------------------------------------------------------------

# How the library finds the guard of a connection that it makes: by a key in a made-up proxy address.
_CLUSTERS: dict[str, Cluster] = {}


def _guarded(cluster: Cluster) -> str:
    key = f"{abs(hash(cluster)):x}"
    _CLUSTERS[key] = cluster
    return f"{_SCHEME}://{key}"


def _register(base: Any) -> None:
    if _SCHEME in base._registry:
        return

    class GuardedSocket(base):
        """Looks up a broker that an administrator allowed, and gives the addresses that may be dialled."""

        SCHEMES = (_SCHEME,)

        def __init__(self, proxy_url: str) -> None:
            super().__init__(None)
            self.cluster = _CLUSTERS[urlsplit(proxy_url).netloc]

        def dns_lookup(self, host: str, port: int, raise_error: bool = False) -> list[Any]:
            first = self.cluster.targets[0]
            broker = BrokerTarget(
                first.scheme,
                host,
                port,
                allowed=first.allowed,
                encrypted=first.encrypted,
                plain_networks=first.plain_networks,
            )
            try:
                addresses = broker.addresses()
            except Fault as fault:
                _REFUSED[self.cluster] = fault
                return []
            return [found for one in addresses for found in socket.getaddrinfo(one, port, 0, socket.SOCK_STREAM)]


_REFUSED: dict[Cluster, Fault] = {}


# -- writing ---------------------------------------------------------------------------------------------------------


def publish(cluster: Cluster, record: Record) -> None:
    """Write one record and wait until all replicas in sync have it.

    :raise Fault: ``deliver.*``; after a time-out the cluster may have it
    """
    errors = library().errors
    held = _taken(cluster)
    seconds = cluster.targets[0].read_timeout
    headers = [(name, value.encode("utf-8")) for name, value in record.headers.items()]
    try:
        held.producer.send(record.topic, key=record.key, value=record.body, headers=headers).get(timeout=seconds)
    except (errors.KafkaError, OSError, AssertionError, TypeError) as error:
        _forget(cluster, held)
        raise _fault_of(cluster, error) from error
    finally:
        _give(held)


def close_idle(seconds: float) -> None:
    """Close the producers that were not used for ``seconds``."""
    before, old = time.monotonic() - seconds, []
    with _LOCK:
        for key, held in list(_PRODUCERS.items()):
            if held.used_at <= before and not held.users and key[0] == os.getpid():
                old.append(held.producer)
                del _PRODUCERS[key]
    for producer in old:
        producer.close(timeout=1)


@dataclass(slots=True)
class _Held:
    """A producer, which may be used by many threads at once; ``users`` are those that wait for it just now."""

    producer: Any
    used_at: float = 0.0
    users: int = 0


# No state that must survive; a forked process makes its own.
_PRODUCERS: dict[tuple[int, Cluster], _Held] = {}
_LOCK = threading.Lock()


def _taken(cluster: Cluster) -> _Held:
    key = os.getpid(), cluster
    with _LOCK:
        held = _PRODUCERS.get(key)
        if held is not None:
            held.users += 1
            return held
    made = _Held(_made(cluster))  # connects, and keeps nobody waiting meanwhile
    with _LOCK:
        held = _PRODUCERS.setdefault(key, made)
        held.users += 1
    if held is not made:
        made.producer.close(timeout=0)
    return held


def _give(held: _Held) -> None:
    with _LOCK:
        held.users -= 1
        held.used_at = time.monotonic()


def _made(cluster: Cluster) -> Any:
    kafka, first = library(), cluster.targets[0]
    try:
        return kafka.KafkaProducer(
            **cluster.settings(),
            acks="all",
            enable_idempotence=cluster.idempotent,
            linger_ms=0,
            max_block_ms=_ms(first.connect_timeout),
            request_timeout_ms=_ms(first.read_timeout) // 2 + 1,
            delivery_timeout_ms=_ms(first.read_timeout),
            max_request_size=MOST_BYTES,
            allow_auto_create_topics=False,
        )
    except (kafka.errors.KafkaError, OSError) as error:
        raise _fault_of(cluster, error) from error


def _forget(cluster: Cluster, held: _Held) -> None:
    """After an error: what it still holds is not sent behind our back."""
    with _LOCK:
        if _PRODUCERS.get((os.getpid(), cluster)) is held:
            del _PRODUCERS[os.getpid(), cluster]
    held.producer.close(timeout=0)


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consumed:
    """One record that was read and is not committed yet; ``headers`` are text."""

    topic: str
    partition: int
    offset: int
    key: str
    body: bytes
    headers: dict[str, str]


class Reader:
    """Reads a topic in the name of a consumer group, for one look.

    Partitions are taken and not shared out by the cluster: the engine lets one poller look at an endpoint at a time, so
    nothing is balanced, no look waits for others to join, and the group holds offsets alone.

    :raise Fault: ``deliver.*`` from every method
    """

    def __init__(self, cluster: Cluster, topic: str, group: str) -> None:
        self.cluster, self.topic, self.group = cluster, topic, group
        self._kafka = library()
        self._consumer: Any = None

    def open(self) -> None:
        """Take all partitions of the topic, each from where the group's offset stands."""
        first = self.cluster.targets[0]
        try:
            self._consumer = self._kafka.KafkaConsumer(
                **self.cluster.settings(),
                group_id=self.group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                request_timeout_ms=max(_ms(first.read_timeout), 11_000),
                max_partition_fetch_bytes=MOST_BYTES,
            )
            partitions = self._consumer.partitions_for_topic(self.topic)
            if not partitions:
                detail = f"{self.cluster.place} has no topic {self.topic}, or does not let us read it."
                raise Fault("deliver.unroutable", detail, subject=self.cluster.place)
            where = self._kafka.structs.TopicPartition
            self._consumer.assign([where(self.topic, number) for number in sorted(partitions)])
        except (self._kafka.errors.KafkaError, OSError) as error:
            raise _fault_of(self.cluster, error) from error

    def gathered(self, most: int, patience: float) -> list[Consumed]:
        """Up to ``most`` records; empty when none comes for ``patience`` seconds."""
        until = time.monotonic() + patience
        try:
            while True:
                found = self._consumer.poll(timeout_ms=200, max_records=most)
                records = [record for part in found.values() for record in part]
                if records or time.monotonic() >= until:
                    return [_consumed(record) for record in records]
        except (self._kafka.errors.KafkaError, OSError) as error:
            raise _fault_of(self.cluster, error) from error

    def commit(self, records: Sequence[Consumed]) -> None:
        """We have these: the group goes on behind them."""
        structs = self._kafka.structs
        last: dict[Any, int] = {}
        for record in records:
            where = structs.TopicPartition(record.topic, record.partition)
            last[where] = max(record.offset + 1, last.get(where, 0))
        offsets = {where: structs.OffsetAndMetadata(end, "", -1) for where, end in last.items()}
        try:
            self._consumer.commit(offsets, timeout_ms=_ms(COMMIT_SECONDS))
        except self._kafka.errors.CommitFailedError as error:
            detail = f"The consumer group {self.group} is used by others too. Give the endpoint one of its own."
            raise Fault("deliver.broker_refused", detail, subject=self.cluster.place) from error
        except (self._kafka.errors.KafkaError, OSError) as error:
            raise _fault_of(self.cluster, error) from error

    def close(self) -> None:
        """Nothing is committed by that."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=2000)


def _consumed(record: Any) -> Consumed:
    headers = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "key": _text(record.key),
    }
    for name, value in record.headers or ():
        name = name.lower()
        headers[f"ce-{name[3:]}" if name.startswith("ce_") else name] = _text(value)
    headers = {name[:200]: value[:2000] for name, value in headers.items() if value}
    return Consumed(record.topic, record.partition, record.offset, _text(record.key), record.value or b"", headers)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _fault_of(cluster: Cluster, error: BaseException) -> Fault:
    place, refused = cluster.place, _REFUSED.pop(cluster, None)
    if refused is not None:
        return refused
    if isinstance(error, Fault):
        return error
    name = type(error).__name__
    if "Authentication" in name or "Authorization" in name or name == "UnsupportedSaslMechanismError":
        detail = f"{place} does not let us in, or not to do this: user, password or permission is wrong."
        return Fault("deliver.broker_refused", detail, subject=place)
    if name in ("UnknownTopicOrPartitionError", "InvalidTopicError"):
        return Fault("deliver.unroutable", f"{place} has no such topic.", subject=place)
    if name in ("MessageSizeTooLargeError", "RecordListTooLargeError", "RecordTooLargeError"):
        return Fault("deliver.rejected", f"{place} takes no record of this size.", subject=place)
    if "SSL" in name or "Certificate" in name:
        detail = f"{place} could not prove by its certificate who it is, or speaks no safe TLS."
        return Fault("deliver.tls_failed", detail, subject=place)
    if "Timeout" in name:
        return Fault("deliver.timeout", f"{place} did not answer in time.", subject=place)
    if name in ("NotEnoughReplicasError", "NotEnoughReplicasAfterAppendError"):
        return Fault("deliver.server_error", f"{place} has too few replicas in sync.", subject=place)
    return Fault(
        "deliver.connection_failed", f"No connection to {place} could be made, or it broke off.", subject=place
    )
