"""Dependencies point one way: controllers and wizards -> models -> core. Read from the source, nothing is imported."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDON = "sync_governance"
WAYS_OUT = {
    "aiohttp",
    "ftplib",
    "http",
    "httpx",
    "kafka",
    "paramiko",
    "pika",
    "requests",
    "smtplib",
    "socket",
    "urllib3",
}
ROOMS = {"cli", "controllers", "core", "devtools", "models", "packs", "simulators", "tests", "tests_faults", "wizards"}


class Import(NamedTuple):
    """``name`` is the full dotted name, beginning with ``addon.`` for the addon's own; ``late``: inside a function."""

    line: int
    name: str
    late: bool


def imports_of(file: Path, root: Path = ROOT) -> Iterator[Import]:
    """Everything that ``file`` imports."""
    package = ["addon", *file.relative_to(root).parent.parts]
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(file.read_text(encoding="utf-8"), str(file)), False)]
    while waiting:
        node, late = waiting.pop(0)
        late = late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        waiting.extend((child, late) for child in ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (Import(node.lineno, _own(name), late) for name in names)


def _own(name: str) -> str:
    for prefix in (f"odoo.addons.{ADDON}", ADDON):
        if within(name, prefix):
            return "addon" + name.removeprefix(prefix)
    return name


def sources(*rooms: str, root: Path = ROOT) -> list[Path]:
    """The Python files of the rooms, as far as these exist."""
    return sorted(file for room in rooms for file in (root / room).rglob("*.py"))


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def offences(files: list[Path], forbidden, root: Path = ROOT) -> list[str]:
    return [
        f"{file.relative_to(root)}:{found.line} imports {found.name}"
        for file in files
        for found in imports_of(file, root)
        if forbidden(file, found.name)
    ]


def test_the_reader_of_imports_sees_every_form(tmp_path):
    folder = tmp_path / "models" / "flow"
    folder.mkdir(parents=True)
    file = folder / "gate.py"
    file.write_text(
        "import os.path\nfrom . import process\nfrom ..handlers.order import x\nfrom ...core import faults\n"
        "from odoo.addons.sync_governance.core.work import Work\nimport sync_governance.core\n"
        "def late():\n    from odoo import models\n"
    )
    assert [found.name for found in imports_of(file, tmp_path)] == [
        "os.path",
        "addon.models.flow.process",
        "addon.models.handlers.order.x",
        "addon.core.faults",
        "addon.core.work.Work",
        "addon.core",
        "odoo.models",
    ]
    assert [found.late for found in imports_of(file, tmp_path)] == [False] * 6 + [True]
    assert offences([file], lambda _file, name: within(name, "odoo"), tmp_path) == [
        "models/flow/gate.py:8 imports odoo.models"
    ]


def test_there_is_something_to_read():
    assert sources("core")


def test_core_imports_neither_odoo_nor_a_room_above_it():
    assert not offences(
        sources("core"),
        lambda _file, name: within(name, "odoo", *ROOMS) or (within(name, "addon") and not within(name, "addon.core")),
    )


def test_the_faults_import_nothing_of_core():
    assert not offences(sources("core/faults"), lambda _file, name: within(name, "addon"))


@pytest.mark.parametrize("room", ["audit", "canonical", "codecs", "contracts", "mapping", "queue", "security"])
def test_no_algorithm_but_delivery_knows_the_network(room):
    assert not offences(sources(f"core/{room}"), lambda _file, name: within(name, *WAYS_OUT, "addon.core.delivery"))


def test_simulators_import_nothing_of_the_addon():
    assert not offences(
        sources("simulators"),
        lambda _file, name: (
            within(name, "odoo", *(ROOMS - {"simulators"}))
            or (within(name, "addon") and not within(name, "addon.simulators"))
        ),
    )


def test_the_exchange_knows_no_business_document():
    assert not offences(
        sources("models/exchange"), lambda _file, name: within(name, "addon.models.handlers", "addon.models.publishers")
    )


def test_handlers_and_publishers_know_no_transport():
    assert not offences(
        sources("models/handlers", "models/publishers"),
        lambda _file, name: within(name, *WAYS_OUT, "addon.core.delivery", "addon.core.transports"),
    )


def test_models_import_neither_controllers_nor_wizards():
    assert not offences(
        sources("models"),
        lambda _file, name: within(name, *(f"addon.{room}" for room in ROOMS - {"core", "models"})),
    )


def test_controllers_and_wizards_import_models_and_core_only():
    assert not offences(
        sources("controllers", "wizards"),
        lambda file, name: (
            within(name, "addon")
            and not within(name, "addon.models", "addon.core", f"addon.{file.relative_to(ROOT).parts[0]}")
        ),
    )


def test_nothing_that_is_shipped_imports_tools_or_tests():
    assert not offences(
        sources("core", "models", "controllers", "wizards", "cli"),
        lambda _file, name: within(
            name, "addon.devtools", "addon.simulators", "addon.tests", "tests_core", "tests_faults"
        ),
    )


def test_the_dev_command_needs_nothing_but_python():
    """What ``dev`` loads; a module that is also a script may import more inside its functions, for it then runs in
    the environment that ``dev`` has made."""
    offenders, waiting, seen = [], [ROOT / "dev"], set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.exists():
            continue
        seen.add(file)
        script = file.name != "dev" and "__main__" in file.read_text(encoding="utf-8")
        for found in imports_of(file):
            parts = found.name.removeprefix("addon.").split(".")
            if parts[0] == "devtools":
                waiting.extend(ROOT.joinpath(*parts[:depth]).with_suffix(".py") for depth in (2, 3))
                waiting.extend(ROOT.joinpath(*parts[:depth], "__init__.py") for depth in (1, 2))
            elif found.name.partition(".")[0] not in sys.stdlib_module_names and not (script and found.late):
                offenders.append(f"{file.relative_to(ROOT)}:{found.line} imports {found.name}")
    assert not offenders


def test_packs_are_data():
    assert sources("packs") == []
