"""The addons folder that Odoo sees: `.dev/addons/sync_governance`, a real folder of links to the addon's entries.

The repository root is the addon. Linking the root itself would make a cycle through `.dev`, and the folder's name on
disk need not be the addon's name.
"""

import os
from pathlib import Path

from . import layout

ENTRIES = (
    "__init__.py",
    "__manifest__.py",
    "cli",
    "controllers",
    "core",
    "data",
    "demo",
    "hooks.py",
    "i18n",
    "migrations",
    "models",
    "packs",
    "readme",
    "report",
    "security",
    "static",
    "tests",
    "views",
    "wizards",
)


def link_addon(root: Path = layout.ROOT, addons: Path = layout.ADDONS) -> Path:
    """Bring the folder of links up to date and return it; links that are right are left alone."""
    folder = addons / layout.ADDON
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: root / name for name in ENTRIES if (root / name).exists()}
    for link in folder.iterdir():
        if link.is_symlink() and (link.name not in wanted or Path(os.readlink(link)) != wanted[link.name]):
            link.unlink()
    for name, target in wanted.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    return folder
