"""A file that carries many documents: how many, and what was wrong."""

import json

from odoo import fields, models

from ...core.table import arrange
from .engine_record import Setting

MOST_FAULTS = 100
"""Of one file so many are kept word for word; all are counted."""


class SyncFile(models.Model):
    """One file or interchange that was taken apart: at the door, or by the engine in steps (then it has a message).

    ``documents`` counts those that were stored, repeats included; it is also how far the engine has come. Each is a
    message of its own, whose transmission names this file and the lines where it stood.
    """

    _name = "sync.file"
    _description = "File of many documents"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "transmission_id"

    transmission_id = fields.Many2one(
        "sync.transmission", required=True, readonly=True, ondelete="cascade", index=True, string="Came as"
    )
    endpoint_id = Setting("sync.endpoint", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="set null")
    documents = fields.Integer(readonly=True, help="Found in it so far.")
    repeated = fields.Integer(readonly=True, help="Of these, had come before.")
    refused = fields.Integer(readonly=True, help="Of these, were not stored, or are about the file as a whole.")
    faults = fields.Text(readonly=True, help="Why, as JSON.")
    scopes = fields.Text(readonly=True, help="What the sender may send, as JSON.")
    codec_options = fields.Text(readonly=True, help="The layout by which it was begun to be opened.")
    opened_at = fields.Datetime(string="Opened", readonly=True, help="Empty while there is more to be read.")

    _of_message = models.UniqueIndex("(message_id) WHERE message_id IS NOT NULL")

    def init(self):
        arrange(
            self.env.cr,
            self._table,
            defaults={"documents": "0", "repeated": "0", "refused": "0"},
        )

    def _told(self):
        """What was refused, a sentence each."""
        return [fault["detail"] for fault in json.loads(self.faults or "[]")]
