"""Cursors of the engine.

Odoo's cursors are REPEATABLE READ, under which ``SKIP LOCKED`` still meets serialization failures. The queue's
bookkeeping runs READ COMMITTED in short transactions of its own.
"""

import threading
from contextlib import contextmanager, suppress

from psycopg2 import InterfaceError, OperationalError, errorcodes
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED, ISOLATION_LEVEL_REPEATABLE_READ, STATUS_READY

from odoo.sql_db import Cursor

# Two transactions met: nothing is wrong with the work, it runs again.
CONFLICTS = {
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
}

RACES = CONFLICTS | {errorcodes.UNIQUE_VIOLATION, errorcodes.EXCLUSION_VIOLATION}
"""What business work may meet besides: two workers made the same record at once. On its next try, with a new snapshot,
one finds what the other has made; a document that is really twice there fails every time."""

LOST = (OperationalError, InterfaceError)
"""The connection is gone, or the server was."""


_KEPT = threading.local()


@contextmanager
def kept_connections():
    """Within this, the thread keeps the connections of its transactions: a worker works on and on.

    Odoo's pool resets a connection each time it is borrowed, and every reset, level and setting is a round trip.
    """
    if getattr(_KEPT, "idle", None) is not None:
        yield
        return
    _KEPT.idle = {}
    try:
        yield
    finally:
        forget_connections()
        _KEPT.idle = None


def forget_connections():
    """Give the kept connections of this thread back, for instance because the server was lost."""
    idle = getattr(_KEPT, "idle", None) or {}
    while idle:
        _kind, cursors = idle.popitem()
        for cr in cursors:
            with suppress(*LOST):
                cr.close()


@contextmanager
def read_committed(registry, *, durable=True):
    """A cursor in READ COMMITTED; commits at the end, rolls back on an exception.

    Without ``durable`` the commit does not wait for the disk. Good for who works on what: should the server crash, a
    claim or a release of the last moments never happened, the worker registers anew, and its old claims are rescued.
    """
    with _transaction(registry, "durable" if durable else "brief") as cr:
        yield cr


@contextmanager
def business(registry):
    """A cursor at Odoo's own level, REPEATABLE READ; commits at the end, rolls back on an exception."""
    with _transaction(registry, "business") as cr:
        yield cr


@contextmanager
def looking(registry):
    """A cursor in READ COMMITTED each of whose statements is a transaction: only to look."""
    with _transaction(registry, "looking") as cr:
        yield cr


@contextmanager
def _transaction(registry, kind):
    idle = getattr(_KEPT, "idle", None)
    # One within the other needs two of a kind.
    mine = idle.setdefault((registry.db_name, kind), []) if idle is not None else []
    cr = mine.pop() if mine else None
    if cr is None or cr.closed:
        cr = _prepared(registry.cursor(), kind)
    try:
        yield cr
        cr.commit()  # the engine owns it  # pylint: disable=invalid-commit
    except BaseException:
        with suppress(*LOST):  # what went wrong is told, and not that the connection is gone besides
            cr.close()
        raise
    if idle is None or not isinstance(cr, Cursor):
        cr.close()
    else:
        cr.transaction = None  # the next one begins with nothing in memory
        cr.cache.clear()
        mine.append(cr)


def _prepared(cr, kind):
    """Set the level and what a commit waits for, until the connection goes back to the pool.

    A test's cursor, which lives in the test's own transaction, stays what it is.
    """
    if isinstance(cr, Cursor) and kind != "business":
        try:
            # Odoo sets its own level, and with it the end of autocommit, when a connection is borrowed again.
            cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED, autocommit=kind == "looking")
            if kind == "brief":
                cr.execute("SET synchronous_commit = off")
        except BaseException:
            cr.close()
            raise
    return cr


@contextmanager
def request_cursor(env, then=None):
    """Like :func:`read_committed`, on the request's own connection while nothing has been read on it.

    :param then: a statement, as text with nothing to fill in, that looks around right after the commit; its rows are
        ``seen`` of what is yielded, which is None where another connection had to be used

    Saves the borrow of a second connection with its resets, and the round trips of BEGIN and COMMIT.
    """
    cr = env.cr
    if not isinstance(cr, Cursor) or cr.connection.status != STATUS_READY:
        with read_committed(env.registry) as other:
            yield Trip(other, begun=True)
        return
    connection = cr.connection
    # psycopg2 sets these on the server once it is in autocommit, and takes them back afterwards: here BEGIN says them.
    connection.set_session(isolation_level="DEFAULT", readonly="DEFAULT")
    connection.autocommit = True
    trip = Trip(cr)
    try:
        yield trip
        trip.end("COMMIT", then)
    except BaseException:
        with suppress(*LOST):
            trip.end("ROLLBACK")
        raise
    finally:
        if not connection.closed:
            connection.autocommit = False
            connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=False)


class Trip:
    """One transaction in no more round trips than it has statements; what the queue needs of a cursor."""

    def __init__(self, cr, *, begun=False):
        self._cr = cr
        self._begun = begun
        self.seen = None

    def execute(self, query, params=None):
        """As a cursor's; the first statement takes BEGIN along."""
        if not self._begun:
            self._begun, query = True, f"BEGIN ISOLATION LEVEL READ COMMITTED; {query}"
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

    def end(self, word, then=None):
        """COMMIT or ROLLBACK what was begun; then look around, with a snapshot of its own."""
        if self._begun:
            self._begun = False
            self._cr.execute(f"{word}; {then}" if then else word)
            if then:
                self.seen = self._cr.fetchall()
