"""Cursors of the engine.

Odoo's cursors are REPEATABLE READ, under which ``SKIP LOCKED`` still meets serialization failures. The queue's
bookkeeping runs READ COMMITTED in short transactions of its own.
"""

import threading
from contextlib import contextmanager, suppress

from psycopg2 import InterfaceError, OperationalError, errorcodes
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import Cursor

from .prepared import BY_INDEX, Preparing, is_pooled

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

LOCK_SECONDS = 3
"""How long what is only tried waits for a lock."""

_KEPT = threading.local()


@contextmanager
def kept_connections():
    """Within this, the thread keeps the connections of its transactions: a worker works on and on.

    Odoo's pool resets a connection each time it is borrowed, and every reset, level and setting is a round trip. A
    kept one remembers besides how its frequent statements are planned.
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
def rolled_back(registry):
    """A cursor of which nothing stays, in the database or in memory; see also :func:`nothing_stays`."""
    with registry.cursor() as cr:
        cr.sync_nothing_stays = True
        wait_briefly(cr)
        try:
            yield cr
        finally:
            cr.rollback()  # nothing of a trial may stay  # pylint: disable=invalid-commit
            registry.reset_changes()


def wait_briefly(cr):
    """In this transaction wait at most ``LOCK_SECONDS`` for a lock."""
    cr.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])


def nothing_stays(cr):
    """Whether all that this transaction does is undone: no mail leaves then, and no carrier is asked for a label."""
    return getattr(cr, "sync_nothing_stays", False)


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
        cr = _levelled(registry.cursor(), kind)
        if idle is not None and isinstance(cr, Cursor) and kind != "business" and not is_pooled():
            # Not for business: what handlers ask there is planned as always.
            cr.execute(BY_INDEX)
            cr.execute = Preparing(cr.execute)
    try:
        if kind == "brief" and isinstance(cr, Cursor) and is_pooled():
            cr.execute("SET LOCAL synchronous_commit = off")
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


def _levelled(cr, kind):
    """Set the level and what a commit waits for, until the connection goes back to the pool.

    A test's cursor, which lives in the test's own transaction, stays what it is.
    """
    if isinstance(cr, Cursor) and kind != "business":
        try:
            # Odoo sets its own level, and with it the end of autocommit, when a connection is borrowed again. One
            # statement by itself sees what is committed at any level.
            looks = kind == "looking"
            level = "DEFAULT" if looks else ISOLATION_LEVEL_READ_COMMITTED
            cr.connection.set_session(isolation_level=level, autocommit=looks)
            if kind == "brief" and not is_pooled():
                cr.execute("SET synchronous_commit = off")
        except BaseException:
            cr.close()
            raise
    return cr
