"""Everything a verb needs, put together once: Odoo, Python, PostgreSQL, the addon's links and Odoo's configuration."""

import base64
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import addons_link, host, layout, postgres, processes, python_env
from .console import say

CONFIG = """\
[options]
addons_path = {addons_path}
data_dir = {data_dir}
db_host = {db_host}
db_port = {db_port}
db_user = {db_user}
db_maxconn = 32
http_interface = 127.0.0.1
list_db = False
limit_time_real_cron = 600
limit_memory_hard = 0
"""


@dataclass(frozen=True)
class Workbench:
    host: host.Host
    python: Path
    server: postgres.Server

    def environment(self) -> dict[str, str]:
        """The environment of every command: Odoo importable, its configuration found, the database server reachable."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "ODOO_", "VIRTUAL_ENV"))}
        env.update(self.server.environment())
        folders = [str(self.python.parent)]
        if self.server.binaries:
            folders.append(str(self.server.binaries))
        env["PATH"] = os.pathsep.join([*folders, env.get("PATH", os.defpath)])
        env["PYTHONPATH"] = str(self.host.python_path())
        env["ODOO_RC"] = str(layout.CONFIG)
        env["PYTHONUNBUFFERED"] = "1"
        env["SYNC_GOVERNANCE_KEYS"] = encryption_key()
        # The simulators and the server speak plain http on loopback.
        env["SYNC_GOVERNANCE_PLAIN_NETWORKS"] = "127.0.0.1"
        return env

    def odoo(self, *arguments: str) -> list[str]:
        """The command line of Odoo's own command."""
        return [str(self.python), "-m", "odoo", *arguments]

    def write_config(self) -> None:
        """Write `.dev/odoo.conf`; at once, for another dev may be reading it."""
        text = CONFIG.format(
            addons_path=",".join(str(path) for path in [*self.host.addons_paths, layout.ADDONS]),
            data_dir=layout.DATA,
            db_host=self.server.host,
            db_port=self.server.port,
            db_user=self.server.user,
        )
        if self.server.password:
            text += f"db_password = {self.server.password}\n"
        building = layout.CONFIG.with_suffix(f".{os.getpid()}")
        building.touch(mode=0o600)
        building.write_text(text, encoding="utf-8")
        building.replace(layout.CONFIG)


@contextmanager
def opened(*, odoo: str | None = None, db_url: str | None = None, durable: bool = True) -> Iterator[Workbench]:
    """A workbench for the length of a verb; the database server stops with its last user."""
    prepare()
    found = host.find(odoo)
    python = python_env.ensure()
    addons_link.link_addon()
    try:
        bench = Workbench(found, python, postgres.acquire(db_url, durable=durable))
        bench.write_config()
        yield bench
    finally:
        postgres.release()


def encryption_key() -> str:
    """The key that this checkout's databases encrypt secrets with; made once, kept as long as they."""
    path = layout.STATE / "encryption.key"
    with layout.alone("key"):
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text("dev:" + base64.b64encode(secrets.token_bytes(32)).decode(), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def prepare() -> None:
    """The private folder, free of what a killed dev left running."""
    layout.prepare()
    for name in processes.end_leftovers():
        say(f"- ended {name}, left behind by a dev that was killed")


def quick_environment(paths: Sequence[Path] = ()) -> dict[str, str]:
    """For commands that need neither Odoo nor a database."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "ODOO_"))}
    env["PYTHONPATH"] = os.pathsep.join(str(path) for path in paths)
    return env
