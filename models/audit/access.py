"""Who opened what documents say."""

import time
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.sql_db import Cursor

from ..exchange.cursor import read_committed
from ..exchange.payload import INSIDE, UNMASKED, YES
from ..exchange.worker import in_test

AGAIN_SECONDS = 60.0
"""A form that is drawn anew within this time is one look and one entry."""
_REMEMBERED = 10_000
# Per process: (database, user, what, model, id) -> when it was written down last.
_SEEN: dict[tuple, float] = {}


class SyncAuditEntry(models.Model):
    _inherit = "sync.audit.entry"

    @api.model
    @api.private
    def _note_access(self, action, records, reason=None):
        """Write down that the content of ``records`` was opened, in a transaction of its own.

        It was seen, whatever becomes of the request, and a request that only reads cannot write. The system itself and
        the endpoints' users leave no entry: they work with documents all the time, and every attempt is logged.
        """
        if not records or not self._is_person():
            return
        now = time.monotonic()
        seen = {
            record.id: (self.env.cr.dbname, self.env.uid, action, record._name, record.id, reason) for record in records
        }
        fresh = records.filtered(lambda record: now - _SEEN.get(seen[record.id], -AGAIN_SECONDS) >= AGAIN_SECONDS)
        if not fresh:
            return
        drafts = [self._about(record, "access", action, reason=reason) for record in fresh]
        with self._own_transaction() as cr:
            self._insert(cr, drafts)
        if len(_SEEN) > _REMEMBERED:
            _SEEN.clear()
        _SEEN.update(dict.fromkeys((seen[record.id] for record in fresh), now))
        self.env["sync.audit.chain"]._link_soon()

    @contextmanager
    def _own_transaction(self):
        if in_test() and isinstance(self.env.cr, Cursor):
            yield self.env.cr  # what a test does is rolled back with it
        else:
            with read_committed(self.env.registry) as cr:
                yield cr


class SyncMessage(models.Model):
    _inherit = "sync.message"

    can_unmask = fields.Boolean(compute="_compute_can_unmask")

    @api.depends_context("uid")
    def _compute_can_unmask(self):
        can = self.env["sync.payload"].has_access("read") and any(self.env["sync.payload"]._hidden())
        for message in self:
            message.can_unmask = can

    def action_unmask(self):
        """Ask why, then show what the document says unmasked."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Show a document unmasked"),
            "res_model": "sync.message.unmask",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_message_id": self.id},
        }

    def _check_may_unmask(self, reason):
        """
        :raises AccessError: for who may not see documents at all
        :raises UserError: without a reason
        """
        self.check_access("read")
        self.env["sync.payload"].check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: it is kept in the audit trail."))

    @api.private
    def _unmasked(self, reason):
        """The message as one whose bodies are read unmasked; who looks and why is written down before."""
        self.ensure_one()
        self._check_may_unmask(reason)
        self.env["sync.audit.entry"]._note_access("unmask", self, reason=reason.strip())
        return self.with_context(**{UNMASKED: YES})

    @api.depends_context(UNMASKED)
    def _compute_bodies(self):
        result = super()._compute_bodies()
        if self.env.context.get(UNMASKED) is YES:
            return result
        opened = self.filtered(lambda m: m.received_text or m.canonical_text or m.sent_text or m.response_text)
        self.env["sync.audit.entry"]._note_access("open", opened)
        return result

    def web_read(self, specification):
        return super().web_read(specification)

    web_read._readonly = False  # whoever opens a form leaves an entry: its request is not one that only reads


class SyncPayload(models.Model):
    _inherit = "sync.payload"

    def web_read(self, specification):
        return super().web_read(specification)

    web_read._readonly = False  # as above

    @api.depends_context(UNMASKED)
    def _compute_text(self):
        result = super()._compute_text()
        if self.env.context.get(INSIDE) is not YES:
            self.env["sync.audit.entry"]._note_access("open", self.filtered("text"))
        return result


class SyncEvent(models.Model):
    _inherit = "sync.event"

    def web_read(self, specification):
        return super().web_read(specification)

    web_read._readonly = False  # as above

    @api.depends_context(UNMASKED)
    def _compute_document_text(self):
        result = super()._compute_document_text()
        if self.env.context.get(INSIDE) is not YES:
            self.env["sync.audit.entry"]._note_access("open", self.filtered("document_text"))
        return result
