"""The internal user that an endpoint acts as."""

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

AGENT_GROUP = "sync_governance.group_agent"
LOGIN_PREFIX = "sync.agent."
FORBIDDEN_GROUPS = (
    "base.group_system",
    "base.group_erp_manager",
    "sync_governance.group_manager",
    "sync_governance.group_operator",
    "sync_governance.group_approver",
    "sync_governance.group_security_officer",
)


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    @api.constrains("user_id", "company_id")
    def _check_agent(self):
        """An endpoint acts as an integration agent of its own company, never as a person or an administrator."""
        for endpoint in self.filtered("user_id"):
            user = endpoint.user_id.sudo()  # sudo: groups and companies of a user are not everybody's to read
            if user._is_superuser() or not user.has_group(AGENT_GROUP):
                raise ValidationError(self.env._("%s is not an integration agent. Use “Create its user”.", user.name))
            too_much = [group for group in FORBIDDEN_GROUPS if user.has_group(group)]
            if too_much:
                groups = ", ".join(self.env.ref(group).sudo().full_name for group in too_much)  # sudo: name of a group
                raise ValidationError(
                    self.env._("%(user)s may do too much for an endpoint: %(groups)s.", user=user.name, groups=groups)
                )
            if user.company_ids != endpoint.company_id:
                raise ValidationError(
                    self.env._(
                        "%(user)s must belong to %(company)s only.", user=user.name, company=endpoint.company_id.name
                    )
                )

    def action_create_agent(self):
        """Create the endpoint's own user, with no rights beyond an agent's; an administrator adds what it must do."""
        self.check_access("write")
        for endpoint in self:
            if endpoint.user_id:
                raise UserError(self.env._("%s acts as a user of its own already.", endpoint.code))
            endpoint._create_agent()

    @api.private
    def _create_agent(self, groups=(), name=None):
        """Create and set the agent with the ``groups`` (xml ids) that its handlers need; it has no password.

        :param groups: named by a pack, a file of the server, never by a request
        """
        self.ensure_one()
        group_ids = [self.env.ref(name).id for name in ("base.group_user", AGENT_GROUP, *groups)]
        # sudo: integration managers do not administer users; this one cannot log in and gets fixed groups.
        user = (
            self.env["res.users"]
            .sudo()
            .with_context(no_reset_password=True, mail_create_nosubscribe=True)
            .create(
                {
                    "name": self.env._("%s (integration)", name or self.name),
                    "login": f"{LOGIN_PREFIX}{self.code}",
                    "company_id": self.company_id.id,
                    "company_ids": [Command.set(self.company_id.ids)],
                    "group_ids": [Command.set(group_ids)],
                    "notification_type": "inbox",
                    "tz": "UTC",
                    "lang": "en_US",
                }
            )
        )
        self.user_id = user
        return user
