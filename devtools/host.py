"""Finds Odoo 19.0, or obtains it.

In this order: the folder named by --odoo or $ODOO_HOME, an importable `odoo`, a copy under `.dev/odoo`, a shallow clone
of Odoo's public repository, Debian's package.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import debian_package, layout
from .console import DevError, run_logged, say

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo.git"
REACH_SECONDS = 10
COPIES = layout.DEV / "odoo"


@dataclass(frozen=True)
class Host:
    """An Odoo: `home` holds the package `odoo`; `origin` says in words where it was found."""

    home: Path
    origin: str

    @property
    def addons_paths(self) -> list[Path]:
        """Odoo's own addons, wherever this build keeps them."""
        return [path for path in (self.home / "odoo" / "addons", self.home / "addons") if path.is_dir()]

    @property
    def fingerprint(self) -> str:
        """Changes when the host does: release file, version control head, set of base files."""
        digest = hashlib.sha256(str(self.home).encode())
        digest.update((self.home / "odoo" / "release.py").read_bytes())
        digest.update(_git_head(self.home).encode())
        digest.update(str((self.home / "odoo" / "release.py").stat().st_mtime_ns).encode())
        return digest.hexdigest()[:12]

    def python_path(self) -> Path:
        """What to put on PYTHONPATH: only Odoo, never the other packages that lie beside an installed one."""
        if self.home.name not in ("site-packages", "dist-packages") or layout.DEV in self.home.parents:
            return self.home
        folder = layout.DEV / "odoo-path" / hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "odoo").is_symlink():
            (folder / "odoo").symlink_to(self.home / "odoo")
        return folder


def series_of(home: Path) -> str | None:
    """The series that `home/odoo/release.py` states, such as '19.0', or None if there is no Odoo."""
    try:
        text = (home / "odoo" / "release.py").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)", text, re.MULTILINE)
    return f"{match[1]}.{match[2]}" if match else None


def find(explicit: str | None) -> Host:
    """The Odoo to use; obtains one if the machine has none."""
    named = explicit or os.environ.get("ODOO_HOME")
    if named:
        return _named(Path(named).expanduser().resolve())
    for home, origin in ((_importable(), "importable"), *((c, "copy in .dev") for c in _copies())):
        if home and series_of(home) == SERIES:
            return Host(home, origin)
    with layout.alone("odoo"):
        copy = next((home for home in _copies() if series_of(home) == SERIES), None)
        return Host(copy, "copy in .dev") if copy else _obtain()


def _named(folder: Path) -> Host:
    for home in (folder, folder / debian_package.MODULES, folder.parent):
        if series_of(home) == SERIES:
            return Host(home, "named")
    found = series_of(folder)
    raise DevError(f"{folder}: expected Odoo {SERIES}, found {'Odoo ' + found if found else 'no odoo/release.py'}")


def _importable() -> Path | None:
    spec = importlib.util.find_spec("odoo")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]).resolve().parent if locations else None


def _copies() -> list[Path]:
    return [COPIES / "source", COPIES / "debian" / debian_package.MODULES]


def _obtain() -> Host:
    COPIES.mkdir(parents=True, exist_ok=True)
    reasons = []
    if shutil.which("git") is None:
        reasons.append("git is not installed")
    elif not _reachable():
        reasons.append(f"{REPOSITORY} is not reachable")
    else:
        return Host(_clone(COPIES / "source"), "cloned")
    say(f"  {reasons[-1]}; trying Debian's package odoo-19")
    if debian_package.is_possible():
        return Host(debian_package.obtain(COPIES / "debian"), "Debian's package")
    reasons.append("this machine's apt has no Debian archive to take the package odoo-19 from")
    raise DevError(
        "no Odoo 19.0: " + "; ".join(reasons) + ".\nGive a checkout of Odoo 19.0 with --odoo PATH or ODOO_HOME=PATH."
    )


def _reachable() -> bool:
    say("- looking for Odoo's public repository ...")
    try:
        asked = subprocess.run(
            ["git", "ls-remote", "--exit-code", REPOSITORY, f"refs/heads/{SERIES}"],
            capture_output=True,
            timeout=REACH_SECONDS,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _clone(destination: Path) -> Path:
    building = destination.with_name(f"{destination.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    run_logged(
        f"cloning Odoo {SERIES} (shallow, about 250 MB)",
        ["git", "clone", "--progress", "--depth=1", "--single-branch", f"--branch={SERIES}", REPOSITORY, str(building)],
        log="odoo-clone.log",
    )
    shutil.rmtree(destination, ignore_errors=True)
    building.rename(destination)
    return destination


def _git_head(home: Path) -> str:
    if not (home / ".git").exists() or not shutil.which("git"):
        return ""
    head = subprocess.run(["git", "-C", str(home), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return head.stdout.strip()
