"""Documents that leave together: which stands in which file, and at which place."""

from odoo import fields, models

from .engine_record import Setting


class SyncOutboundPlace(models.Model):
    """The place of a message in an interchange or file that it leaves in with others, see ``together.py``.

    ``left_at``: the file was sent, and no answer says that the partner has not got it. ``taken_at``: the partner took
    it; whoever is in it is done, and nothing is sent again.
    """

    _name = "sync.outbound.place"
    _description = "Place in a file that leaves"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "file_uid, position"
    _rec_name = "file_uid"

    file_uid = fields.Char(string="File", required=True, readonly=True, index=True)
    message_id = fields.Many2one("sync.message", required=True, readonly=True, ondelete="cascade")
    position = fields.Integer(string="Place", required=True, readonly=True)
    reference = fields.Char(string="Control number", readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    made_at = fields.Datetime(string="Made", required=True, readonly=True)
    left_at = fields.Datetime(string="Sent", readonly=True)
    taken_at = fields.Datetime(string="Taken", readonly=True)

    _of_message = models.UniqueIndex("(message_id)")
