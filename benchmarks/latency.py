"""Signed webhooks are posted to an Odoo with `--workers=2`; counted is from the start of the transaction that stores a
document to the end of the one that applies it, by the database's clock, over handlers that do nothing. Events are
published by business transactions; counted is from the start of that transaction to the arrival at a receiver on
loopback. Idle: one at a time with pauses. Half load: half of what the same set-up took in a burst just before. With
crons: two cron workers and nothing else; with `sync_worker`: one process and no crons.
"""

from contextlib import contextmanager
from datetime import datetime, timezone

from .kit import Arena, Measure, client, pack
from .kit.measure import percentiles

QUESTION = "How long from the commit to the effect, and to the partner?"
RANKS = (50, 95, 99)
MODES = ("with sync_worker", "with crons")
APPLIED = """SELECT extract(epoch FROM min(a.ended_at) - m.created_at)::float8 * 1000 FROM sync_message m
               JOIN sync_attempt a ON a.message_id = m.id AND a.outcome = 'done'
              WHERE m.id > %s AND m.direction = 'inbound' GROUP BY m.id"""
PUBLISHED = (
    """SELECT m.uid, e.published_at FROM sync_message m JOIN sync_event e ON e.id = m.event_id WHERE m.id > %s"""
)


def run(arena: Arena) -> list[Measure]:
    measures = {
        (what, load, rank): Measure(f"{what}, {load}, p{rank}", "ms")
        for what in ("Webhook to applied", "Commit to delivered")
        for load in ("idle", "at half load")
        for rank in RANKS
    }
    for _ in range(arena.rounds):
        for mode in MODES:
            with arena.ours() as database, arena.sink() as (sink,), _running(arena, database, sink, mode) as port:
                for load, waits in _webhooks(arena, database, port):
                    _add(measures, "Webhook to applied", load, mode, waits)
                for load, waits in _events(arena, database, sink):
                    _add(measures, "Commit to delivered", load, mode, waits)
    return list(measures.values())


def _add(measures, what, load, mode, waits):
    for rank, value in zip(RANKS, percentiles(waits, *RANKS), strict=True):
        measures[what, load, rank].add(mode, value)


@contextmanager
def _running(arena, database, sink, mode):
    """An Odoo server, and who works: one door out leads to the sink, the others are closed."""
    door = pack.outbound_code(1)
    arena.rows(
        database,
        "UPDATE sync_endpoint SET url = %s, allowed_private_hosts = %s WHERE code = %s",
        [f"http://127.0.0.1:{sink}/", f"127.0.0.1:{sink}", door],
    )
    arena.rows(
        database, "UPDATE sync_interface SET state = 'retired' WHERE code LIKE 'bench.out.%' AND code <> 'bench.out.01'"
    )
    crons = 2 if mode == "with crons" else 0
    with arena.server(database, "--workers=2", f"--max-cron-threads={crons}") as port:
        if crons:
            yield port
        else:
            with arena.workers(database):
                yield port


def _webhooks(arena, database, port):
    seconds = 3 if arena.quick else 20
    last = _last(arena, database)
    capacity = client.burst(port, seconds=3)
    _settled(arena, database)
    for load, rate in (("idle", 4.0), ("at half load", capacity / 2)):
        last = _last(arena, database)
        client.steady(port, rate=rate, seconds=seconds)
        _settled(arena, database)
        yield load, [row[0] for row in arena.rows(database, APPLIED, [last])]


def _events(arena, database, sink):
    seconds = 3 if arena.quick else 20
    burst = arena.call(database, "benchmarks.inside", "publish_steadily", seconds=3, rate=10_000)
    _settled(arena, database)
    capacity = burst["count"] / _until_delivered(arena, database, sink, burst["last"])
    for load, rate in (("idle", 4.0), ("at half load", capacity / 2)):
        start = arena.call(database, "benchmarks.inside", "publish_steadily", seconds=seconds, rate=rate)
        _settled(arena, database)
        arrived = client.arrivals(sink)
        rows = arena.rows(database, PUBLISHED, [start["last"]])
        yield load, [(arrived[uid] / 1e6 - _epoch_ms(published)) for uid, published in rows]


def _until_delivered(arena, database, sink, last):
    """Seconds from the first publication after message ``last`` to the last arrival."""
    rows = arena.rows(database, PUBLISHED, [last])
    arrived = client.arrivals(sink)
    return (max(arrived[uid] for uid, _ in rows) / 1e6 - min(_epoch_ms(at) for _, at in rows)) / 1000


def _epoch_ms(moment: datetime) -> float:
    return moment.replace(tzinfo=timezone.utc).timestamp() * 1000


def _last(arena, database):
    return arena.rows(database, "SELECT coalesce(max(id), 0) FROM sync_message")[0][0]


def _settled(arena, database):
    arena.until_none(
        database,
        """SELECT 1 WHERE EXISTS (SELECT FROM sync_message WHERE state = 'ready')
                       OR EXISTS (SELECT FROM sync_event WHERE state = 'new')""",
        seconds=300,
    )
