"""`./dev run`: Odoo with demonstration data and the partner simulators, playing the first flow live.

The parts come from elsewhere and meet here:

- `devtools/demonstration.py` defines `seed(env, ports) -> dict`: it runs inside `odoo shell` on a fresh clone, is told
  the loopback ports ({"odoo": 8069, "shop": ..., ...}) and returns the simulators' configuration.
- `python -m simulators --config FILE` starts every simulator as a process of its own on its port.
- `python -m simulators.scenario --config FILE [--once]` plays the flow and prints its timeline; with --once its exit
  status says whether every milestone was reached.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from . import layout, processes, workbench
from . import ports as loopback
from .console import TAIL_LINES, DevError, run_logged, say, step
from .database import Databases
from .workbench import Workbench

SIMULATORS = ("shop", "threepl", "carrier", "gateway", "finance")
DEFAULT_PORT = 8069
START_SECONDS = 120
RUN_RECORD = layout.STATE / "run.json"
SIMULATORS_CONFIG = layout.STATE / "simulators.json"
SEED_RESULT = layout.STATE / "seed.json"

SEED_SCRIPT = """\
import json, pathlib, sys
sys.path.append({root!r})
from devtools.demonstration import seed
result = seed(env, {ports!r})
env.cr.commit()
pathlib.Path({result!r}).write_text(json.dumps(result), encoding="utf-8")
"""


@dataclass(frozen=True)
class Demonstration:
    """A running demonstration: where Odoo is, and the simulators' configuration."""

    url: str
    database: str
    config: Path


def command(arguments) -> int:
    with (
        workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench,
        running(bench, arguments.port) as demonstration,
    ):
        say(f"\n  {demonstration.url}   login admin, password admin   (database {demonstration.database})\n")
        scenario = [str(bench.python), "-m", "simulators.scenario", f"--config={demonstration.config}"]
        if arguments.once:
            scenario.append("--once")
        child = processes.Child("the scenario", scenario, env=simulator_environment(), log=None)
        try:
            status = child.process.wait()
            if arguments.once:
                return status
            say(f"the scenario ended with status {status}; Odoo stays up until Ctrl-C")
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            say("\nstopping ...")
            return 130 if arguments.once else 0
        finally:
            child.stop()


@contextmanager
def running(bench: Workbench, wanted_port: int | None) -> Iterator[Demonstration]:
    """A seeded clone, Odoo on it and the simulators, for the length of a run."""
    if live_database():
        raise DevError("a demonstration is running already in this checkout; stop it first")
    for needed in ("simulators/__main__.py", "simulators/scenario.py", "devtools/demonstration.py"):
        if not (layout.ROOT / needed).exists():
            raise DevError(f"{needed} is missing: the demonstration can not start")
    databases = Databases(bench)
    template = databases.addon_template()
    ports = {"odoo": _odoo_port(wanted_port), **{name: loopback.free() for name in SIMULATORS}}
    children: list[processes.Child] = []
    with databases.clone(template, "run") as database:
        try:
            seed(bench, database, ports)
            url = f"http://127.0.0.1:{ports['odoo']}"
            with step(f"starting Odoo on {url}"):
                children.append(_start_odoo(bench, database, ports["odoo"]))
            with step("starting the partner simulators"):
                children.append(_start_simulators(bench, ports))
            RUN_RECORD.write_text(
                json.dumps({"database": database, "url": url, "owner": processes.owner_tag()}), encoding="utf-8"
            )
            yield Demonstration(url, database, SIMULATORS_CONFIG)
        finally:
            RUN_RECORD.unlink(missing_ok=True)
            for child in reversed(children):
                child.stop()


def seed(bench: Workbench, database: str, ports: dict[str, int]) -> None:
    """Fill the clone with demonstration data and write down what the simulators need to know."""
    SEED_RESULT.unlink(missing_ok=True)
    script = layout.STATE / "seed.py"
    script.write_text(SEED_SCRIPT.format(root=str(layout.ROOT), ports=ports, result=str(SEED_RESULT)), encoding="utf-8")
    run_logged(
        "seeding demonstration data",
        bench.odoo("shell", "-d", database, "--no-http", "--log-level=warn"),
        log="seed.log",
        env=bench.environment(),
        cwd=layout.ROOT,
        script=script,
    )
    if not SEED_RESULT.exists():
        tail = (layout.LOGS / "seed.log").read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        raise DevError("seeding failed:\n" + "\n".join(tail))
    SIMULATORS_CONFIG.touch(mode=0o600)
    SIMULATORS_CONFIG.write_text(SEED_RESULT.read_text(encoding="utf-8"), encoding="utf-8")
    SEED_RESULT.unlink()


def live_run() -> dict | None:
    """What the demonstration that runs now in this checkout wrote down about itself."""
    with suppress(OSError, ValueError):
        record = json.loads(RUN_RECORD.read_text(encoding="utf-8"))
        if processes.tag_is_alive(record["owner"]):
            return record
    return None


def live_database() -> str | None:
    record = live_run()
    return record["database"] if record else None


def _start_odoo(bench: Workbench, database: str, port: int) -> processes.Child:
    child = processes.Child(
        "Odoo",
        bench.odoo(
            "server", "-d", database, f"--http-port={port}", "--http-interface=127.0.0.1", "--max-cron-threads=2"
        ),
        env=bench.environment(),
        log=layout.LOGS / "odoo.log",
    )
    try:
        _await(child, lambda: _answers(f"http://127.0.0.1:{port}/web/health"))
    except BaseException:
        child.stop()
        raise
    return child


def _start_simulators(bench: Workbench, ports: dict[str, int]) -> processes.Child:
    child = processes.Child(
        "the simulators",
        [str(bench.python), "-m", "simulators", f"--config={SIMULATORS_CONFIG}"],
        env=simulator_environment(),
        log=layout.LOGS / "simulators.log",
    )
    try:
        _await(child, lambda: all(loopback.accepts(ports[name]) for name in SIMULATORS))
    except BaseException:
        child.stop()
        raise
    return child


def simulator_environment() -> dict[str, str]:
    return {**workbench.quick_environment([layout.ROOT]), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _await(child: processes.Child, ready) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if child.ended or time.monotonic() > deadline:
            tail = child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
            why = "ended" if child.ended else f"did not answer within {START_SECONDS} s"
            raise DevError(f"{child.name} {why}:\n" + "\n".join(tail))
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _odoo_port(wanted: int | None) -> int:
    if wanted and loopback.accepts(wanted):
        raise DevError(f"port {wanted} is taken")
    if wanted:
        return wanted
    return loopback.free() if loopback.accepts(DEFAULT_PORT) else DEFAULT_PORT
