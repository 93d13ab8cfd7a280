"""Ownership where people write: in forms, imports and calls from outside."""

import json
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from odoo import api, models
from odoo.exceptions import AccessError

from ...core.ownership import domains

AGENT_GROUP = "sync_governance.group_agent"
# Field groups about which the write under way was decided: what it writes further on (addresses of contacts, variants
# of a product) is the same write. None: all of them.
_DECIDED: ContextVar[frozenset | None] = ContextVar("ownership_decided", default=frozenset())


@contextmanager
def decided(groups=None):
    """What is written in here was decided about; ``groups``: (domain, code) of those, all if not given."""
    known = _DECIDED.get()
    token = _DECIDED.set(None if groups is None or known is None else known | groups)
    try:
        yield
    finally:
        _DECIDED.reset(token)


@cache
def held_fields(model):
    """{field of a model: its field group}, over all domains."""
    return {
        name: group for entry in domains().values() for group in entry.groups for name in group.fields.get(model, ())
    }


class SyncOwned(models.AbstractModel):
    """A record of Odoo whose fields other systems may own, by the ownership matrix of its company.

    A write by a person is let through, refused, kept as a proposal or told to the steward. Not held: what Odoo does
    with system rights (schedulers, confirmations that follow from others), and the users of endpoints, whose documents
    were decided about before. A steward overrides, and it is noted that he did.
    """

    _name = "sync.owned"
    _description = "Record whose fields may be owned elsewhere"

    def _write_owned(self, vals, go_on):
        """Decide about a write, and do what is left of it; a model calls it outermost, before others look at ``vals``.

        :param go_on: a function (records, values) that really writes
        """
        groups = self._held_groups(vals)
        if not groups:
            return go_on(self, vals)
        result = True
        for records, left, codes in self._decide_write(vals, groups):
            with decided(codes):
                result = go_on(records, left) and result
        return result

    def _expect_owned(self, field_name):
        """Refuse that a person adds or removes these records where the owner of ``field_name`` decides about it."""
        if groups := self._held_groups((field_name,)):
            self._decide_write({}, groups)

    # -- what a model says of itself ---------------------------------------------------------------------------------

    def _owned_by(self, owners):
        """Hook: {record id: those of ``owners`` (ids of trading partners) whose record it can be}; usually all."""
        return {record.id: owners for record in self}

    def _is_owned(self):
        """Hook: the records that the matrix is about."""
        return self

    # -- deciding ------------------------------------------------------------------------------------------------------

    @api.model
    def _held_groups(self, names):
        """The field groups that a person's write of ``names`` touches and somebody may own. Costs no statement."""
        held = held_fields(self._name)
        groups = {held[name] for name in names if name in held}
        known = _DECIDED.get()
        if not groups or known is None or self.env.su or self.env.user.has_group(AGENT_GROUP):
            return set()
        elsewhere = self.env["sync.ownership"]._owned_elsewhere()
        return {group for group in groups if group.domain in elsewhere and (group.domain, group.code) not in known}

    def _decide_write(self, vals, groups):
        """Split a write: (records, values that may be written, groups decided) of each part; refuses what is refused.

        :param vals: empty where records are added or removed
        :param groups: the field groups that are touched
        """
        parts = []
        for company, records in self.grouped(lambda r: r._owned_company()).items():
            rules = {}
            for group in groups:
                found = self.env["sync.ownership"]._group_rules(company.id, group.domain).get(group.code)
                if found:
                    rules[group] = found
            foreign = records._foreign(rules) if rules else {}
            codes = frozenset((group.domain, group.code) for group in groups)
            free = records.browse([record.id for record in records if record.id not in foreign])
            if free:
                parts.append((free, vals, codes))
            for record_id, owners in foreign.items():
                record = records.browse(record_id)
                parts.append((record, record._let_through(vals, owners, company), codes))
        return parts

    def _owned_company(self):
        company = self.company_id if "company_id" in self._fields else self.env["res.company"]
        return company or self.env.company

    def _foreign(self, rules):
        """{record id: {field group: rule}} of what belongs to a system that is not Odoo."""
        found = {}
        records = self._is_owned()
        owned = {group: lines for group, lines in rules.items() if all(rule.owner for rule in lines)}
        whose = records._owned_by({rule.owner for lines in owned.values() for rule in lines}) if owned else {}
        for record_id, owners in whose.items():
            for group, lines in owned.items():
                if mine := [rule for rule in lines if rule.owner in owners]:
                    found.setdefault(record_id, {})[group] = mine[0]
        return found

    def _let_through(self, vals, owners, company):
        """Of ``vals`` what may be written to one record; raises what the owner's rule refuses."""
        left = dict(vals)
        for group, rule in owners.items():
            names = [name for name in left if held_fields(self._name).get(name) == group]
            changed = [name for name in names if self._differs(name, left[name])]
            if vals and not changed:
                continue
            if self._may_override(rule):
                self._keep("told", group, rule, company, {name: left[name] for name in changed})
            elif rule.verdict == "propose" and vals:
                self.check_access("write")
                self._keep("proposed", group, rule, company, {name: left.pop(name) for name in changed})
            elif rule.verdict == "accept":
                self._keep("told", group, rule, company, {name: left[name] for name in changed})
            else:
                raise AccessError(self._refusal_of(group, rule))
        return left

    def _differs(self, name, value):
        """Whether writing ``value`` changes the field; what cannot be compared counts as a change."""
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            return True
        before = field.convert_to_write(self[name], self)
        after = field.convert_to_write(
            field.convert_to_record(field.convert_to_cache(value, self, validate=False), self), self
        )
        return before != after

    def _may_override(self, rule):
        if rule.steward:
            return rule.steward == self.env.uid
        return self.env.user.has_group("sync_governance.group_manager")

    def _refusal_of(self, group, rule):
        who = rule.steward_name or self.env._("An integration manager")
        return self.env._(
            "%(owner)s is the system of record of “%(what)s” of %(record)s: change it there, it comes here by itself."
            " %(who)s may override it in Odoo.",
            owner=rule.owner_name,
            what=group.title,
            record=self.display_name,
            who=who,
        )

    def _keep(self, state, group, rule, company, values, said=None, what=None):
        """Note a proposal, or that the steward or the rule let the write through.

        :param said: what is shown of it, where that is more than the values to be written
        :param what: what it is about, where that is more than the field group
        """
        version = self.env["sync.ownership"]._current_version(company.id)
        # sudo: whoever may write the record may propose; nobody writes the list of proposals by hand
        self.env["sync.ownership.write"].sudo()._note(
            [
                {
                    "state": state,
                    "company_id": company.id,
                    "domain": group.domain,
                    "what": what or group.title,
                    "owner_name": rule.owner_name,
                    "reference": self.display_name,
                    "user_id": self.env.uid,
                    "steward_id": rule.steward,
                    "res_model": self._name,
                    "res_id": self.id,
                    "values": json.dumps(values, default=str),
                    "words": "\n".join(self._in_words(name, value) for name, value in (said or values).items()),
                    "ownership_version": version,
                }
            ]
        )
        if state == "proposed":
            self.env.user._bus_send(
                "simple_notification",
                {
                    "type": "warning",
                    "title": self.env._("Proposed, not changed yet"),
                    "message": self.env._(
                        "%(owner)s is the system of record of “%(what)s”. %(who)s decides.",
                        owner=rule.owner_name,
                        what=group.title,
                        who=rule.steward_name or self.env._("An integration manager"),
                    ),
                },
            )

    def _in_words(self, name, value):
        field = self._fields[name]
        if field.type == "many2one" and value:
            value = self.env[field.comodel_name].sudo().browse(value).display_name  # sudo: a name, for the steward
        return f"{field.string}: {value if value not in (False, None) else '-'}"
