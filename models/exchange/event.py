"""The outbox: canonical business facts, written in the transaction that made them true."""

import json
import uuid
from datetime import timezone

from odoo import api, fields, models
from odoo.tools import ormcache

from ...core.table import arrange
from .engine_record import Setting
from .payload import CONTENT_GROUPS, readable
from .sealing import EVENT, event_text, ring_of, seal_event

MARKS = "sync_governance.marks"


def subject_of(document_type, document, ordering_key):
    """What an event happened to, in the words of partners: the noun of its type and the number of its document."""
    return f"{document_type.partition('.')[0]}/{document.get('number') or ordering_key}"


class SyncEvent(models.Model):
    """An immutable business fact with its canonical document.

    The row is inserted by the business transaction and touches nothing that workers contend on; the engine fans it
    out to the interfaces that carry its type. Marks of one record within one transaction are one event, also across
    savepoints: the unique index and not the memory of the process makes them so.
    """

    _name = "sync.event"
    _description = "Event"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "ordering_key"

    uid = fields.Char(string="Event id", required=True, readonly=True)
    document_type_id = Setting(
        "sync.document.type", string="Document type", required=True, readonly=True, ondelete="restrict"
    )
    document_type = fields.Char(string="Type", required=True, readonly=True)
    company_id = Setting("res.company", required=True, readonly=True)
    trading_partner_id = Setting(
        "sync.trading.partner",
        string="Trading partner",
        readonly=True,
        ondelete="set null",
        help="Set when the event is meant for one partner only.",
    )
    process_id = fields.Many2one("sync.process", readonly=True, ondelete="set null", index="btree_not_null")
    res_model = fields.Char(string="Model", readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    ordering_key = fields.Char(string="Ordering key", required=True, readonly=True)
    subject = fields.Char(readonly=True, help="What it happened to, as partners are told: invoice/INV/2026/00001")
    sequence = fields.Integer(
        readonly=True,
        help="Which event of its subject it is: 1, 2, 3 and so on without a gap, given when it is routed.",
    )
    state = fields.Selection([("new", "New"), ("routed", "Routed")], required=True, readonly=True)
    document = fields.Text(readonly=True, groups=fields.NO_ACCESS, help="As it was published; shown masked below.")
    document_text = fields.Text(compute="_compute_document_text", groups=CONTENT_GROUPS, string="Canonical document")
    occurred_at = fields.Datetime(string="Happened", readonly=True)
    published_at = fields.Datetime(string="Published", readonly=True)
    message_ids = fields.One2many("sync.message", "event_id", string="Messages")

    _uid_uniq = models.UniqueIndex("(uid)")
    _outbox = models.Index("(id) WHERE state = 'new'")
    _subject = models.Index("(res_model, res_id)")
    _sealed = models.Index("(id) WHERE document LIKE 'v1.%'")

    def init(self):
        arrange(
            self.env.cr,
            self._table,
            columns={"txid": "bigint DEFAULT txid_current()", "concerns": "integer[]"},
            unique={"sync_event_once_per_transaction": "(txid, document_type, res_model, res_id) WHERE state = 'new'"},
        )

    @api.depends("document_type_id", "ordering_key")
    def _compute_display_name(self):
        for event in self:
            event.display_name = f"{event.document_type_id.title} {event.ordering_key}"

    @api.depends_context("uid")
    def _compute_document_text(self):
        hidden = self.env["sync.payload"]._hidden()
        self.check_access("read")
        self.env.cr.execute(f"SELECT e.id, {EVENT} FROM sync_event e WHERE e.id = ANY(%s)", [self.ids])
        texts = {row[0]: event_text(self.env, *row[1:]) or "" for row in self.env.cr.fetchall()}
        for event in self:
            event.document_text = readable(texts.get(event.id, "").encode(), hidden)

    # -- publish: the first outbound stage -------------------------------------------------------------------------

    @api.model
    def _mark(self, document_type, records, company=None):
        """Say that ``document_type`` became true for ``records``; the document is rendered when the work is flushed.

        Nothing is written for a type that no interface carries.

        :param company: for whom records count that belong to no company
        """
        if not self._carried(document_type, None):
            return
        carried = {
            id_: self._carried(document_type, id_ or (company.id if company else False))
            for id_ in {False, *records.company_id.ids}
        }
        if not all(carried.values()):
            records = records.filtered(lambda r: carried[r.company_id.id])
        if not records:
            return
        precommit = self.env.cr.precommit
        marks = precommit.data.setdefault(MARKS, {})
        if not marks:
            precommit.add(self.sudo()._publish_marked)  # sudo: the fact is the system's, not the user's to see or hide
        marks.setdefault((document_type, records._name), set()).update(records.ids)

    @api.model
    def _publish_marked(self):
        marks = self.env.cr.precommit.data.pop(MARKS, {})
        for (document_type, model), ids in marks.items():
            publisher = self.env["sync.publisher"]._for(document_type)
            records = self.env[model].with_context(lang="en_US", tz="UTC").browse(sorted(ids)).exists()
            drafts = publisher._render(records)
            self._insert(
                document_type,
                [(records.browse(res_id), draft) for res_id, draft in drafts.items()],
            )

    @api.model
    def _insert(self, document_type, drafts):
        """Write the outbox rows of (record or None, EventDraft)."""
        if not drafts:
            return
        type_id = self.env["sync.document.type"]._id_of(document_type)
        rows = [
            (
                f"evt_{uuid.uuid4().hex}",
                draft.company_id,
                draft.trading_partner_id,
                draft.process_id,
                record._name if record else None,
                record.id if record else None,
                draft.ordering_key,
                draft.subject or subject_of(document_type, draft.document, draft.ordering_key),
                self._stored(document_type, record, draft),
                draft.occurred_at.astimezone(timezone.utc).replace(tzinfo=None)
                if draft.occurred_at.tzinfo
                else draft.occurred_at,
                ",".join(map(str, draft.concerns)),
            )
            for record, draft in drafts
        ]
        self.env.cr.execute(
            """INSERT INTO sync_event (document_type_id, document_type, state, published_at, uid, company_id,
                                       trading_partner_id, process_id, res_model, res_id, ordering_key, subject,
                                       document, occurred_at, concerns)
               SELECT %s, %s, 'new', now() AT TIME ZONE 'UTC', uid, company_id, trading_partner_id, process_id,
                      res_model, res_id, ordering_key, subject, document, occurred_at,
                      string_to_array(concerns, ',')::int[]
                 FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[], %s::text[], %s::int[], %s::text[], %s::text[],
                             %s::text[], %s::timestamp[], %s::text[]) WITH ORDINALITY
                      AS t(uid, company_id, trading_partner_id, process_id, res_model, res_id, ordering_key, subject,
                           document, occurred_at, concerns, position)
                ORDER BY position
               ON CONFLICT (txid, document_type, res_model, res_id) WHERE state = 'new'
               DO UPDATE SET document = EXCLUDED.document, ordering_key = EXCLUDED.ordering_key,
                             subject = EXCLUDED.subject, process_id = EXCLUDED.process_id,
                             concerns = EXCLUDED.concerns""",
            [type_id, document_type, *(list(column) for column in zip(*rows, strict=True))],
        )
        self.env["sync.engine"]._wake_after_commit()

    @api.model
    @api.private
    def _source(self):
        """Where events come from: this database, by the number that it keeps for good."""
        return f"urn:uuid:{self.env['ir.config_parameter'].sudo().get_param('database.uuid')}"  # sudo: no secret

    @api.model
    def _stored(self, document_type, record, draft):
        """The document as it is kept: encrypted where an interface that carries it is confidential."""
        text = json.dumps(draft.document, ensure_ascii=False, default=str)
        if not self._is_confidential(document_type, draft.company_id):
            return text
        about = (record._name, record.id) if record else (None, None)
        return seal_event(ring_of(self.env), text, draft.company_id, document_type, *about)

    @api.model
    @ormcache("document_type", "company_id")
    def _is_confidential(self, document_type, company_id):
        """Whether an interface that carries the type in this company is confidential: one document serves all."""
        return any(line._is_confidential() for line in self._carrying(document_type, company_id))

    @api.model
    @ormcache("document_type", "company_id")
    def _carried(self, document_type, company_id):
        """Whether an interface of the company sends this type or acts on it inside Odoo, now or once it is resumed.

        :param company_id: None: of any company
        """
        return bool(self._carrying(document_type, company_id, limit=1))

    @api.model
    @api.private
    def _is_told(self, document_type, company_id, concerns):
        """Whether a document of that type that is about these trading partners (ids) reaches anybody."""
        if not self._carried(document_type, company_id):
            return False
        told = self._told_partners(document_type, company_id)
        return told is None or not told.isdisjoint(concerns)

    @api.model
    @ormcache("document_type", "company_id")
    def _told_partners(self, document_type, company_id):
        """The trading partners (ids) that are told what concerns them; None where somebody is told all."""
        lines = self._carrying(document_type, company_id)
        return frozenset(lines.trading_partner_id.ids) if lines and all(lines.mapped("own_only")) else None

    @api.model
    def _carrying(self, document_type, company_id, limit=None):
        where = [("company_id", "in", (company_id, False))] if company_id is not None else []
        return (
            self.env["sync.interface"]
            .sudo()  # sudo: the answer is the same for every user
            .search(
                [
                    *where,
                    ("document_type_id.code", "=", document_type),
                    ("direction", "in", ("outbound", "internal")),
                    ("state", "in", ("live", "suspended")),
                ],
                limit=limit,
            )
        )
