"""What arrived or left on the wire."""

import json

from odoo import fields, models

from .engine_record import Setting


class SyncTransmission(models.Model):
    """One HTTP exchange: headers (secrets masked), the verdict on its signature, the key that tells a repeat."""

    _name = "sync.transmission"
    _description = "Transmission"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "dedupe_key"

    direction = fields.Selection([("inbound", "Received"), ("outbound", "Sent")], required=True, readonly=True)
    endpoint_id = Setting("sync.endpoint", required=True, readonly=True, index=True, ondelete="restrict")
    trading_partner_id = Setting("sync.trading.partner", string="Trading partner", readonly=True, ondelete="restrict")
    company_id = Setting("res.company", required=True, readonly=True)
    verdict = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("duplicate", "Repeat"),
            ("conflict", "Key used again with another body"),
            ("rejected", "Rejected"),
            ("delivered", "Delivered"),
            ("failed", "Not delivered"),
        ],
        required=True,
        readonly=True,
    )
    fault_code = fields.Char(string="Fault code", readonly=True)
    fault_detail = fields.Char(string="Reason", readonly=True)
    dedupe_key = fields.Char(string="Sender's key", readonly=True)
    topic = fields.Char(readonly=True)
    credential_id = fields.Many2one("sync.credential", readonly=True, ondelete="set null")
    remote_address = fields.Char(string="Remote address", readonly=True)
    status = fields.Integer(string="HTTP status", readonly=True)
    headers = fields.Text(readonly=True)
    headers_text = fields.Text(compute="_compute_headers_text", string="Headers, secrets masked")
    size = fields.Integer(string="Bytes", readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    repeats = fields.Integer(readonly=True)
    occurred_at = fields.Datetime(string="When", readonly=True, index=True)
    lane_key = fields.Char(
        string="Ordering key", readonly=True, help="Of a document that came while a file before it was being opened."
    )
    file_id = Setting("sync.file", string="File", readonly=True, help="The file in which it stood with others.")
    place_first = fields.Integer(readonly=True, help="The first line of the file that belongs to it.")
    place_last = fields.Integer(readonly=True)
    charset = fields.Char(readonly=True, help="Of its lines, as the file as a whole tells it.")
    exception_id = fields.Many2one("sync.exception", readonly=True, ondelete="set null")
    payload_ids = fields.One2many("sync.payload", "transmission_id", string="Bodies")
    message_ids = fields.One2many("sync.message", "transmission_id", string="Messages")

    _unexplained = models.Index("(id) WHERE verdict = 'rejected' AND exception_id IS NULL")
    _of_file = models.Index("(file_id, place_first) WHERE file_id IS NOT NULL")
    _recent_rejected = models.Index("(endpoint_id, occurred_at) WHERE verdict = 'rejected'")

    def _compute_headers_text(self):
        for transmission in self:
            headers = json.loads(transmission.headers or "{}")
            transmission.headers_text = "\n".join(f"{name}: {value}" for name, value in sorted(headers.items()))
