"""The verbs of `dev` and their options."""

import argparse
import signal
import sys
from collections.abc import Sequence

from . import bench, clean, faults, host_tests, lint, odoo_command, run, screenshots, setup, tests, workbench
from .console import DevError

PASSING_ON = ("odoo", "shell")
EXAMPLES = """\
examples:
  ./dev run                                  the demonstration, until Ctrl-C
  ./dev run --once                           play the first flow once; exit status 0 if every milestone was reached
  ./dev test                                 everything
  ./dev test tests/test_x.py -k name         one test, in seconds
  ./dev odoo -u sync_governance --stop-after-init
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="dev", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="verb")

    verb = _verb(
        verbs, "setup", setup.command, "get Odoo, Python packages, PostgreSQL, a browser and the templates ready"
    )
    _host_options(verb)

    verb = _verb(
        verbs, "run", run.command, "Odoo with demonstration data and partner simulators, playing the first flow"
    )
    _host_options(verb)
    verb.add_argument("--once", action="store_true", help="play the flow, print its timeline, exit 0 if it completed")
    verb.add_argument("--port", type=int, help=f"Odoo's HTTP port (default {run.DEFAULT_PORT}, or a free one)")

    verb = _verb(verbs, "test", _test, "lint and every test; or the tests of some paths or names")
    _host_options(verb)
    verb.add_argument(
        "paths", nargs="*", help="files or folders in tests, tests_core, simulators/tests; ::name allowed"
    )
    verb.add_argument("-k", dest="keyword", metavar="EXPRESSION", help="only tests whose names match, as in pytest")
    verb.add_argument("-x", dest="exitfirst", action="store_true", help="stop at the first failure")
    verb.add_argument("--core", action="store_true", help="only the pure tests: no Odoo, no database")
    verb.add_argument("--no-browser", action="store_true", help="skip browser tests and tours")
    verb.add_argument(
        "--host", action="store_true", help="Odoo's own tests with and without the addon, compared (about an hour)"
    )

    verb.add_argument(
        "--faults",
        action="store_true",
        help="the fault suite in its long form: 51,000 messages, 200 kills (about half an hour)",
    )

    verb = _verb(verbs, "shell", odoo_command.shell, "Odoo's Python shell on the working database")
    _host_options(verb)
    _working_options(verb, "ARGUMENTS", "further options of `odoo shell`")

    verb = _verb(verbs, "odoo", odoo_command.command, "Odoo's own command with the right paths and database")
    _host_options(verb)
    _working_options(verb, "ARGUMENTS", "all that follows goes to Odoo, for example: -u sync_governance")

    verb = _verb(verbs, "bench", bench.command, "run the benchmarks")
    _host_options(verb)
    verb.add_argument("names", nargs="*", help="names of benchmarks (default: all)")
    verb.add_argument("--quick", action="store_true", help="a first impression in about a minute each, not recorded")
    verb.add_argument("--rounds", type=int, default=5, help="how often each comparison is repeated (default: 5)")

    verb = _verb(verbs, "lint", lint.command, "ruff and pylint-odoo")
    verb.add_argument("--fix", action="store_true", help="let ruff repair and format first")

    verb = _verb(verbs, "screenshots", screenshots.command, "make the pictures of devtools/screenshots.json")
    _host_options(verb)
    verb.add_argument("names", nargs="*", help="names of pictures (default: all)")
    verb.add_argument("--url", help="take them from this running Odoo instead of a demonstration of its own")

    verb = _verb(verbs, "clean", clean.command, "remove databases, data and logs that dev made")
    _host_options(verb)
    verb.add_argument("--all", action="store_true", help="also Odoo, Python environments and downloads")
    return top


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGINT, _terminated)
    signal.signal(signal.SIGTERM, _terminated)
    own, passed = split_passed_on(arguments)
    parsed = parser().parse_args(own)
    parsed.arguments = passed
    try:
        return parsed.command(parsed)
    except DevError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndev: interrupted", file=sys.stderr)
        return 130


def split_passed_on(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """dev's own arguments and those for Odoo: after `odoo` and `shell`, from the first that dev does not know."""
    if not arguments or arguments[0] not in PASSING_ON:
        return list(arguments), []
    end = 1
    while end < len(arguments):
        name = arguments[end].partition("=")[0]
        if name in ("--odoo", "--db-url"):
            end += 1 if "=" in arguments[end] else 2
        elif name in ("--fresh", "--help", "-h"):
            end += 1
        else:
            break
    return list(arguments[:end]), list(arguments[end:])


def _test(arguments: argparse.Namespace) -> int:
    if arguments.faults:
        workbench.prepare()
        return faults.run(arguments, long=True)
    return host_tests.command(arguments) if arguments.host else tests.command(arguments)


def _verb(verbs, name: str, command, text: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    verb.set_defaults(command=command)
    return verb


def _host_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--odoo", metavar="PATH", help="a checkout of Odoo 19.0 (or $ODOO_HOME)")
    verb.add_argument("--db-url", metavar="URL", help="postgresql://user:password@host:port/ (or $PGHOST and company)")


def _working_options(verb: argparse.ArgumentParser, passed: str, text: str) -> None:
    verb.usage = f"{verb.prog} [--odoo PATH] [--db-url URL] [--fresh] {passed}"
    verb.epilog = (
        f"{text[0].upper() + text[1:]}. The database is the one named by -d, else the running demonstration's, "
        "else a working one."
    )
    verb.add_argument("--fresh", action="store_true", help="make the working database anew from the template")


def _terminated(_number, _frame) -> None:
    raise KeyboardInterrupt
