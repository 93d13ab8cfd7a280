"""The cluster, Odoo, the crews of workers; and what can be done to them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from devtools.private_cluster import SUPERUSER, Cluster


class Stage:
    """One database, its server, an Odoo server for intake and any number of crews.

    ``plan`` is what ``devtools/faults.py`` wrote. All processes belong to this process's group and end with it.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        found = plan["cluster"]
        self.cluster = Cluster(
            Path(found["data"]),
            Path(found["sockets"]),
            int(found["port"]),
            Path(found["binaries"]),
            found["account"] or None,
        )
        self.killed = Path(plan["folder"]) / "killed"
        self.killed.touch()
        self.kills_from_outside = 0
        self.done: dict[str, int] = {}
        self.offered: Any = None
        self._services: dict[str, tuple] = {}
        self._spawned: set[str] = set()
        self._over = threading.Event()
        threading.Thread(target=self._manage_services, name="services", daemon=True).start()
        self._processes: dict[str, subprocess.Popen] = {}
        self._logs = Path(plan["logs"])

    # -- Odoo --------------------------------------------------------------------------------------------------------

    def start_servers(self) -> None:
        """Two nodes that take the webhooks, in different time zones; the first also runs the scheduled actions."""
        for name, zone, crons in (("server-a", "America/St_Johns", 1), ("server-b", "Asia/Kathmandu", 0)):
            options = [f"--http-port={self.plan['ports'][name]}", f"--max-cron-threads={crons}", "--log-level=warn"]
            self._start(name, ["server", *self._database(), *options], {"TZ": zone})
        self.wait(self.answers, "Odoo answers", 120)

    def start_crew(self, name: str, *, processes: int = 2, kill: dict[str, float] | None = None, **environment) -> None:
        """A node: worker processes that, at the steps named in ``kill``, die with the chance given."""
        environment |= {"SYNC_FAULTS_KILLED": str(self.killed), "SYNC_FAULTS_KILL": json.dumps(kill or {})}
        self._start(name, ["sync_worker", *self._database(), "--processes", str(processes)], environment)

    def stop(self, name: str) -> None:
        """Ask it to end, as an administrator does, and wait."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            self._kill_tree(process.pid)
            process.wait()

    def stop_all(self) -> None:
        self._over.set()
        for name in list(self._processes):
            self._kill_tree(self._processes[name].pid)
            self._processes.pop(name).wait()

    def upgrade(self) -> None:
        """``-u sync_governance`` while the crews run."""
        command = [
            *self._odoo(),
            "server",
            *self._database(),
            "-u",
            "sync_governance",
            "--stop-after-init",
            "--no-http",
        ]
        self._count("upgrades")
        with (self._logs / "faults-upgrade.log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=self.plan["root"])

    def answers(self) -> bool:
        """Whether both servers do."""
        for name in ("server-a", "server-b"):
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.plan['ports'][name]}/web/health", timeout=5
                ) as told:
                    if told.status != 200:
                        return False
            except (urllib.error.URLError, OSError):
                return False
        return True

    def wait_for_crews(self) -> None:
        """Until every crew has forked workers: before that there is nobody to harm."""
        crews = [process.pid for name, process in self._processes.items() if name.startswith("node")]
        self.wait(lambda: all(_children(pid) for pid in crews), "every crew has workers", 120)

    # -- what can be done to them ------------------------------------------------------------------------------------

    def workers(self) -> list[int]:
        """The worker processes that live now, whatever crew they belong to."""
        crews = [process.pid for name, process in self._processes.items() if name.startswith("node")]
        return [child for crew in crews for child in _children(crew)]

    def kill_a_worker(self) -> bool:
        found = self.workers()
        if not found:
            return False
        try:
            os.kill(random.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.kills_from_outside += 1
        return True

    def kill_node(self, name: str) -> None:
        """The power of one machine goes off: the crew with all its workers."""
        process = self._processes.pop(name)
        victims = _children(process.pid)
        self._kill_tree(process.pid)
        process.wait()
        self.kills_from_outside += 1 + len(victims)

    @contextmanager
    def stalled_worker(self):
        """One worker stands still, heartbeat and all, and goes on afterwards: a zombie."""
        found = self.workers()
        victim = random.choice(found) if found else None
        if victim:
            os.kill(victim, signal.SIGSTOP)
            self._count("stalls")
        try:
            yield victim
        finally:
            if victim and Path(f"/proc/{victim}").exists():
                os.kill(victim, signal.SIGCONT)

    def restart_database(self, mode: str) -> None:
        self.cluster.restart(mode)
        self._count(f"database restarts ({mode})")

    def cut_connections(self) -> None:
        self.sql(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        self._count("times all connections were cut")

    def fill_disk(self) -> None:
        """From now on no body can be stored."""
        self.sql(
            """CREATE OR REPLACE FUNCTION faults_disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
               CREATE TRIGGER faults_disk_full BEFORE INSERT ON sync_payload
                   FOR EACH ROW WHEN (NEW.kind = 'received') EXECUTE FUNCTION faults_disk_full()"""
        )
        self._count("times the disk was full")

    def free_disk(self) -> None:
        self.sql("DROP TRIGGER IF EXISTS faults_disk_full ON sync_payload")

    @property
    def kills(self) -> int:
        return self.kills_from_outside + sum(self.kills_at_steps().values())

    def kills_at_steps(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for step in self.killed.read_text(encoding="utf-8").splitlines():
            found[step] = found.get(step, 0) + 1
        return found

    # -- the database ------------------------------------------------------------------------------------------------

    def sql(self, statement: str, params=None) -> list[tuple]:
        """One statement in a transaction of its own; tried again while the database is down."""
        for attempt in range(100):
            try:
                return self._sql(statement, params)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if attempt == 99:
                    raise
                time.sleep(0.2)
        raise AssertionError("unreachable")

    def _sql(self, statement, params):
        where = {"host": str(self.cluster.sockets), "port": self.cluster.port, "user": SUPERUSER}
        connection = psycopg2.connect(dbname=self.plan["database"], **where)
        try:
            with connection, connection.cursor() as cr:
                cr.execute(statement, params)
                return cr.fetchall() if cr.description else []
        finally:
            connection.close()

    def shell(self, script: str) -> None:
        """Run a script in `odoo shell`: what a person does in a form."""
        command = [*self._odoo(), "shell", *self._database(), "--no-http", "--log-level=warn"]
        with (self._logs / "faults-shell.log").open("ab") as log:
            subprocess.run(command, check=True, input=script.encode(), stdout=log, stderr=log, cwd=self.plan["root"])

    def wait(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s")
            time.sleep(0.2)

    # -- processes ---------------------------------------------------------------------------------------------------

    def _odoo(self) -> list[str]:
        return [self.plan["python"], "-m", "odoo"]

    def _database(self) -> list[str]:
        return ["-c", self.plan["config"], "-d", self.plan["database"]]

    def _start(self, name, arguments, environment) -> None:
        """Start it, and again whenever it ends by itself: a service manager does that in production."""
        self._services[name] = (arguments, environment)
        self._spawn(name)

    def _spawn(self, name) -> None:
        arguments, environment = self._services[name]
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"faults-{name}.log").open("ab" if name in self._spawned else "wb") as log:
            self._processes[name] = subprocess.Popen(
                [*self._odoo(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.plan["root"],
                env={**os.environ, **environment},
            )
        self._spawned.add(name)

    def _manage_services(self) -> None:
        while not self._over.wait(1.0):
            for name, process in list(self._processes.items()):
                if process.poll() is not None and self._processes.get(name) is process:
                    self._count(f"times the service manager started {name} again")
                    self._spawn(name)

    def _kill_tree(self, pid: int) -> None:
        for victim in [pid, *_children(pid)]:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except OSError:
        return []
    return [int(child) for child in text.split()]
