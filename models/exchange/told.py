"""What was told last of a record, so that only what is new is told."""

import hashlib
import json

from odoo import api, fields, models

from ...core.table import arrange
from .engine_record import Setting


def digest(document, *without):
    """What a document says, without the members that differ each time it is drawn up, in 64 characters."""
    said = {name: value for name, value in document.items() if name not in without}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class SyncTold(models.Model):
    """A record of which a document of a type was published: what the last one said, and which revision it was.

    It outlives the events. Written in the transaction that writes the event: if that rolls back, nothing was told.
    """

    _name = "sync.told"
    _description = "Told last"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "document_type"

    company_id = Setting("res.company", required=True, readonly=True)
    document_type = fields.Char(string="Type", required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True, help="0 the first time, then one more with each change.")

    _told_once = models.UniqueIndex("(document_type, res_model, res_id, company_id)")

    def init(self):
        arrange(self.env.cr, self._table, columns={"txid": "bigint DEFAULT txid_current()"})

    @api.model
    @api.private
    def _told(self, document_type, company_id, records):
        """The ids of those of ``records`` of which something was told before."""
        self.env.cr.execute(
            """SELECT res_id FROM sync_told
                WHERE document_type = %s AND company_id = %s AND res_model = %s AND res_id = ANY(%s)""",
            [document_type, company_id, records._name, records.ids],
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    @api.private
    def _news(self, document_type, company_id, model, digests):
        """Of ``{record id: digest}`` those that say something new, as ``{record id: revision}``; told from now on.

        What one transaction says in several steps is one revision.
        """
        if not digests:
            return {}
        self.env.cr.execute(
            """INSERT INTO sync_told AS t (document_type, company_id, res_model, res_id, digest, revision)
               SELECT %s, %s, %s, id, digest, 0 FROM unnest(%s::int[], %s::text[]) AS n(id, digest) ORDER BY id
               ON CONFLICT (document_type, res_model, res_id, company_id) DO UPDATE
                  SET digest = EXCLUDED.digest, txid = txid_current(),
                      revision = t.revision + CASE WHEN t.txid = txid_current() THEN 0 ELSE 1 END
                WHERE t.digest <> EXCLUDED.digest
               RETURNING res_id, revision""",
            [document_type, company_id, model, list(digests), list(digests.values())],
        )
        return dict(self.env.cr.fetchall())
