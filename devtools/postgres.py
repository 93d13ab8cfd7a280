"""Finds a PostgreSQL server: the one named by --db-url or $PGHOST, otherwise a private one of dev's own."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import private_cluster
from .console import DevError
from .embedded_postgres import obtain_binaries

OLDEST_MAJOR = 13


@dataclass(frozen=True)
class Server:
    """How to reach a server. `binaries` is the folder of its client programs, if known."""

    host: str
    port: int
    user: str
    password: str = ""
    binaries: Path | None = None

    def environment(self) -> dict[str, str]:
        """libpq's variables; the password only where there is one."""
        found = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        if self.password:
            found["PGPASSWORD"] = self.password
        return found


def from_url(url: str) -> Server:
    """postgresql://user:password@host:port/ ; a Unix socket folder as ?host=/path or a percent-encoded host."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise DevError(f"--db-url: expected postgresql://user:password@host:port/, found {url!r}")
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.get("host") or parts.netloc.rpartition("@")[2].partition(":")[0]) or "localhost"
    port = parts.port or int(query.get("port", 5432))
    return Server(host, port, unquote(parts.username or "odoo"), unquote(parts.password or ""), system_binaries())


def from_environment() -> Server | None:
    host = os.environ.get("PGHOST")
    if not host:
        return None
    user = os.environ.get("PGUSER") or os.environ.get("USER") or "odoo"
    port = int(os.environ.get("PGPORT", "5432"))
    return Server(host, port, user, os.environ.get("PGPASSWORD", ""), system_binaries())


def system_binaries() -> Path | None:
    """The newest complete PostgreSQL of the machine: Debian's and Red Hat's folders, then PATH."""
    folders = []
    for parent in (Path("/usr/lib/postgresql"), Path("/usr")):
        for folder in parent.glob("*/bin" if parent.name == "postgresql" else "pgsql-*/bin"):
            number = re.search(r"(\d+)", folder.parent.name)
            if number:
                folders.append((int(number[1]), folder))
    ordered = [folder for major, folder in sorted(folders, reverse=True) if major >= OLDEST_MAJOR]
    on_path = shutil.which("pg_ctl")
    if on_path:
        ordered.append(Path(on_path).resolve().parent)
    needed = ("initdb", "pg_ctl", "postgres", "createdb", "dropdb")
    return next((folder for folder in ordered if all((folder / name).exists() for name in needed)), None)


def named(db_url: str | None) -> Server | None:
    """The server that the person named, if any."""
    return from_url(db_url) if db_url else from_environment()


def acquire(db_url: str | None, *, durable: bool) -> Server:
    """The server to use. A private one is started if it does not run; `release` stops it with its last user."""
    server = named(db_url)
    if server:
        return server
    binaries = system_binaries() or obtain_binaries()
    cluster = private_cluster.acquire(binaries, durable=durable)
    return Server(str(cluster.sockets), cluster.port, private_cluster.SUPERUSER, binaries=cluster.binaries)


def release() -> None:
    private_cluster.release()
