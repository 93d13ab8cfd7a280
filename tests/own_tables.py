"""Tests with real connections and real commits: the production's tables in a schema of their own, none of its rows."""

import uuid
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import connection_info_for
from odoo.tests import BaseCase, get_db_name


def make_schema(cr, schema, tables):
    """Create ``schema`` with copies of ``tables``: columns, defaults, checks and indexes."""
    cr.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for table in tables:
        cr.execute(
            sql.SQL("CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)").format(
                schema=sql.Identifier(schema), table=sql.Identifier(table)
            )
        )
    if "sync_endpoint" in tables:
        _loosen_endpoint(cr, schema)


def _loosen_endpoint(cr, schema):
    """An endpoint is a long row; only what the claim joins matters here."""
    endpoint = sql.Identifier(schema, "sync_endpoint")
    cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_schema = %s AND table_name = 'sync_endpoint' AND is_nullable = 'NO' AND column_name <> 'id'""",
        [schema],
    )
    for (column,) in cr.fetchall():
        cr.execute(sql.SQL("ALTER TABLE {} ALTER {} DROP NOT NULL").format(endpoint, sql.Identifier(column)))
    cr.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [f"{schema}.sync_endpoint"]
    )
    for (constraint,) in cr.fetchall():
        cr.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(endpoint, sql.Identifier(constraint)))


class OwnTablesCase(BaseCase):
    """``tables`` are copied; ``further`` are statements that make what the test needs besides. Empty at each test."""

    tables = ()
    further = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schema = f"own_{uuid.uuid4().hex[:8]}"
        _name, cls.dsn = connection_info_for(get_db_name())
        with cls.connection() as cr:
            make_schema(cr, cls.schema, cls.tables)
            for statement in cls.further:
                cr.execute(statement)
        cls.addClassCleanup(cls.drop_schema)

    @classmethod
    def drop_schema(cls):
        with cls.connection() as cr:
            cr.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(cls.schema)))

    @classmethod
    @contextmanager
    def connection(cls, isolation=ISOLATION_LEVEL_READ_COMMITTED):
        """A transaction of a connection of its own; commits at the end, rolls back on an exception."""
        connection = psycopg2.connect(**cls.dsn, options=f"-c search_path={cls.schema},public -c lock_timeout=30s")
        connection.set_session(isolation_level=isolation)
        try:
            with connection, connection.cursor() as cr:
                yield cr
        finally:
            connection.close()

    def setUp(self):
        super().setUp()
        with self.connection() as cr:
            cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [self.schema])
            tables = [sql.Identifier(self.schema, row[0]) for row in cr.fetchall()]
            cr.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(tables)))
