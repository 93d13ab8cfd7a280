"""`./dev test`: lint, the tests of core, the Odoo tests and the simulators' tests, each by its own pytest."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import addons_link, browser, faults, layout, lint, postgres, processes, python_env, rabbitmq, workbench
from .console import DevError, say, warn
from .database import Databases
from .test_selection import Selection, select, through_link, with_browser

NO_TESTS = 5  # pytest's exit status when nothing was collected
MOST_WORKERS = 3
PLUGINS = Path(__file__).parent / "plugins"
RABBIT_TESTS = "tests/test_amqp.py"


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.broken or other.broken,
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def count(closing_line: str) -> Tally:
    """What pytest's closing line says; errors count as failed, subtests that failed too."""
    numbers: dict[str, int] = {}
    for number, word in re.findall(r"(\d+) ([a-z]+(?: [a-z]+)?)(?=,| in )", closing_line):
        numbers[word] = int(number)
    failed = sum(numbers.get(word, 0) for word in ("failed", "error", "errors", "subtests failed", "subtest failed"))
    return Tally(numbers.get("passed", 0), failed, numbers.get("skipped", 0))


def command(arguments) -> int:
    workbench.prepare()
    try:
        paths = [_relative(path) for path in arguments.paths]
        selection = select(paths, arguments.keyword)
    except ValueError as error:
        raise DevError(str(error)) from None
    if arguments.core:
        selection = Selection({"core": selection.suites.get("core", [])})
    whole = not paths and not arguments.keyword and not arguments.core
    if not selection.suites:
        raise DevError("no test matches")
    options = ["-k", arguments.keyword] if arguments.keyword else []
    options += ["-x"] if arguments.exitfirst else []
    total = Tally()
    lint_failures = lint.run_all() if whole else 0
    if "core" in selection.suites:
        total += _core(selection.suites["core"], options)
    if "simulators" in selection.suites:
        total += _simulators(selection.suites["simulators"], options)
    if "odoo" in selection.suites:
        total += _odoo(selection.suites["odoo"], options, arguments)
    if whole:
        total += _faults(arguments)
    if lint_failures:
        say(f"lint: {lint_failures} failed (see above)")
        total.failed += lint_failures
    if not total.passed and not total.failed:
        warn("no test ran")
    say(str(total))
    return 1 if total.failed or total.broken or not total.passed else 0


def _core(paths: Sequence[str], options: Sequence[str]) -> Tally:
    python = python_env.ensure()
    arguments = ["-p", "no:odoo", "--rootdir=tests_core", "--confcutdir=tests_core", *options]
    if not paths and not options:
        arguments += _spread()
    return _pytest("core", python, [*arguments, *(paths or ["tests_core"])], workbench.quick_environment())


def _spread() -> list[str]:
    """Pytest's options for several processes, each with whole files; one core is left to databases and brokers."""
    cores = os.cpu_count() or 1
    return ["-n", str(min(MOST_WORKERS, max(2, cores - 1))), "--dist", "loadfile"] if cores > 1 else []


def _simulators(paths: Sequence[str], options: Sequence[str]) -> Tally:
    python = python_env.ensure()
    folder = "simulators/tests"
    arguments = ["-p", "no:odoo", f"--rootdir={folder}", f"--confcutdir={folder}", *options]
    environment = workbench.quick_environment([layout.ROOT])
    return _pytest("simulators", python, [*arguments, *(paths or [folder])], environment)


def _odoo(paths: Sequence[str], options: Sequence[str], arguments) -> Tally:
    """Under pytest-odoo on clones of templates: two processes when much runs, then the browser's tests by themselves.

    A browser, its pages and what they ask of Odoo need two cores, which other test processes would take from it.
    """
    quiet, tours = with_browser(paths or ["tests"])
    has_browser = bool(tours) and not arguments.no_browser and browser.ensure_for_tests()
    addons_link.link_addon()
    total = Tally()
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url, durable=False) as bench:
        databases = Databases(bench)
        if quiet:
            spread = _spread() if len(quiet) > 1 and bench.server.binaries else []
            options_quiet = [*options, *spread, *(["-p", "own_filestore"] if spread else [])]
            template = databases.addon_template()
            total += _pytest_odoo("Odoo", databases, template, options_quiet, quiet, {"PYTHONPATH": str(PLUGINS)})
        if tours and has_browser:
            total += _pytest_odoo("browser", databases, databases.browser_template(), options, tours)
        elif tours:
            without = {"PYTHONPATH": str(PLUGINS)}
            plugin = ["-p", "no_browser", *options]
            total += _pytest_odoo("browser", databases, databases.addon_template(), plugin, tours, without)
    return total


def _pytest_odoo(
    title: str,
    databases: Databases,
    template: str,
    options: Sequence[str],
    paths: Sequence[str],
    added: Mapping[str, str] | None = None,
) -> Tally:
    """One pytest on a clone of a template; `added` is put behind what the environment's variables say."""
    environment = databases.bench.environment()
    if any(path.partition("::")[0].endswith(RABBIT_TESTS) for path in paths):
        environment |= rabbitmq.environment()
    for name, value in (added or {}).items():
        environment[name] += os.pathsep + value
    with databases.clone(template, "test") as database:
        pytest = [
            f"--odoo-config={layout.CONFIG}",
            f"--odoo-database={database}",
            "--odoo-http",
            f"--confcutdir={layout.ADDONS.relative_to(layout.ROOT)}",
            f"--rootdir={layout.ADDONS.relative_to(layout.ROOT)}",
            *options,
        ]
        return _pytest(title, databases.bench.python, [*pytest, *map(through_link, paths)], environment)


def _faults(arguments) -> Tally:
    """The fault suite in its short form: one test, that every promise held."""
    if postgres.named(arguments.db_url):
        warn("the fault suite crashes its server: not run with a server that you have named")
        return Tally(skipped=1)
    return Tally(failed=1) if faults.run(arguments, long=False) else Tally(passed=1)


def _pytest(title: str, python: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Tally:
    """Run pytest with its output passed on as it comes; the closing line is read on the way."""
    say(f"=== {title} tests")
    color = "yes" if sys.stdout.isatty() else "no"
    whole = [str(python), "-m", "pytest", "-c", str(layout.ROOT / "pyproject.toml"), f"--color={color}", *arguments]
    closing = ""
    environment = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        subprocess.Popen(
            whole,
            cwd=layout.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
        processes.remembered(process, f"{title} tests"),
    ):
        for line in process.stdout:
            print(line, end="", flush=True)
            plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
            if re.search(r"\d+ [a-z]+.* in \d+\.\d+s", plain):
                closing = plain
    tally = count(closing)
    tally.broken = process.returncode not in (0, NO_TESTS)
    if tally.broken and not tally.failed:
        tally.failed = 1  # pytest itself could not run
    return tally


def _relative(path: str) -> str:
    """A path as given on the command line, relative to the repository; the links' own paths stay as they are."""
    file, colons, name = path.partition("::")
    absolute = Path(os.path.abspath(file))
    if not absolute.exists():
        absolute = layout.ROOT / file
    if not absolute.exists():
        raise DevError(f"{file}: no such file")
    try:
        return absolute.relative_to(layout.ROOT).as_posix() + colons + name
    except ValueError:
        raise DevError(f"{file}: not in {layout.ROOT}") from None
