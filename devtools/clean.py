"""`./dev clean`: removes the databases, data and logs that dev made; with --all also Odoo, Python and downloads."""

import shutil

from . import layout, postgres, private_cluster, processes, workbench
from .console import say
from .database import Databases

KEPT = ("python", "odoo", "postgres", "apt", ".gitignore")


def command(arguments) -> int:
    if not layout.DEV.exists():
        say("nothing to clean")
        return 0
    for name in processes.end_leftovers():
        say(f"- ended {name}")
    if postgres.named(arguments.db_url):
        with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
            Databases(bench).remove_all()
    private_cluster.remove()
    made = {"python", "odoo", "postgres", "apt", "odoo-path", "addons", "data", "logs", "state", "odoo.conf"}
    for name in sorted(made - (set() if arguments.all else set(KEPT))):
        path = layout.DEV / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say("cleaned" + ("" if arguments.all else "; Odoo and Python environments kept (--all removes them too)"))
    return 0
