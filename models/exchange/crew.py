"""Worker processes: one that watches, and as many as asked for that work."""

import logging
import os
import signal
import sys
import time

from odoo import api, sql_db
from odoo.modules.registry import Registry

from ...core.queue import POOLS
from .cursor import read_committed
from .loop import Loop
from .worker import Worker

_logger = logging.getLogger(__name__)

DRAIN_SECONDS = 120
"""A worker that was asked to end and has not by then is killed; what it held is rescued."""
RESTART_SECONDS = 0.5
LONG_PAUSE_SECONDS = 30.0
ENDING, UPGRADED = 0, 75
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def parse_pools(text, parser):
    """The pools named in ``text``, separated by commas; ends the command when there is no such pool."""
    pools = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [pool for pool in pools if pool not in POOLS]
    if unknown or not pools:
        parser.error(f"no pool named {', '.join(unknown) or text!r}; there are: {', '.join(POOLS)}")
    return pools


def check(db_name, pools):
    """Print who works on the queue; 0 when each of ``pools`` has somebody, else 1."""
    registry = Registry(db_name)
    with read_committed(registry) as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # reads the workers' own rows
        alive = env["sync.worker"]._alive(cr)
    for worker_id, kind, serves, asleep in alive:
        sys.stdout.write(f"{worker_id} {kind} {','.join(sorted(serves))} {'idle' if asleep else 'working'}\n")
    missing = set(pools).difference(*(serves for _id, _kind, serves, _asleep in alive))
    if missing:
        sys.stdout.write(f"nobody works: {', '.join(sorted(missing))}\n")
    return 1 if missing else 0


class Crew:
    """Loads the registry once, forks the workers, and puts a new one in the place of each that dies."""

    def __init__(self, db_name, *, pools, processes, drain=False):
        self.db_name = db_name
        self.pools = pools
        self.processes = max(processes, 1)
        self.drain = drain
        self.children = {}
        self.ending = False
        self.pause, self.died_at = RESTART_SECONDS, 0.0

    def run(self):
        """Until SIGTERM or SIGINT; returns the exit status."""
        Registry(self.db_name)
        sql_db.close_all()  # a connection is not shared with a child
        for number in SIGNALS:
            signal.signal(number, self._asked_to_end)
        while len(self.children) < self.processes:
            self._fork()
        return self._watch()

    def _watch(self):
        failed = False
        while self.children:
            try:
                pid, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            if self.children.pop(pid, None) is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            if self.ending or self.drain:
                failed = failed or code not in (ENDING, UPGRADED)
                continue
            if code == UPGRADED:
                self._start_anew()
                return 0
            _logger.error("Worker process %s ended with %s; another takes its place", pid, code)
            time.sleep(self._pause())
            if not self.ending:
                self._fork()
        return 1 if failed else 0

    def _pause(self):
        """Seconds until the next start: longer and longer while they die one after the other."""
        now = time.monotonic()
        self.pause = RESTART_SECONDS if now - self.died_at > LONG_PAUSE_SECONDS else self.pause * 2
        self.died_at = now
        return min(self.pause, LONG_PAUSE_SECONDS)

    def _start_anew(self):
        """After an upgrade: end the others, then run the new code in the place of this process."""
        _logger.info("The modules of %s have changed: starting anew", self.db_name)
        self._asked_to_end(signal.SIGTERM, None)
        self._watch()
        os.execv(sys.executable, [sys.executable, *_own_command()])

    def _asked_to_end(self, number, _frame):
        self.ending = True
        for pid in self.children:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        signal.alarm(DRAIN_SECONDS)
        signal.signal(signal.SIGALRM, self._kill_the_rest)

    def _kill_the_rest(self, _number, _frame):
        for pid in self.children:
            _logger.error("Worker process %s did not end in %s seconds and is killed", pid, DRAIN_SECONDS)
            os.kill(pid, signal.SIGKILL)

    def _fork(self):
        pid = os.fork()
        if pid:
            self.children[pid] = True
            return
        status = 1
        try:
            status = self._work()
        except Exception:
            _logger.exception("A worker process failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _work(self):
        asked = []
        for number in SIGNALS:
            signal.signal(number, lambda *_args: asked.append(True))
        registry = Registry(self.db_name)
        with Worker(registry, "process", self.pools) as worker:
            state = Condition(registry)
            loop = Loop(registry, worker, stop=lambda: bool(asked) or os.getppid() == 1 or state.changed())
            _logger.info("Worker %s takes %s", worker.name, ", ".join(self.pools))
            if self.drain:
                loop.until_idle(float("inf"))
            else:
                loop.forever()
            _logger.info("Worker %s ends; it took up %s messages", worker.name, worker.processed)
        return UPGRADED if state.is_changed else ENDING


class Condition:
    """Whether the modules are still those that this process was started with; looked at once a second."""

    LOOK_SECONDS = 1.0

    def __init__(self, registry):
        self.registry = registry
        self.looked_at = time.monotonic()
        self.is_changed = False
        self.known = self._now()

    def changed(self):
        """True once a module of this database is being changed, or was."""
        if time.monotonic() - self.looked_at > self.LOOK_SECONDS:
            self.looked_at = time.monotonic()
            self.is_changed = self._now() != self.known
        return self.is_changed

    def _now(self):
        with read_committed(self.registry) as cr:
            cr.execute(
                """SELECT name, latest_version, state FROM ir_module_module
                    WHERE state LIKE 'to %%' OR name = 'sync_governance' ORDER BY name"""
            )
            return cr.fetchall()


def _own_command():
    """The command line of this process, as the interpreter was given it."""
    with open("/proc/self/cmdline", "rb") as file:
        return [part.decode() for part in file.read().split(b"\0")[1:-1]]
