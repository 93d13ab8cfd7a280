"""A bare psycopg2 program does in the database what the engine does with a received document: claim, fence, finish and
settle by the very statements of `core/queue`, on the same tables, without Odoo and without looking at the document;
and again with the rows that the engine keeps beside (stamps, attempt, canonical document). The engine takes the
same documents through all its stages with a handler that does nothing, in one process. The batch is fixed to the
same size on all sides; every document has an ordering key of its own, what is done is on disk, claims and releases
do not wait for it.
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
            target = at_least(0.5) if batch > 1 else None
            against_bare = Measure(f"Drained in batches of {batch}", "per second", target=target)
            against_rows = Measure(f"Drained in batches of {batch}, the rows kept beside counted", "per second")
            for _ in range(arena.rounds):
                here = _here(arena, database, count, batch)
                against_bare.add("here", here)
                against_bare.add("bare", _bare(arena, database, count, batch, journalled=False))
                against_rows.add("here", here)
                against_rows.add("bare with the rows beside", _bare(arena, database, count, batch, journalled=True))
            measures += [against_bare, against_rows]
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
