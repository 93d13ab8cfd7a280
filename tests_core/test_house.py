"""The house itself: what is easily forgotten when a file is added."""

import ast
import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 600


def test_every_module_of_odoo_tests_is_imported_so_that_odoos_own_runner_finds_it():
    imported = set()
    for node in ast.walk(ast.parse((ROOT / "tests" / "__init__.py").read_text())):
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.name for alias in node.names}
    assert {path.stem for path in (ROOT / "tests").glob("test_*.py")} <= imported


def test_every_data_file_of_the_manifest_exists_and_every_view_is_in_it():
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    listed = set(manifest["data"])
    assert not [name for name in listed if not (ROOT / name).is_file()]
    written = {
        str(path.relative_to(ROOT))
        for folder in ("views", "data", "security")
        for path in (ROOT / folder).rglob("*.xml")
    }
    assert written <= listed | set(manifest.get("demo", []))


def test_no_access_line_is_there_twice():
    with (ROOT / "security" / "ir.model.access.csv").open() as lines:
        ids = [row["id"] for row in csv.DictReader(lines)]
    assert len(ids) == len(set(ids))


def test_no_file_is_longer_than_one_idea():
    long = {}
    for folder in (
        "core",
        "models",
        "controllers",
        "wizards",
        "views",
        "devtools",
        "simulators",
        "tests",
        "tests_core",
        "tests_faults",
    ):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".xml", ".js"):
                lines = len(path.read_text(encoding="utf-8").splitlines())
                if lines > LONGEST_FILE:
                    long[str(path.relative_to(ROOT))] = lines
    assert not long


def test_every_sudo_says_why_it_is_safe():
    silent = []
    for folder in ("models", "controllers", "wizards"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines):
                around = lines[max(0, number - 3) : number + 4]
                if re.search(r"\.sudo\(\)", line) and not any("# sudo" in near or "sudo:" in near for near in around):
                    silent.append(f"{path.relative_to(ROOT)}:{number + 1}")
    assert not silent
