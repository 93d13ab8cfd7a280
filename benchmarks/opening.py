"""One signed request brings a file of JSON lines with 100,000 documents. It is stored whole and answered; one
`odoo sync_worker` opens it in steps and works the documents over a handler that does nothing. On one side nobody
disturbs it. On the other its process is killed (SIGKILL) three times while the file is being opened, and another one
reads on: every document must be there once, and done. Rates are in documents, from the answer to the last one that is
stored, and to the last one that is done; the ten seconds after which a silent worker counts as dead are among them.
Memory is the most that the worker's process held, against what it held before the file came."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from .kit import Arena, Measure, client

QUESTION = "What happens to a file of 100,000 documents, and what if a worker dies over it?"
KILLS = 3
SIDES = {"undisturbed": 0, f"killed {KILLS} times": KILLS}


def run(arena: Arena) -> list[Measure]:
    count = 10_000 if arena.quick else 100_000
    answered = Measure(f"Request with {count:,} documents answered", "seconds")
    opened = Measure("Documents opened", "per second")
    worked = Measure("Documents opened and worked", "per second")
    memory = Measure("Memory of the worker at most, beyond its start", "MB")
    for _ in range(arena.rounds):
        for side, kills in SIDES.items():
            with arena.ours() as database:
                found = _one_file(arena, database, count, kills)
            answered.add(side, found["answered"])
            opened.add(side, count / found["opened"])
            worked.add(side, count / found["worked"])
            if not kills:
                memory.add(side, found["megabytes"])
    return [answered, opened, worked, memory]


def _one_file(arena: Arena, database: str, count: int, kills: int) -> dict:
    arena.rows(
        database,
        """UPDATE sync_endpoint
              SET codec = 'ndjson', max_body_bytes = 16777216, max_waiting = 0, rate_per_minute = 0,
                  key_source = 'pointer', key_value = '/location/identifiers/0/value'
            WHERE code = 'bench-in'""",
    )
    arena.rows(database, "UPDATE ir_config_parameter SET value = '0' WHERE key = 'sync_governance.max_waiting'")
    body = _file(count)
    with arena.server(database, "--max-cron-threads=0") as port:
        started = time.perf_counter()
        client.post(port, body)
        answered = time.perf_counter() - started
    with arena.workers(database):
        memory = _Memory(_processes(arena, database))
        started = time.perf_counter()
        opened = _watch(arena, database, count, kills, started, memory)
        arena.until_none(database, "SELECT 1 FROM sync_message WHERE state = 'ready' LIMIT 1", seconds=1800)
        worked = time.perf_counter() - started
        memory.look()
    _check(arena, database, count)
    return {"answered": answered, "opened": opened, "worked": worked, "megabytes": memory.most}


def _watch(arena, database, count, kills, started, memory):
    """Wait until the file is opened, and kill whoever opens it at even distances; the seconds it took."""
    at = [count * (number + 1) // (kills + 1) for number in range(kills)]
    while True:
        memory.look()
        documents, is_open = arena.rows(database, "SELECT documents, opened_at IS NULL FROM sync_file")[0]
        if not is_open:
            return time.perf_counter() - started
        if at and documents >= at[0]:
            at.pop(0)
            for pid in _processes(arena, database):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _check(arena, database, count):
    """Every document is there once, in its place, and done."""
    (found,) = arena.rows(
        database,
        """SELECT count(*), count(DISTINCT place_first), min(place_first), max(place_first),
                  count(*) FILTER (WHERE m.state = 'done'), max(f.documents)
             FROM sync_file f JOIN sync_transmission t ON t.file_id = f.id
             JOIN sync_message m ON m.transmission_id = t.id""",
    )
    if found != (count, count, 1, count, count, count):
        raise AssertionError(f"documents were lost, doubled or not done: {found} of {count}")


def _processes(arena, database):
    """The numbers of the worker processes that live, as their names in the database say."""
    rows = arena.rows(
        database,
        """SELECT name FROM sync_worker
            WHERE kind = 'process' AND heartbeat_at > (now() AT TIME ZONE 'UTC') - interval '10 seconds'""",
    )
    return [int(name.rpartition(":")[2]) for (name,) in rows]


class _Memory:
    """What a process holds beyond its start, in MB, as often as somebody looks."""

    def __init__(self, pids):
        self.pids, self.most = pids, 0.0
        self.before = self._now()

    def look(self):
        """Look once."""
        self.most = max(self.most, self._now() - self.before)

    def _now(self):
        held = 0.0
        for pid in self.pids:
            with suppress(OSError):
                pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
                held += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        return held


def _file(count):
    """Lines of a kind that the contract takes, as short as may be: 16 MiB are the most that one request brings."""
    line = (
        '{"type":"location.changed","changed_at":"2026-01-12T08:00:00Z","kind":"shop","active":true,'
        '"location":{"identifiers":[{"scheme":"own","value":"%d"}],"name":"A"}}\n'
    )
    return "".join(line % number for number in range(count)).encode()
