"""Ownership where people create what another system is the system of record of."""

from odoo import models
from odoo.exceptions import AccessError, UserError

from ...core.ownership import domains
from .ownership_screen import decided, held_fields


class SyncOwned(models.AbstractModel):
    """What is created is held by the rule of its name and numbers; further parts that it brings by their own rules.

    A customer or product that is proposed exists archived until the steward accepts it: nobody's typing is lost, and
    nobody can use it before.
    """

    _inherit = "sync.owned"
    _created_group = "identity"
    """The field group whose owner decides what there is."""

    def _create_owned(self, vals_list, go_on):
        """Create, and decide about it in the same transaction; a model calls it outermost.

        :param go_on: a function (model, values) that really creates
        """
        touched = self._held_groups({"active", *(name for vals in vals_list for name in vals)})
        if not touched:
            return go_on(self, vals_list)
        held = held_fields(self._name).values()
        with decided(frozenset((group.domain, group.code) for group in held)):
            records = go_on(self, vals_list)
            for record, vals in zip(records, vals_list, strict=True):
                record._hold_created(vals, touched)
        return records

    def _hold_created(self, vals, groups):
        """Refuse, propose or tell one new record by the rules of ``groups``."""
        company = self._owned_company()
        rules = {}
        for group in groups:
            if found := self.env["sync.ownership"]._group_rules(company.id, group.domain).get(group.code):
                rules[group] = found
        owners = self._foreign(rules).get(self.id, {}) if rules else {}
        whole = next((group for group in owners if group.code == self._created_group), None)
        # Parts of which the same is said as of the whole are decided with it.
        apart = [group for group in owners if not whole or _says(owners[group]) != _says(owners[whole])]
        if whole:
            self._hold_part(whole, owners[whole], company, self._said(vals, without=apart), True)
        for group in apart:
            self._hold_part(group, owners[group], company, self._said(vals, only=group), False)

    def _said(self, vals, only=None, without=()):
        """Of ``vals`` what was typed in, neither empty nor what it would be anyway: ``only`` of one field group, or of
        all ``without`` some.
        """
        usual = self.default_get(list(vals))
        held = held_fields(self._name)
        return {
            name: value
            for name, value in vals.items()
            if value
            and name in held
            and usual.get(name) != value
            and (only is None or held[name] == only)
            and held[name] not in without
        }

    def _hold_part(self, group, rule, company, said, whole):
        if not (said or whole):
            return
        what = self.env._("New: %s", domains()[group.domain].title) if whole else None
        if self._may_override(rule) or rule.verdict == "accept":
            self._keep("told", group, rule, company, said, what=what)
        elif rule.verdict != "propose":
            raise AccessError(self._refusal_to_create(group, rule))
        elif whole:
            self.sudo().active = False  # sudo: other modules look around at that, where he may not
            self._keep("proposed", group, rule, company, {"active": True}, said, what)
        else:
            usual = self.default_get(list(said))
            if missing := [name for name in said if self._fields[name].required and not usual.get(name)]:
                raise UserError(
                    self.env._(
                        "%(owner)s is the system of record of “%(what)s”, and nothing is created without it:"
                        " %(fields)s.",
                        owner=rule.owner_name,
                        what=group.title,
                        fields=", ".join(self._fields[name]._description_string(self.env) for name in missing),
                    )
                )
            self.write({name: usual.get(name, False) for name in said})
            self._keep("proposed", group, rule, company, said)

    def _refusal_to_create(self, group, rule):
        return self.env._(
            "%(owner)s is the system of record of “%(what)s” of %(domain)s: create “%(record)s” there, it comes here by"
            " itself. %(who)s may create it in Odoo.",
            owner=rule.owner_name,
            what=group.title,
            domain=domains()[group.domain].title.lower(),
            record=self.display_name,
            who=rule.steward_name or self.env._("An integration manager"),
        )


def _says(rule):
    return rule.owner, rule.verdict, rule.steward
