"""The integration catalogue: what an auditor, an owner and a newcomer ask of every interface, in words."""

import json
from collections.abc import Collection

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core.ownership import domains
from .ownership import DOMAINS
from .ownership_rule import DOMAIN_OF_TYPE

PROMISES = (
    ("applied_seconds", "s received to applied"),
    ("delivered_seconds", "s event to delivered"),
    ("acknowledged_seconds", "s received to acknowledged"),
    ("fulfilled_hours", "h ordered to fulfilled"),
)


class SyncInterface(models.Model):
    """Everything here is computed for all interfaces of a list at once: a page of 500 costs what a page of 5 does."""

    _inherit = "sync.interface"

    environment = fields.Selection(related="endpoint_id.environment")
    schedule = fields.Char(compute="_compute_words", help="When its documents are worked, by its policy.")
    promise = fields.Char(string="Service level", compute="_compute_words")
    dependencies = fields.Char(
        compute="_compute_words", help="What it needs besides its own versions: gates, cross-references, hours."
    )
    last_traffic_on = fields.Date(
        string="Last traffic", compute="_compute_last_traffic", help="Day (UTC) of the last document that was finished."
    )
    feeds = fields.Selection(
        DOMAINS, compute="_compute_feeds", help="The kind of data that its documents write in Odoo."
    )
    conflict = fields.Char(
        compute="_compute_conflict",
        search="_search_conflict",
        help="Another live interface feeds the same records from another system.",
    )
    standing = fields.Selection(
        [("good", "Good"), ("conflict", "Fed twice"), ("held", "Held"), ("deprecated", "Old version"), ("off", "Off")],
        compute="_compute_standing",
    )

    @api.depends("policy_id", "mapping_id", "endpoint_id")
    def _compute_words(self):
        for interface in self:
            policy = interface.policy_id
            level = policy.service_level_id
            promised = [f"{level[name]:g} {words}" for name, words in PROMISES if level[name]]
            interface.schedule = policy.timing_text
            interface.promise = ", ".join(promised) or level.name
            needs = policy.gate_ids.mapped("name")
            if policy.calendar_id and policy.timing == "window":
                needs.append(policy.calendar_id.name)
            if interface.mapping_id:
                needs += [
                    self.env._("cross-references: %s", domain)
                    for domain in sorted(_references(json.loads(interface.mapping_id.document)))
                ]
                needs += interface.mapping_id.base_id.mapped("display_name")
            interface.dependencies = ", ".join(needs)

    def _compute_last_traffic(self):
        found = self.env["sync.service.day"]._read_group(
            [("interface_id", "in", self.ids)], ["interface_id"], ["day:max"]
        )
        last = {interface.id: day for interface, day in found}
        for interface in self:
            interface.last_traffic_on = last.get(interface.id, False)

    @api.depends("document_type_id")
    def _compute_feeds(self):
        for interface in self:
            word = (interface.document_type_id.code or "").split(".")[0]
            interface.feeds = DOMAIN_OF_TYPE.get(word, False) if interface.direction == "inbound" else False

    @api.depends("state", "document_type_id", "endpoint_id")
    def _compute_conflict(self):
        found = self._conflicts(self.company_id)
        for interface in self:
            interface.conflict = found.get(interface.id, False)

    def _search_conflict(self, operator, value):
        """Whether there is one: what it says is made for reading and not for searching."""
        values = value if isinstance(value, Collection) and not isinstance(value, str) else [value]
        if operator not in ("=", "!=", "in", "not in") or any(values):
            raise UserError(self.env._("Search for interfaces that are fed twice, or that are not."))
        found = self._conflicts(self.env.companies)
        return [("id", "in" if operator in ("!=", "not in") else "not in", list(found))]

    @api.model
    @api.private
    def _conflicts(self, companies):
        """{interface id: sentence} of live interfaces that write the same records as one of another system.

        Only domains in which all systems know a record by the same key; orders, shipments and payments are each
        system's own.
        """
        shared = {code: entry for code, entry in domains().items() if entry.key}
        live = self.search(
            [("state", "=", "live"), ("direction", "=", "inbound"), ("company_id", "in", companies.ids)], order="id"
        )
        groups = {}
        for interface in live:
            if interface.feeds in shared:
                key = interface.company_id, interface.environment, interface.feeds
                groups.setdefault(key, self.browse())
                groups[key] |= interface
        found = {}
        for (company, _environment, domain), interfaces in groups.items():
            partners = interfaces.trading_partner_id
            if len(partners) < 2:
                continue
            owned = self.env["sync.ownership"]._group_rules(company.id, domain)
            settled = len(owned) == len(shared[domain].groups)
            for interface in interfaces:
                others = (partners - interface.trading_partner_id).mapped("name")
                found[interface.id] = self._conflict_in_words(shared[domain], others, settled)
        return found

    def _conflict_in_words(self, entry, others, settled):
        verdict = (
            self.env._("the ownership matrix says whose word counts")
            if settled
            else self.env._("the ownership matrix does not say whose word counts: the last one wins")
        )
        return self.env._(
            "%(domain)s by the same key (%(key)s) come from %(others)s too; %(verdict)s.",
            domain=entry.title,
            key=entry.key,
            others=", ".join(others),
            verdict=verdict,
        )

    @api.depends("state", "health", "conflict", "contract_id.state", "mapping_id.state")
    def _compute_standing(self):
        for interface in self:
            if interface.state != "live":
                interface.standing = "off"
            elif interface.health == "bad":
                interface.standing = "held"
            elif interface.conflict:
                interface.standing = "conflict"
            elif "deprecated" in (interface.contract_id.state, interface.mapping_id.state):
                interface.standing = "deprecated"
            else:
                interface.standing = "good"


def _references(rules):
    """The domains of cross-references that a mapping asks for, anywhere in it."""
    found = set()
    if isinstance(rules, dict):
        asked = rules.get("xref")
        if isinstance(asked, str):
            found.add(asked)
        elif isinstance(asked, dict) and asked.get("domain"):
            found.add(asked["domain"])
        for value in rules.values():
            found |= _references(value)
    elif isinstance(rules, list):
        for value in rules:
            found |= _references(value)
    return found
