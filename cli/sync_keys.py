"""``odoo sync_keys``: check the keys that encrypt secrets, and encrypt anew after a new one was put in front."""

import sys

from odoo.cli import Command
from odoo.tools import config


class SyncKeys(Command):
    """Check that everything encrypted in a database opens with the server's keys, or encrypt it anew with the first.

    Both may run while the server works, and again. Exit status 1 when something cannot be opened. Options after ``--``
    go to Odoo's own configuration.
    """

    name = "sync_keys"

    def run(self, args):
        """:param args: the command line after the command's name"""
        own, passed = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        options = self._command_line().parse_args(own)
        chosen = ["-c", options.config] if options.config else []
        config.parse_config([*chosen, "-d", options.database, "--no-http", *passed], setup_logging=True)
        # Imported here: only now the addons path is known.
        from odoo.addons.sync_governance.models.monitor import key_rounds  # noqa: PLC0415

        sys.exit(key_rounds.run(options.database, options.what))

    def _command_line(self):
        parser = self.parser
        parser.add_argument(
            "what", choices=["check", "reencrypt"], help="only look, or encrypt anew under the first key"
        )
        parser.add_argument("-d", "--database", required=True, help="the database")
        parser.add_argument("-c", "--config", help="Odoo's configuration file (default: as Odoo finds it)")
        return parser
