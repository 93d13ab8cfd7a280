"""How fast the documents of an interface were, day by day."""

from odoo import fields, models

from ...core.table import arrange

AIMS = [
    ("applied", "Received to applied"),
    ("delivered", "Event to delivered"),
    ("acknowledged", "Received to acknowledged"),
]


class SyncServiceDay(models.Model):
    """Finished documents of one interface and day (UTC): how many, how many within the target, and the 95 % time.

    Counted from the attempt log a minute or two after they are finished. Beside the fields a histogram of durations
    stands in ``histogram`` (see ``core/queue/histogram.py``), so that the 95 % time is added up and never computed
    anew from the messages.
    """

    _name = "sync.service.day"
    _description = "Measured day of an interface"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "day desc, interface_id, aim"
    _rec_name = "day"

    interface_id = fields.Many2one("sync.interface", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True)
    service_level_id = fields.Many2one(
        "sync.service.level", string="Service level", readonly=True, ondelete="set null", index="btree_not_null"
    )
    day = fields.Date(required=True, readonly=True)
    aim = fields.Selection(AIMS, string="Measured", required=True, readonly=True)
    documents = fields.Integer(readonly=True)
    within = fields.Integer(string="In time", readonly=True)
    late = fields.Integer(readonly=True, help="Documents that took longer than the service level says.")
    within_percent = fields.Float(string="In time (%)", readonly=True, digits=(5, 2), aggregator="avg")
    p95_seconds = fields.Float(
        string="95 % within (s)", readonly=True, digits=(12, 3), aggregator="max", help="At most a fifth too long."
    )
    target_seconds = fields.Integer(string="Target (s)", readonly=True, aggregator=None, help="0: none was set.")
    target_percent = fields.Float(string="Target (%)", readonly=True, aggregator=None)

    _once = models.UniqueIndex("(interface_id, day, aim)")

    def init(self):
        arrange(self.env.cr, self._table, columns={"histogram": "int[] NOT NULL DEFAULT '{}'"})
