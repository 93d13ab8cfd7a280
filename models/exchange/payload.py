"""Bytes and documents, apart from the hot rows."""

import json
import re

from odoo import fields, models

from ...core.table import arrange
from .engine_record import Setting

KINDS = [
    ("received", "As received"),
    ("canonical", "Translated document"),
    ("sent", "As sent"),
    ("response", "Answer"),
]
# Who sees what documents say: viewers see that they travelled.
CONTENT_GROUPS = (
    "sync_governance.group_operator,sync_governance.group_approver,sync_governance.group_manager,"
    "sync_governance.group_security_officer"
)
SHOWN_BYTES = 200_000
# Numbers are shown digit for digit as they were written: 12.50 stays 12.50.
MARK = "\ue000"
AS_WRITTEN = re.compile(f'"{MARK}([^"{MARK}]+){MARK}"')


class SyncPayload(models.Model):
    """One body: what arrived, what it was translated to, what was sent, what was answered.

    ``content`` is a bytea column outside the ORM: signatures and fingerprints are about bytes, and Odoo's binary
    fields would re-encode them.
    """

    _name = "sync.payload"
    _description = "Document of a message"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    message_id = fields.Many2one("sync.message", readonly=True, ondelete="cascade")
    transmission_id = fields.Many2one("sync.transmission", readonly=True, index="btree_not_null", ondelete="cascade")
    content_type = fields.Char(string="Content type", readonly=True)
    size = fields.Integer(string="Bytes", readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    created_at = fields.Datetime(string="Created", readonly=True)
    text = fields.Text(compute="_compute_text", string="Content")

    _of_message = models.UniqueIndex("(message_id, kind) WHERE message_id IS NOT NULL")

    def init(self):
        arrange(self.env.cr, self._table, columns={"content": "bytea"})

    def _compute_text(self):
        contents = self._contents()
        for payload in self:
            payload.text = readable(contents.get(payload.id, b""))

    def _contents(self):
        """{payload id: bytes}; the caller has read access to the records it asks for."""
        self.check_access("read")
        self.env.cr.execute("SELECT id, content FROM sync_payload WHERE id = ANY(%s)", [self.ids])
        return {row[0]: bytes(row[1] or b"") for row in self.env.cr.fetchall()}


def readable(content: bytes) -> str:
    """JSON indented, other text as it is, anything else as a remark; long content is cut with a remark."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(content)} bytes that are not text)"
    if len(text) <= SHOWN_BYTES:
        try:
            marked = json.loads(text, parse_float=lambda number: f"{MARK}{number}{MARK}")
            return AS_WRITTEN.sub(r"\1", json.dumps(marked, indent=2, ensure_ascii=False))
        except ValueError:
            return text
    return text[:SHOWN_BYTES] + f"\n… ({len(content)} bytes in all)"
