"""What people do about an exception."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .exception import OPEN


class SyncException(models.Model):
    _inherit = "sync.exception"

    def action_take(self):
        """Make it mine; its reminder comes along."""
        self._expect_state(*OPEN)
        self.write({"user_id": self.env.uid})
        self.filtered(lambda e: e.state == "new")._move({"state": "in_progress"})

    def action_retry(self):
        """Let the engine take up all its documents again; those that fail again come back here."""
        self._expect_state(*OPEN)
        self.check_access("write")
        messages = self.env["sync.message"].search([("exception_id", "in", self.ids), ("state", "=", "failed")])
        if not messages:
            raise UserError(
                self.env._("There is no document to process again. Resolve the exception with a note instead.")
            )
        messages.action_retry()
        self.filtered(lambda e: e.state == "new")._move({"state": "in_progress"})
        self._message_log_batch({e.id: self.env._("Asked to process its documents again.") for e in self})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("%s document(s) will be processed again in a moment.", len(messages)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_resolve(self):
        """Ask for the note with which it is closed."""
        return self._ask_to_close("resolved", self.env._("Resolve"))

    def action_dismiss(self):
        """Ask for the reason for which its documents are given up."""
        return self._ask_to_close("dismissed", self.env._("Dismiss"))

    def _ask_to_close(self, outcome, title):
        self._expect_state(*OPEN)
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "sync.exception.close",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_exception_ids": [fields.Command.set(self.ids)], "default_outcome": outcome},
        }

    def action_map(self):
        """Open the wizard that says what the partner's unknown codes mean."""
        self.ensure_one()
        self._expect_state(*OPEN)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What does the partner mean?"),
            "res_model": "sync.exception.map",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_exception_id": self.id},
        }

    def action_view_messages(self):
        """Its documents."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sync_governance.action_message")
        return {**action, "domain": [("exception_id", "in", self.ids)], "context": {}}

    def action_view_transmissions(self):
        """What was turned away."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sync_governance.action_transmission")
        return {**action, "domain": [("exception_id", "in", self.ids)], "context": {}}

    def action_view_processes(self):
        """The processes it holds up."""
        return self._open_records(self.process_ids, self.env._("Processes"))

    def action_view_orders(self):
        """The orders it holds up."""
        return self._open_records(self.process_ids._linked("sale.order"), self.env._("Orders"))

    def _open_records(self, records, title):
        action = {"type": "ir.actions.act_window", "name": title, "res_model": records._name}
        if len(records) == 1:
            return {**action, "res_id": records.id, "views": [(False, "form")]}
        return {**action, "views": [(False, "list"), (False, "form")], "domain": [("id", "in", records.ids)]}

    # -- closing ---------------------------------------------------------------------------------------------------

    @api.private
    def _close(self, outcome, resolution):
        """``resolved`` or ``dismissed`` by the current user, with what was done about it."""
        self._expect_state(*OPEN)
        self._move(
            {
                "state": outcome,
                "resolution": resolution,
                "resolved_by_id": self.env.uid,
                "resolved_at": fields.Datetime.now(),
            }
        )
        self._message_log_batch({exception.id: resolution for exception in self})
        self._drop_reminder()
