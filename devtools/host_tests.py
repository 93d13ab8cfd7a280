"""`./dev test --host`: Odoo's own post-install tests of the host modules, with and without the addon, compared.

Both sides run at once on their own clones; the result is written to docs/host-tests.md.
"""

import datetime
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import browser, layout, ports, processes, workbench
from .console import TAIL_LINES, DevError, duration, say
from .database import Databases
from .workbench import Workbench

MODULES = ("account", "purchase_stock", "sale", "sale_stock", "stock", "stock_delivery")
# Tests that belong into a module's own installation would run against columns of modules that are not loaded yet.
TAGS = ",".join([*(f"/{module}" for module in MODULES), "-at_install"])
REPORT = layout.ROOT / "docs" / "host-tests.md"
REPORT_EVERY_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What Odoo's log says about one side."""

    ran: frozenset[str]
    failed: frozenset[str]
    seconds: float


def read_log(text: str, seconds: float = 0.0) -> Outcome:
    """Tests that started and those that failed: failures and errors, also of subtests and set-up."""
    ran = re.findall(r": Starting (\w+\.test\w*) \.\.\.", text)
    failed = re.findall(r": (?:FAIL|ERROR): (?:Subtest )?(setUpClass \([^)]*\)|\w+(?:\.test\w+)?)", text)
    return Outcome(frozenset(ran), frozenset(failed), seconds)


def command(arguments) -> int:
    browser.ensure_for_tests()
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url, durable=False) as bench:
        databases = Databases(bench)
        base, addon = databases.base_template(), databases.addon_template()
        with databases.clone(base, "without") as without, databases.clone(addon, "with") as with_addon:
            outcomes = _run({"without": without, "with": with_addon}, bench)
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(report(outcomes, _version(bench)), encoding="utf-8")
    difference = differences(outcomes["without"], outcomes["with"])
    say("the same result with and without the addon" if not difference else "\n".join(difference))
    say(f"written to {REPORT.relative_to(layout.ROOT)}")
    return 1 if difference or not outcomes["with"].ran else 0


def _run(sides: Mapping[str, str], bench: Workbench) -> dict[str, Outcome]:
    """Both sides at the same time, each Odoo with an HTTP port of its own."""
    started = time.monotonic()
    children = {}
    outcomes: dict[str, Outcome] = {}
    try:
        for side, database in sides.items():
            children[side] = processes.Child(
                f"host tests {side}",
                bench.odoo(
                    "server", "-d", database, f"--test-tags={TAGS}", "--stop-after-init", f"--http-port={ports.free()}"
                ),
                env=bench.environment(),
                log=layout.LOGS / f"host-tests-{side}.log",
            )
        said = started
        while len(outcomes) < len(children):
            time.sleep(1)
            now = time.monotonic()
            for side, child in children.items():
                if side not in outcomes and child.ended:
                    outcomes[side] = _outcome(child, now - started)
                    say(f"- {side}: {len(outcomes[side].ran)} tests, {len(outcomes[side].failed)} failed")
            if now - said > REPORT_EVERY_SECONDS:
                said = now
                counts = {side: _text(child.log).count(": Starting ") for side, child in children.items()}
                say(f"  {duration(now - started)}  " + ", ".join(f"{side}: {n} tests" for side, n in counts.items()))
    finally:
        for child in children.values():
            child.stop()
    return outcomes


def _outcome(child: processes.Child, seconds: float) -> Outcome:
    text = _text(child.log)
    outcome = read_log(text, seconds)
    if not outcome.ran:
        raise DevError(f"{child.name}: no test ran\n" + "\n".join(text.splitlines()[-TAIL_LINES:]))
    return outcome


def differences(without: Outcome, with_addon: Outcome) -> list[str]:
    """What the addon changed, in words; empty when nothing."""
    found = [f"fails only with the addon: {name}" for name in sorted(with_addon.failed - without.failed)]
    found += [f"fails only without the addon: {name}" for name in sorted(without.failed - with_addon.failed)]
    found += [f"runs only without the addon: {name}" for name in sorted(without.ran - with_addon.ran)]
    return found


def report(outcomes: Mapping[str, Outcome], version: str) -> str:
    without, with_addon = outcomes["without"], outcomes["with"]
    difference = differences(without, with_addon)
    rows = [
        f"| {side} the addon | {len(o.ran)} | {len(o.failed)} | {duration(o.seconds)} |"
        for side, o in (("without", without), ("with", with_addon))
    ]
    both = sorted(without.failed & with_addon.failed)
    lines = [
        "# Odoo's own tests, with and without the addon",
        "",
        f"Post-install tests of {', '.join(f'`{module}`' for module in MODULES)} on Odoo {version}.",
        "",
        f"Last run: {datetime.datetime.now(datetime.timezone.utc).date().isoformat()}, by `./dev test --host`.",
        "Each side ran this on its own clone of a template database, the modules installed without demonstration data:",
        "",
        f"    odoo -d DATABASE --test-tags={TAGS} --stop-after-init",
        "",
        "| | tests | failed | time |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "**The result is the same.**" if not difference else "**The results differ:**",
        *[f"- {line}" for line in difference],
    ]
    if both:
        lines += ["", "Failing on both sides, so not because of the addon:", "", *[f"- {name}" for name in both]]
    return "\n".join(lines) + "\n"


def _version(bench: Workbench) -> str:
    release = (bench.host.home / "odoo" / "release.py").read_text(encoding="utf-8")
    match = re.search(r"version_info\s*=\s*\((\d+), (\d+), (\d+)", release)
    return ".".join(match.groups()) if match else "19.0"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
