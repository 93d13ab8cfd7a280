"""Who did what, when, from where: rows that are added and never change."""

import json
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from odoo import api, fields, models
from odoo.http import request

from ...core.audit.canonical import NotCanonical, canonical
from ...core.audit.values import scrub
from ...core.table import arrange
from ..exchange.engine_record import Setting

KINDS = [
    ("change", "Configuration changed"),
    ("approval", "Approval"),
    ("review", "Access review"),
    ("right", "Rights changed"),
    ("request", "Request to the engine"),
    ("exception", "Exception worked"),
    ("access", "Content opened"),
    ("export", "Export"),
    ("erasure", "Personal data erased"),
    ("trail", "About the trail"),
]
SOURCES = [
    ("web", "Browser or API"),
    ("cron", "Scheduled action"),
    ("upgrade", "Installation or upgrade"),
    ("command", "Command on the server"),
    ("process", "Process on the server"),
]
CONTENT = (
    "id",
    "occurred_at",
    "kind",
    "action",
    "model",
    "res_id",
    "record",
    "company_id",
    "user_id",
    "login",
    "source",
    "remote_address",
    "policy",
    "reason",
    "changes",
    "details",
)
"""The columns that are hashed, together with the position."""
COLUMNS = (*CONTENT, "position", "previous_hash", "hash")
NESTED = ("changes", "details")
SHORT = 90
"""Characters of an entry in a list."""

GUARD = """
CREATE OR REPLACE FUNCTION sync_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.position IS NOT NULL OR NEW.previous_hash IS NOT NULL OR NEW.hash IS NOT NULL THEN
            RAISE EXCEPTION 'An entry is linked after it was written' USING ERRCODE = 'check_violation';
        END IF;
        NEW.occurred_at := clock_timestamp() AT TIME ZONE 'UTC';
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.hash IS NULL AND NEW.hash IS NOT NULL
           AND to_jsonb(NEW) - '{position,previous_hash,hash}'::text[]
             = to_jsonb(OLD) - '{position,previous_hash,hash}'::text[] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit trail is added to and never changes (% of %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $guard$;
DROP TRIGGER IF EXISTS sync_audit_written ON sync_audit_entry;
CREATE TRIGGER sync_audit_written BEFORE INSERT ON sync_audit_entry
    FOR EACH ROW EXECUTE FUNCTION sync_audit_guard();
DROP TRIGGER IF EXISTS sync_audit_fixed ON sync_audit_entry;
CREATE TRIGGER sync_audit_fixed BEFORE UPDATE OR DELETE ON sync_audit_entry
    FOR EACH ROW EXECUTE FUNCTION sync_audit_guard();
DROP TRIGGER IF EXISTS sync_audit_kept ON sync_audit_entry;
CREATE TRIGGER sync_audit_kept BEFORE TRUNCATE ON sync_audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION sync_audit_guard();
ALTER TABLE sync_audit_entry ENABLE ALWAYS TRIGGER sync_audit_fixed, ENABLE ALWAYS TRIGGER sync_audit_kept;
"""

_INSERT = """
    INSERT INTO sync_audit_entry (kind, action, model, res_id, record, company_id, policy, reason, changes, details,
                                  user_id, login, source, remote_address)
    SELECT t.*, %s, %s, %s, %s
      FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::text[], %s::int[], %s::text[], %s::text[],
                  %s::text[], %s::text[]) AS t
"""


@dataclass(slots=True)
class Draft:
    """One entry to be written.

    ``changes`` is {field: [before, after]} and ``details`` whatever else is worth knowing, both plain JSON values as
    :mod:`~sync_governance.core.audit.values` makes them: no secret, no personal datum, no fraction.
    """

    kind: str
    action: str
    model: str | None = None
    res_id: int | None = None
    record: str | None = None
    company_id: int | None = None
    policy: str | None = None
    reason: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def row(self):
        """The values in the order of the statement."""
        return (
            self.kind,
            self.action,
            self.model,
            self.res_id or None,
            scrub(self.record) if self.record else None,
            self.company_id or None,
            self.policy,
            scrub(self.reason) if self.reason else None,
            canonical(self.changes).decode() if self.changes else None,
            canonical(self.details).decode() if self.details else None,
        )


class SyncAuditEntry(models.Model):
    """One fact of the trail.

    It is written in the transaction of what it tells about, so one is not there without the other; what was opened is
    written in a transaction of its own, because it was seen whatever becomes of the request. A moment later it is
    linked to the chain (:class:`sync.audit.chain`), which is the only change the database lets through.
    """

    _name = "sync.audit.entry"
    _description = "Audit entry"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "record"

    occurred_at = fields.Datetime(string="When", readonly=True, help="By the clock of the database, UTC.")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    action = fields.Char(string="What was done", required=True, readonly=True)
    action_text = fields.Char(string="Done", compute="_compute_action_text")
    model = fields.Char(readonly=True)
    model_name = fields.Char(string="Kind of record", compute="_compute_model_name")
    res_id = fields.Many2oneReference(string="Number", model_field="model", readonly=True)
    record = fields.Char(readonly=True, help="What it was called then.")
    company_id = Setting("res.company", readonly=True)
    user_id = Setting("res.users", string="Who", readonly=True)
    login = fields.Char(readonly=True, help="The login then.")
    source = fields.Selection(SOURCES, string="From where", readonly=True)
    remote_address = fields.Char(string="Address", readonly=True)
    policy = fields.Char(readonly=True, help="The policy and its version under which it happened, where there is one.")
    reason = fields.Text(string="Why", readonly=True)
    changes = fields.Text(readonly=True, help="Before and after by field, as JSON; secrets and personal data hidden.")
    details = fields.Text(readonly=True)
    changes_text = fields.Text(string="Before and after", compute="_compute_texts")
    details_text = fields.Text(string="In detail", compute="_compute_texts")
    summary = fields.Char(compute="_compute_texts")
    position = fields.Integer(readonly=True, help="Its place in the chain; empty: it is linked in a moment.")
    previous_hash = fields.Char(string="Hash of the one before", readonly=True)
    hash = fields.Char(string="Hash (SHA-256)", readonly=True)

    _place = models.UniqueIndex("(position)")
    _tail = models.Index("(id) WHERE hash IS NULL")
    _when = models.Index("(occurred_at)")
    _of_record = models.Index("(model, res_id)")
    _linked = models.Constraint(
        """CHECK ((hash IS NULL) = (position IS NULL) AND (hash IS NULL) = (previous_hash IS NULL))""",
        "An entry is linked as a whole.",
    )

    def init(self):
        arrange(self.env.cr, self._table, defaults={"occurred_at": "clock_timestamp() AT TIME ZONE 'UTC'"})
        self.env.cr.execute(GUARD)

    @api.model
    def _refusal(self):
        return self.env._("The audit trail is added to by what happens, and never changed.")

    def _compute_model_name(self):
        for entry in self:
            known = entry.model in self.env
            entry.model_name = self.env["ir.model"]._get(entry.model).name if known else entry.model

    @api.depends("action")
    def _compute_action_text(self):
        words = {"create": self.env._("created"), "write": self.env._("changed"), "unlink": self.env._("deleted")}
        for entry in self:
            entry.action_text = words.get(entry.action, entry.action)

    def _compute_texts(self):
        for entry in self:
            entry.changes_text = self._changes_in_words(entry)
            details = _parsed(entry.details)
            entry.details_text = "\n".join(f"{name}: {_told(value)}" for name, value in details.items()) or False
            told = entry.reason or entry.changes_text or entry.details_text or ""
            entry.summary = shorten(told.replace("\n", "; "), SHORT, placeholder="…") or False

    def _changes_in_words(self, entry):
        model = self.env[entry.model] if entry.model in self.env else None
        lines = []
        for name, pair in _parsed(entry.changes).items():
            known = model is not None and model._fields.get(name)
            label = known._description_string(self.env) if known else name
            before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
            lines.append(f"{label}: {_told(before)} → {_told(after)}")
        return "\n".join(lines) or False

    def action_open_record(self):
        """What it is about, if it is still there and may be seen."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _append(self, drafts):
        """Write entries (:class:`Draft`) in the current transaction, in one statement; they are linked after it."""
        if not drafts:
            return
        self._insert(self.env.cr, drafts)
        self.env["sync.audit.chain"]._link_after_commit()

    @api.model
    @api.private
    def _insert(self, cr, drafts):
        """The statement alone, over any cursor."""
        source, address = self._where()
        columns = [list(column) for column in zip(*(draft.row() for draft in drafts), strict=True)]
        cr.execute(_INSERT, [self.env.uid, self._login(), source, address, *columns])

    @api.model
    @api.private
    def _note(self, kind, action, records=None, *, reason=None, **details):
        """Write an entry about each of ``records`` (or one about none of them), with plain details.

        The door for whatever is worth an entry and is no change of a governed record: a key that was shown once, a
        file that was fetched.
        """
        if records is None:
            return self._append([Draft(kind, action, reason=reason, details=details)])
        return self._append([self._about(record, kind, action, reason=reason, details=details) for record in records])

    @api.model
    @api.private
    def _about(self, record, kind, action, **what):
        """A :class:`Draft` about ``record``, with its name, company and policy."""
        known = record.sudo()  # sudo: the name of what is told about, whoever did it
        company = known.company_id if "company_id" in known._fields else None
        return Draft(
            kind,
            action,
            model=record._name,
            res_id=record.id,
            record=known.display_name,
            company_id=company.id if company else None,
            policy=_policy_of(known),
            **what,
        )

    @api.model
    def _where(self):
        """From where the current work comes: (source, address)."""
        if request:
            return "web", request.httprequest.remote_addr
        context = self.env.context
        if context.get("sync_audit_source"):
            return context["sync_audit_source"], None
        if not self.env.registry.ready:
            return "upgrade", None
        return ("cron" if context.get("cron_id") else "process"), None

    def _login(self):
        return self.env.user.sudo().login  # sudo: his own name

    @api.model
    @api.private
    def _is_person(self):
        """Whether somebody is at work, and not the system or an endpoint's own user."""
        return self.env.uid != api.SUPERUSER_ID and not self.env.user.has_group("sync_governance.group_agent")


def entry_of(row):
    """A row of :data:`COLUMNS` as the entry that is hashed, archived and streamed: plain JSON values."""
    entry = dict(zip(COLUMNS, row, strict=True))
    entry["occurred_at"] = entry["occurred_at"].isoformat(timespec="microseconds") + "Z"
    for name in NESTED:
        entry[name] = _nested(entry[name])
    return entry


def _nested(text):
    """The value of a column of JSON; what is none, or has no canonical form, is text and hashed as such."""
    if not text:
        return text or None
    try:
        value = json.loads(text)
        canonical(value)
    except (ValueError, NotCanonical, RecursionError):
        return text
    return value


def _parsed(text):
    value = _nested(text)
    return value if isinstance(value, dict) else {}


def _policy_of(record):
    policy = record if record._name == "sync.policy" else record["policy_id"] if "policy_id" in record._fields else None
    return f"{policy.code} {policy.version}" if policy else None


def _told(value):
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
