"""The queue's tables in a schema of their own: columns, defaults, checks and indexes of production, none of its rows.

The clock is a row: ``now()`` means what the test says, in every statement of the queue, so a test waits for nothing.
"""

import uuid
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import connection_info_for

from .own_tables import make_schema

TABLES = (
    "sync_due",
    "sync_endpoint",
    "sync_endpoint_traffic",
    "sync_interface",
    "sync_lane",
    "sync_message",
    "sync_worker",
)


class QueueSchema:
    """Made on the database ``db_name``; ``drop`` it when done."""

    def __init__(self, db_name):
        self._idle = {}
        self._lent = set()
        self.name = f"queue_{uuid.uuid4().hex[:8]}"
        _name, self.dsn = connection_info_for(db_name)
        with self.transaction() as cr:
            make_schema(cr, self.name, TABLES)
            cr.execute(
                self._named(
                    """CREATE TABLE {schema}.clock (at timestamptz NOT NULL);
                       CREATE TABLE {schema}.effect (id serial PRIMARY KEY, message_id int NOT NULL, token text);
                       CREATE FUNCTION {schema}.now() RETURNS timestamptz STABLE LANGUAGE sql
                           AS 'SELECT at FROM clock'"""
                )
            )

    def _named(self, statement, **names):
        """The statement with our schema and further names, quoted."""
        quoted = {name: sql.Identifier(value) for name, value in names.items()}
        return sql.SQL(statement).format(schema=sql.Identifier(self.name), **quoted)

    def connect(self, isolation=ISOLATION_LEVEL_READ_COMMITTED):
        """A connection that sees these tables and this clock, and waits for nobody's lock; see :meth:`let_go`."""
        if self._idle.get(isolation):
            connection = self._idle[isolation].pop()
            self._lent.add(connection)
            return connection
        path = f"-c search_path={self.name},pg_catalog,public -c lock_timeout=5ms"
        connection = psycopg2.connect(**self.dsn, options=path)
        connection.set_session(isolation_level=isolation)
        self._lent.add(connection)
        return connection

    @contextmanager
    def transaction(self):
        connection = self.connect()
        try:
            with connection, connection.cursor() as cr:
                yield cr
        finally:
            self.let_go(connection)

    def let_go(self, connection):
        """What was not committed is rolled back, as when a process dies."""
        connection.rollback()
        self._lent.discard(connection)
        self._idle.setdefault(connection.isolation_level, []).append(connection)

    def empty(self):
        """As it was made. Deleted and not truncated: that is quicker, and waits for no lock on a table."""
        with self.transaction() as cr:
            for table in (*TABLES, "effect", "clock"):
                cr.execute(self._named("DELETE FROM {schema}.{table}", table=table))

    def let_all_go(self):
        """Also those of a test that stopped in the middle."""
        for connection in list(self._lent):
            self.let_go(connection)

    def drop(self):
        self.let_all_go()
        with self.transaction() as cr:
            cr.execute(self._named("DROP SCHEMA {schema} CASCADE"))
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
