"""Odoo 19.0 out of Debian's package, unpacked into a folder of our own; the system is not touched.

apt itself fetches and verifies: it is given a source list, state and cache folders under `.dev`, with the mirror and
the keyring taken from the machine's own configuration. Debian's build replaces web libraries and fonts by links to
other packages, which are unpacked into the same tree, and leaves out one script, for which an empty file stands in.
"""

import os
import shutil
import subprocess
from pathlib import Path

from . import layout
from .apt_sources import debian_archive, in_folder, machine_sources
from .console import DevError, run_logged, say, warn

ODOO_PACKAGE = "odoo-19/sid"
# From `stable`: newer builds of the fonts moved or dropped the files that Odoo's package links to.
LINKED_PACKAGES = (
    "libjs-jquery/stable",
    "libjs-jquery-form/stable",
    "libjs-underscore/stable",
    "fonts-font-awesome/stable",
    "fonts-inconsolata/stable",
    "fonts-montserrat/stable",
    "fonts-ocr-b/stable",
    "fonts-roboto-unhinted/stable",
)
# mail's manifest names it in the backend bundle; without the file every page logs an error. Only the blurring of the
# background in video calls needs its content.
LEFT_OUT = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)
MODULES = Path("usr/lib/python3/dist-packages")


def is_possible() -> bool:
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb") and debian_archive(machine_sources()))


def obtain(destination: Path) -> Path:
    """Fetch and unpack into `destination`; returns the folder that holds the package `odoo`."""
    source = debian_archive(machine_sources())
    if source is None:
        raise DevError("the machine's apt configuration names no Debian archive")
    apt = layout.DEV / "apt"
    downloads = apt / "packages"
    options = in_folder(apt, [source.line(suite) for suite in ("sid", "stable")])
    run_logged(f"asking {source.uri} for its package lists", ["apt-get", *options, "update"], log="apt-update.log")
    packages = [ODOO_PACKAGE, *LINKED_PACKAGES]
    run_logged(
        f"fetching {len(packages)} packages (130 MB)",
        ["apt-get", *options, "download", *packages],
        log="apt-download.log",
        cwd=downloads,
    )
    building = destination.with_name(f"{destination.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    archives = sorted(downloads.glob("*.deb"))
    say(f"- unpacking {len(archives)} packages ...")
    for archive in archives:
        subprocess.run(["dpkg-deb", "-x", str(archive), str(building)], check=True)
    complete(building)
    shutil.rmtree(destination, ignore_errors=True)
    building.rename(destination)
    shutil.rmtree(downloads)
    return destination / MODULES


def complete(tree: Path) -> None:
    """Make the unpacked tree whole: one set of addons, the file left out, and a word about links to nowhere."""
    modules = tree / MODULES
    addons = modules / "odoo" / "addons"
    if (addons / "web").is_dir():
        shutil.rmtree(modules / "addons", ignore_errors=True)  # the same files a second time
    for name in LEFT_OUT:
        path = addons / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
    broken = [path for path in (tree / "usr/lib").rglob("*") if path.is_symlink() and not path.exists()]
    if broken:
        warn(f"{len(broken)} links of Odoo's Debian package lead nowhere, for example {broken[0].relative_to(tree)}")
