"""RabbitMQ out of Debian's packages, unpacked into a folder of our own for the tests; nothing is installed.

The packages come from the machine's own Debian suite, so that they fit its libraries. Where there is none, the tests
that need a broker say so and are skipped.
"""

import shutil
import subprocess
from pathlib import Path

from . import layout
from .apt_sources import debian_archive, in_folder, machine_sources
from .console import DevError, run_logged, say, warn

VARIABLE = "SYNC_RABBITMQ"
"""Under this name the tests are told where it was unpacked."""
ERLANG = (
    "asn1 base crypto eldap inets mnesia os-mon parsetools public-key runtime-tools ssl syntax-tools tools xmerl"
).split()
PACKAGES = ("rabbitmq-server", *(f"erlang-{name}" for name in ERLANG))
TREE = layout.DEV / "rabbitmq"
_SYSTEM_ROOT = "/usr/lib/erlang"


def environment() -> dict[str, str]:
    """What the tests need to know; empty where the broker cannot be had."""
    try:
        tree = ensure()
    except (DevError, OSError, subprocess.SubprocessError) as error:
        warn(f"no RabbitMQ for the tests: {error}")
        return {}
    return {VARIABLE: str(tree)} if tree else {}


def ensure() -> Path | None:
    """The folder with the unpacked packages, fetched once; None on a machine without Debian's archive."""
    if (TREE / "complete").exists():
        return TREE
    source = debian_archive(machine_sources())
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb") and source and source.suites):
        return None
    with layout.alone("rabbitmq"):
        if not (TREE / "complete").exists():
            _obtain(source.line(source.suites[0]))
    return TREE


def _obtain(line: str) -> None:
    apt = layout.DEV / "apt-rabbitmq"
    options = in_folder(apt, [line])
    run_logged("asking for Debian's package lists", ["apt-get", *options, "update"], log="rabbitmq-update.log")
    run_logged(
        f"fetching RabbitMQ and Erlang, {len(PACKAGES)} packages (33 MB)",
        ["apt-get", *options, "download", *PACKAGES],
        log="rabbitmq-download.log",
        cwd=apt / "packages",
    )
    building = TREE.with_name("rabbitmq.building")
    shutil.rmtree(building, ignore_errors=True)
    for archive in sorted((apt / "packages").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(archive), str(building)], check=True)
    shutil.rmtree(TREE, ignore_errors=True)
    building.rename(TREE)
    shutil.rmtree(apt)
    _relocate(TREE)
    (TREE / "complete").touch()
    say(f"- RabbitMQ is in {TREE.relative_to(layout.ROOT)}")


def _relocate(tree: Path) -> None:
    """Erlang's launchers name the place where the package would be installed."""
    erlang = tree / _SYSTEM_ROOT.lstrip("/")
    for launcher in (*erlang.glob("**/bin/erl"), *erlang.glob("**/bin/start")):
        text = launcher.read_text(encoding="utf-8")
        launcher.write_text(text.replace(_SYSTEM_ROOT, str(erlang)), encoding="utf-8")
