"""The processes that dev starts, remembered on disk so that a killed dev leaves nothing for long.

A process is known by its number *and* its start time: a recycled number is never ours. Nothing is ended by name.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from . import layout

GRACE_SECONDS = 20.0


def start_time(pid: int) -> str | None:
    """When the process started (an opaque text), or None if there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "".join(listed.stdout.split()) or None


def is_alive(pid: int, started: str) -> bool:
    return start_time(pid) == started


def owner_tag() -> str:
    """This dev process, in a form that fits a database name; see `tag_is_alive`."""
    pid = os.getpid()
    return f"{pid}_{start_time(pid)}".lower().replace(":", "")


def tag_is_alive(tag: str) -> bool:
    pid, _, started = tag.partition("_")
    now = start_time(int(pid))
    return now is not None and now.lower().replace(":", "") == started


class Child:
    """A process in a group of its own, recorded until it ended. Without a log it speaks on dev's own terminal."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path | None):
        self.name = name
        self.log = log
        with log.open("wb") if log else nullcontext() as sink:
            self.process = subprocess.Popen(
                list(command),
                env=dict(env),
                cwd=layout.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT if log else None,
                start_new_session=True,
            )
        self.record = remember(self.process.pid, name)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        if not self.ended:
            _end_group(self.process.pid, lambda: not self.ended)
        self.process.wait()
        self.record.unlink(missing_ok=True)


def remember(pid: int, name: str) -> Path:
    """Write down a process that this dev started; the record is removed when it ended."""
    record = _records() / f"{pid}.json"
    entry = {"name": name, "pid": pid, "started": start_time(pid), "owner": owner_tag(), "checkout": str(layout.ROOT)}
    record.write_text(json.dumps(entry), encoding="utf-8")
    return record


def run(name: str, command: Sequence[str], *, env: Mapping[str, str], stdin=None) -> int:
    """Run a command on dev's own terminal to its end and return its status; Ctrl-C reaches it and is waited for."""
    with subprocess.Popen(list(command), env=dict(env), cwd=layout.ROOT, stdin=stdin) as process:
        with remembered(process, name):
            try:
                return process.wait()
            except KeyboardInterrupt:
                process.wait()
                return 130


@contextmanager
def remembered(process: subprocess.Popen, name: str) -> Iterator[None]:
    """Remember a process of dev's own process group for as long as it is waited for."""
    record = remember(process.pid, name)
    try:
        yield
    finally:
        record.unlink(missing_ok=True)


def end_leftovers() -> list[str]:
    """End recorded processes whose dev is gone; returns their names."""
    ended = []
    for record in _records().glob("*.json"):
        entry = json.loads(record.read_text(encoding="utf-8"))
        if tag_is_alive(entry["owner"]):
            continue
        if entry.get("checkout") != str(layout.ROOT):
            record.unlink(missing_ok=True)  # copied with the folder: the processes are another checkout's
            continue
        pid, started = entry["pid"], entry["started"]
        if started and is_alive(pid, started):
            _end_group(pid, lambda pid=pid, started=started: is_alive(pid, started))
            ended.append(entry["name"])
        record.unlink(missing_ok=True)
    return ended


def _end_group(pid: int, alive) -> None:
    """Ask the process, with its group if it leads one, to end; insist after a while."""
    for sign, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, 5.0)):
        try:
            if os.getpgid(pid) == pid:
                os.killpg(pid, sign)
            else:
                os.kill(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        if not alive():
            return


def _records() -> Path:
    folder = layout.STATE / "processes"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
