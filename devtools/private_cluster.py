"""dev's own PostgreSQL server: a cluster that only this machine's user can reach, through a Unix socket.

Several dev processes may use it at once. Each holds a shared lock on `users.lock`; who lets go and finds nobody else
stops the server. A killed dev loses its lock with its life, so the next one to end stops the server.

As root the server runs as an unprivileged user, for PostgreSQL refuses root; if that user can not reach `.dev`, the
cluster lives under /var/tmp. It trusts whoever reaches its socket, whose folder only its user (and root) may enter.
"""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import layout, ports, processes
from .console import DevError, say, step

SUPERUSER = "odoo"
SOCKET_PATH_LIMIT = 90  # the kernel's 107 less the file's own name
SETTINGS = """
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
include 'durability.conf'
"""
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
# The server crashes, the machine does not: what was written stays, whether or not it was forced to disk.
CRASHABLE = "synchronous_commit = on\n"
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"

_held: list[tuple[IO[str], "Cluster"]] = []


@dataclass(frozen=True)
class Cluster:
    """A cluster on disk; `account` is the user it runs as when dev is root."""

    data: Path
    sockets: Path
    port: int
    binaries: Path
    account: str | None

    def command(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the cluster's user; a failure carries its words."""
        done = run_as(self.account, [str(self.binaries / program), *arguments])
        if done.returncode:
            log = self.data.parent / "server.log"
            tail = log.read_text(encoding="utf-8", errors="replace")[-1500:] if log.exists() else ""
            raise DevError(f"{program} failed: {done.stdout}{done.stderr}\n{tail}")

    def restart(self, mode: str) -> None:
        """Stop in `mode` (``fast``, ``immediate``: as after a crash) and start again."""
        control = ("pg_ctl", "-D", str(self.data), "-w", "-t", "120")
        self.command(*control, "-m", mode, "stop")
        options = ("-o", f"-k {self.sockets} -p {self.port}", "-l", str(self.data.parent / "server.log"))
        self.command(*control, *options, "start")

    def is_running(self) -> bool:
        return self._server_pid() is not None

    def _server_pid(self) -> int | None:
        """The number in postmaster.pid if that process is really this cluster's server."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return None
        command = Path(f"/proc/{pid}/cmdline")
        if command.parent.parent.joinpath("self").exists():
            try:
                return pid if str(self.data).encode() in command.read_bytes() else None
            except OSError:
                return None
        asked = run_as(self.account, [str(self.binaries / "pg_ctl"), "-D", str(self.data), "status"])
        return pid if asked.returncode == 0 else None


def acquire(binaries: Path, *, durable: bool) -> Cluster:
    """The running cluster; creates, repairs and starts it as needed."""
    with _exclusive():
        cluster = _locate(binaries)
        if not (cluster.data / "durability.conf").exists():  # written last
            shutil.rmtree(cluster.data, ignore_errors=True)
            _create(cluster)
        if not cluster.is_running():
            _start(cluster, durable=durable)
        elif durable:
            _set_durability(cluster, durable=True)
            cluster.command("pg_ctl", "-D", str(cluster.data), "reload")
        users = (_folder() / "users.lock").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        _held.append((users, cluster))
    return cluster


def release() -> None:
    """Let go of the cluster and stop it if nobody else uses it."""
    while _held:
        with _exclusive():
            users, cluster = _held.pop()
            users.close()
            with (_folder() / "users.lock").open("w") as last:
                try:
                    fcntl.flock(last, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                if cluster.is_running():
                    cluster.command("pg_ctl", "-D", str(cluster.data), "-m", "fast", "-w", "stop")


def remove() -> None:
    """Stop the cluster and delete it from disk, wherever it lives; refuses while another dev uses it."""
    record = _folder() / "cluster.json"
    if not record.exists():
        return
    with (_folder() / "users.lock").open("w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevError("another dev of this checkout is using the database server; stop it first") from None
    entry = json.loads(record.read_text(encoding="utf-8"))
    cluster = Cluster(
        Path(entry["data"]), Path(entry["sockets"]), entry["port"], Path(entry["binaries"]), entry["account"]
    )
    if cluster.is_running():
        cluster.command("pg_ctl", "-D", str(cluster.data), "-m", "fast", "-w", "stop")
    for folder in (cluster.data.parent, cluster.sockets, _public_path()):
        shutil.rmtree(folder, ignore_errors=True)
    record.unlink()


@contextmanager
def crashable_copy() -> Iterator[Cluster]:
    """A running, durable copy of the running cluster, for tests that crash it; gone afterwards.

    What a killed dev left of its own copies is removed first.
    """
    original = _held[-1][1]
    for left in original.data.parent.parent.glob("copy-*"):
        if not processes.tag_is_alive(left.name.removeprefix("copy-")):
            _remove_copy(Cluster(left / "data", left / "s", 0, original.binaries, original.account))
    base = original.data.parent.parent / f"copy-{processes.owner_tag()}"
    sockets = base / "s"
    if len(str(sockets)) > SOCKET_PATH_LIMIT:
        sockets = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    for folder in (base, sockets, base / "data"):
        _own(folder, original.account)
    copy = Cluster(base / "data", sockets, ports.free(), original.binaries, original.account)
    try:
        with step("copying the database server"):
            source = ("-h", str(original.sockets), "-p", str(original.port), "-U", SUPERUSER)
            options = ("-X", "fetch", "-c", "fast", "--no-sync")
            copy.command("pg_basebackup", *source, "-D", str(copy.data), *options)
        with (copy.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(CRASHABLE)
        _start(copy, durable=False)
        yield copy
    finally:
        _remove_copy(copy)


def _remove_copy(copy: Cluster) -> None:
    if copy.is_running():
        copy.command("pg_ctl", "-D", str(copy.data), "-m", "immediate", "-w", "stop")
    for folder in (copy.data.parent, copy.sockets):
        shutil.rmtree(folder, ignore_errors=True)


def run_as(account: str | None, command: Sequence[str]) -> subprocess.CompletedProcess:
    """Run a command, as `account` when dev is root."""
    identity: dict = {}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    if account:
        entry = pwd.getpwnam(account)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server that pg_ctl leaves behind
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd="/",
            check=False,
            **identity,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _folder() -> Path:
    folder = layout.DEV / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _exclusive() -> Iterator[None]:
    """One dev at a time starts or stops the server."""
    with (_folder() / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _locate(binaries: Path) -> Cluster:
    """Where the cluster of this PostgreSQL version is or will be; remembered in cluster.json."""
    account = _unprivileged_account()
    binaries = _reachable_binaries(binaries, account)
    major = run_as(account, [str(binaries / "postgres"), "--version"]).stdout.split()[-1].split(".")[0]
    record = _folder() / "cluster.json"
    if record.exists():
        entry = json.loads(record.read_text(encoding="utf-8"))
        # A folder that was copied with its checkout still names the cluster of the original: it is not ours.
        ours = entry.get("checkout") == str(layout.ROOT)
        if ours and entry["major"] == major and entry["account"] == account and Path(entry["sockets"]).is_dir():
            return Cluster(Path(entry["data"]), Path(entry["sockets"]), entry["port"], binaries, account)
    base = _folder() / f"cluster-{major}"
    if not _can_enter(account, _folder()):
        base = _public_folder(account) / f"cluster-{major}"
    _own(base, account)
    sockets = base / "socket"
    if len(str(sockets)) > SOCKET_PATH_LIMIT:
        sockets = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    _own(sockets, account)
    cluster = Cluster(base / "data", sockets, ports.free(), binaries, account)
    entry = {
        "checkout": str(layout.ROOT),
        "major": major,
        "account": account,
        "data": str(cluster.data),
        "sockets": str(sockets),
        "port": cluster.port,
        "binaries": str(binaries),
    }
    record.write_text(json.dumps(entry), encoding="utf-8")
    return cluster


def _create(cluster: Cluster) -> None:
    with step(f"creating a private PostgreSQL cluster in {cluster.data}"):
        initdb = ["-D", str(cluster.data), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-sync"]
        try:
            cluster.command("initdb", *initdb, "--locale=C.UTF-8")
        except DevError:
            cluster.command("initdb", *initdb, "--locale=C")
        with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)
        _set_durability(cluster, durable=True)


def _set_durability(cluster: Cluster, *, durable: bool) -> None:
    path = cluster.data / "durability.conf"
    path.write_text(DURABLE if durable else FAST, encoding="utf-8")
    _own(path, cluster.account, mode=0o600)


def _start(cluster: Cluster, *, durable: bool) -> None:
    """Start the server; what a killed one left behind is removed first."""
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{cluster.port}", f".s.PGSQL.{cluster.port}.lock"):
        (cluster.sockets / name).unlink(missing_ok=True)
    _set_durability(cluster, durable=durable)
    started = time.monotonic()
    options = f"-k {cluster.sockets} -p {cluster.port}"
    log = cluster.data.parent / "server.log"
    cluster.command("pg_ctl", "-D", str(cluster.data), "-l", str(log), "-o", options, "-w", "-t", "60", "start")
    say(f"- PostgreSQL started on {cluster.sockets} ({time.monotonic() - started:.1f} s)")


def _unprivileged_account() -> str | None:
    """Who the server runs as when dev is root; None means dev's own user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise DevError("PostgreSQL refuses to run as root and the machine has neither a user postgres nor nobody")


def _can_enter(account: str | None, folder: Path) -> bool:
    return account is None or run_as(account, ["test", "-x", str(folder)]).returncode == 0


def _reachable_binaries(binaries: Path, account: str | None) -> Path:
    """The programs themselves, or a copy of their whole installation where the server's user can reach it."""
    if account is None or run_as(account, ["test", "-x", str(binaries / "postgres")]).returncode == 0:
        return binaries
    installation = next((path for path in binaries.parents if path.parent == _folder()), binaries.parent)
    copy = _public_folder(account) / installation.name
    if not copy.exists():
        building = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(installation, building, symlinks=True)
        building.rename(copy)
    return copy / binaries.relative_to(installation)


def _public_folder(account: str | None) -> Path:
    """This checkout's folder under /var/tmp, for a server whose user can not reach `.dev`."""
    folder = _public_path()
    _own(folder, account)
    return folder


def _public_path() -> Path:
    return Path("/var/tmp") / f"{layout.ADDON}-{layout.workspace_key()}"


def _own(path: Path, account: str | None, *, mode: int = 0o700) -> None:
    """Give `path` (a folder, made if missing) to the server's user alone; refuse one that somebody else owns."""
    if not path.exists():
        path.mkdir(parents=True, mode=mode)
    owner = pwd.getpwnam(account).pw_uid if account else os.geteuid()
    if path.is_symlink() or path.stat().st_uid not in (owner, os.geteuid()):
        raise DevError(f"{path} belongs to somebody else; remove it")
    if account:
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    path.chmod(mode)
