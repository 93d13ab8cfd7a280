"""OCA queue_job of PyPI in a database of its own, on the same Odoo modules and the same database server, with its best
settings (server-wide module, prefork workers, one channel as wide as the workers); here `odoo sync_worker` with as
many processes. Enqueued is from business transactions over the same contacts: a job that does nothing, an event
that Odoo acts on. Drained is what does nothing: a job; a received document through all its stages (decode,
contract, mapping, canonical schema, apply, attempt log); an event from the outbox to its handler. Rates are taken
between the first and the last commit, so starting costs nobody anything. Latency is from the commit to the moment
at which another connection sees the result.
"""

from .kit import Arena, Measure, at_least, at_most, stock
from .kit.measure import rate

QUESTION = "How does it compare with queue_job?"
WORKERS = (1, 2)
HERE, PEER = "here", "queue_job"


def run(arena: Arena) -> list[Measure]:
    enqueue = {
        size: Measure(f"Enqueued, {size:,} in a transaction", "per second", target=at_least(10) if size > 1 else None)
        for size in (1000, 1)
    }
    drain = {
        n: Measure(f"Received documents drained, {_workers(n)}", "per second", target=at_least(30)) for n in WORKERS
    }
    events = {n: Measure(f"Events drained, {_workers(n)}", "per second") for n in WORKERS}
    latency = {
        rank: Measure(f"Latency when idle, {rank}, one worker", "ms", target=at_most(1) if rank == "p50" else None)
        for rank in ("p50", "p95", "p99")
    }
    with arena.ours() as ours, arena.peer() as peer:
        for _ in range(arena.rounds):
            for size, measure in enqueue.items():
                count = (2000 if arena.quick else 5000) if size > 1 else 200
                measure.add(HERE, arena.call(ours, "benchmarks.inside", "publish", count=count, per_transaction=size))
                measure.add(
                    PEER,
                    arena.call(peer, "benchmarks.inside", "delay", count=count // 2, per_transaction=size, peer=True),
                )
            for number in WORKERS:
                timed = latency if number == 1 else None
                drain[number].add(HERE, _documents_drained(arena, ours, number, timed))
                events[number].add(HERE, _events_drained(arena, ours, number))
                drained = _jobs_drained(arena, peer, number, timed)
                drain[number].add(PEER, drained)
                events[number].add(PEER, drained)
    return [*enqueue.values(), *drain.values(), *events.values(), *latency.values()]


def _workers(number: int) -> str:
    return "one worker" if number == 1 else f"{number} workers"


def _documents_drained(arena, database, workers, latency):
    arena.empty(database)
    with arena.connection(database) as connection:
        stock.received(connection, 4000 if arena.quick else 15000)
    arena.rows(database, "VACUUM ANALYZE")
    return _messages_drained(arena, database, workers, latency)


def _events_drained(arena, database, workers):
    arena.empty(database)
    count = 2000 if arena.quick else 8000
    arena.call(database, "benchmarks.inside", "publish", count=count, per_transaction=1000)
    return _messages_drained(arena, database, workers, None)


def _messages_drained(arena, database, workers, latency):
    with arena.workers(database, workers):
        arena.until_none(
            database,
            """SELECT 1 WHERE EXISTS (SELECT FROM sync_message WHERE state = 'ready')
                           OR EXISTS (SELECT FROM sync_event WHERE state = 'new')""",
            seconds=600,
        )
        done = arena.rows(database, "SELECT done_at, count(*) FROM sync_message WHERE state = 'done' GROUP BY 1")
        if latency:
            _latency(arena, latency, HERE, database, "latency_of_events")
    return rate(done)


def _jobs_drained(arena, database, workers, latency):
    arena.rows(database, "TRUNCATE queue_job, queue_job_lock CASCADE")
    count = 300 if arena.quick else 2000
    arena.call(database, "benchmarks.inside", "delay", count=count, per_transaction=100, peer=True)
    arena.rows(database, "VACUUM ANALYZE")
    with arena.server(
        database,
        "--load=base,web,queue_job",
        f"--workers={workers}",
        "--max-cron-threads=0",
        peer=True,
        environment={"ODOO_QUEUE_JOB_CHANNELS": f"root:{workers}"},
    ):
        arena.until_none(database, "SELECT 1 FROM queue_job WHERE state <> 'done' LIMIT 1", seconds=600)
        done = arena.rows(database, "SELECT date_done, count(*) FROM queue_job GROUP BY 1")
        if latency:
            _latency(arena, latency, PEER, database, "latency_of_jobs")
    return rate(done)


def _latency(arena, measures, side, database, function):
    count = 30 if arena.quick else 100
    ranks = arena.call(database, "benchmarks.inside", function, count=count, pause=0.2, peer=side == PEER)
    for measure, value in zip(measures.values(), ranks, strict=True):
        measure.add(side, value)
