"""Cursors of the engine.

Odoo's cursors are REPEATABLE READ, under which ``SKIP LOCKED`` still meets serialization failures. The queue's
bookkeeping runs READ COMMITTED in short transactions of its own.
"""

from contextlib import contextmanager

from psycopg2 import InterfaceError, OperationalError, errorcodes
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED, STATUS_READY

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


@contextmanager
def read_committed(registry, *, durable=True):
    """A cursor in READ COMMITTED; commits at the end, rolls back on an exception.

    Without ``durable`` the commit does not wait for the disk. Good for who works on what: should the server crash, a
    claim or a release of the last moments never happened, the worker registers anew, and its old claims are rescued.

    The level is set on the connection and goes back to Odoo's at the next borrow. A test's cursor, which lives in the
    test's own transaction, stays what it is.
    """
    with registry.cursor() as cr:
        if isinstance(cr, Cursor):
            cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
            if not durable:
                cr.execute("SET LOCAL synchronous_commit = off")
        yield cr


@contextmanager
def request_cursor(env):
    """Like :func:`read_committed`, on the request's own connection while nothing has been read on it.

    Saves the borrow of a second connection with its resets. What the request does afterwards runs READ COMMITTED too,
    so it is for requests that do nothing else.
    """
    cr = env.cr
    if not isinstance(cr, Cursor) or cr.connection.status != STATUS_READY:
        with read_committed(env.registry) as other:
            yield other
        return
    cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
    try:
        yield cr
    except BaseException:
        cr.rollback()
        raise
    cr.commit()  # the whole of the request's work  # pylint: disable=invalid-commit
