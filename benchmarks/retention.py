"""Signed documents as the intake stores them (transmission, body, sender's key, message, lane) are drained by one
`odoo sync_worker`. Then all of it is made a thousand days older, and the retention of the addon removes it: message,
attempt, translated document, transmission, body and key, six rows for each document, by as many runs as it takes. Both
rates are in documents. The runs follow each other at once; the scheduled action leaves a moment for others in between.

Beside that what has to be looked at and stays: finished messages, of which one in twenty is older
than its policy keeps it. Were windows looked at twice, each row would cost more the more there are.
"""

from .kit import Arena, Measure, at_least, at_most, stock
from .kit.measure import rate

QUESTION = "Does retention keep up with the peak rate?"
OLD = (
    ("sync_message", "created_at"),
    ("sync_message", "done_at"),
    ("sync_payload", "created_at"),
    ("sync_attempt", "started_at"),
    ("sync_transmission", "occurred_at"),
    ("sync_dedupe", "seen_at"),
)
TABLES = tuple(dict.fromkeys(table for table, _column in OLD))
STAY = {"1 million": 1_000_000, "100,000": 100_000}
GO = 20
"""Of so many finished messages one goes."""


def run(arena: Arena) -> list[Measure]:
    documents = Measure("Documents", "per second", target=at_least(1))
    rows = Measure("Rows removed", "per second")
    for _ in range(arena.rounds):
        _purged(arena, 4_000 if arena.quick else 20_000, documents, rows)
    stay = Measure("A finished message that is looked at", "µs", target=at_most(1.3))
    for _ in range(min(arena.rounds, 2)):
        for side, count in STAY.items():
            stay.add(side, _looked_at(arena, count // 10 if arena.quick else count))
    return [documents, rows, stay]


def _purged(arena, count, documents, rows):
    with arena.ours() as database:
        with arena.connection(database) as connection:
            stock.received(connection, count, keys=True)
        arena.rows(database, "VACUUM ANALYZE")
        with arena.workers(database):
            arena.until_none(database, "SELECT 1 FROM sync_message WHERE state = 'ready' LIMIT 1", seconds=600)
        done = arena.rows(database, "SELECT done_at, count(*) FROM sync_message WHERE state = 'done' GROUP BY 1")
        for table, column in OLD:
            arena.rows(database, f"UPDATE {table} SET {column} = {column} - interval '1000 days'")
        arena.rows(database, "VACUUM ANALYZE")
        before = _count(arena, database)
        seconds = arena.call(database, "benchmarks.inside", "purge")
        left = _count(arena, database)
        if left:
            raise RuntimeError(f"{left} rows were left")
        documents.add("purged", count / seconds)
        documents.add("drained", rate(done))
        rows.add("purged", before / seconds)


def _looked_at(arena, count):
    """Microseconds for each message of a round over ``count``, those removed included."""
    with arena.ours() as database:
        with arena.connection(database) as connection:
            stock.finished(connection, count, days=200)
            with connection.cursor() as cr:
                # Of no interface they stay for 400 days, of this one for 90.
                cr.execute(
                    """UPDATE sync_message SET interface_id = (SELECT id FROM sync_interface WHERE code = 'bench.in')
                        WHERE id %% %s = 0""",
                    [GO],
                )
        arena.rows(database, "VACUUM ANALYZE")
        seconds = arena.call(database, "benchmarks.inside", "purge")
        left = arena.rows(database, "SELECT count(*) FROM sync_message")[0][0]
        if left != count - count // GO:
            raise RuntimeError(f"{left} of {count} messages were left")
        return seconds / count * 1_000_000


def _count(arena, database):
    counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    return arena.rows(database, f"SELECT {counts}")[0][0]
