"""The virtual environment with everything that Odoo, the addon and the tests import, pinned by the lock file."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import layout
from .console import DevError, run_logged

ENVIRONMENTS = layout.DEV / "python"


def lock_digest() -> str:
    return hashlib.sha256(layout.LOCK_FILE.read_bytes()).hexdigest()[:12]


def environment_key(lock: bytes, version: tuple[int, ...], base: str) -> str:
    """Names an environment by what it depends on: the lock, the Python version and which Python it is."""
    digest = hashlib.sha256(lock + base.encode()).hexdigest()[:10]
    return f"{version[0]}.{version[1]}-{digest}"


def ensure() -> Path:
    """The environment's python; builds the environment the first time."""
    key = environment_key(layout.LOCK_FILE.read_bytes(), sys.version_info[:3], sys.base_prefix)
    folder = ENVIRONMENTS / key
    python = folder / "bin" / "python"
    with layout.alone("python"):
        if not ((folder / "complete").exists() and python.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            _create(folder)
            run_logged(
                f"installing {_count()} Python packages for Python {sys.version.split()[0]}",
                [*_pip(python), "install", "--requirement", str(layout.LOCK_FILE)],
                log="pip-install.log",
                env=clean_environment(),
            )
            (folder / "complete").write_text("", encoding="utf-8")
    return python


def _create(folder: Path) -> None:
    """Make the empty environment; Debian keeps pip's bootstrap in a package of its own."""
    if _venv(folder):
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        run_logged("apt's package lists", [apt, "update"], log="apt-venv.log")
        run_logged(f"installing {package} with apt", [apt, "install", "-y", package], log="apt-venv.log")
        if _venv(folder):
            return
    if _venv(folder, "--without-pip") and _has_pip():
        return
    raise DevError(
        f"{sys.executable} can not make a virtual environment with pip: install python3-venv (Debian, Ubuntu) "
        "or use a Python that has `venv` and `ensurepip`"
    )


def _venv(folder: Path, *options: str) -> bool:
    """Try once; a failure leaves no folder behind."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", *options, str(folder)], capture_output=True, env=clean_environment(), check=False
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
    return made.returncode == 0


def _has_pip() -> bool:
    asked = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def _pip(python: Path) -> list[str]:
    """pip for that environment: its own, or this Python's pointed at it."""
    common = ["--disable-pip-version-check"]
    if (python.parent / "pip").exists():
        return [str(python), "-m", "pip", *common]
    return [sys.executable, "-m", "pip", "--python", str(python), *common]


def clean_environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }


def _count() -> int:
    return sum("==" in line for line in layout.LOCK_FILE.read_text(encoding="utf-8").splitlines())
