"""What partners were given, found by partner and kind."""

from odoo import models


class SyncMessage(models.Model):
    _inherit = "sync.message"

    _given = models.Index(
        "(trading_partner_id, document_type_id, id)"
        " WHERE state = 'done' AND direction = 'outbound' AND event_id IS NOT NULL"
    )
