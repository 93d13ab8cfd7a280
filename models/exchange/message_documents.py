"""The bodies of a message, side by side for people."""

from odoo import api, fields, models

from .payload import INSIDE, YES

BODIES = {"received": "received_text", "canonical": "canonical_text", "sent": "sent_text", "response": "response_text"}


class SyncMessage(models.Model):
    """Bodies are read with the rights of the user: whoever may not see payloads sees none here."""

    _inherit = "sync.message"

    received_text = fields.Text(string="As received", compute="_compute_bodies")
    canonical_text = fields.Text(string="Translated document", compute="_compute_bodies")
    sent_text = fields.Text(string="As sent", compute="_compute_bodies")
    response_text = fields.Text(string="Answer", compute="_compute_bodies")

    @api.depends_context("uid")
    def _compute_bodies(self):
        readable = self.env["sync.payload"].has_access("read")
        for message in self:
            inside = message.with_context(**{INSIDE: YES})  # one look, and not one for each body
            texts = {p.kind: p.text for p in inside.payload_ids} if readable else {}
            if readable and "canonical" not in texts and message.event_id:
                # An outbound message starts from its event's document, which is kept once for all who get it.
                texts["canonical"] = inside.event_id.document_text
            for kind, name in BODIES.items():
                message[name] = texts.get(kind, False)

    def action_open_exception(self):
        """What keeps it from going on."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.exception",
            "res_id": self.exception_id.id,
            "views": [(False, "form")],
        }

    def action_open_process(self):
        """The process it belongs to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sync.process",
            "res_id": self.process_id.id,
            "views": [(False, "form")],
        }
