"""Looks at what partners have for us: what a worker is just fetching.

Each look runs in a thread of its own, so that a slow partner holds its own place and nobody else's. On the network no
transaction is open. What was fetched is taken over by the intake and committed, and only then settled at the partner: a
crash between the two is a repeat, which the intake recognises.
"""

import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from odoo import api

from ...core import queue
from ...core.faults import Fault
from . import breaker
from .cursor import CONFLICTS, LOST, read_committed

_logger = logging.getLogger(__name__)

PLACES = 4
"""Looks that a worker has under way at most."""
LONGEST_SECONDS = 300.0
MOST_BATCHES = 1000
"""After so long, or so many batches, a look ends and another one begins: others wait for the place."""
SHORT_SECONDS = 2.0
"""So long a look waits for its turn where the endpoint has a rate; for longer it gives up its place."""
MOST_RACES = 5


@dataclass(slots=True)
class Ended:
    """How a look went. ``more``: it stopped before the end. ``again``: seconds until the next one, if sooner than
    usual. ``blames``: the trouble came from the partner's side, and counts for its circuit breaker. ``settled``: the
    partner was told of all that was taken over.
    """

    taken: int = 0
    repeated: int = 0
    refused: int = 0
    more: bool = False
    again: float | None = None
    memory: Any = None
    fault: Fault | None = None
    retry_after: float | None = None
    blames: bool = False
    settled: bool = True


class Poller:
    """The looks of one worker. ``inline`` looks in the caller's thread: for tests, whose cursors belong to one."""

    def __init__(self, worker, *, inline=False):
        self.worker = worker
        self.inline = inline
        self._ending = threading.Event()
        self._under_way = 0
        self._stranded = []
        self._lock = threading.Lock()
        self._threads = None

    def looks_under_way(self):
        """Whether this worker is looking at some partner's files."""
        return self._under_way > 0

    def launch(self, registry):
        """Claim endpoints that are to be looked at, as far as there are places, and begin; returns how many."""
        room = PLACES - self._under_way
        if room <= 0 or self._ending.is_set():
            return 0
        token = uuid.uuid4().hex
        with read_committed(registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # the engine looks, for no user
            stranded = list(self._stranded)
            env["sync.poll"]._let_go(cr, stranded)
            claimed = env["sync.poll"]._claim(cr, token, self.worker.id, room)
        del self._stranded[: len(stranded)]
        for endpoint_id in claimed:
            look = Look(registry, endpoint_id, token, self._ending)
            with self._lock:
                self._under_way += 1
            if self.inline:
                self._run(look)
            else:
                self._threads = self._threads or ThreadPoolExecutor(PLACES, thread_name_prefix="sync-look")
                self._threads.submit(self._run, look)
        return len(claimed)

    def _run(self, look):
        try:
            look.run()
        except Exception:
            # Its claim would last as long as this worker does: the next launch lets it go.
            self._stranded.append(look.token)
            _logger.exception("A look at endpoint %s could not be brought to its end", look.endpoint_id)
        finally:
            with self._lock:
                self._under_way -= 1

    def ask_to_end(self):
        """Looks stop after what they are just taking over."""
        self._ending.set()

    def drain(self):
        """Wait for the looks under way."""
        if self._threads:
            self._threads.shutdown(wait=True)


class Look:
    """One look at one endpoint, under one claim."""

    def __init__(self, registry, endpoint_id, token, ending):
        self.registry = registry
        self.endpoint_id = endpoint_id
        self.token = token
        self.ending = ending
        self.ended = Ended()
        self.session = None
        self._at_partner = False
        self._wait = 0.0
        self._pending = set()

    def run(self):
        """Fetch, take over, settle, and say how it went."""
        try:
            self._fetch()
        except Fault as fault:
            self.ended.fault = fault
            self.ended.retry_after = getattr(fault, "retry_after", None)
            self.ended.blames = self._at_partner
        except Exception as error:
            _logger.exception("A look at endpoint %s failed", self.endpoint_id)
            self.ended.fault = Fault(
                "engine.internal", f"{type(error).__name__} while picking up.", subject=type(error).__name__
            )
        _again(self._finish)

    # -- fetching ----------------------------------------------------------------------------------------------------

    def _fetch(self):
        with read_committed(self.registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # reads configuration; acts on nothing
            endpoint = env["sync.endpoint"].browse(self.endpoint_id)
            env["sync.intake"]._fetching(endpoint.code)
            source = env["sync.source"]._for(endpoint.transport)
            if source is None:
                raise LookupError(f"No source {endpoint.transport}")
            door = source._door(endpoint)
            code, credential_id = endpoint.code, door["credential_id"]
            poll = env["sync.poll"].search([("endpoint_id", "=", self.endpoint_id)])
            position, memory, pending = poll._known()
        self._pending = set(pending or ())
        self.ended.settled = not pending
        began, batches = time.monotonic(), 0
        with self._partner():
            self.session = source._session(door, position, memory)
            self.session.__enter__()
        try:
            fetched = iter(self.session.batches())
            while self._may_ask():
                with self._partner():
                    items = next(fetched, None)
                if items is None:
                    break
                if not self._taken_over(code, credential_id, items):
                    self.ended.more = True
                    return
                self.ended.settled = False
                with self._partner():
                    self.session.settle(items)
                self.ended.settled = True
                batches += 1
                late = time.monotonic() - began > LONGEST_SECONDS or batches >= MOST_BATCHES
                if late or self.ending.is_set():
                    self.ended.more = True
                    break
            self.ended.again = self._wait or self.session.again
            if not self.ended.more:
                self.ended.settled = True  # what was left unsettled before would have come again
        finally:
            self.ended.memory = self.session.memory
            self.session.__exit__(None, None, None)

    def _may_ask(self):
        """Whether the next request may go out; a short wait is waited here, after a longer one another look goes on."""
        while self.session.metered:
            with read_committed(self.registry) as cr:
                self._wait = queue.take_one(cr, self.endpoint_id)
            if not self._wait:
                break
            if self._wait > SHORT_SECONDS or self.ending.wait(self._wait):
                return False
        return True

    def _partner(self):
        return _AtPartner(self)

    def _taken_over(self, code, credential_id, items):
        """Keep a batch; False when the look is not ours any more, or nobody wants it."""
        held = _again(lambda: self._take_over(code, credential_id, items))
        if held:
            refused = [item for item in items if item.fault is not None]
            self.ended.refused += len(refused)
            self.ended.repeated += sum(item.repeated for item in items if item.fault is None)
            self.ended.taken += sum(not item.repeated for item in items if item.fault is None)
        return held

    def _take_over(self, code, credential_id, items):
        with read_committed(self.registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # the intake of what its transport has vouched for
            profile = env["sync.intake"]._fetching(code)
            return env["sync.intake"]._take_over(profile, items, credential_id, self)

    # -- in the transaction of the intake ----------------------------------------------------------------------------

    def hold(self, cr):
        """Whether the look is still ours and wanted; then it stays so until the transaction ends."""
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # the poll's own row
        return env["sync.poll"]._hold(cr, self.token, self.endpoint_id)

    def keep(self, cr, items):
        """How far it got, and the exceptions of what is refused for good: before the partner is told."""
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # the system opens exceptions
        name = next((item.name for item in reversed(items) if item.name and item.fault is None), None)
        pending = sorted(item.id for item in items if item.id)
        env["sync.poll"]._keep(cr, self.endpoint_id, self.session.position, name, pending)
        endpoint = env["sync.endpoint"].browse(self.endpoint_id)
        for item in items:
            if item.fault is not None:
                called = item.name or endpoint.name
                env["sync.exception"]._open(
                    item.fault.code,
                    detail=f"{called}: {item.fault.detail}",
                    subject=f"refused at {endpoint.code}",
                    company=endpoint.company_id,
                    document=called,
                    trading_partner=endpoint.trading_partner_id,
                    endpoint=endpoint,
                )
        # What we could not settle before has come again because of us.
        endpoint._note_received([one for one in items if not (one.repeated and one.id in self._pending)])
        env.flush_all()

    # -- the end -----------------------------------------------------------------------------------------------------

    def _finish(self):
        ended = self.ended
        with read_committed(self.registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # the poll's own row, the breaker and exceptions
            if not env["sync.poll"]._finish(cr, self.token, self.endpoint_id, ended):
                _logger.info("The look at endpoint %s is another one's by now", self.endpoint_id)
                return
            if ended.fault is None or ended.blames or ended.fault.blame == "self":
                breaker.record(cr, [(self.endpoint_id, ended.fault, ended.retry_after)])
            env["sync.poll"].search([("endpoint_id", "=", self.endpoint_id)])._tell(ended.fault)
            env.flush_all()


class _AtPartner:
    """Within this we are on the network: a fault is the partner's side's, what else is raised is a mistake of ours."""

    def __init__(self, look):
        self.look = look

    def __enter__(self):
        self.look._at_partner = True

    def __exit__(self, kind, error, trace):
        if error is None:
            self.look._at_partner = False


def _again(step):
    """Run ``step``; again when two transactions met."""
    for race in range(MOST_RACES):
        try:
            return step()
        except LOST as error:
            if getattr(error, "pgcode", None) not in CONFLICTS or race == MOST_RACES - 1:
                raise
    raise AssertionError("unreachable")
