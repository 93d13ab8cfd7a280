"""``odoo sync_worker``: dedicated processes that drain the queue of one database."""

import sys

from odoo.cli import Command
from odoo.tools import config


class SyncWorker(Command):
    """Drain the queue of a database with processes of their own.

    Any number may run, on any number of hosts, beside the scheduled actions or without them. SIGTERM lets each finish
    what it has in hand. Options after ``--`` go to Odoo's own configuration.
    """

    name = "sync_worker"

    def run(self, args):
        """:param args: the command line after the command's name"""
        own, passed = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        options = self._command_line().parse_args(own)
        chosen = ["-c", options.config] if options.config else []
        config.parse_config([*chosen, "-d", options.database, "--no-http", *passed], setup_logging=True)
        # Imported here: only now the addons path is known.
        from odoo.addons.sync_governance.models.exchange import crew  # noqa: PLC0415

        pools = crew.parse_pools(options.pools, self.parser)
        if options.check:
            sys.exit(crew.check(options.database, pools))
        sys.exit(crew.Crew(options.database, pools=pools, processes=options.processes, drain=options.drain).run())

    def _command_line(self):
        parser = self.parser
        parser.add_argument("-d", "--database", required=True, help="the database whose queue is drained")
        parser.add_argument("-c", "--config", help="Odoo's configuration file (default: as Odoo finds it)")
        parser.add_argument(
            "--pools",
            default="real_time,standard,bulk,delivery",
            help="which work is taken, separated by commas (default: %(default)s)",
        )
        parser.add_argument("--processes", type=int, default=1, help="how many processes (default: 1)")
        parser.add_argument("--drain", action="store_true", help="end when nothing is left to do")
        parser.add_argument(
            "--check", action="store_true", help="print the workers that are alive; exit status 1 if a pool has none"
        )
        return parser
