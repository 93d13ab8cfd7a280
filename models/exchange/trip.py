"""The transaction of a request: in no more round trips than it has statements."""

import threading
import time
from contextlib import contextmanager, suppress

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from ...core.queue.sql import Frequent
from .cursor import LOST, read_committed
from .prepared import BY_HASH, BY_INDEX, Preparing, is_pooled
from .worker import in_test

KEPT = 4
"""Connections that a process keeps for what it takes in; one that serves one request at a time keeps one."""
IDLE_SECONDS = 60.0


class Trip:
    """One READ COMMITTED transaction on a connection in autocommit: what the queue needs of a cursor.

    The first statement takes BEGIN along, and the last word what is to be looked at right after it (``seen``).
    ``many``: each statement is planned for what it is given.
    """

    def __init__(self, cr, *, begin="", many=False):
        self._cr = cr
        self._begin = begin
        self._many = many
        self.seen = None

    def execute(self, query, params=None):
        """As a cursor's."""
        begin, self._begin = self._begin, ""
        if self._many and isinstance(query, Frequent):
            query = str(query)  # nothing that is prepared
        if begin:
            self._cr.execute(query, params, before=begin)
        else:
            self._cr.execute(query, params)

    def fetchone(self):
        """As a cursor's."""
        return self._cr.fetchone()

    def fetchall(self):
        """As a cursor's."""
        return self._cr.fetchall()

    @property
    def rowcount(self):
        """As a cursor's."""
        return self._cr.rowcount

    def commit(self, then=None):
        """COMMIT what was begun, and run ``then`` with a snapshot of its own."""
        if self._begin:
            return
        if then is None:
            self._cr.execute("COMMIT")
            return
        self._cr.execute(then, before="COMMIT; ")
        self.seen = self._cr.fetchall()


class Stash:
    """Connections of this process that are between two requests, and how many there are in all."""

    def __init__(self):
        self._lock = threading.Lock()
        self._idle = []  # (database, cursor, since), the last one used at the end
        self._places = threading.Semaphore(KEPT)

    def take(self, registry):
        """A cursor in autocommit that prepares what is frequent; None when all are in use."""
        if not self._places.acquire(blocking=False):
            return None
        try:
            self._tidy()
            with self._lock:
                mine = [entry for entry in self._idle if entry[0] == registry.db_name]
                if mine:
                    self._idle.remove(mine[-1])
                    return mine[-1][1]
            return _opened(registry)
        except BaseException:
            self._places.release()
            raise

    def give(self, cr, *, good):
        """Put a cursor back; close it when something went wrong with it."""
        try:
            if good and not cr.closed:
                cr.transaction = None
                with self._lock:
                    self._idle.append((cr.dbname, cr, time.monotonic()))
            else:
                _close(cr)
        finally:
            self._places.release()

    def _tidy(self):
        """Close what was not used for a while, and what Odoo's pool has closed."""
        before = time.monotonic() - IDLE_SECONDS
        with self._lock:
            old = [entry for entry in self._idle if entry[2] < before or entry[1].closed]
            self._idle = [entry for entry in self._idle if entry not in old]
        for _database, cr, _since in old:
            _close(cr)


def _opened(registry):
    cr = registry.cursor()
    # psycopg2 would set these on the server now that it is in autocommit: here BEGIN says them.
    cr.connection.set_session(isolation_level="DEFAULT", readonly="DEFAULT")
    cr.connection.autocommit = True
    if not is_pooled():
        cr.execute(BY_INDEX)
    cr.execute = Preparing(cr.execute)
    return cr


def _close(cr):
    with suppress(*LOST):
        if not cr.closed and cr.connection.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            cr.execute("ROLLBACK")  # in autocommit nobody else does
        cr.close()


_STASH = Stash()


@contextmanager
def stashed_cursor(env):
    """A cursor in autocommit, on which one text may hold whole transactions; None where there is none to be had."""
    cr = None if in_test() else _STASH.take(env.registry)
    good = False
    try:
        yield cr
        good = True
    finally:
        if cr is not None:
            _STASH.give(cr, good=good)


@contextmanager
def request_cursor(env, *, then=None, lock_seconds=None, many=False):
    """Like :func:`.cursor.read_committed`, for the few statements of a request.

    :param then: a statement without parameters that looks around right after the commit; its rows are ``seen`` of what
        is yielded, which is None where another kind of connection had to be used
    :param lock_seconds: how long it waits for a lock
    :param many: its statements are about many documents at a time: going from each to each other would take longer
        than planning

    Saves the resets of a borrowed connection, the planning of each statement, and the round trips of BEGIN and COMMIT.
    """
    setting = f"SET LOCAL lock_timeout = '{lock_seconds}s'" if lock_seconds else ""
    with stashed_cursor(env) as cr:
        if cr is not None:
            settings = [setting, BY_HASH if many else ""]
            begin = "; ".join(["BEGIN ISOLATION LEVEL READ COMMITTED", *filter(None, settings), ""])
            trip = Trip(cr, begin=begin, many=many)
            yield trip
            trip.commit(then)
            return
    with read_committed(env.registry) as other:
        if setting:
            other.execute(setting)
        yield Trip(other)
