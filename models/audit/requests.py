"""What people ask the engine to do."""

from odoo import api, models

from ...core.audit.values import MOST, shown
from ..exchange.command import PEOPLE
from .entry import Draft


class SyncCommand(models.Model):
    _inherit = "sync.command"

    @api.model
    def _give(self, kind, *, message_ids=(), domain=None, total=None, reason=None, **options):
        command_id = super()._give(kind, message_ids=message_ids, domain=domain, total=total, reason=reason, **options)
        entries = self.env["sync.audit.entry"]
        if kind in PEOPLE and entries._is_person():
            details = {"request": command_id, "documents": len(message_ids) if domain is None else total}
            if domain is None:
                details["message_ids"] = shown("message_ids", list(message_ids))
            else:
                details["filter"] = shown("filter", str(domain))
            for name in ("starts", "versions"):
                if options.get(name):
                    details[name] = shown(name, options[name])
            entries._append(
                [
                    Draft(
                        "request",
                        kind,
                        model="sync.message",
                        res_id=message_ids[0] if len(message_ids) == 1 else None,
                        company_id=self.env.company.id,
                        policy=self._policies_of(message_ids),
                        reason=reason,
                        details=details,
                    )
                ]
            )
        return command_id

    def action_stop(self):
        running = self.filtered(lambda command: not command.executed_at)
        result = super().action_stop()
        self.env["sync.audit.entry"]._note("request", "stop", running)
        return result

    def _policies_of(self, message_ids):
        """The policies that the documents ran under or are about to, a few of them by name."""
        # sudo: a policy's name and version, for the trail
        messages = self.env["sync.message"].sudo().browse(message_ids[:MOST])
        policies = messages.policy_id | messages.interface_id.policy_id
        return ", ".join(f"{policy.code} {policy.version}" for policy in policies[:5]) or None


class SyncProduction(models.Model):
    _inherit = "sync.production"

    @api.model
    @api.private
    def _confirm(self):
        result = super()._confirm()
        self.env["sync.audit.entry"]._note("approval", "confirm database", fingerprint=self._standing().fingerprint)
        return result
