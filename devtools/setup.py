"""`./dev setup`: everything that `run` and `test` need, so that they start in seconds."""

from . import browser, layout, workbench
from .console import say, warn
from .database import Databases


def command(arguments) -> int:
    if not browser.ensure():
        warn("no browser: browser tests and screenshots will be skipped. Install chromium or google-chrome.")
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
        databases = Databases(bench)
        databases.base_template()
        if (layout.ROOT / "__manifest__.py").exists():
            databases.addon_template()
        databases.prune()
        say(f"Odoo        {bench.host.home} ({bench.host.origin})")
        say(f"Python      {bench.python}")
        say(f"PostgreSQL  {bench.server.host}, port {bench.server.port}")
        say(f"Browser     {browser.find() or 'none'}")
    say("ready: ./dev run, ./dev test")
    return 0
