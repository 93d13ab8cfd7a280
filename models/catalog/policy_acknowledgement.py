"""Which acknowledgements of a partner are awaited, until when, and what happens when they do not come."""

from odoo import api, fields, models


class SyncPolicy(models.Model):
    _inherit = "sync.policy"

    # Without a default in the database: versions that are approved already await nothing, and stay as they are.
    await_syntax_hours = fields.Float(
        string="Readable, within (h)",
        help="The partner confirms that it can read the document: a 997, 999 or CONTRL. If nothing has come so many"
        " hours after the delivery, it is overdue. 0: none is awaited.",
    )
    await_business_hours = fields.Float(
        string="Decided, within (h)",
        help="The partner says what becomes of the document as business: an 855, an ORDRSP, or by the API. If nothing"
        " has come so many hours after the delivery, it is overdue. 0: none is awaited.",
    )
    resend_times = fields.Integer(
        string="Send again",
        help="So many times the same document is sent again when an acknowledgement is overdue: under the same control"
        " number and the same message id, so that the partner can tell the repeat. 0: a person decides.",
    )
    takes_over_dates = fields.Boolean(
        string="Takes over delivery days",
        help="Where a supplier confirms a line of a purchase order for another day than planned, that day becomes the"
        " planned one. Otherwise the buyer decides.",
    )
    await_text = fields.Char(string="Awaited acknowledgements", compute="_compute_await_text")

    _awaiting_sane = models.Constraint(
        """CHECK (coalesce(await_syntax_hours, 0) BETWEEN 0 AND 2160 AND coalesce(await_business_hours, 0) BETWEEN 0 AND
              2160 AND coalesce(resend_times, 0) BETWEEN 0 AND 20)""",
        "An acknowledgement is awaited for 90 days at most, and a document sent again 20 times at most.",
    )

    @api.depends("await_syntax_hours", "await_business_hours", "resend_times")
    def _compute_await_text(self):
        for policy in self:
            said = []
            if policy.await_syntax_hours:
                said.append(self.env._("readable within %(hours)g h", hours=policy.await_syntax_hours))
            if policy.await_business_hours:
                said.append(self.env._("decided within %(hours)g h", hours=policy.await_business_hours))
            if not said:
                policy.await_text = self.env._("No acknowledgement of the partner is awaited.")
                continue
            policy.await_text = self.env._("The partner confirms: %s.", ", ".join(said))
            if policy.resend_times == 1:
                policy.await_text += " " + self.env._("If it does not, the document is sent again once.")
            elif policy.resend_times:
                policy.await_text += " " + self.env._(
                    "If it does not, the document is sent again up to %(times)s times.", times=policy.resend_times
                )

    @api.private
    def _awaited_levels(self):
        """((level, seconds after the delivery), …) of the acknowledgements that are awaited."""
        self.ensure_one()
        hours = (("syntax", self.await_syntax_hours), ("business", self.await_business_hours))
        return tuple((level, each * 3600.0) for level, each in hours if each)
