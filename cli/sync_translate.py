"""``odoo sync_translate``: what would become of files, without anything becoming of them."""

import sys

from odoo.cli import Command
from odoo.tools import config


class SyncTranslate(Command):
    """Decode, validate and translate files by the routes of a partner pack, as production does it, without effect.

    Prints the canonical documents as JSON lines. Exit status: 0 all went through, 1 there were faults (on standard
    error), 2 it could not be done. Options after -- go to Odoo's own configuration.
    """

    name = "sync_translate"

    def run(self, args):
        """:param args: the command line after the command's name"""
        own, passed = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        options = self._command_line().parse_args(own)
        chosen = ["-c", options.config] if options.config else []
        config.parse_config([*chosen, "-d", options.database, "--no-http", *passed], setup_logging=True)
        # Imported here: only now the addons path is known.
        from odoo.addons.sync_governance.models.packs import translating  # noqa: PLC0415

        sys.exit(translating.run(options))

    def _command_line(self):
        parser = self.parser
        parser.add_argument("-d", "--database", required=True, help="the database with its partners and versions")
        parser.add_argument("-c", "--config", help="Odoo's configuration file (default: as Odoo finds it)")
        parser.add_argument("--pack", required=True, help="the partner pack, installed or not")
        parser.add_argument("--partner", metavar="CODE", help="which partner, where several are of the pack")
        parser.add_argument("--route", metavar="CODE", help="the interface or document type (default: as recognised)")
        parser.add_argument("--encode", action="store_true", help="from canonical documents to the partner's bytes")
        parser.add_argument("files", nargs="+", metavar="FILE", help="what the partner sent")
        return parser
