"""`./dev bench`: hands over to the package `benchmarks` in the environment's Python."""

from . import layout, processes, python_env, workbench


def command(arguments) -> int:
    workbench.prepare()
    passed = [*arguments.names, f"--rounds={arguments.rounds}"]
    if arguments.quick:
        passed.append("--quick")
    if arguments.odoo:
        passed.append(f"--odoo={arguments.odoo}")
    if arguments.db_url:
        passed.append(f"--db-url={arguments.db_url}")
    environment = {**workbench.quick_environment([layout.ROOT]), "PYTHONDONTWRITEBYTECODE": "1"}
    return processes.run("the benchmarks", [str(python_env.ensure()), "-m", "benchmarks", *passed], env=environment)
