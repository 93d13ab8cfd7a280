"""Deliveries on the wire: what a worker has sent and not heard of yet.

A worker lives on while its deliveries are under way. It takes up as many as it has places free, hands them to threads,
and writes back whatever has been answered, so that a slow partner holds its own places and nobody else's. No
transaction is open while anything is on the wire.
"""

import contextlib
import logging
import select
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

import psycopg2

from ...core.delivery import amqp, http, kafka
from . import outbound, stages
from .verdicts import verdicts

_logger = logging.getLogger(__name__)

PLACES = 64
"""Deliveries that a worker has under way at most."""
SHARE = PLACES // 4
"""How many of them may go to one endpoint."""
TIDY_SECONDS = 30.0
"""How long a connection is kept that nothing goes over."""
MOST_FAILURES = 10
"""How often a worker that ends tries to write back while the database does not answer; then it is rescued from."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A round of claimed lanes: under which token, since when (the database's clock), and who works on them.

    A claim that speaks for several rounds has {lane id: token}.
    """

    token: str | dict[int, str]
    claimed_at: datetime
    worker: Any


class Pump:
    """The deliveries of one worker, for as long as it lives.

    ``inline`` sends in the caller's thread: for tests, whose cursors belong to one thread. ``closing``: nothing new is
    taken up.
    """

    def __init__(self, worker, *, inline=False):
        self.worker = worker
        self.inline = inline
        self.closing = False
        self.flights = {}  # message id -> flight
        self._quiet = False
        self._answered = SimpleQueue()
        self._to_write = []
        self._threads = None
        self._tidied_at = time.monotonic()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    # -- room --------------------------------------------------------------------------------------------------------

    def room(self):
        """How many lanes may be claimed now."""
        return 0 if self.closing or self.is_quiet() else PLACES - len(self.flights)

    def taken(self):
        """{endpoint id: deliveries under way}."""
        return dict(Counter(flight.work.endpoint_id for flight in self.flights.values()))

    def full(self):
        """Endpoints with as many deliveries under way as this worker grants them."""
        return [endpoint for endpoint, count in self.taken().items() if count >= SHARE]

    def lanes(self, token):
        """The lanes of a claim that are held for deliveries under way."""
        return [flight.head.lane_id for flight in self.flights.values() if flight.claim.token == token]

    def ask_quiet(self):
        """Take up nothing until all that is under way has been written back: a death must have one suspect."""
        self._quiet = True

    def is_quiet(self):
        """Whether it was asked for, and something is still under way."""
        self._quiet = self._quiet and bool(self.flights)
        return self._quiet

    # -- out and back ------------------------------------------------------------------------------------------------

    def launch(self, registry, claim, heads):
        """Prepare ``heads`` and put on the wire what may go; the rest is settled. The shape of a ``drive``."""
        for head in heads:
            if head.message_id in self.flights:
                # Its lane was taken from us while it was under way, and came back to us: the answer counts for this
                # claim, and it is not sent a second time.
                self.flights[head.message_id].claim = claim
        heads = [head for head in heads if head.message_id not in self.flights]
        for flight in outbound.prepare(registry, claim, heads):
            self.flights[flight.work.message_id] = flight
            if flight.leader:
                continue  # it leaves with another
            if self.inline:
                self._send(flight)
            else:
                self._threads = self._threads or ThreadPoolExecutor(PLACES, thread_name_prefix="sync-deliver")
                self._threads.submit(self._send, flight)

    def _send(self, flight):
        result = stages.deliver.sent(flight.send, flight.parcel)
        for each in (flight, *flight.followers):
            each.result = result
            self._answered.put(each)
        self._ring()

    def collect(self, registry):
        """Write back what was answered meanwhile; returns how many."""
        self._silence()
        if time.monotonic() - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            for way in (http, amqp, kafka):
                way.close_idle(TIDY_SECONDS)
        while True:
            try:
                self._to_write.append(self._answered.get_nowait())
            except Empty:
                break
        if not self._to_write:
            return 0
        # What cannot be written because the database is away stays in hand, and is not sent again.
        moved, flights = len(self._to_write), self._to_write
        try:
            self._write_back(registry, flights)
        finally:
            self._to_write = [flight for flight in flights if flight.work.message_id in self.flights]
        return moved

    def _write_back(self, registry, flights):
        tokens = {flight.head.lane_id: flight.claim.token for flight in flights}
        claim = Claim(tokens, min(flight.claim.claimed_at for flight in flights), self.worker)
        try:
            outbound.conclude(registry, flights, claim)
        except Exception as error:
            if outbound.is_outage(error):
                raise
            if len(flights) > 1:
                for flight in flights:
                    self._write_back(registry, [flight])
                return
            _logger.exception("What became of a delivery could not be written as usual")
            (flight,) = flights
            if not flight.confirmed:
                flight.work.outcome = outbound.as_fault(error)
            rest = [] if flight.confirmed else [flight.work]
            verdicts(registry, flight.profiles, rest, claim, [flight.head])
        for flight in flights:
            self.flights.pop(flight.work.message_id, None)
        if any(flight.result.fault and flight.result.fault.code == "deliver.gone" for flight in flights):
            outbound.report_trouble(registry)

    # -- waiting -----------------------------------------------------------------------------------------------------

    def fileno(self):
        """Readable when something was answered."""
        return self._reader.fileno()

    def wait(self, seconds):
        """Until something was answered, at most ``seconds``; whether it was."""
        return bool(select.select([self], [], [], seconds)[0])

    def drain(self, registry):
        """Wait for what is under way, as long as its time-outs allow, and write it back."""
        self.closing = True
        failures = 0
        while self.flights and failures < MOST_FAILURES:
            try:
                if not self.collect(registry):
                    self.wait(1.0)
            except psycopg2.Error:
                failures += 1
                _logger.exception("What was delivered could not be written back; trying again")
                time.sleep(1.0)

    def close(self):
        """Let go of threads and descriptors; what is still under way is somebody else's after the rescue."""
        if self._threads:
            self._threads.shutdown(wait=False)
        self._reader.close()
        self._writer.close()
        for way in (http, amqp, kafka):
            way.close_idle(0.0)

    def _ring(self):
        # Full: it rings already. Closed: nobody listens any more.
        with contextlib.suppress(OSError):
            self._writer.send(b".")

    def _silence(self):
        with contextlib.suppress(BlockingIOError):  # nobody rang
            self._reader.recv(65536)
