"""Until when the answer to a request is awaited, and what an answer counts that comes later."""

from odoo import api, fields, models

LATE = [("replaces", "It replaces the fallback"), ("kept", "It is kept, and changes nothing")]


class SyncPolicy(models.Model):
    """Of interfaces whose documents are answered by a document (``interface_replies.py``)."""

    _inherit = "sync.policy"

    # Without a default in the database, as for acknowledgements.
    answer_seconds = fields.Integer(
        string="Answered, within (s)",
        help="Counted from the moment the document is about to be sent. If no answer that can be used is there by then,"
        " whatever the reason, Odoo answers by itself as well as it can (the fallback), or a person is told. 0: none is"
        " awaited.",
    )
    late_answer = fields.Selection(
        LATE, string="An answer that comes later", help="After Odoo has answered by itself. Empty: it replaces that."
    )
    answer_text = fields.Char(string="Awaited answer", compute="_compute_answer_text")

    _answer_sane = models.Constraint(
        "CHECK (coalesce(answer_seconds, 0) BETWEEN 0 AND 7776000)", "An answer is awaited for 90 days at most."
    )

    @api.depends("answer_seconds", "late_answer")
    def _compute_answer_text(self):
        for policy in self:
            if not policy.answer_seconds:
                policy.answer_text = self.env._("No answer is awaited by a certain time.")
                continue
            late = (
                self.env._("What comes later is kept and changes nothing.")
                if policy.late_answer == "kept"
                else self.env._("What comes later replaces that.")
            )
            policy.answer_text = self.env._(
                "If no answer is there after %(seconds)s s, the fallback is taken. %(late)s",
                seconds=policy.answer_seconds,
                late=late,
            )
