"""Runs benchmarks in the environment's Python; `./dev bench` starts it."""

import argparse
import signal
import sys
from importlib import import_module

from devtools import workbench
from devtools.console import DevError, say
from devtools.database import Databases

from . import NAMES
from .kit import Arena, page, record


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev bench")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--odoo")
    parser.add_argument("--db-url")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        raise DevError(f"no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    missed = []
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
        arena = Arena(bench, Databases(bench), arguments.quick, 1 if arguments.quick else arguments.rounds)
        machine = record.machine(arena)
        for name in arguments.names or NAMES:
            module = import_module(f"benchmarks.{name}")
            say(f"=== {name}: {module.QUESTION}")
            measures = module.run(arena)
            for measure in measures:
                medians = ", ".join(f"{side} {page.number(measure.median(side))}" for side in measure.rounds)
                ratio = f"; {measure.ratio:g} x, target {measure.target or 'none'}" if measure.ratio else ""
                say(f"  {measure.title} ({measure.unit}): {medians}{ratio}: {measure.verdict}")
            missed += [f"{name}: {measure.title}" for measure in measures if measure.verdict == "missed"]
            if not arguments.quick:
                setup = " ".join((module.__doc__ or "").split())
                command = f"./dev bench {name} --rounds {arena.rounds}"
                record.save(name, module.QUESTION, setup, measures, machine=machine, command=command)
                page.write(NAMES)
    for one in missed:
        say(f"target missed: {one}")
    return 0


def _terminated(_number, _frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)
    try:
        sys.exit(main())
    except DevError as error:
        sys.exit(f"dev: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
