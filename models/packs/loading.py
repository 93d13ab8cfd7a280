"""The parts of a pack, each found again by its code."""

import json

from odoo import api, models
from odoo.fields import Command

from ...core.canonical import catalogue
from . import carriage, reading


class SyncPack(models.AbstractModel):
    _inherit = "sync.pack"

    # -- the partner -----------------------------------------------------------------------------------------------

    @api.private
    def _load_partner(self, pack, company, values):
        partners = self.env["sync.trading.partner"]
        code = values.get("code") or pack["partner"]["code"]
        partner = partners.search([("company_id", "=", company.id), ("code", "=", code)], limit=1)
        given = {
            name: values[name]
            for name in ("name", "environment", "partner_id", "business_owner_id", "technical_owner_id")
            if values.get(name)
        }
        if values.get("warehouse_ids"):
            given["warehouse_ids"] = [Command.set(values["warehouse_ids"])]
        if not partner:
            return partners.create(
                {
                    "name": pack["partner"]["name"],
                    "business_owner_id": self.env.uid,
                    "technical_owner_id": self.env.uid,
                    **given,
                    "kind": pack["partner"]["kind"],
                    "code": code,
                    "company_id": company.id,
                    "pack": pack["name"],
                    "pack_version": pack["version"],
                    "pack_asks": _json(pack.get("asks")),
                }
            )
        said = {"pack": pack["name"], "pack_version": pack["version"], "pack_asks": _json(pack.get("asks"))}
        _update(partner, {**given, **said})
        return partner

    @api.private
    def _load_endpoints(self, pack, partner, values):
        """{code in the pack: endpoint}, each with its own user."""
        endpoints = {}
        for entry in pack["endpoints"]:
            found = partner.endpoint_ids.filtered(lambda e, code=entry["code"]: e.pack_code == code)[:1]
            if not found and entry.get("optional") and not _wanted(entry["code"], values):
                continue
            entry = self._with_answers(pack, entry, found)
            data = self._endpoint_values(entry, values)
            if "mail_name" in data:
                data["mail_name"] = self._mailbox(found, data["mail_name"], partner)
            if not found:
                found = self.env["sync.endpoint"].create(
                    {
                        **data,
                        "code": self._free_code("sync.endpoint", entry["code"], f"{partner.code}-{entry['code']}", []),
                        "pack_code": entry["code"],
                        "trading_partner_id": partner.id,
                    }
                )
            elif found.state == "draft":
                _update(found, data)
            else:
                self._leave(found, data)
            if not found.user_id:
                found._create_agent(entry["agent"]["groups"], name=entry["agent"]["name"])
            endpoints[entry["code"]] = found
        return endpoints

    def _mailbox(self, found, name, partner):
        """The mailbox that there is; of a new endpoint the pack's, or the partner's own where it is taken already."""
        if found.mail_name or not name:
            return found.mail_name
        # sudo: a mailbox may be taken by what the user does not see
        domain = [("alias_name", "=", name), ("alias_domain_id", "=", partner.company_id.sudo().alias_domain_id.id)]
        return f"{partner.code}-{name}" if self.env["mail.alias"].sudo().search_count(domain, limit=1) else name

    def _carriers(self):
        return dict(self.env["sync.endpoint"]._fields["carrier"]._description_selection(self.env))

    def _endpoint_values(self, entry, values):
        key, topic = entry["ordering_key"], entry.get("topic", {})
        flag = entry.get("tests_marked_by", {})
        data = {
            "test_flag_source": flag.get("source", False),
            "test_flag_value": flag.get("value", False),
            "test_flag_words": ", ".join(flag.get("words", ())),
            "name": entry["name"],
            "direction": entry["direction"],
            "pulled": entry["transport"] == "feed",
            "carrier": entry["transport"] if entry["transport"] in self._carriers() else False,
            **carriage.values_of(entry),
            "codec": entry["codec"],
            "codec_options": _json(entry.get("layout")),
            "authentication": entry["authentication"],
            "answer_rules": _json(entry.get("answers")),
            "key_source": key["source"],
            "key_value": key.get("value", False),
            "topic_source": topic.get("source", False),
            "topic_value": topic.get("value", False),
            **_edi_values(entry.get("edi")),
        }
        if "together" in entry:
            data["documents_together"] = int(entry["together"])
        if "authentication_settings" in entry:
            data["authentication_settings"] = _json(entry["authentication_settings"])
        if "reads" in entry:
            types = self.env["sync.document.type"]
            data["business_type_ids"] = [Command.set([types._id_of(code) for code in entry["reads"]])]
        if values.get("private_hosts", {}).get(entry["code"]):
            data["allowed_private_hosts"] = values["private_hosts"][entry["code"]]
        if values.get("urls", {}).get(entry["code"]):
            data["url"] = values["urls"][entry["code"]]
        return data

    @api.private
    def _load_interfaces(self, pack, partner, endpoints, shared, values):
        # What takes answers comes behind what it answers.
        for entry in sorted(pack["interfaces"], key=lambda each: "reply_to" in each):
            if entry["endpoint"] not in endpoints:
                continue
            found = self._called(partner, entry["code"])
            data = {
                "name": entry["name"],
                "endpoint_id": endpoints[entry["endpoint"]].id,
                "document_type_id": self.env["sync.document.type"]._id_of(entry["document_type"]),
                "topic": entry.get("topic", False),
                "replies_to_id": self._called(partner, entry["reply_to"]).id if "reply_to" in entry else False,
                "contract_id": shared["contracts"].get(entry.get("contract"), self.env["sync.contract"]).id,
                "mapping_id": shared["mappings"].get(entry.get("mapping"), self.env["sync.mapping"]).id,
                "policy_id": shared["policies"][entry["policy"]].id,
                "handler": entry.get("handler", False),
                "milestone": entry.get("milestone", False),
                "event_filter": _json(entry.get("event_filter")),
                "own_only": entry.get("own_only", False),
                **{f"request_{name}": entry.get("request", {}).get(name, False) for name in ("method", "path", "body")},
            }
            if not found:
                domain = [("company_id", "=", partner.company_id.id)]
                self.env["sync.interface"].create(
                    {
                        **data,
                        "code": self._free_code(
                            "sync.interface", entry["code"], f"{partner.code}.{entry['code']}", domain
                        ),
                        "pack_code": entry["code"],
                        "owner_id": values.get("owners", {}).get(entry.get("owner_group"))
                        or partner.business_owner_id.id,
                        "steward_id": partner.technical_owner_id.id,
                    }
                )
            elif found.state == "draft":
                _update(found, data)
            else:
                self._leave(found, data)

    def _called(self, partner, code):
        """The interface of a partner that the pack calls so, possibly empty."""
        return partner.interface_ids.filtered(lambda interface: interface.pack_code == code)[:1]

    def _leave(self, record, data):
        """What is live keeps what it runs on; whoever compares is told in what it differs from the pack."""
        left = self.env.context.get("sync_pack_left")
        if left is not None and (names := _differences(record, data)):
            left[record] = {name: data[name] for name in sorted(names)}

    def _free_code(self, model, code, own_code, domain):
        """The pack's code, or the partner's own where another partner has it already."""
        # sudo: a code may be taken by a company that the user does not see
        taken = self.env[model].sudo().search_count([*domain, ("code", "=", code)], limit=1)
        return own_code if taken else code

    # -- what partners of one pack share ---------------------------------------------------------------------------

    @api.private
    def _load_shared(self, pack, company):
        """{kind: {code: record}} of contracts, mappings, policies and what policies point to.

        :param pack: with the parts that are needed, see :func:`reading.needed`
        """
        gates = {
            entry["code"]: self._part(
                "sync.gate", {**entry, "condition": json.dumps(entry["condition"], indent=2)}, company
            )
            for entry in pack.get("gates", ())
        }
        levels = {
            entry["code"]: self._part("sync.service.level", entry, company) for entry in pack.get("service_levels", ())
        }
        retentions = {
            entry["code"]: self._part("sync.retention", entry, company) for entry in pack.get("retentions", ())
        }
        return {
            "contracts": {
                entry["code"]: self._version(
                    "sync.contract",
                    pack,
                    company,
                    entry,
                    {
                        "document_type_id": self.env["sync.document.type"]._id_of(entry["document_type"]),
                        "form": "canonical" if entry.get("canonical") else "partner",
                        "schema": _schema(pack, entry),
                    },
                    {"compatibility": _promise(pack, entry["code"])},
                )
                for entry in pack.get("contracts", ())
            },
            "mappings": {
                entry["code"]: self._version(
                    "sync.mapping",
                    pack,
                    company,
                    entry,
                    {
                        "document_type_id": self.env["sync.document.type"]._id_of(entry["document_type"]),
                        "document": reading.text(pack["name"], entry["file"]),
                    },
                )
                for entry in pack.get("mappings", ())
            },
            "policies": {
                entry["code"]: self._version(
                    "sync.policy",
                    pack,
                    company,
                    entry,
                    self._policy_values(pack, entry, gates, levels, retentions, company),
                )
                for entry in pack["policies"]
            },
        }

    def _policy_values(self, pack, entry, gates, levels, retentions, company):
        retry = entry["retry"]
        used_by = [i["document_type"] for i in pack["interfaces"] if i["policy"] == entry["code"]]
        types = self.env["sync.document.type"].browse([self.env["sync.document.type"]._id_of(code) for code in used_by])
        data = {
            "domain": types[:1].domain or "integration",
            **self._timing_values(entry, company),
            "head_policy": entry["on_failure"],
            "retry_kind": retry["kind"],
            "max_attempts": retry["max_attempts"],
            "acknowledgement": entry["acknowledgement"],
            **_awaited_values(entry.get("awaits", {})),
            **_answer_values(entry.get("answer")),
            "takes_over_dates": entry.get("takes_over_dates", False),
            "asks_risk": entry.get("asks_risk", False),
            "service_level_id": levels[entry["service_level"]].id,
            "retention_id": retentions[entry["retention"]].id,
            "gate_ids": [Command.set([gates[code].id for code in entry.get("gates", ())])],
        }
        if retry["kind"] == "exponential":
            data.update(
                retry_base=float(retry["base"]), retry_factor=float(retry["factor"]), retry_cap=float(retry["cap"])
            )
        else:
            data["retry_schedule"] = ", ".join(f"{float(seconds):g}" for seconds in retry["seconds"])
        return data

    def _part(self, model, entry, company):
        """The gate, service level or retention with this content; a sibling of its code beside one that is fixed."""
        parts = self.env[model]
        data = {name: _plain(value) for name, value in entry.items() if name != "code"}
        code, number = entry["code"], 1
        while found := parts.search([("code", "=", code), ("company_id", "=", company.id)], limit=1):
            if not _differences(found, data):
                return found
            if not found._used_by_submitted():
                found.write(data)
                return found
            number += 1
            code = f"{entry['code']}-{number}"
        return parts.create({**data, "code": code, "company_id": company.id})

    def _version(self, model, pack, company, entry, content, first=None):
        """The version with this content: an existing one, the draft brought up to date, or a new draft.

        ``first`` are further values for the very first version; later ones take over what people decided since.
        """
        versions = self.env[model].search(
            [("code", "=", entry["code"]), ("company_id", "=", company.id)], order="id desc"
        )
        same = versions.filtered(lambda v: v.state != "retired" and not _differences(v, content))
        if same:
            return same[0]
        draft = versions.filtered(lambda v: v.state == "draft")[:1]
        if draft:
            draft.write({**content, "name": entry["name"]})
            return draft
        if versions:
            draft = versions[0]._next_version()
            wanted = _numbers(pack["version"])
            free = wanted > max(_numbers(version.version) for version in versions)
            draft.write({**content, "name": entry["name"], **({"version": pack["version"]} if free else {})})
            return draft
        return self.env[model].create(
            {
                **content,
                **(first or {}),
                "code": entry["code"],
                "name": entry["name"],
                "version": pack["version"],
                "company_id": company.id,
            }
        )

    # -- master data and secrets -----------------------------------------------------------------------------------

    @api.private
    def _load_ownership(self, pack, partner):
        """Lines that nobody has drawn yet; who owns what already is people's decision and stays."""
        lines = self.env["sync.ownership"]
        for entry in pack.get("ownership", ()):
            owner = partner if entry["system_of_record"] == "partner" else self.env["sync.trading.partner"]
            names = set(entry["fields"])
            existing = lines.search([("company_id", "=", partner.company_id.id), ("domain", "=", entry["domain"])])
            if any(
                names & line._names() and (line.trading_partner_id == owner or not (line.trading_partner_id and owner))
                for line in existing
            ):
                continue
            lines.create(
                {
                    "company_id": partner.company_id.id,
                    "domain": entry["domain"],
                    "name": entry["name"],
                    "field_names": ", ".join(entry["fields"]),
                    "system_of_record": entry["system_of_record"],
                    "trading_partner_id": owner.id,
                    "on_other_write": entry["on_other_write"],
                    "steward_id": partner.business_owner_id.id,
                }
            )

    @api.private
    def _load_xrefs(self, pack, partner):
        xrefs = self.env["sync.xref"]
        for entry in pack.get("xrefs", ()):
            key = [
                ("trading_partner_id", "=", partner.id),
                ("domain", "=", entry["domain"]),
                ("external_id", "=", entry["external_id"]),
            ]
            if not xrefs.search_count(key, limit=1):
                xrefs.create({**entry, "trading_partner_id": partner.id})

    @api.private
    def _load_secrets(self, endpoints, values):
        """Credentials for endpoints that have none; only for whoever may set secrets. Of HTTP Basic a secret may be
        ``user:password``."""
        for code, secret in values.get("secrets", {}).items():
            endpoint = endpoints.get(code)
            if endpoint and secret and not endpoint.credential_ids:
                user = values.get("users", {}).get(code)
                if not user and endpoint.authentication == "basic" and ":" in secret:
                    user, _colon, secret = secret.partition(":")
                self.env["sync.credential"].create(
                    {
                        "name": endpoint.name,
                        "endpoint_id": endpoint.id,
                        "secret_input": secret,
                        "may_read": bool(endpoint.business_type_ids),
                        **({"username": user} if user else {}),
                    }
                )


def _wanted(code, values):
    """Whether a partner is to have an endpoint that it may do without."""
    return code in values.get("endpoints", ()) or any(values.get(each, {}).get(code) for each in ("urls", "secrets"))


def _schema(pack, entry):
    """The text of a contract: the partner's own, or the canonical one as it is now."""
    if entry.get("canonical"):
        return json.dumps(catalogue()[entry["document_type"]].schema, default=dict)
    return reading.text(pack["name"], entry["file"])


def _promise(pack, code):
    """What the next version may not break: partners go on reading what we send with what they have."""
    used = {reading.direction_of(pack, entry) for entry in pack["interfaces"] if entry.get("contract") == code}
    return "forward" if used == {"outbound"} else "backward"


def _json(value):
    """A part of a pack as a field of text keeps it; False where there is none."""
    return json.dumps(value, indent=2, ensure_ascii=False) if value else False


def _edi_values(said):
    """What a pack says of EDI; identities that it does not name are left as somebody entered them."""
    if said is None:
        return {}
    values = {"edi_answer": said.get("answer", "none"), "edi_answer_kind": said.get("answer_kind", "997")}
    named = [("version", said.get("version"))]
    for who in ("own", "partner"):
        named += [(f"{who}_{name}", said.get(who, {}).get(name)) for name in ("id", "qualifier", "application")]
    return values | {f"edi_{name}": value for name, value in named if value}


def _awaited_values(said):
    return {
        "await_syntax_hours": float(said.get("syntax_hours", 0)),
        "await_business_hours": float(said.get("business_hours", 0)),
        "resend_times": int(said.get("resend_times", 0)),
    }


def _answer_values(said):
    if not said:
        return {"answer_seconds": 0, "late_answer": False}
    return {"answer_seconds": int(said["seconds"]), "late_answer": said.get("late", "replaces")}


def _plain(value):
    """Numbers of a pack (Decimal) as the fields take them."""
    return float(value) if hasattr(value, "as_tuple") else value


def _numbers(version):
    return tuple(map(int, version.split(".")))


def _update(record, data):
    """Write only what differs, so that loading again leaves no trace in the chatter."""
    changed = {name: value for name, value in data.items() if name in _differences(record, data)}
    if changed:
        record.write(changed)


def _differences(record, data):
    """The names of the fields of ``data`` that are not so on ``record``."""
    different = set()
    for name, value in data.items():
        field = record._fields[name]
        if field.type == "many2many":
            now, wanted = set(record[name].ids), set(value[0][2])
        elif field.type == "many2one":
            now, wanted = record[name].id, value or False
        elif field.type == "float":
            now, wanted = round(record[name], 6), round(float(value), 6)
        else:
            now, wanted = record[name] or False, value or False
        if now != wanted:
            different.add(name)
    return different
