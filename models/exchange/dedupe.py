"""Keys that were seen; they outlive the messages, as long as a partner may repeat."""

from odoo import fields, models

from .engine_record import Setting


class SyncDedupe(models.Model):
    """(endpoint, sender's key) -> the message it became. The unique index is the promise, never a search."""

    _name = "sync.dedupe"
    _description = "Key seen"
    _inherit = ["sync.engine.record"]
    _log_access = False

    endpoint_id = Setting("sync.endpoint", required=True, readonly=True, ondelete="cascade")
    company_id = Setting("res.company", required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    sha256 = fields.Char(required=True, readonly=True)
    message_uid = fields.Char(readonly=True)
    transmission_id = fields.Integer(readonly=True)
    seen_at = fields.Datetime(string="Seen", readonly=True, index=True)

    _seen = models.UniqueIndex("(endpoint_id, key)")
