"""Chromium for browser tests and screenshots: found on the PATH, or installed with apt when dev runs as root."""

import os
import shutil
from pathlib import Path

from .console import DevError, run_logged, warn

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find() -> Path | None:
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def ensure() -> Path | None:
    """The browser; installs it where that is possible without asking anybody."""
    found = find()
    apt = shutil.which("apt-get")
    if found or not apt or os.geteuid() != 0:
        return found
    try:
        run_logged("apt's package lists", [apt, "update"], log="apt-chromium.log")
        run_logged(
            "installing chromium with apt",
            [apt, "install", "-y", "--no-install-recommends", "chromium"],
            log="apt-chromium.log",
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except DevError as error:
        warn(f"chromium could not be installed: {error}")
    return find()


def ensure_for_tests() -> bool:
    """Whether browser tests can run. A continuous integration server without a browser is an error."""
    if ensure():
        return True
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        raise DevError("no browser, and CI never skips browser tests: install chromium")
    warn("NO BROWSER: browser tests and tours are SKIPPED. Install chromium or google-chrome to run them.")
    return False
