"""The loop of a worker: look, work, rest until something is due or somebody calls."""

import logging
import select
import time

import psycopg2
from psycopg2 import sql

from odoo import api
from odoo.sql_db import connection_info_for

from ...core import queue
from .cursor import CONFLICTS, LOST, business, forget_connections, kept_connections, looking, read_committed
from .worker import CHANNEL

_logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""A worker process looks at least so often, whether or not somebody calls it."""
RESCUE_SECONDS = 2.0
ANSWER_SECONDS = 0.02
"""How long a worker with deliveries under way waits for an answer before it says that it is asleep."""
WIRE_SECONDS = 0.1
"""How often one that may not sleep, because nobody would wake it, looks for other work meanwhile."""
FEW, STEADY, GATHER_SECONDS = 40, 5, 0.1
"""After so many passes in a row that found something, the next look is so long after the last as long as few are found:
twenty at once cost little more than two. What comes alone never waits for this."""
IN_OTHER_HANDS_SECONDS = 0.2
"""The rest before the next look at what is due and was not to be had, because another transaction holds it."""


class Loop:
    """Drives passes of the engine for one worker.

    ``stop`` is asked between passes: when it answers true the loop ends, with nothing left in hand.
    """

    def __init__(self, registry, worker, *, stop):
        self.registry = registry
        self.worker = worker
        self.stop = stop
        self._rescued_at = 0.0
        self._passes = 0

    def look(self):
        """One pass over everything that is due; returns how much was moved."""
        with looking(self.registry) as cr:
            self.registry = self.registry.check_signaling(cr)
        with business(self.registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # the engine is nobody; handlers run as endpoint users
            if time.monotonic() - self._rescued_at > RESCUE_SECONDS:
                self._rescued_at = time.monotonic()
                env["sync.engine"]._rescue()
            return env["sync.engine"]._run_pass(self.worker)

    def until_idle(self, deadline):
        """Work until there is nothing left or ``deadline`` (monotonic seconds) is past; returns whether work is left.

        When it returns false the worker has said that it is asleep, and has looked once more since.
        """
        with kept_connections():
            return self._until_idle(self.worker.pump, deadline)

    def _until_idle(self, pump, deadline):
        while not self.stop():
            started = time.monotonic()
            worked = self.look()
            # Late, it takes up no more deliveries; what is under way is waited for, and the rest goes on meanwhile.
            pump.closing = time.monotonic() > deadline
            if pump.closing and not pump.flights:
                return True
            if worked:
                self._gather(worked, time.monotonic() - started)
                continue
            if pump.flights or self.worker.poller.looks_under_way():
                pump.wait(WIRE_SECONDS)
                continue
            self.worker.fall_asleep()
            if not self.look() and not pump.flights:
                return False
            self.worker.stay_awake()
        return True

    def forever(self):
        """Work until ``stop`` says so; idle, wake on a call or an answer, when something becomes due, or to poll."""
        with kept_connections(), Bell(self.registry.db_name) as bell:
            while not self.stop():
                try:
                    self._turn(bell)
                except LOST as error:
                    if error.pgcode in CONFLICTS:
                        continue  # a race was lost, not the connection
                    _logger.warning("The database cannot be reached; trying again", exc_info=True)
                    self.worker.doubt()
                    forget_connections()
                    time.sleep(POLL_SECONDS)

    def _turn(self, bell):
        """Look once, and rest if there was nothing."""
        pump = self.worker.pump
        started = time.monotonic()
        if worked := self.look():
            self._gather(worked, time.monotonic() - started)
            return
        self._passes = 0
        # Most partners answer at once: going to sleep and waking up again would cost more than the wait.
        if pump.flights and pump.wait(ANSWER_SECONDS):
            return
        self.worker.fall_asleep()
        # Who calls has said already that this worker is awake.
        if self.look() or not bell.wait(self.seconds_to_next(), pump):
            self.worker.stay_awake()

    def _gather(self, worked, seconds):
        """Rest for a moment where few come at a time and more keep coming; an answer of a partner ends it."""
        self._passes += 1
        if self._passes > STEADY and worked < FEW and seconds < GATHER_SECONDS:
            self.worker.pump.wait(GATHER_SECONDS - seconds)

    def seconds_to_next(self):
        """Seconds until the next due time, or lane that this worker has room for; at most :data:`POLL_SECONDS`."""
        pump = self.worker.pump
        if pump.is_quiet():
            return POLL_SECONDS
        pools = [pool for pool in self.worker.pools if pool != "delivery" or pump.room()]
        with read_committed(self.registry) as cr:
            seconds = queue.seconds_to_next(cr, pools, pump.full())
        if seconds is None:
            return POLL_SECONDS
        return min(seconds, POLL_SECONDS) if seconds > 0 else IN_OTHER_HANDS_SECONDS


class Bell:
    """A connection that LISTENs. Behind a pooler that cannot, the poll does alone."""

    def __init__(self, db_name):
        self.db_name = db_name
        self.connection = None

    def __enter__(self):
        self._connect()
        return self

    def __exit__(self, *exc_info):
        self._close()

    def wait(self, seconds, pump):
        """Wait for a call, an answer to one of the deliveries of ``pump``, or ``seconds``; whether it was called."""
        if self.connection is None:
            pump.wait(seconds)
            self._connect()
            return False
        try:
            select.select([self.connection, pump], [], [], seconds)
            self.connection.poll()
            called = bool(self.connection.notifies)
            self.connection.notifies.clear()
            return called
        except (psycopg2.Error, OSError, ValueError):
            _logger.warning("The wake-up connection was lost; polling until it is back")
            self._close()
            return False

    def _connect(self):
        try:
            _name, info = connection_info_for(self.db_name)
            self.connection = psycopg2.connect(**info)
            self.connection.autocommit = True
            with self.connection.cursor() as cr:
                cr.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        except psycopg2.Error:
            self._close()

    def _close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None
