"""``odoo sync_pack``: partner packs unattended, compared, applied and exported."""

import sys

from odoo.cli import Command
from odoo.tools import config


class SyncPack(Command):
    """Compare a partner pack with a database, apply it, or export a partner as a pack.

    What is applied are drafts: approved versions get a new draft beside them, what is live stays as it is, and secrets
    are neither read nor written. Exit status: 0 done, or nothing differs; 1 diff found something to change; 2 it could
    not be done. Options after -- go to Odoo's own configuration.
    """

    name = "sync_pack"

    def run(self, args):
        """:param args: the command line after the command's name"""
        own, passed = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        options = self._command_line().parse_args(own)
        chosen = ["-c", options.config] if options.config else []
        config.parse_config([*chosen, "-d", options.database, "--no-http", *passed], setup_logging=True)
        # Imported here: only now the addons path is known.
        from odoo.addons.sync_governance.models.packs import pack_command  # noqa: PLC0415

        sys.exit(pack_command.run(options))

    def _command_line(self):
        parser = self.parser
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
        diff = verbs.add_parser("diff", help="what applying the pack would change, item by item; nothing stays")
        apply = verbs.add_parser("apply", help="set the partner up, or bring it up to date; twice is like once")
        export = verbs.add_parser("export", help="a partner of this database as a pack")
        for verb in (diff, apply):
            verb.add_argument("pack", metavar="PACK", help="a pack of this server, or the folder of one")
            verb.add_argument("--partner", dest="code", metavar="CODE", help="the partner (default: as the pack says)")
            verb.add_argument("--environment", choices=("production", "test", "development"), help="of the partner")
            verb.add_argument("--owner", metavar="LOGIN", help="who answers for the partner and its interfaces")
            verb.add_argument(
                "--with", dest="endpoints", action="append", metavar="ENDPOINT", help="an optional endpoint of the pack"
            )
            verb.add_argument(
                "--answer", dest="answers", action="append", metavar="QUESTION=TEXT", help="what the pack asks"
            )
            verb.add_argument("--json", action="store_true", help="one change as JSON on each line")
        export.add_argument("code", metavar="PARTNER", help="the partner's code")
        export.add_argument("--out", required=True, metavar="FOLDER", help="an empty folder, or an earlier export")
        export.add_argument("--name", metavar="NAME", help="what the pack is called (default: as its folder)")
        for verb in verbs.choices.values():
            verb.add_argument("-d", "--database", required=True, help="the database")
            verb.add_argument("-c", "--config", help="Odoo's configuration file (default: as Odoo finds it)")
            verb.add_argument("--company", metavar="NAME", help="the company (default: the first)")
        return parser
