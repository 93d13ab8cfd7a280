"""Where benchmarks run: databases, Odoo servers, workers and sinks that live as long as their `with` block."""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg2

from devtools import layout, ports, processes
from devtools.console import DevError, run_logged
from devtools.database import Databases
from devtools.workbench import Workbench

from . import peer_package

ADDONS = layout.ROOT / "benchmarks" / "addons"
START_SECONDS = 90
MADE_OF = (
    "benchmarks/inside.py",
    "benchmarks/orders.py",
    "benchmarks/kit/pack.py",
    "benchmarks/addons/*/*.py",
    "benchmarks/addons/*/*/*.py",
)

_CALL = """\
import json, pathlib, sys
sys.path.insert(0, {root!r})
from importlib import import_module
result = getattr(import_module({module!r}), {function!r})(env, **json.loads({arguments!r}))
env.cr.commit()
pathlib.Path({answer!r}).write_text(json.dumps(result))
"""


@dataclass(frozen=True)
class Arena:
    """One durable database server and the means to start what is measured on it.

    ``quick`` asks for little work; ``rounds`` is how often a comparison is repeated, its sides in turns.
    """

    bench: Workbench
    databases: Databases
    quick: bool
    rounds: int = 1

    # -- databases ---------------------------------------------------------------------------------------------------

    @contextmanager
    def ours(self) -> Iterator[str]:
        """A database with the addon, the partner of `kit/pack.py` live, and a thousand contacts."""
        with self.seeded("bench", "benchmarks.inside", "seed") as database:
            yield database

    @contextmanager
    def seeded(self, kind: str, module: str, function: str) -> Iterator[str]:
        """A database with the addon and what ``module.function(env)`` makes in it, once for all of that ``kind``."""
        template = self.databases.derived_template(
            kind,
            self.databases.addon_template(),
            ["sync_bench"],
            key=_content_key(),
            options=[self._addons_option(peer=False)],
            prepare=lambda database: self.call(database, module, function),
        )
        with self.databases.clone(template, kind) as database:
            yield database

    @contextmanager
    def peer(self) -> Iterator[str]:
        """A database with queue_job in place of the addon, on the same Odoo modules, and a thousand contacts."""
        template = Databases(peer_package.beside(self.bench)).derived_template(
            "peer",
            self.databases.base_template(),
            ["queue_job", "peer_bench"],
            key=_content_key() + peer_package.version(self.bench),
            options=[self._addons_option(peer=True)],
            prepare=lambda database: self.call(database, "benchmarks.inside", "contacts", peer=True),
        )
        with self.databases.clone(template, "peer") as database:
            yield database

    @contextmanager
    def connection(self, database: str, *, isolation: str | None = None) -> Iterator[psycopg2.extensions.connection]:
        """A plain connection: autocommit, or transactions of that isolation level."""
        server = self.bench.server
        connection = psycopg2.connect(
            dbname=database, host=server.host, port=server.port, user=server.user, password=server.password or None
        )
        try:
            if isolation:
                connection.set_session(isolation_level=isolation)
            else:
                connection.autocommit = True
            yield connection
        finally:
            connection.close()

    def rows(self, database: str, statement: str, parameters: Sequence | None = None) -> list[tuple]:
        with self.connection(database) as connection, connection.cursor() as cr:
            cr.execute(statement, parameters)
            return cr.fetchall() if cr.description else []

    def empty(self, database: str) -> None:
        """Remove all messages, events, lanes and what belongs to them; the configuration stays."""
        tables = "sync_message, sync_lane, sync_event, sync_transmission, sync_payload, sync_attempt, sync_dedupe"
        self.rows(database, f"TRUNCATE {tables}, sync_effect, sync_command CASCADE")

    # -- inside Odoo -------------------------------------------------------------------------------------------------

    def call(self, database: str, module: str, function: str, *, peer: bool = False, **arguments):
        """The answer of ``module.function(env, **arguments)`` run in Odoo's shell; both ways as JSON."""
        script = layout.STATE / f"bench-{os.getpid()}.py"
        answer = layout.STATE / f"bench-{os.getpid()}.json"
        script.write_text(
            _CALL.format(
                root=str(layout.ROOT),
                module=module,
                function=function,
                arguments=json.dumps(arguments),
                answer=str(answer),
            )
        )
        try:
            output = run_logged(
                f"{function} in Odoo's shell",
                self._odoo("shell", "-d", database, "--no-http", "--log-level=warn", peer=peer),
                log="bench-shell.log",
                env=self._environment(peer),
                cwd=layout.ROOT,
                script=script,
            )
            if not answer.exists():
                raise DevError(f"{function} failed:\n{output[-2000:]}")
            return json.loads(answer.read_text())
        finally:
            script.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)

    # -- processes ---------------------------------------------------------------------------------------------------

    @contextmanager
    def server(
        self, database: str, *options: str, peer: bool = False, environment: Mapping[str, str] = {}
    ) -> Iterator[int]:
        """An Odoo server on loopback that answers; gives its port."""
        port, gevent = ports.free(), ports.free()
        command = self._odoo(
            "server",
            "-d",
            database,
            f"--http-port={port}",
            f"--gevent-port={gevent}",
            "--http-interface=127.0.0.1",
            "--log-level=warn",
            *options,
            peer=peer,
        )
        own = {"ODOO_QUEUE_JOB_HOST": "127.0.0.1", "ODOO_QUEUE_JOB_PORT": str(port), **environment}
        with self.process("Odoo", command, env={**self._environment(peer), **own}) as child:
            self.wait_for(child, lambda: _answers(f"http://127.0.0.1:{port}/web/health"))
            yield port

    @contextmanager
    def workers(self, database: str, count: int = 1) -> Iterator[None]:
        """That many worker processes of the engine, ready to work."""
        command = self.bench.odoo("sync_worker", "-d", database, "--processes", str(count), "--")
        command += [self._addons_option(peer=False), "--log-level=warn"]
        with self.process("sync_worker", command, env=self.bench.environment()) as child:
            self.wait_for(child, lambda: self.rows(database, "SELECT count(*) FROM sync_worker")[0][0] >= count)
            yield

    @contextmanager
    def process(self, name: str, command: Sequence[str], *, env: Mapping[str, str]) -> Iterator[processes.Child]:
        child = processes.Child(name, command, env=env, log=layout.LOGS / f"bench-{name.replace(' ', '-')}.log")
        try:
            yield child
        finally:
            child.stop()

    def wait_for(self, child: processes.Child, ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Wait until something is ready; the end of the process before that is an error with its last words."""
        deadline = time.monotonic() + seconds
        while not ready():
            if child.ended or time.monotonic() > deadline:
                tail = child.log.read_text(encoding="utf-8", errors="replace")[-2000:] if child.log else ""
                raise DevError(f"{child.name} {'ended' if child.ended else 'was not ready in time'}:\n{tail}")
            time.sleep(0.05)

    def until_none(self, database: str, statement: str, *, seconds: float) -> None:
        """Wait until ``statement`` finds no row any more."""
        deadline = time.monotonic() + seconds
        with self.connection(database) as connection, connection.cursor() as cr:
            while True:
                cr.execute(statement)
                if not cr.fetchall():
                    return
                if time.monotonic() > deadline:
                    raise DevError(f"still there after {seconds:.0f} s: {statement}")
                time.sleep(0.1)

    @contextmanager
    def sink(self, *, doors: int = 1, slow: Mapping[int, float] = {}) -> Iterator[list[int]]:
        """A receiver that answers 202 on ``doors`` ports, at once or after ``slow[position]`` seconds; the ports."""
        chosen = [ports.free() for _ in range(doors)]
        command = [str(self.bench.python), "-m", "benchmarks.kit.sink"]
        command += [f"{port}:{slow.get(position, 0.0)}" for position, port in enumerate(chosen)]
        env = {**self.bench.environment(), "PYTHONPATH": str(layout.ROOT)}
        with self.process("sink", command, env=env) as child:
            self.wait_for(child, lambda: all(ports.accepts(port) for port in chosen))
            yield chosen

    # -- how Odoo is called ------------------------------------------------------------------------------------------

    def _odoo(self, *arguments: str, peer: bool = False) -> list[str]:
        # A file and not `-m odoo`: the prefork server starts its gevent worker by the name of its own file.
        launcher = layout.STATE / "odoo-bin"
        launcher.write_text("from odoo.cli.command import main\n\nmain()\n", encoding="utf-8")
        return [str(self.bench.python), str(launcher), *arguments, self._addons_option(peer=peer)]

    def _addons_option(self, *, peer: bool) -> str:
        folders = [*self.bench.host.addons_paths, ADDONS]
        folders.append(peer_package.addons(self.bench) if peer else layout.ADDONS)
        return "--addons-path=" + ",".join(map(str, folders))

    def _environment(self, peer: bool) -> dict[str, str]:
        return (peer_package.beside(self.bench) if peer else self.bench).environment()


def _content_key() -> str:
    digest = hashlib.sha256()
    for pattern in MADE_OF:
        for path in sorted(layout.ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
        return response.status == 200
    return False
