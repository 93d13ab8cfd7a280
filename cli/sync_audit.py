"""``odoo sync_audit``: verify the audit trail, take evidence away, stream it to other systems."""

import sys

from odoo.cli import Command
from odoo.tools import config


class SyncAudit(Command):
    """Verify, export or stream the audit trail of Sync Governance.

    verify --archive FILE needs no database. Exit status: 0 good, 1 the trail does not hold, 2 it could not be done.
    Options after -- go to Odoo's own configuration.
    """

    name = "sync_audit"

    def run(self, args):
        """:param args: the command line after the command's name"""
        own, passed = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        parser = self._command_line()
        options = parser.parse_args(own)
        if not options.database and not getattr(options, "archive", None):
            parser.error("which database? -d DATABASE")
        chosen = ["-c", options.config] if options.config else []
        database = ["-d", options.database] if options.database else []
        # The log goes to where the configuration says, and not between the lines of a stream.
        config.parse_config([*chosen, *database, "--no-http", *passed], setup_logging=True)
        # Imported here: only now the addons path is known.
        from odoo.addons.sync_governance.models.audit import command_line  # noqa: PLC0415

        sys.exit(command_line.run(options))

    def _command_line(self):
        parser = self.parser
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
        verify = verbs.add_parser("verify", help="walk along the whole chain; every entry that was tampered with")
        verify.add_argument("--archive", metavar="FILE", help="verify an evidence archive instead, without a database")
        verify.add_argument("--public-key", metavar="BASE64", help="the key that must have signed the archive")
        verify.add_argument("--anchors", metavar="FILE", help="anchors kept outside, one on each line")
        export = verbs.add_parser("export", help="the evidence of a period as one signed archive")
        export.add_argument("--from", dest="since", required=True, metavar="YYYY-MM-DD", help="first day, UTC")
        export.add_argument("--to", dest="until", required=True, metavar="YYYY-MM-DD", help="last day, UTC")
        export.add_argument("--out", required=True, metavar="FILE", help="the archive, a ZIP")
        stream = verbs.add_parser("stream", help="entries as JSON lines, or to a syslog collector (RFC 5424)")
        stream.add_argument("--after", type=int, default=0, metavar="N", help="only entries behind this number")
        stream.add_argument("--follow", action="store_true", help="go on with what comes")
        stream.add_argument("--syslog", metavar="HOST:PORT", help="send them there, one datagram each")
        stream.add_argument("--tcp", action="store_true", help="over one connection instead of datagrams")
        verbs.add_parser("anchor", help="sign the newest hash now, and tell it outside")
        verbs.add_parser("key", help="the public key that signs")
        for verb in verbs.choices.values():
            verb.add_argument("-d", "--database", help="the database")
            verb.add_argument("-c", "--config", help="Odoo's configuration file (default: as Odoo finds it)")
        return parser
