"""Which codes of partners stand in the way of which documents."""

import json

from odoo import api, fields, models

from ...core.triage import REFERENCE_AMBIGUOUS, missing_codes
from ..exchange.engine_record import Setting

_FORGET = "DELETE FROM sync_missing_code WHERE message_id = ANY(%s)"
_NOTE = "INSERT INTO sync_missing_code (message_id, company_id, domain, external_id, ambiguous) VALUES %s"
_FAILED_BEFORE = """
    SELECT m.id, m.company_id, a.faults
      FROM sync_message m
      JOIN LATERAL (SELECT * FROM sync_attempt WHERE message_id = m.id ORDER BY id DESC LIMIT 1) a
           ON a.fault_code = m.fault_code
     WHERE m.state = 'failed' AND m.exception_id IS NOT NULL AND a.faults IS NOT NULL AND m.id > %s
     ORDER BY m.id LIMIT 1000
"""


class SyncMissingCode(models.Model):
    """A code that one failed document names and no cross-reference explains.

    Written in the transaction that gives the document its exception, so that a list of the codes need not read what is
    wrong with each document that waits. It counts while its message is failed; a message that fails again says anew.
    """

    _name = "sync.missing.code"
    _description = "Code that a document waits for"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id"
    _rec_name = "external_id"

    message_id = fields.Many2one("sync.message", required=True, readonly=True, ondelete="cascade")
    company_id = Setting("res.company", required=True, readonly=True)
    domain = fields.Char(required=True, readonly=True)
    external_id = fields.Char(string="The partner writes", required=True, readonly=True)
    ambiguous = fields.Boolean(readonly=True)

    _of_message = models.Index("(message_id)")

    def init(self):
        """Of documents that failed before this table was there."""
        cr = self.env.cr
        cr.execute("SELECT to_regclass('sync_attempt') IS NOT NULL AND NOT EXISTS (SELECT FROM sync_missing_code)")
        after = 0 if cr.fetchone()[0] else None
        while after is not None:
            cr.execute(_FAILED_BEFORE, [after])
            rows = cr.fetchall()
            self._note(rows)
            after = rows[-1][0] if rows else None

    @api.model
    @api.private
    def _note(self, failed):
        """Keep which codes these documents wait for.

        :param failed: [(message id, company id, its faults as JSON or None)]
        """
        rows = [
            (message_id, company_id, domain, code, fault.get("code") == REFERENCE_AMBIGUOUS)
            for message_id, company_id, faults in failed
            for (domain, code), fault in missing_codes(json.loads(faults or "[]")).items()
        ]
        if failed:
            self.env.cr.execute(_FORGET, [[row[0] for row in failed]])
        if rows:
            self.env.cr.execute_values(_NOTE, rows)
