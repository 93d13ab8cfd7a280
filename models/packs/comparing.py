"""What applying a pack changes, item by item: before and after, in a transaction that may be undone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from odoo import api, models

from ...core.differences import differences
from . import carriage

SHOWN = 20
VERSIONED = ("version", "state", "document_type_id", "name")
ITEMS = {
    "partner": ("sync.trading.partner", ("code", "name", "kind", "environment", "pack", "pack_version", "pack_asks")),
    "endpoint": (
        "sync.endpoint",
        ("name", "direction", "codec", "codec_options", "authentication", "authentication_settings", "pulled",
         "key_source", "key_value", "topic_source", "topic_value", "test_flag_source", "test_flag_value",
         "test_flag_words", "user_id", "carrier", "answer_rules", *carriage.FIELDS, "edi_own_id", "edi_own_qualifier",
         "edi_own_application", "edi_partner_id", "edi_partner_qualifier", "edi_partner_application", "edi_version",
         "edi_answer", "edi_answer_kind", "documents_together"),
    ),
    "interface": (
        "sync.interface",
        ("name", "endpoint_id", "document_type_id", "topic", "contract_id", "mapping_id", "policy_id", "handler",
         "milestone", "event_filter", "own_only", "replies_to_id", "request_method", "request_path",
         "request_body"),
    ),
    "contract": ("sync.contract", (*VERSIONED, "schema")),
    "mapping": ("sync.mapping", (*VERSIONED, "document")),
    "policy": (
        "sync.policy",
        ("version", "state", "name", "timing", "batch_documents", "batch_seconds", "calendar_id", "head_policy",
         "retry_kind", "retry_base", "retry_factor", "retry_cap", "retry_schedule", "max_attempts", "acknowledgement",
         "await_syntax_hours", "await_business_hours", "resend_times", "answer_seconds", "late_answer",
         "takes_over_dates", "asks_risk", "service_level_id", "retention_id", "gate_ids"),
    ),
    "gate": ("sync.gate", ("name", "effect", "condition", "deadline_hours", "at_deadline")),
    "service level": (
        "sync.service.level",
        ("name", "applied_seconds", "delivered_seconds", "acknowledged_seconds", "fulfilled_hours", "resolve_hours",
         "target_percent"),
    ),
    "retention": ("sync.retention", ("name", "payload_days", "message_days", "attempt_days", "dedupe_days")),
    "ownership": ("sync.ownership", ("domain", "name", "field_names", "system_of_record", "on_other_write")),
    "cross-reference": ("sync.xref", ("domain", "canonical_code")),
}  # fmt: skip
DOCUMENTS = (
    "schema",
    "document",
    "condition",
    "codec_options",
    "authentication_settings",
    "answer_rules",
    "event_filter",
    "pack_asks",
)
TITLES = {"schema": "schema", "document": "rules", "pack_asks": "questions"}


@dataclass(frozen=True, slots=True)
class Change:
    """One item that a pack changes. ``action``: ``add``; ``change``; ``keep``, where it is live and stays as it is.

    ``fields``: what changes, as ``{"field", "place" (JSON pointer or None), "from", "to"}``; secrets are never read.
    """

    action: str
    kind: str
    code: str
    version: str | None = None
    fields: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> str:
        """One line of JSON with sorted members."""
        return json.dumps({k: v for k, v in asdict(self).items() if v is not None}, sort_keys=True, ensure_ascii=False)

    def lines(self) -> list[str]:
        """For people: the item, and below it what changes."""
        signs = {"add": "+ new", "change": "~ changed", "keep": "= live, stays as it is"}
        head = f"{signs[self.action]}: {self.kind} {self.code}" + (f" {self.version}" if self.version else "")
        shown = [
            f"    {each['field']}{each['place'] or ''}: {_shown(each['from'])} → {_shown(each['to'])}"
            for each in self.fields[:SHOWN]
        ]
        more = [f"    … and {len(self.fields) - SHOWN} more"] if len(self.fields) > SHOWN else []
        return [head, *(shown if self.action != "add" else []), *(more if self.action != "add" else [])]


class SyncPack(models.AbstractModel):
    _inherit = "sync.pack"

    @api.model
    @api.private
    def _apply(self, name, company, values=None):
        """Load the pack and say what became different: (partner, [:class:`Change`]).

        Applied once more it changes nothing, and the list has only what is live and stays as it is.
        """
        code = (values or {}).get("code") or self._read(name)["partner"]["code"]
        before = self._picture(code, company)
        left: dict[Any, dict[str, Any]] = {}
        partner = self.with_context(sync_pack_left=left)._load(name, company, values)
        self.env.flush_all()
        after = self._picture(code, company)
        changes = [
            self._change(kind, before.get((kind, id_)), values)
            for (kind, id_), values in after.items()
            if before.get((kind, id_)) != values
        ]
        return partner, changes + [self._kept(record, wanted) for record, wanted in left.items()]

    def _picture(self, code, company):
        """{(kind, id): {field: value}} of the partner and of all versions and parts of its company."""
        partner = self.env["sync.trading.partner"].with_context(active_test=False)
        partner = partner.search([("company_id", "=", company.id), ("code", "=", code)], limit=1)
        picture = {}
        for kind, (model, names) in ITEMS.items():
            records = self.env[model].with_context(active_test=False)
            if kind == "partner":
                records = partner.with_env(records.env)
            elif "trading_partner_id" in records._fields and kind not in ("contract", "mapping"):
                records = records.search([("trading_partner_id", "=", partner.id)]) if partner else records
            else:
                records = records.search([("company_id", "=", company.id)])
            for record in records.sorted("id"):
                known = {name: self._told(record, name) for name in names if name in record._fields}
                picture[kind, record.id] = {"code": _called(kind, record), **known}
        return picture

    def _told(self, record, name):
        """The value of a field as people name it."""
        value, kind = record[name], record._fields[name].type
        if kind in ("many2one", "many2many"):
            # sudo: names alone, of users and hours among them
            return ", ".join(sorted(_named(each) for each in value.sudo())) or None
        return value if value or isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def _change(self, kind, before, after):
        changed = [name for name in after if not before or before[name] != after[name]]
        fields = [each for name in changed for each in _fields(name, (before or {}).get(name), after[name])]
        return Change("change" if before else "add", kind, after["code"], after.get("version"), fields)

    def _kept(self, record, wanted):
        kind = next(kind for kind, (model, _names) in ITEMS.items() if model == record._name)
        fields = []
        for name, value in wanted.items():
            comodel = record._fields[name].comodel_name
            new = self._told(record.new({name: value}), name) if comodel else value or None
            fields += _fields(name, self._told(record, name), new)
        return Change("keep", kind, record.code, None, fields)


def _called(kind, record):
    if kind == "ownership":
        return record.domain
    return record.external_id if kind == "cross-reference" else record.code


def _named(record):
    if "version" in record._fields:
        return f"{record.code} {record.version}"
    return record.code if "code" in record._fields else record.display_name


def _fields(name, before, after):
    """What is different in a field; of documents in JSON place by place."""
    title = TITLES.get(name, name.removesuffix("_id").removesuffix("_ids"))
    if name in DOCUMENTS and before and after:
        return [
            {"field": title, "place": each.pointer, "from": _plain(each.then), "to": _plain(each.now)}
            for each in differences(json.loads(before), json.loads(after))
        ]
    return [{"field": title, "place": None, "from": before, "to": after}]


def _plain(value):
    return value if isinstance(value, (str, int, float, bool, dict, list, type(None))) else None


def _shown(value):
    if value is None:
        return "—"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
