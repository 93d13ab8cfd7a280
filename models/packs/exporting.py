"""A partner as it stands here becomes a pack: the same again in another database."""

import json
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ...core.codecs import codec
from ...core.mapping.document import read_document
from ...core.mapping.inheritance import flatten
from ..partner.endpoint_edi import EDI
from . import carriage, reading, sample

AGENT_HAS_ANYWAY = ("base.group_user", "sync_governance.group_agent")
PERSONAL = ("customer",)
"""Domains of cross-references that are about persons: they stay where they are."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LEVEL = ("applied_seconds", "delivered_seconds", "acknowledged_seconds", "fulfilled_hours", "resolve_hours",
         "target_percent")  # fmt: skip
RETENTION = ("payload_days", "message_days", "attempt_days", "dedupe_days")
AWAITED = {
    "syntax_hours": "await_syntax_hours",
    "business_hours": "await_business_hours",
    "resend_times": "resend_times",
}


class SyncPack(models.AbstractModel):
    _inherit = "sync.pack"

    @api.model
    @api.private
    def _export(self, partner, name=None):
        """The partner with everything that a pack says, as :class:`~.reading.PackFiles` under ``name``.

        Never in it: secrets, addresses, users, and cross-references to records or about persons. Samples come from the
        pack that the partner was set up from, as far as they still hold.

        :raises UserError: for a partner with nothing to export, or when what it says is no pack
        """
        self.env["sync.trading.partner"].check_access("read")
        partner = partner.with_context(active_test=False)
        interfaces = partner.interface_ids.filtered(lambda each: each.state != "retired").sorted(_code)
        if not interfaces:
            raise UserError(self.env._("%s has no interface yet: there is nothing to export.", partner.name))
        name = name or partner.code
        parts = {
            "contract": interfaces.contract_id.sorted("code"),
            "mapping": interfaces.mapping_id.sorted("code"),
            "policy": interfaces.policy_id.sorted("code"),
        }
        for versions in parts.values():
            self._refuse_two_versions(versions)
        files = {
            **{f"contracts/{each.code}.json": each.schema.encode() for each in parts["contract"] if not _shared(each)},
            **{f"mappings/{each.code}.json": self._standing_alone(each).encode() for each in parts["mapping"]},
        }
        pack = self._described(partner, name, interfaces, parts)
        pack["samples"] = self._samples_that_hold(partner, interfaces, files)
        files["pack.json"] = (json.dumps(_without_nothing(pack), indent=2, ensure_ascii=False) + "\n").encode()
        exported = reading.PackFiles(name, dict(sorted(files.items())))
        with reading.lent(exported):
            self._read(name)
        return exported

    def _refuse_two_versions(self, versions):
        codes = versions.mapped("code")
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise UserError(
                self.env._(
                    "Interfaces run on different versions of %s; a pack has one of each. Put them on the same version.",
                    ", ".join(twice),
                )
            )

    def _described(self, partner, name, interfaces, parts):
        policies = parts["policy"]
        versions = [each.version for versions in parts.values() for each in versions]
        asks = _asks_of(partner, interfaces.endpoint_id)
        return {
            "name": name,
            "title": partner.name,
            "description": self.env._("%s, as it was set up.", partner.name),
            "version": max(versions, key=lambda version: tuple(map(int, version.split(".")))),
            "partner": {"code": partner.code, "name": partner.name, "kind": partner.kind},
            "asks": asks,
            "endpoints": [self._endpoint_entry(each, asks) for each in interfaces.endpoint_id.sorted(_code)],
            "interfaces": [_interface_entry(each) for each in interfaces],
            "contracts": [_versioned_entry(each, "contracts") for each in parts["contract"]],
            "mappings": [_versioned_entry(each, "mappings") for each in parts["mapping"]],
            "policies": [_policy_entry(each) for each in policies],
            "service_levels": [_part_entry(each, LEVEL) for each in policies.service_level_id.sorted("code")],
            "retentions": [_part_entry(each, RETENTION) for each in policies.retention_id.sorted("code")],
            "gates": [
                {
                    **_part_entry(each, ("effect", "deadline_hours", "at_deadline")),
                    "deadline_hours": each.deadline_hours,
                    "condition": json.loads(each.condition),
                }
                for each in policies.gate_ids.sorted("code")
            ],
            "ownership": self._ownership_entries(partner),
            "xrefs": self._xref_entries(partner, asks),
        }

    # -- parts -------------------------------------------------------------------------------------------------------

    def _endpoint_entry(self, endpoint, asks):
        answered = self._asked_settings(asks, _code(endpoint))
        settings = {name: value for name, value in endpoint._settings().items() if name not in answered}
        return {
            "code": _code(endpoint),
            "name": endpoint.name,
            "direction": endpoint.direction,
            "transport": endpoint.transport,
            "codec": endpoint.codec,
            "layout": json.loads(endpoint.codec_options) if endpoint.codec_options else None,
            "authentication": endpoint.authentication,
            "authentication_settings": settings or None,
            "answers": json.loads(endpoint.answer_rules) if endpoint.answer_rules else None,
            **carriage.entry_of(endpoint),
            "edi": _edi_entry(endpoint),
            "together": endpoint.documents_together if endpoint._leaving_together() > 1 else None,
            "reads": endpoint.business_type_ids.mapped("code"),
            "ordering_key": _found_at(endpoint.key_source, endpoint.key_value),
            "topic": _found_at(endpoint.topic_source, endpoint.topic_value)
            if endpoint.direction == "inbound"
            else None,
            "tests_marked_by": {
                "source": endpoint.test_flag_source,
                "value": endpoint.test_flag_value,
                "words": [word.strip() for word in endpoint.test_flag_words.split(",") if word.strip()],
            }
            if endpoint.test_flag_source
            else None,
            "agent": {"name": self._agent_name(endpoint), "groups": self._agent_groups(endpoint)},
        }

    def _agent_name(self, endpoint):
        suffix = self.env._("%s (integration)", "")
        return endpoint.user_id.name.removesuffix(suffix) if endpoint.user_id else endpoint.name

    def _agent_groups(self, endpoint):
        # sudo: who looks after integrations need not administer users, and only the groups' names are told
        groups = endpoint.sudo().user_id.group_ids
        names = groups.get_external_id().values()
        implied = {*AGENT_HAS_ANYWAY, "mail.group_mail_notification_type_inbox"}
        return sorted(each for each in names if each and each not in implied)

    def _standing_alone(self, mapping):
        """The rules, with everything that they take over from a base: a pack's mapping builds on no other."""
        chain, base = {}, mapping
        while base and base.code not in chain:
            chain[base.code] = json.loads(base.document, parse_float=Decimal)
            base = base.base_id
        if len(chain) == 1:
            return mapping.document
        own = chain[mapping.code]
        whole = flatten(read_document(own), chain.get)
        data = {
            "mapping": mapping.code,
            **{name: own[name] for name in ("title", "description", "source") if name in own},
            "target": whole.target,
            "rules": [_raw(rule) for rule in whole.rules],
        }
        if whole.fragments:
            data["fragments"] = {name: [_raw(rule) for rule in rules] for name, rules in whole.fragments.items()}
        return codec("json").encode(data).decode()

    def _ownership_entries(self, partner):
        lines = self.env["sync.ownership"].search(
            [("company_id", "=", partner.company_id.id), ("trading_partner_id", "=", partner.id)], order="domain, id"
        )
        return [
            {
                "domain": line.domain,
                "name": line.name,
                "fields": sorted(line._names()),
                "system_of_record": line.system_of_record,
                "on_other_write": line.on_other_write,
            }
            for line in lines
        ]

    def _xref_entries(self, partner, asks):
        answered = {(place["name"], place["code"]) for ask in asks for place in ask["goes_to"] if "code" in place}
        found = self.env["sync.xref"].search(
            [
                ("trading_partner_id", "=", partner.id),
                ("canonical_code", "not in", (False, "")),
                ("domain", "not in", PERSONAL),
                ("active", "=", True),
            ],
            order="domain, external_id",
        )
        names = ("domain", "external_id", "canonical_code")
        return [
            {name: each[name] for name in names} for each in found if (each.domain, each.canonical_code) not in answered
        ]

    # -- samples -----------------------------------------------------------------------------------------------------

    def _samples_that_hold(self, partner, interfaces, files):
        """The samples of the pack behind the partner that come out as it says; their files are added to ``files``."""
        if not partner.pack or partner.pack not in reading.names():
            return []
        pack = self._read(partner.pack)
        kept = []
        for interface in interfaces:
            for entry in pack.get("samples", ()):
                if entry["interface"] != interface.pack_code or sample.problem(pack, interface, entry):
                    continue
                for file in filter(None, (entry["file"], entry.get("expected"))):
                    files[file] = reading.content(pack["name"], file)
                kept.append({**json.loads(codec("json").encode(entry)), "interface": _code(interface)})
        return kept


def _asks_of(partner, endpoints):
    """The questions of the pack behind a partner, as far as they concern what is exported; never an answer."""
    codes = set(map(_code, endpoints))
    asks = []
    for ask in partner._asks():
        places = [place for place in ask["goes_to"] if place.get("endpoint") in codes or "endpoint" not in place]
        asks += [{**ask, "goes_to": places}] if places else []
    return asks


def _code(record):
    return record.pack_code or record.code


def _found_at(source, value):
    return {"source": source} if source == "event" else {"source": source, "value": value}


def _interface_entry(interface):
    return {
        "code": _code(interface),
        "name": interface.name,
        "endpoint": _code(interface.endpoint_id),
        "document_type": interface.document_type,
        "topic": interface.topic or None,
        "reply_to": _code(interface.replies_to_id) if interface.replies_to_id else None,
        "contract": interface.contract_id.code or None,
        "mapping": interface.mapping_id.code or None,
        "policy": interface.policy_id.code,
        "handler": interface.handler or None,
        "milestone": interface.milestone or None,
        "event_filter": json.loads(interface.event_filter) if interface.event_filter else None,
        "own_only": interface.own_only or None,
        "request": _request_entry(interface),
    }


def _edi_entry(endpoint):
    if endpoint.codec not in EDI:
        return None
    whose = {
        who: {name: endpoint[f"edi_{who}_{name}"] or None for name in ("id", "qualifier", "application")}
        for who in ("own", "partner")
    }
    said = {**whose, "version": endpoint.edi_version or None}
    if endpoint.direction == "inbound":
        said |= {"answer": endpoint.edi_answer, "answer_kind": endpoint.edi_answer_kind}
    return said


def _request_entry(interface):
    said = {name: interface[f"request_{name}"] for name in ("method", "path", "body")}
    return {name: value for name, value in said.items() if value} or None


def _versioned_entry(version, folder):
    where = {"canonical": True} if _shared(version) else {"file": f"{folder}/{version.code}.json"}
    return {"code": version.code, "name": version.name, "document_type": version.document_type_id.code, **where}


def _shared(version):
    """Whether it is a contract that is the canonical document itself."""
    return version._name == "sync.contract" and version.form == "canonical"


def _policy_entry(policy):
    retry = {"kind": policy.retry_kind, "max_attempts": policy.max_attempts}
    if policy.retry_kind == "exponential":
        retry |= {name: _short(policy[f"retry_{name}"]) for name in ("base", "factor", "cap")}
    else:
        retry["seconds"] = [_short(float(each)) for each in policy.retry_schedule.split(",")]
    return {
        "code": policy.code,
        "name": policy.name,
        "timing": policy.timing,
        "collect": {"documents": policy.batch_documents, "seconds": policy.batch_seconds}
        if policy.timing == "micro_batch"
        else None,
        "window": _window(policy.calendar_id) if policy.timing == "window" else None,
        "on_failure": policy.head_policy,
        "retry": retry,
        "acknowledgement": policy.acknowledgement,
        "awaits": {name: _short(policy[field]) for name, field in AWAITED.items() if policy[field]},
        "answer": _answer_entry(policy),
        "takes_over_dates": policy.takes_over_dates or None,
        "asks_risk": policy.asks_risk or None,
        "service_level": policy.service_level_id.code,
        "retention": policy.retention_id.code,
        "gates": sorted(policy.gate_ids.mapped("code")),
    }


def _answer_entry(policy):
    if not policy.answer_seconds:
        return None
    return {"seconds": policy.answer_seconds, "late": policy.late_answer or None}


def _window(calendar):
    return {
        "time_zone": calendar.tz,
        "hours": [
            {"day": DAYS[int(line.dayofweek)], "from": _short(line.hour_from), "to": _short(line.hour_to)}
            for line in calendar.attendance_ids.sorted(lambda line: (line.dayofweek, line.hour_from))
        ],
    }


def _part_entry(part, names):
    return {
        "code": part.code,
        "name": part.name,
        **{name: _short(part[name]) for name in names if part[name] or name in RETENTION},
    }


def _short(value):
    """15.0 as 15."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _raw(rule):
    """A rule as it is written, with the rules inside it as they are now."""
    data = {name: value for name, value in rule.data.items() if name not in ("rules", "parts")}
    if rule.rules:
        data["rules"] = [_raw(each) for each in rule.rules]
    if rule.parts:
        data["parts"] = [_raw(each) for each in rule.parts]
    return data


def _without_nothing(data):
    """Without the members that say nothing, at all levels where a pack has optional ones."""
    if isinstance(data, dict):
        return {
            name: _without_nothing(value)
            for name, value in data.items()
            if value is not None and (value not in ([], {}) or name in ("groups", "value", "interfaces"))
        }
    return [_without_nothing(each) for each in data] if isinstance(data, list) else data
