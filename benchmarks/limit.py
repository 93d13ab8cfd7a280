"""A bare psycopg2 program does in the database what the engine does with a received document, by the very statements
of the engine (claim, fence, finish with stamps, attempt and canonical document, settle), on the same tables, without
Odoo and without looking at the document. The engine takes the same documents through all its stages with a handler that
does nothing, in one process. Beside that a program that leaves out attempt and document, which nobody could run. The
batch is fixed to the same size on all sides; every document has an ordering key of its own, what is done is on disk,
claims and releases do not wait for it. The engine's kept connections prepare their statements, the program's do not.
"""

from .kit import Arena, Measure, at_least, bare, stock

QUESTION = "How close to the limit of the database does one worker drain the queue?"
COUNTS = {1: 300, 20: 3000, 100: 8000, 400: 12000}


def run(arena: Arena) -> list[Measure]:
    measures = []
    with arena.ours() as database:
        for batch, count in COUNTS.items():
            if arena.quick:
                count = min(count // 4, 2000)
            against_bare = Measure(f"Drained in batches of {batch}", "per second", target=at_least(0.5))
            without_log = Measure(f"Drained in batches of {batch}, against a program that keeps no log", "per second")
            for _ in range(arena.rounds):
                here = _here(arena, database, count, batch)
                against_bare.add("here", here)
                against_bare.add("bare", _bare(arena, database, count, batch, journalled=True))
                without_log.add("here", here)
                without_log.add("bare without a log", _bare(arena, database, count, batch, journalled=False))
            measures += [against_bare, without_log]
    return measures


def _here(arena, database, count, batch):
    _fill(arena, database, count)
    return arena.call(database, "benchmarks.inside", "drain", batch=batch)


def _bare(arena, database, count, batch, *, journalled):
    _fill(arena, database, count)
    with (
        arena.connection(database, isolation="READ COMMITTED") as bookkeeping,
        arena.connection(database, isolation="REPEATABLE READ") as business,
    ):
        return bare.drain(bookkeeping, business, batch=batch, journalled=journalled)


def _fill(arena, database, count):
    arena.empty(database)
    with arena.connection(database) as connection:
        stock.received(connection, count)
    arena.rows(database, "VACUUM ANALYZE")
