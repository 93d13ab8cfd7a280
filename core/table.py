"""What a table needs besides the fields of its model: columns without a field, defaults, storage, an index.

Each change locks its table against everybody, so only what is missing is changed: an upgrade goes on beside workers and
senders that never let go of these tables for long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Cursor(Protocol):
    """What is needed of a cursor (psycopg2's or Odoo's)."""

    def execute(self, query: str, params: Any = None) -> Any: ...

    def fetchone(self) -> tuple | None: ...

    def fetchall(self) -> list[tuple]: ...


def arrange(
    cr: Cursor,
    table: str,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    storage: Mapping[str, float] | None = None,
    unique: Mapping[str, str] | None = None,
) -> list[str]:
    """Give ``table`` what it lacks, and say what that was (the statements); all arguments are SQL of our own.

    :param columns: {name: type and constraints}; there or not is all that counts
    :param defaults: {column: expression}; a column that has a default keeps it
    :param storage: {storage parameter: value}
    :param unique: {name of a unique index: its columns and condition}
    """
    there = _columns(cr, table)
    changes = [f"ADD COLUMN {name} {kind}" for name, kind in (columns or {}).items() if name not in there]
    changes += [
        f"ALTER COLUMN {name} SET DEFAULT {expression}"
        for name, expression in (defaults or {}).items()
        if not there.get(name)
    ]
    options = _storage(cr, table)
    changes += [f"SET ({name} = {value:g})" for name, value in (storage or {}).items() if options.get(name) != value]
    statements = [f"ALTER TABLE {table} {', '.join(changes)}"] if changes else []
    for name, rest in (unique or {}).items():
        cr.execute("SELECT to_regclass(%s)", [name])
        if cr.fetchone() == (None,):
            statements.append(f"CREATE UNIQUE INDEX {name} ON {table} {rest}")
    for statement in statements:
        cr.execute(statement)
    return statements


def _columns(cr: Cursor, table: str) -> dict[str, bool]:
    """{name: whether it has a default}."""
    cr.execute(
        """SELECT attname, atthasdef FROM pg_attribute
            WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped""",
        [table],
    )
    return dict(cr.fetchall())


def _storage(cr: Cursor, table: str) -> dict[str, float]:
    cr.execute(
        """SELECT split_part(o, '=', 1), split_part(o, '=', 2)::float8
             FROM pg_class, unnest(reloptions) AS o WHERE pg_class.oid = to_regclass(%s)""",
        [table],
    )
    return dict(cr.fetchall())
