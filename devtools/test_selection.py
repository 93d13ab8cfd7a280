"""Decides which suites `./dev test` runs for the paths and the -k expression that were given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import layout

TOURS = "test_tour"
FOLDERS = {"core": "tests_core", "odoo": "tests", "simulators": "simulators/tests"}


@dataclass
class Selection:
    """Suites with the paths to run in each, relative to the repository; an empty list of paths means all of it."""

    suites: dict[str, list[str]] = field(default_factory=dict)


def suite_of(path: str) -> str:
    """The suite a path (relative to the repository, pytest's `::name` allowed) belongs to."""
    file = path.partition("::")[0].rstrip("/")
    linked = layout.ADDONS.relative_to(layout.ROOT).as_posix() + f"/{layout.ADDON}/"
    file = file.removeprefix(linked)
    for suite, folder in sorted(FOLDERS.items(), key=lambda item: -len(item[1])):
        if file == folder or file.startswith(folder + "/"):
            return suite
    raise ValueError(f"{path}: not in {', '.join(FOLDERS.values())}")


def select(paths: Sequence[str], keyword: str | None, root: Path = layout.ROOT) -> Selection:
    """Paths choose their suites; a keyword alone chooses the files that mention it; nothing means everything."""
    existing = {suite: folder for suite, folder in FOLDERS.items() if any((root / folder).rglob("test_*.py"))}
    if paths:
        selection = Selection()
        for path in paths:
            selection.suites.setdefault(suite_of(path), []).append(path)
        return selection
    if keyword is None:
        return Selection({suite: [] for suite in existing})
    found = {suite: files for suite, folder in existing.items() if (files := _mentioning(keyword, root, root / folder))}
    return Selection(found)


def with_browser(paths: Sequence[str], root: Path = layout.ROOT) -> tuple[list[str], list[str]]:
    """Odoo tests parted into those without and those with a browser; a folder is parted into its files."""
    files: list[str] = []
    for path in paths:
        folder = root / path
        files += (
            sorted(f.relative_to(root).as_posix() for f in folder.rglob("test_*.py")) if folder.is_dir() else [path]
        )
    tours = [file for file in files if Path(file.partition("::")[0]).name.startswith(TOURS)]
    return [file for file in files if file not in tours], tours


def _mentioning(keyword: str, root: Path, folder: Path) -> list[str]:
    """Test files whose name, classes or functions contain a word of the expression, as pytest's -k compares."""
    words = [word for word in re.findall(r"[\w.-]+", keyword.lower()) if word not in ("and", "or", "not")]
    if re.search(r"\bnot\b", keyword.lower()):
        return [folder.relative_to(root).as_posix()]
    found = []
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        names = " ".join([path.name, *re.findall(r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)", text, re.MULTILINE)])
        if any(word in names.lower() for word in words):
            found.append(path.relative_to(root).as_posix())
    return found


def through_link(path: str) -> str:
    """The path of an Odoo test as pytest-odoo must see it: inside the folder of links."""
    linked = layout.ADDONS.relative_to(layout.ROOT).as_posix() + f"/{layout.ADDON}/"
    return path if path.startswith(linked) else linked + path
