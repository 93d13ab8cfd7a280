"""The fault suite behind `./dev test` (short) and `./dev test --faults` (long): a database server of its own, and Odoo.

The seeded database is made once per content of the addon and of the suite. Each run gets a copy of the whole cluster,
for it will be crashed.
"""

import hashlib
import json
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from . import layout, ports, postgres, private_cluster, processes, workbench
from .console import DevError, run_logged, say, warn
from .database import LANGUAGE_AND_DATA, PREFIX, Databases
from .workbench import Workbench

SUITE = layout.ROOT / "tests_faults"
RESULT = layout.ROOT / "benchmarks" / "results" / "faults.json"
PROBE = "sync_faults_probe"
SINKS = ("shop", "threepl", "carrier", "gateway", "finance")
SEED = """\
import json, pathlib, sys
sys.path.append({root!r})
from tests_faults.seed import seed
result = seed(env, {ports!r})
env.cr.commit()
pathlib.Path({result!r}).write_text(json.dumps(result), encoding="utf-8")
"""


def run(arguments, *, long: bool) -> int:
    """Play the suite; returns its exit status."""
    if postgres.named(arguments.db_url):
        warn("the fault suite crashes its server: not run with a server that you have named")
        return 1
    with workbench.opened(odoo=arguments.odoo, durable=False) as bench:
        if not bench.server.binaries or not (bench.server.binaries / "pg_basebackup").exists():
            warn("the fault suite needs PostgreSQL's own programs (pg_basebackup): not run")
            return 1
        database, told = _template(Databases(bench))
        with private_cluster.crashable_copy() as cluster:
            status = _play(bench, cluster, database, {**told, "only": arguments.keyword or ""}, long)
    return status


def _template(databases: Databases) -> tuple[str, dict]:
    """The seeded database, made anew when the addon or the suite has changed; and what its senders need to know."""
    addon = databases.addon_template()
    content = hashlib.sha256(addon.encode())
    for path in sorted([*SUITE.glob("addons/**/*.py"), *SUITE.glob("packs/**/*.json"), SUITE / "seed.py"]):
        content.update(path.read_bytes())
    name = f"{PREFIX}_faults_{content.hexdigest()[:10]}"
    told = layout.STATE / f"{name}.json"
    if name not in databases.names() or not told.exists():
        for old in databases.names():
            if old.startswith(f"{PREFIX}_faults_"):
                databases.drop(old)
        building = f"{PREFIX}_building_{processes.owner_tag()}"
        databases.copy(addon, building)
        try:
            told.unlink(missing_ok=True)
            _seed(databases.bench, building, told)
        except BaseException:
            databases.drop(building)
            raise
        databases.sql(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    return name, json.loads(told.read_text(encoding="utf-8"))


def _seed(bench: Workbench, database: str, told: Path) -> None:
    config = write_config(bench.server.host, bench.server.port)
    run_logged(
        "installing the suite's probe",
        bench.odoo("server", "-c", str(config), "-d", database, "-i", PROBE, *LANGUAGE_AND_DATA),
        log="faults-install.log",
        env=bench.environment(),
        cwd=layout.ROOT,
    )
    chosen = {"odoo": ports.free(), **{name: ports.free() for name in SINKS}}
    script = layout.STATE / "faults-seed.py"
    script.write_text(SEED.format(root=str(layout.ROOT), ports=chosen, result=str(told)), encoding="utf-8")
    run_logged(
        "seeding the fault suite's partners",
        bench.odoo("shell", "-c", str(config), "-d", database, "--no-http", "--log-level=warn"),
        log="faults-seed.log",
        env=bench.environment(),
        cwd=layout.ROOT,
        script=script,
    )
    if not told.exists():
        raise DevError(f"seeding failed; see {layout.LOGS / 'faults-seed.log'}")
    found = json.loads(told.read_text(encoding="utf-8"))
    told.touch(mode=0o600)
    taken = {name: chosen[name] for name in SINKS}
    told.write_text(json.dumps({**found, "ports": taken}), encoding="utf-8")


def write_config(host: str, port: int) -> Path:
    """Odoo's configuration with the suite's addons beside ours, for one server."""
    text = layout.CONFIG.read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if line.startswith("addons_path"):
            line = f"{line},{SUITE / 'addons'}"
        elif line.startswith("db_host"):
            line = f"db_host = {host}"
        elif line.startswith("db_port"):
            line = f"db_port = {port}"
        lines.append(line)
    path = layout.STATE / "faults.conf"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _play(bench, cluster, database, told, long) -> int:
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=layout.STATE))
    plan = {
        "root": str(layout.ROOT),
        "folder": str(folder),
        "logs": str(layout.LOGS),
        "python": str(bench.python),
        "config": str(write_config(str(cluster.sockets), cluster.port)),
        "database": database,
        "cluster": {name: str(value or "") for name, value in vars(cluster).items()},
        "long": long,
        "result": str(RESULT if long else layout.STATE / "faults-short.json"),
        **told,
        "ports": {**told["ports"], "server-a": ports.free(), "server-b": ports.free()},
    }
    path = folder / "plan.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(plan), encoding="utf-8")
    environment = bench.environment()
    # For Odoo these win over its configuration: they must name the copy.
    environment |= {"PGHOST": str(cluster.sockets), "PGPORT": str(cluster.port)}
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{layout.ROOT}"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    say(f"=== fault suite ({'long' if long else 'short'})")
    child = processes.Child(
        "fault suite", [str(bench.python), "-m", "tests_faults", str(path)], env=environment, log=None
    )
    try:
        return child.process.wait()
    finally:
        child.stop()
        with suppress(ProcessLookupError):  # its own children, should it have died without ending them
            os.killpg(child.process.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
