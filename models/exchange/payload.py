"""Bytes and documents, apart from the hot rows."""

import json
import re
from typing import NamedTuple

from odoo import api, fields, models

from ...core.security.masking import mask_document
from ...core.table import arrange
from .engine_record import Setting
from .sealing import SEALED, opened

KINDS = [
    ("received", "As received"),
    ("canonical", "Translated document"),
    ("sent", "As sent"),
    ("response", "Answer"),
    ("file", "A part of a file"),
]
# Who sees what documents say: viewers see that they travelled.
CONTENT_GROUPS = (
    "sync_governance.group_operator,sync_governance.group_approver,sync_governance.group_manager,"
    "sync_governance.group_security_officer"
)
SHOWN_BYTES = 200_000
UNMASKED, INSIDE = "sync_unmasked", "sync_inside"
"""In the context of what shows a document unmasked, after it was written down who asked for it and why; and of what
reads bodies for their message, which is one look."""
YES = object()
"""Their value. A context comes from the client too: none can send this one."""
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
    key_id = fields.Char(
        string="Encrypted with key", readonly=True, help="Name of the server's key; empty: the bytes stand as they are."
    )
    created_at = fields.Datetime(string="Created", readonly=True)
    text = fields.Text(compute="_compute_text", string="Content")

    _sealed = models.Index("(key_id, id) WHERE key_id IS NOT NULL")
    _of_message = models.UniqueIndex("(message_id, kind) WHERE message_id IS NOT NULL")

    def init(self):
        arrange(self.env.cr, self._table, columns={"content": "bytea"})

    @api.depends_context("uid")
    def _compute_text(self):
        contents, hidden = self._contents(), self._hidden()
        for payload in self:
            payload.text = readable(contents.get(payload.id, b""), hidden)

    @api.model
    @api.private
    def _hidden(self):
        """What the user is not to read in documents, as :func:`readable` takes it.

        Secrets nobody reads. What is personal or commercial is for the groups that work with it; others see that it is
        there, and unmask a single document with a reason (:meth:`sync.message.action_unmask`).
        """
        if self.env.su or self.env.context.get(UNMASKED) is YES:
            return Hidden(False, False)
        user = self.env.user
        return Hidden(
            personal=not user.has_group("sync_governance.group_personal_data"),
            commercial=not user.has_group("sync_governance.group_commercial_data"),
        )

    def _contents(self):
        """{payload id: bytes}; the caller has read access to the records it asks for."""
        self.check_access("read")
        self.env.cr.execute(f"SELECT id, {SEALED} FROM sync_payload p WHERE id = ANY(%s)", [self.ids])
        return {row[0]: opened(self.env, *row[1:]) or b"" for row in self.env.cr.fetchall()}


class Hidden(NamedTuple):
    """What is masked in a document that is shown."""

    personal: bool
    commercial: bool


def readable(content: bytes, hidden: Hidden) -> str:
    """JSON indented, other text as it is, anything else as a remark; long content is cut with a remark.

    What cannot be masked because it is no JSON is not shown at all where something is to be hidden.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(content)} bytes that are not text)"
    if not text:
        return text
    try:
        marked = json.loads(text, parse_float=lambda number: f"{MARK}{number}{MARK}")
    except (ValueError, RecursionError):
        if any(hidden):
            return f"({len(content)} bytes that cannot be read as a document; unmask them to see them)"
    else:
        masked = mask_document(marked, personal=hidden.personal, commercial=hidden.commercial)
        text = AS_WRITTEN.sub(r"\1", json.dumps(masked, indent=2, ensure_ascii=False))
    if len(text) <= SHOWN_BYTES:
        return text
    return text[:SHOWN_BYTES] + f"\n… ({len(content)} bytes in all)"
