"""Cursors of the engine.

Odoo's cursors are REPEATABLE READ, under which ``SKIP LOCKED`` still meets serialization failures. The queue's
bookkeeping runs READ COMMITTED in short transactions of its own.
"""

from contextlib import contextmanager

from psycopg2 import errorcodes
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import Cursor

# Two transactions met: nothing is wrong with the work, it runs again.
CONFLICTS = {
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
}


@contextmanager
def read_committed(registry):
    """A cursor in READ COMMITTED; commits at the end, rolls back on an exception.

    The level is set on the connection and goes back to Odoo's at the next borrow. A test's cursor, which lives in the
    test's own transaction, stays what it is.
    """
    with registry.cursor() as cr:
        if isinstance(cr, Cursor):
            cr.connection.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED)
        yield cr
