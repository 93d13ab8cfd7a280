"""The trail leaves the database: archives of a period, and lines for other systems."""

from odoo import api, models

from ...core.audit import archive
from ..exchange.cursor import read_committed
from .chain import walk

_RANGE = """
    SELECT min(position), max(position) FROM sync_audit_entry
     WHERE hash IS NOT NULL AND occurred_at >= %s AND occurred_at < %s
"""


class SyncAuditChain(models.Model):
    _inherit = "sync.audit.chain"

    @api.model
    @api.private
    def _archive(self, file, since, until):
        """Write the evidence of the period to ``file`` (binary, seekable); returns its summary and the public key.

        The entries from the first to the last one of the period, without a gap, so that the chain can be followed:
        one that was committed late may lie outside. What is not linked yet is linked first.

        :param since: naive UTC, included
        :param until: naive UTC, not included
        :raises KeyProblem: when there is no key to sign with
        """
        signer = self.env["sync.audit.anchor"]._signer()
        login = self.env.user.login
        self._link_all()
        with read_committed(self.env.registry) as cr:
            cr.execute("SELECT position, hash FROM sync_audit_chain WHERE id = 1")
            position, newest = cr.fetchone()
            cr.execute("SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'")
            (uuid,) = cr.fetchone()
            cr.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
            (now,) = cr.fetchone()
            cr.execute(_RANGE, [since, until])
            first, last = cr.fetchone()
            cr.execute(
                "SELECT statement FROM sync_audit_anchor WHERE position BETWEEN %s AND %s ORDER BY id",
                [first or 0, last or 0],
            )
            about = {
                "database": uuid,
                "name": cr.dbname,
                "from": f"{since.isoformat()}Z",
                "until": f"{until.isoformat()}Z",
                "made_at": now,
                "made_by": login,
                "head": {"position": position, "hash": newest},
                "anchors": [row[0] for row in cr.fetchall()],
            }
            entries = walk(cr, first - 1, last) if first else ()
            summary = archive.write(file, entries, about=about, signer=signer)
        return summary, signer.public_key

    @api.model
    @api.private
    def _note_archive(self, since, until, summary):
        """The export itself is an entry."""
        self.env["sync.audit.entry"]._note(
            "export",
            "evidence archive",
            since=since.isoformat(),
            until=until.isoformat(),
            entries=summary.count,
            first=summary.first,
            last=summary.last,
        )
