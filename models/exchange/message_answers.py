"""A request and what the partner answered to it."""

from odoo import fields, models


class SyncMessage(models.Model):
    """What comes back with a delivery is a message of its own, where an interface takes it (``replying.py``)."""

    _inherit = "sync.message"

    answers_id = fields.Many2one(
        "sync.message",
        string="Answer to",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Our document that it answers: it came back with its delivery.",
    )
    answer_ids = fields.One2many("sync.message", "answers_id", string="Answers")

    def action_open_answers(self):
        """What the partner answered to this document, or the document that this one answers."""
        self.ensure_one()
        others = self.answers_id or self.answer_ids
        action = {"type": "ir.actions.act_window", "name": self.env._("Answer"), "res_model": "sync.message"}
        if len(others) == 1:
            return {**action, "res_id": others.id, "views": [(False, "form")]}
        return {**action, "views": [(False, "list"), (False, "form")], "domain": [("id", "in", others.ids)]}
