"""What a policy points to."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class SyncPolicyPart(models.AbstractModel):
    """A record that policies share: gate, service level, retention.

    A policy is approved together with what it points to, so the content of a part is fixed as soon as a policy past
    draft uses it; a different content is a new record and a new version of the policy.
    """

    _name = "sync.policy.part"
    _description = "Part of a policy"
    _order = "code"
    _rec_names_search = ["name", "code"]
    _policy_field = None
    _content = ()

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, help="Empty: for every company."
    )
    active = fields.Boolean(default=True)
    fixed = fields.Boolean(
        compute="_compute_fixed", help="A policy that was submitted uses it: its content no longer changes."
    )

    _code_uniq = models.UniqueIndex("(code, COALESCE(company_id, 0))", "This code is taken in the company.")
    _code_form = models.Constraint(
        "CHECK (code ~ '^[a-z0-9][a-z0-9.-]*$')", "A code has small letters, digits, dots and dashes."
    )

    def _compute_fixed(self):
        fixed = self._used_by_submitted()
        for part in self:
            part.fixed = part in fixed

    def _used_by_submitted(self):
        """Those of ``self`` that a policy past draft points to, as the database says now."""
        policies = (
            self.env["sync.policy"]
            .sudo()
            .search(  # sudo: a policy of any company fixes its parts
                [(self._policy_field, "in", self.ids), ("state", "!=", "draft")]
            )
        )
        return self & policies[self._policy_field].sudo(False)

    def write(self, vals):
        content = [name for name in vals if name in (*self._content, "code", "company_id")]
        if content:
            self._refuse_fixed(
                self.env._(
                    "“%s” is part of a policy in review or approved. Duplicate it and make a new version of the policy."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        self._refuse_fixed(self.env._("“%s” is part of a policy in review or approved. Archive it instead."))

    def _refuse_fixed(self, sentence):
        for part in self._used_by_submitted():
            raise UserError(sentence % part.name)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for part, vals in zip(self, vals_list, strict=True):
            if "code" not in (default or {}):
                vals["code"] = f"{part.code}-copy"
                vals["name"] = self.env._("%s (copy)", part.name)
        return vals_list
