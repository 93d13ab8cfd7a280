"""Answer what a pack asks, at any time: after a promotion, or when the partner moves."""

from odoo import api, fields, models
from odoo.fields import Command


class SyncPackAnswer(models.TransientModel):
    """The questions of the pack behind a partner; what is left empty stays as it is."""

    _name = "sync.pack.answer"
    _description = "Answer what a pack asks"

    trading_partner_id = fields.Many2one("sync.trading.partner", required=True, readonly=True, ondelete="cascade")
    question_ids = fields.One2many("sync.pack.question", "answer_id", string="Questions")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        partner = self.env["sync.trading.partner"].browse(self.env.context.get("active_id"))
        if partner:
            values["trading_partner_id"] = partner.id
            values["question_ids"] = self.env["sync.pack.question"]._lines(partner._asks())
        return values

    def action_answer(self):
        """Write the answers to where they belong."""
        self.ensure_one()
        self.trading_partner_id._answer(self.question_ids._answers())
        return {"type": "ir.actions.act_window_close"}


class SyncPackQuestion(models.TransientModel):
    """One question of a pack on its way to an answer."""

    _name = "sync.pack.question"
    _description = "Question of a pack"

    install_id = fields.Many2one("sync.pack.install", ondelete="cascade")
    answer_id = fields.Many2one("sync.pack.answer", string="Asked in", ondelete="cascade")
    code = fields.Char(required=True, readonly=True)
    label = fields.Char(string="What is asked", readonly=True)
    about = fields.Char(string="Where to find it", readonly=True)
    example = fields.Char(readonly=True)
    optional = fields.Boolean(readonly=True)
    answer = fields.Char()

    @api.model
    @api.private
    def _lines(self, asks):
        """Commands that make a line of each question."""
        return [
            Command.create(
                {
                    "code": ask["code"],
                    "label": ask["label"],
                    "about": ask["help"],
                    "example": ask["example"],
                    "optional": ask.get("optional", False),
                }
            )
            for ask in asks
        ]

    @api.private
    def _answers(self):
        """{code of the question: text} of those with an answer."""
        return {line.code: line.answer for line in self if line.answer}
