"""Who got which rights, and what guards them: groups, access lines, record rules, settings of the server."""

from odoo import api, models

from ...core.audit.values import difference
from .entry import Draft

OURS = "sync_governance"


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        if any("group_ids" in vals for vals in vals_list):
            self.env["res.groups"]._audit_members({}, users)
        return users

    def write(self, vals):
        if "group_ids" not in vals:
            return super().write(vals)
        before = self.env["res.groups"]._sync_members(self)
        result = super().write(vals)
        self.env["res.groups"]._audit_members(before, self)
        return result


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        if not {"user_ids", "implied_ids"} & set(vals):
            return super().write(vals)
        before = self._sync_members()
        result = super().write(vals)
        self._audit_members(before)
        return result

    @api.model
    def _sync_members(self, users=None):
        """{user id: names of the groups of this module that he has}, of ``users`` or of all who have any."""
        # sudo: who has which rights is told whoever changes them
        data = self.env["ir.model.data"].sudo().search([("module", "=", OURS), ("model", "=", "res.groups")])
        members = {}
        for group in self.sudo().browse(data.mapped("res_id")).exists():  # sudo: as above
            for user in (
                group.all_user_ids & users.sudo() if users is not None else group.all_user_ids
            ):  # sudo: as above
                members.setdefault(user.id, set()).add(group.full_name)
        return members

    @api.model
    def _audit_members(self, before, users=None):
        after = self._sync_members(users)
        drafts = []
        for user in self.env["res.users"].sudo().browse(sorted({*before, *after})):  # sudo: as above
            old, new = sorted(before.get(user.id, ())), sorted(after.get(user.id, ()))
            if old != new:
                given = [name for name in new if name not in old]
                taken = [name for name in old if name not in new]
                changes = {"groups": difference("groups", taken or None, given or None)}
                drafts.append(Draft("right", "write", "res.users", user.id, user.login, changes=changes))
        self.env["sync.audit.entry"]._append(drafts)


class SyncGuard(models.AbstractModel):
    """A record that guards others: only those that guard what is ours are told about, and not what the module loads."""

    _name = "sync.audited.guard"
    _description = "Guard with an audit trail"
    _inherit = ["sync.audited"]
    _audit_as = "right"

    def _is_audited(self):
        if not self.env.registry.ready:
            return False
        # sudo: what it guards decides, and not who may read it
        return super()._is_audited() and any(record._guards_ours() for record in self.sudo())

    def _guards_ours(self):
        return False


class IrModelAccess(models.Model):
    _name = "ir.model.access"
    _inherit = ["ir.model.access", "sync.audited.guard"]

    def _guards_ours(self):
        return (self.model_id.model or "").startswith("sync.")


class IrRule(models.Model):
    _name = "ir.rule"
    _inherit = ["ir.rule", "sync.audited.guard"]

    def _guards_ours(self):
        return (self.model_id.model or "").startswith("sync.")


class IrConfigParameter(models.Model):
    _name = "ir.config_parameter"
    _inherit = ["ir.config_parameter", "sync.audited.guard"]
    _audit_as = "change"

    def _guards_ours(self):
        return (self.key or "").startswith(("sync_governance.", "database.uuid", "database.is_neutralized"))
