"""Webhooks on their way out: the first try at once, further ones later, as the vendors do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# Connecting, and waiting for the answer.
TIMEOUTS = (1.0, 5.0)
_KEPT = 500


@dataclass
class Delivery:
    """One webhook with every try: ``status`` is the last answer, None while there was none."""

    webhook_id: str
    topic: str
    reference: str
    state: str = "sending"
    status: int | None = None
    tries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return self.state == "delivered"


class Outbox:
    """Sends, retries and remembers."""

    def __init__(self, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self.retry_seconds = retry_seconds
        self._deliveries: list[Delivery] = []
        self._timers: set[threading.Timer] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def send(
        self,
        url: str,
        body: bytes,
        headers: Callable[[], dict[str, str]],
        *,
        webhook_id: str,
        topic: str,
        reference: str = "",
        retry: bool = True,
    ) -> Delivery:
        """Try once and answer with what came of it; where that was no success, go on trying in the background.

        :param headers: asked for every try, since some signatures hold its time
        """
        delivery = Delivery(webhook_id, topic, reference)
        with self._lock:
            self._deliveries.append(delivery)
            del self._deliveries[:-_KEPT]
        self._try(delivery, url, body, headers, retry)
        return delivery

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(delivery) for delivery in self._deliveries]

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for timer in self._timers:
                timer.cancel()

    def _try(
        self, delivery: Delivery, url: str, body: bytes, headers: Callable[[], dict[str, str]], retry: bool
    ) -> None:
        started = time.time()
        status, error = _post(url, body, headers())
        number = len(delivery.tries)
        delivery.status = status
        delivery.tries.append({"at": started, "status": status, "error": error, "seconds": time.time() - started})
        if status is not None and 200 <= status < 300:
            delivery.state = "delivered"
        elif not retry or number >= len(self.retry_seconds):
            delivery.state = "failed"
        else:
            delivery.state = "retrying"
            self._later(self.retry_seconds[number], delivery, url, body, headers, retry)

    def _later(self, seconds: float, *arguments: Any) -> None:
        def fire() -> None:
            with self._lock:
                self._timers.discard(timer)
            self._try(*arguments)

        timer = threading.Timer(seconds, fire)
        timer.daemon = True
        with self._lock:
            if self._stopped:
                return
            self._timers.add(timer)
        timer.start()


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    with requests.Session() as session:
        # Loopback: a proxy of the environment has no business here.
        session.trust_env = False
        try:
            response = session.post(url, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False)
        except requests.RequestException as error:
            return None, type(error).__name__
        return response.status_code, "" if response.ok else response.text[:300]
