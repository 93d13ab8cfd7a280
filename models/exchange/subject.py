"""How many events there were of what they happened to."""

from odoo import fields, models

from .engine_record import Setting


class SyncSubject(models.Model):
    """The number of the last event of a subject: an invoice, a shipment. It outlives the events, so that no number
    comes twice. Counted by the one who routes events, see ``stages/route.py``.
    """

    _name = "sync.subject"
    _description = "Subject of events"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "subject"

    company_id = Setting("res.company", required=True, readonly=True)
    subject = fields.Char(required=True, readonly=True)
    last_sequence = fields.Integer(string="Events so far", required=True, readonly=True)

    _counted_once = models.UniqueIndex("(company_id, subject)")
