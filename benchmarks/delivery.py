"""One `odoo sync_worker` process delivers signed documents that were routed before to a receiver on loopback that
answers at once; a bare thread pool of `requests` posts documents of like size with like headers to the same
receiver, as many at a time as a worker has places. Then fifty partners with as much for each: first one answers
after two seconds and one refuses connections, then all are well; counted are the other 48.
"""

import concurrent.futures
import threading
import time

import requests

from .kit import Arena, Measure, at_least, pack, stock
from .kit.measure import rate

QUESTION = "How many deliveries a second does one worker make, and what does a bad partner cost the others?"
DOORS = 10
PLACES = 20
SLOW_SECONDS = 2.0
DONE = """SELECT m.done_at, count(*) FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
           WHERE m.state = 'done' AND e.code > %s GROUP BY 1"""
WAITING = """SELECT 1 FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
              WHERE m.state = 'ready' AND e.code > '{}' LIMIT 1"""


def run(arena: Arena) -> list[Measure]:
    speed = Measure("Delivered by one worker", "per second", target=at_least(0.5))
    others = Measure("Delivered to 48 well partners, beside a slow and a dead one", "per second", target=at_least(0.9))
    for _ in range(arena.rounds):
        per_door = 100 if arena.quick else 400
        with arena.sink(doors=DOORS) as ports:
            speed.add("here", _delivered(arena, ports, per_door, after=""))
            speed.add("bare requests", _bare(ports, per_door))
        per_door = 10 if arena.quick else 60
        after = pack.outbound_code(2)
        with arena.sink(doors=pack.PARTNERS, slow={0: SLOW_SECONDS}) as ports:
            refusing = [ports[0], 9, *ports[2:]]
            others.add("beside bad ones", _delivered(arena, refusing, per_door, after=after))
        with arena.sink(doors=pack.PARTNERS) as ports:
            others.add("all well", _delivered(arena, ports, per_door, after=after))
    return [speed, others]


def _delivered(arena, ports, per_door, *, after):
    """Deliveries a second to the doors whose code is above ``after``."""
    with arena.ours() as database:
        for number, port in enumerate(ports, 1):
            arena.rows(
                database,
                "UPDATE sync_endpoint SET url = %s, allowed_private_hosts = %s WHERE code = %s",
                [f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}", pack.outbound_code(number)],
            )
        with arena.connection(database) as connection:
            stock.to_deliver(connection, per_door, len(ports))
        arena.rows(database, "VACUUM ANALYZE")
        with arena.workers(database):
            arena.until_none(database, WAITING.format(after), seconds=600)
        return rate(arena.rows(database, DONE, [after]))


def _bare(ports, per_door):
    headers = {"Content-Type": "application/json", "webhook-id": "bare", "webhook-signature": "v1," + "x" * 44}
    local = threading.local()

    def post(port):
        if not hasattr(local, "session"):
            local.session = requests.Session()
        local.session.post(f"http://127.0.0.1:{port}/", data=stock.BODY, headers=headers, timeout=20).raise_for_status()

    targets = [port for _ in range(per_door) for port in ports]
    with concurrent.futures.ThreadPoolExecutor(PLACES) as pool:
        list(pool.map(post, targets[: PLACES * 2]))
        started = time.perf_counter()
        list(pool.map(post, targets))
        return len(targets) / (time.perf_counter() - started)
