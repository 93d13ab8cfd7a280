"""Who works on the queue."""

from odoo import fields, models


class SyncWorker(models.Model):
    """A process that drains the queue; alive while its heartbeat is younger than ten seconds.

    ``asleep`` is the other half of the wake-up: a worker says it goes to sleep, commits, and looks once more; a
    producer reads the flag after its own commit and only then triggers.
    """

    _name = "sync.worker"
    _description = "Worker"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "heartbeat_at desc"

    name = fields.Char(required=True, readonly=True)
    token = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [("cron", "Scheduled action"), ("process", "Worker process")],
        required=True,
        readonly=True,
    )
    started_at = fields.Datetime(string="Started", readonly=True)
    heartbeat_at = fields.Datetime(string="Last heartbeat", readonly=True, index=True)
    asleep = fields.Boolean(readonly=True)
    processed = fields.Integer(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)

    _token_uniq = models.UniqueIndex("(token)")
