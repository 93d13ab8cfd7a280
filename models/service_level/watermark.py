"""How far the append-only tables were read."""

from odoo import fields, models

from ...core.table import arrange


class SyncWatermark(models.Model):
    """One row per reader, see ``core/queue/watermark.py``."""

    _name = "sync.watermark"
    _description = "Watermark"
    _inherit = ["sync.engine.record"]
    _log_access = False

    name = fields.Char(required=True, readonly=True)

    _name_uniq = models.UniqueIndex("(name)")

    def init(self):
        # Ids need 64 bits. What was there before is not measured.
        number = "bigint NOT NULL DEFAULT 0"
        arrange(
            self.env.cr,
            self._table,
            columns={"read_id": number, "seen_id": number, "writers": "text[] NOT NULL DEFAULT '{}'"},
        )
        self.env.cr.execute(
            """INSERT INTO sync_watermark (name, read_id, seen_id)
               SELECT 'service levels', last, last
                 FROM (SELECT coalesce(pg_sequence_last_value('sync_attempt_id_seq'), 0) AS last) s
               ON CONFLICT DO NOTHING"""
        )
