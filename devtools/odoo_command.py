"""`./dev odoo` and `./dev shell`: Odoo's own command with the right paths, configuration and database."""

from . import processes, run, workbench
from .database import Databases
from .workbench import Workbench

WITHOUT_DATABASE = ("--version", "--help", "-h", "help", "scaffold", "genproxytoken", "tsconfig", "cloc")
DATABASE_OPTIONS = ("-d", "--database", "--db_name")


def command(arguments) -> int:
    passed = list(arguments.arguments)
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
        if needs_database(passed):
            passed = with_database(passed, _database(bench, arguments))
        return _call(bench, passed or ["--help"])


def shell(arguments) -> int:
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
        passed = ["shell", *arguments.arguments]
        if needs_database(passed):
            passed = with_database(passed, _database(bench, arguments))
        return _call(bench, [*passed, "--no-http"])


def needs_database(arguments: list[str]) -> bool:
    """Whether to name a database for the person: not if they did, nor for commands that use none."""
    if not arguments or arguments[0] in WITHOUT_DATABASE:
        return False
    if {"--help", "-h", "--version"} & set(arguments):
        return False
    return not any(
        argument in DATABASE_OPTIONS or argument.startswith(tuple(f"{option}=" for option in DATABASE_OPTIONS[1:]))
        for argument in arguments
    )


def with_database(arguments: list[str], database: str) -> list[str]:
    """Put `-d` where Odoo's command expects it: after the command's name, or first if it is the plain server."""
    plain_server = arguments[0].startswith("-")
    return ["-d", database, *arguments] if plain_server else [arguments[0], "-d", database, *arguments[1:]]


def _database(bench: Workbench, arguments) -> str:
    return run.live_database() or Databases(bench).working(fresh=arguments.fresh)


def _call(bench: Workbench, arguments: list[str]) -> int:
    return processes.run("Odoo's command", bench.odoo(*arguments), env=bench.environment())
