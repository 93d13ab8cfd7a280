"""Records whose state is to be told anew: noted by business, drawn up by the engine when it sends."""

from odoo import api, fields, models

from ...core.table import arrange
from .engine_record import Setting

NOTES = "sync_governance.notes"
NOW = "(now() AT TIME ZONE 'UTC')"


class SyncMark(models.Model):
    """That a record changed of which a state is told: what can be promised of a product, how an order stands.

    The transaction that changes it only appends this: two that change the same record never wait here for one another,
    and however often one changes it, it is one row. The engine draws the document up from what is committed then
    (``drawing.py``), so the last word is never an old one.
    """

    _name = "sync.mark"
    _description = "To be told"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "run_at, id"
    _rec_name = "document_type"

    document_type = fields.Char(string="Type", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", required=True, readonly=True)
    run_at = fields.Datetime(string="Due", required=True, readonly=True)
    tries = fields.Integer(string="Failed tries", required=True, readonly=True)
    reason = fields.Char(string="Why it failed", readonly=True)

    _next = models.Index("(run_at)")

    def init(self):
        # Rows come and go like those of the queue.
        arrange(
            self.env.cr,
            self._table,
            defaults={"run_at": NOW, "tries": "0"},
            storage={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 500},
        )

    @api.model
    @api.private
    def _note(self, document_type, model, changed):
        """Remember until the work is flushed what changed; costs no statement.

        :param changed: pairs of company id and record id
        """
        precommit = self.env.cr.precommit
        notes = precommit.data.setdefault(NOTES, {})
        if not notes:
            precommit.add(self._write_down)
        notes.setdefault((document_type, model), set()).update(changed)

    @api.model
    @api.private
    def _write_down(self):
        """Append what was noted, in one statement; nothing of a type that no interface of the company carries."""
        notes, events = self.env.cr.precommit.data.pop(NOTES, {}), self.env["sync.event"]
        rows = [
            (document_type, model, *pair)
            for (document_type, model), changed in sorted(notes.items())
            for pair in sorted(changed)
            if events._carried(document_type, pair[0])
        ]
        if rows:
            self.env.cr.execute(
                """INSERT INTO sync_mark (document_type, res_model, company_id, res_id)
                   SELECT * FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[])""",
                [list(column) for column in zip(*rows, strict=True)],
            )
            self.env["sync.engine"]._wake_after_commit()
