"""A partner that posts signed documents."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import threading
import time
import urllib.request
import uuid
from datetime import datetime, timezone

import requests
from sync_governance.core.delivery import signatures

from . import pack, stock

THREADS = 16
_local = threading.local()


def post(port: int, body: bytes = stock.BODY) -> None:
    """One signed document with an id and an ordering key of its own; anything but a 2xx is an error."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    key = uuid.uuid4().hex
    headers = signatures.sign(
        body,
        profile="standard_webhooks",
        secrets=[signatures.Secret("bench", pack.SECRET)],
        message_id=f"msg_{key}",
        now=datetime.now(timezone.utc),
    )
    headers |= {"Content-Type": "application/json", "X-Bench-Key": key}
    _local.session.post(
        f"http://127.0.0.1:{port}/sync/in/bench-in", data=body, headers=headers, timeout=30
    ).raise_for_status()


def burst(port: int, *, seconds: float) -> float:
    """As many as go, :data:`THREADS` at a time; returns documents a second."""
    counted = itertools.count()
    until = time.perf_counter() + seconds

    def one_after_the_other(_number):
        while time.perf_counter() < until:
            post(port)
            next(counted)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one_after_the_other, range(THREADS)))
    return next(counted) / seconds


def steady(port: int, *, rate: float, seconds: float) -> None:
    """``rate`` documents a second, each at its time whether or not the one before was answered."""
    started = time.perf_counter()

    def at_its_time(number):
        time.sleep(max(started + number / rate - time.perf_counter(), 0))
        post(port)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(at_its_time, range(int(rate * seconds))))


def arrivals(sink: int) -> dict[str, int]:
    """When each `webhook-id` arrived at the sink (time.time_ns)."""
    with urllib.request.urlopen(f"http://127.0.0.1:{sink}/", timeout=30) as response:
        return json.load(response)
