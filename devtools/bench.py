"""`./dev bench`: the scripts in `benchmarks/core` (plain Python) and in `benchmarks/odoo` (`odoo shell` on a clone)."""

from . import layout, processes, python_env, workbench
from .console import DevError, say
from .database import Databases

FOLDER = layout.ROOT / "benchmarks"


def command(arguments) -> int:
    scripts = sorted(path for kind in ("core", "odoo") for path in (FOLDER / kind).glob("*.py"))
    known = [path.stem for path in scripts]
    unknown = set(arguments.names) - set(known)
    if unknown:
        raise DevError(f"no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(known) or 'none'}")
    chosen = [path for path in scripts if not arguments.names or path.stem in arguments.names]
    if not chosen:
        raise DevError("there is no benchmark in benchmarks/core or benchmarks/odoo")
    failed = 0
    workbench.prepare()
    for script in (path for path in chosen if path.parent.name == "core"):
        say(f"=== {script.stem}")
        environment = workbench.quick_environment()
        failed += processes.run(script.stem, [str(python_env.ensure()), str(script)], env=environment) != 0
    in_odoo = [path for path in chosen if path.parent.name == "odoo"]
    if in_odoo:
        with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
            databases = Databases(bench)
            template = databases.addon_template()
            for script in in_odoo:
                say(f"=== {script.stem}")
                with databases.clone(template, "bench") as database, script.open("rb") as source:
                    shell = bench.odoo("shell", "-d", database, "--no-http", "--log-level=warn")
                    failed += processes.run(script.stem, shell, env=bench.environment(), stdin=source) != 0
    return 1 if failed else 0
