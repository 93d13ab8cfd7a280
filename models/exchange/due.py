"""Due times: what has to happen at a time, and who handles it."""

import logging

from odoo import api, fields, models

from ...core import queue
from ...core.table import arrange
from .cursor import CONFLICTS, LOST, read_committed

_logger = logging.getLogger(__name__)

BATCH = 500
"""Due times of one kind that are handled in one transaction."""


class SyncDue(models.Model):
    """One row for each thing that has to happen at a time: a deadline, a warning, a look.

    Set and taken back by :meth:`_schedule` and :meth:`_cancel` in the transaction that makes it necessary. Each pass of
    the engine hands what is due to the model of its kind (``sync.due.kind``); see ``core/queue/due.py``.
    """

    _name = "sync.due"
    _description = "Due time"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "due_at, id"
    _rec_name = "kind"

    kind = fields.Selection("_select_kind", string="What", required=True, readonly=True)
    res_id = fields.Integer(string="Record", required=True, readonly=True)
    about = fields.Char(compute="_compute_about")
    company_id = fields.Many2one("res.company", readonly=True)
    due_at = fields.Datetime(string="Due", required=True, readonly=True)
    documents = fields.Integer(readonly=True, help="How many documents were gathered under it.")
    tries = fields.Integer(string="Failed tries", readonly=True)
    reason = fields.Char(string="Why it failed", readonly=True)

    _once = models.UniqueIndex("(kind, res_id)")
    _next = models.Index("(due_at, kind)")

    def init(self):
        # Rows come and go like those of the queue.
        arrange(
            self.env.cr,
            self._table,
            defaults={"documents": "0", "tries": "0"},
            storage={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 500},
        )

    @api.model
    def _select_kind(self):
        return [(kind._kind, kind._title) for kind in self.env["sync.due.kind"]._all().values()]

    def _compute_about(self):
        known = self.env["sync.due.kind"]._all()
        self.about = False
        for kind, rows in self.grouped("kind").items():
            model = known[kind]._about if kind in known else None
            if model:
                records = self.env[model].browse(rows.mapped("res_id")).exists()._filtered_access("read")
                names = {record.id: known[kind]._name_for_people(record) for record in records}
                for due in rows:
                    due.about = names.get(due.res_id)

    # -- what business code asks for -------------------------------------------------------------------------------

    @api.model
    @api.private
    def _schedule(self, kind, rows):
        """Set the due times of rows (id, company id, due time as naive UTC), when this transaction commits.

        A worker that sleeps is not called for it: it looks every second, and knows of what is due by then.
        """
        queue.schedule(self.env.cr, [(kind, *row) for row in rows])

    @api.model
    @api.private
    def _cancel(self, kind, res_ids):
        """Take back the due times of these records, when this transaction commits."""
        queue.cancel_due(self.env.cr, kind, list(res_ids))

    # -- the engine's door -----------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _run_due(self):
        """Handle what is due, kind by kind, each batch in a transaction of its own; returns how many rows."""
        with read_committed(self.env.registry) as cr:
            wanted = {kind: queue.due_ids(cr, kind, BATCH) for kind in queue.due_kinds(cr)}
        moved = sum(self._handle(kind, ids) for kind, ids in wanted.items())
        if moved:
            # What was released may belong to pools that this worker does not serve.
            self.env["sync.engine"]._wake()
        return moved

    def _handle(self, kind, ids):
        """Hand one batch over. When it fails it is halved until the culprit stands alone, which has to wait."""
        try:
            with read_committed(self.env.registry) as cr:
                taken = queue.take(cr, kind, ids)
                if taken:
                    env = api.Environment(cr, api.SUPERUSER_ID, {})  # a deadline belongs to no user
                    env["sync.due.kind"]._for(kind)._due(taken)
                    env.flush_all()
            return len(taken)
        except Exception as error:
            if isinstance(error, LOST) and not getattr(error, "pgcode", None):
                raise  # the server is gone: no due time is to blame
            if getattr(error, "pgcode", None) in CONFLICTS:
                _logger.info("Due times of the kind %s lost a race and come again: %s", kind, error.pgcode)
                return 0
            if len(ids) > 1:
                middle = len(ids) // 2
                return self._handle(kind, ids[:middle]) + self._handle(kind, ids[middle:])
            _logger.exception("The due time %s of %s cannot be handled and comes again later", kind, ids[0])
            with read_committed(self.env.registry) as cr:
                queue.postpone(cr, kind, ids[0], f"{type(error).__name__}: {error}"[:250])
            return 0
