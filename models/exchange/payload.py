"""Bytes and documents, apart from the hot rows."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from odoo import api, fields, models

from ...core.codecs import codec, read_one
from ...core.faults import Fault
from ...core.security.masking import MASK, mask_document
from ...core.table import arrange
from ..partner.endpoint_edi import EDI
from .engine_record import Setting
from .sealing import SEALED, opened

KINDS = [
    ("received", "As received"),
    ("canonical", "Translated document"),
    ("sent", "As sent"),
    ("response", "Answer"),
    ("file", "A part of a file"),
    ("together", "What it leaves in with others"),
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
UNNAMED = frozenset({"elements", "other"})
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b]")
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
            content = contents.get(payload.id, b"")
            payload.text = readable(content, hidden, payload._as_document if any(hidden) else None)

    def _as_document(self, content):
        """An EDI interchange as its endpoint reads it; None for what cannot be read.

        Of EDI masking knows how everything is called; the columns of a file and the elements of an XML are called as
        each partner likes, so these are not shown in part.
        """
        self.ensure_one()
        carrier = self.sudo()  # sudo: who may read the body is asked before; how its endpoint reads is no secret
        endpoint = carrier.message_id.endpoint_id or carrier.transmission_id.endpoint_id
        if self.kind not in ("received", "sent") or endpoint.codec not in EDI:
            return None
        try:
            return read_one(codec(endpoint.codec, endpoint.codec_options or ""), content).document
        except Fault:
            return None  # the attempt says why; what cannot be read cannot be masked either

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


def readable(
    content: bytes, hidden: Hidden, as_document: Callable[[bytes], dict[str, Any] | list[Any] | None] | None = None
) -> str:
    """JSON indented, other text as it is, anything else as a remark; long content is cut with a remark.

    Where something is to be hidden, what is no JSON is shown as the document that it carries, masked, and not at all
    where it carries none.

    :param as_document: reads what is no JSON; None for what cannot be read
    """
    if not content:
        return ""
    text = _text(content)
    if text is None and not any(hidden):
        return f"({len(content)} bytes that are not text)"
    try:
        marked = json.loads(text or "", parse_float=lambda number: f"{MARK}{number}{MARK}")
    except (ValueError, RecursionError):
        if any(hidden):
            document = as_document(content) if as_document else None
            if document is None:
                return f"({len(content)} bytes in which personal data cannot be told apart; unmask them to see them)"
            text = _masked_text(without_unnamed(document) if hidden.personal else document, hidden)
    else:
        text = _masked_text(marked, hidden)
    if len(text) <= SHOWN_BYTES:
        return text
    return text[:SHOWN_BYTES] + f"\n… ({len(content)} bytes in all)"


def _text(content: bytes) -> str | None:
    """UTF-8, else the Western European single byte of older files and interchanges; None for what is no text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return None if NO_TEXT.search(text) else text


def _masked_text(document: Any, hidden: Hidden) -> str:
    masked = mask_document(document, personal=hidden.personal, commercial=hidden.commercial)
    return AS_WRITTEN.sub(r"\1", json.dumps(masked, indent=2, ensure_ascii=False, default=_as_written))


def _as_written(number: Any) -> str:
    return f"{MARK}{number}{MARK}"


def without_unnamed(value: Any) -> Any:
    """``value`` without the values that a codec kept under no name of their own: nobody knows whether they are
    personal."""
    if isinstance(value, dict):
        return {
            name: MASK if name in UNNAMED or name.startswith("surplus") else without_unnamed(member)
            for name, member in value.items()
        }
    return [without_unnamed(item) for item in value] if isinstance(value, list) else value
