"""What `dev` tells the person: one line per step, with its progress and how long it took."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import layout, processes

TAIL_LINES = 40


class DevError(Exception):
    """Something the person must know or do; printed without a traceback."""


def say(text: str) -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    """Loud: for what was skipped or is missing."""
    bar = "!" * 72
    print(f"{bar}\n! {text}\n{bar}", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step that takes a moment and say how long it took."""
    started = time.monotonic()
    say(f"- {title} ...")
    yield
    say(f"  done in {duration(time.monotonic() - started)}")


def run_logged(
    title: str,
    command: Sequence[str],
    *,
    log: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    script: Path | None = None,
) -> str:
    """Run a long command with its output in `.dev/logs/<log>` and a running clock on the terminal.

    Returns the output. A failure raises DevError with the end of it. `script` is fed to standard input.
    """
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    path = layout.LOGS / log
    started = time.monotonic()
    say(f"- {title} ...")
    with path.open("wb") as sink, (script or Path(os.devnull)).open("rb") as source:
        process = subprocess.Popen(list(command), stdout=sink, stderr=subprocess.STDOUT, stdin=source, env=env, cwd=cwd)
        try:
            with processes.remembered(process, title):
                _wait(process, path, started)
        except BaseException:
            process.kill()
            process.wait()
            raise
    output = path.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        tail = "\n".join(output.splitlines()[-TAIL_LINES:])
        raise DevError(f"{title}: failed with status {process.returncode}\n{tail}\n(whole output: {path})")
    say(f"  done in {duration(time.monotonic() - started)}")
    return output


def _wait(process: subprocess.Popen, log: Path, started: float) -> None:
    """Wait for the process; show elapsed time and the last line of its output where somebody watches."""
    shown = started
    while True:
        try:
            process.wait(timeout=1)
            break
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if sys.stdout.isatty():
                print(f"\r\033[K  {duration(now - started)}  {_last_line(log)[:90]}", end="", flush=True)
            elif now - shown >= 15:
                shown = now
                say(f"  {duration(now - started)}  {_last_line(log)[:110]}")
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def _last_line(log: Path) -> str:
    with log.open("rb") as source:
        source.seek(max(0, os.path.getsize(log) - 400))
        lines = source.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1].split("\r")[-1] if lines else ""
