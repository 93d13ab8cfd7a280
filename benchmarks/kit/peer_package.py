"""OCA's queue_job, fetched when it is measured: it is never a requirement of the addon."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from devtools import layout
from devtools.console import DevError, run_logged
from devtools.python_env import clean_environment
from devtools.workbench import Workbench

PACKAGE = "odoo-addon-queue-job==19.0.*"
# queue_job's manifest asks for it; only its migrations import it.
BESIDE = "openupgradelib"
FOLDER = layout.DEV / "bench" / "peer"


def folder(bench: Workbench) -> Path:
    """The folder that holds the package; made the first time."""
    if not (FOLDER / "odoo" / "addons" / "queue_job" / "__manifest__.py").exists():
        pip = [str(bench.python), "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
        run_logged(
            f"fetching {PACKAGE}",
            [*pip, "--target", str(FOLDER), PACKAGE, BESIDE],
            log="pip-peer.log",
            env=clean_environment(),
        )
    return FOLDER


def addons(bench: Workbench) -> Path:
    return folder(bench) / "odoo" / "addons"


def version(bench: Workbench) -> str:
    """The version as PyPI names it."""
    found = list(folder(bench).glob("odoo_addon_queue_job-*.dist-info"))
    if len(found) != 1:
        raise DevError(f"{FOLDER} does not hold exactly one queue_job; remove it")
    return found[0].name.split("-")[1].removesuffix(".dist")


@dataclass(frozen=True)
class PeerWorkbench(Workbench):
    """The workbench with the package beside Odoo's."""

    def environment(self) -> dict[str, str]:
        env = super().environment()
        env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(folder(self))])
        return env


def beside(bench: Workbench) -> PeerWorkbench:
    return PeerWorkbench(bench.host, bench.python, bench.server)
