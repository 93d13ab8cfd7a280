"""Claiming and completing (fence, finish, settle) batches of 20 documents by the statements of `core/queue`, while
something else in the tables has grown. Judged are the buffers that PostgreSQL touches for a document; the same work
in small tables is the other side: two thousand documents, whose indexes have two levels, where those over some
hundred thousand lines have three, so that each look through one touches a page more. A snapshot that another
connection holds open keeps every old row version: that is reported.
"""

import time
import uuid
from contextlib import contextmanager

from .kit import Arena, Measure, at_most, explain, pack, stock

QUESTION = "Does the queue stay as fast when the tables grow?"
BATCH = 20
WORK = 2000
FLAT = at_most(1.3)
SMALL = "small"


def run(arena: Arena) -> list[Measure]:
    million = 100_000 if arena.quick else 1_000_000
    scale = 10 if arena.quick else 1
    grown = {
        "1 million finished": lambda a, d: _finished(a, d, million),
        "100,000 waiting": lambda a, d: _waiting(a, d, 100_000 // scale),
        "200,000 waiting behind an open breaker": lambda a, d: _behind_breaker(a, d, 200_000 // scale),
        "one ordering key with 50,000 waiting": lambda a, d: _one_key(a, d, 50_000 // scale),
        "a snapshot held open for 30 seconds": None,
        "10 million finished": lambda a, d: _finished(a, d, 10_000_000),
    }
    if arena.quick:
        grown.pop("10 million finished")
    small = [_measured(arena, None) for _ in range(arena.rounds)]
    measures = []
    for title, grow in grown.items():
        rounds = 1 if title.startswith("10 million") else arena.rounds
        found = [_measured(arena, grow, snapshot=grow is None) for _ in range(rounds)]
        for position, (part, unit) in enumerate(
            (("claim", "buffers"), ("completion", "buffers"), ("claim and completion", "µs"))
        ):
            target = FLAT if grow and unit == "buffers" else None
            measure = Measure(f"{title}: {part}", f"{unit} a document", target=target)
            for values in found:
                measure.add("grown", values[position])
            for values in small:
                measure.add(SMALL, values[position])
            measures.append(measure)
    return measures


def _measured(arena, grow, *, snapshot=False):
    """(buffers of a claim, of a completion, microseconds of both), each for one document."""
    with arena.ours() as database:
        if grow:
            grow(arena, database)
        with arena.connection(database) as connection:
            stock.received(connection, WORK, key=lambda number: f"work-{number}")
        # The work is what is due first, whatever else waits.
        arena.rows(database, "UPDATE sync_lane SET next_at = next_at - interval '1 hour' WHERE key LIKE 'work-%'")
        arena.rows(database, "VACUUM ANALYZE")
        with _held(arena, database) if snapshot else arena.connection(database):
            if snapshot:
                _churn(arena, database, 3.0 if arena.quick else 30.0)
            return _cycle(arena, database)


def _cycle(arena, database):
    claim = complete = 0
    with arena.connection(database, isolation="READ COMMITTED") as connection:
        cr = explain.Counted(connection)
        connection.commit()
        done, seconds = 0, 0.0
        while done < WORK // 2:
            started = time.perf_counter()
            token = uuid.uuid4().hex
            cr.buffers = 0
            lanes = stock.queue.claim_lanes(cr, token=token, worker=None, pools=[stock.POOL], limit=BATCH)
            heads = stock.queue.heads(cr, [lane.lane_id for lane in lanes])
            claim += cr.buffers
            connection.commit()
            cr.buffers = 0
            held = stock.queue.fence(cr, [head.message_id for head in heads])
            stock.queue.finish(cr, [stock.queue.Finished(message) for message in held])
            connection.commit()
            stock.queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes])
            connection.commit()
            complete += cr.buffers
            seconds += time.perf_counter() - started
            done += len(held)
    return claim / done, complete / done, seconds * 1_000_000 / done


def _finished(arena, database, count):
    with arena.connection(database) as connection:
        stock.finished(connection, count, days=9)


def _waiting(arena, database, count):
    with arena.connection(database) as connection:
        stock.received(connection, count)


def _one_key(arena, database, count):
    with arena.connection(database) as connection:
        stock.received(connection, count, key=lambda _number: "hot")
    # Due before all the rest, so that every claim takes it too.
    for table, moment, key in (("sync_message", "run_at", "lane_id"), ("sync_lane", "next_at", "id")):
        arena.rows(
            database,
            f"""UPDATE {table} SET {moment} = {moment} - interval '2 hours'
                 WHERE {key} = (SELECT id FROM sync_lane WHERE key = 'hot')""",
        )


def _behind_breaker(arena, database, count):
    with arena.connection(database) as connection:
        stock.to_deliver(connection, count, 1)
    arena.rows(
        database,
        "UPDATE sync_endpoint SET breaker_until = now() + interval '1 day' WHERE code = %s",
        [pack.outbound_code(1)],
    )


@contextmanager
def _held(arena, database):
    """A transaction of somebody else that has looked and does not end."""
    with arena.connection(database, isolation="REPEATABLE READ") as connection, connection.cursor() as cr:
        cr.execute("SELECT count(*) FROM sync_message")
        yield connection


def _churn(arena, database, seconds):
    """Claim and let go, over and over, so that row versions pile up which nobody may remove."""
    with arena.connection(database, isolation="READ COMMITTED") as connection, connection.cursor() as cr:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            token = uuid.uuid4().hex
            lanes = stock.queue.claim_lanes(cr, token=token, worker=None, pools=[stock.POOL], limit=BATCH)
            connection.commit()
            stock.queue.settle(cr, token=token, lane_ids=[lane.lane_id for lane in lanes], untouched=True)
            connection.commit()
