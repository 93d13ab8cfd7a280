"""Start every partner as a process of its own; stop them all on SIGTERM or SIGINT.

A partner stops by itself when its standard input ends, so that a killed parent leaves nothing running.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import threading

from .console import say

NAMES = ("shop", "threepl", "carrier", "gateway", "finance")
STOP_SECONDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="the JSON file that all partners read")
    arguments = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stopping.set())
    children = {name: _started(name, arguments.config) for name in NAMES}
    try:
        for name, child in children.items():
            line = child.stdout.readline().strip()
            if not line:
                say(f"{name} did not start", sys.stderr)
                return 1
            say(line)
        say("ready")
        while not stopping.wait(0.5):
            ended = [name for name, child in children.items() if child.poll() is not None]
            if ended:
                say(f"{ended[0]} ended by itself", sys.stderr)
                return 1
        return 0
    finally:
        _stop(list(children.values()))


def _started(name: str, config: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.{name}", "--config", config, "--until-eof"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _stop(children: list[subprocess.Popen[str]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
