"""How a partner says in its answer whether it took a document."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.delivery.answers import rules_of
from ...core.faults import Fault


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    answer_rules = fields.Text(
        string="How answers are judged",
        tracking=True,
        help="JSON, for partners that answer HTTP 200 even when they refuse (GraphQL, batches): expressions over the"
        ' answer. {"accepted": "data && !errors"} says when a document was taken; “throttled” and “failed” when it is'
        " to be sent again; “codes” what the partner calls the error. Empty: the HTTP status alone decides.",
    )

    @api.constrains("answer_rules", "transport")
    def _check_answer_rules(self):
        for endpoint in self.filtered("answer_rules"):
            if endpoint.transport != "https":
                raise ValidationError(self.env._("Only who is sent to answers: “%s” is not.", endpoint.name))
            try:
                rules_of(endpoint.answer_rules)
            except Fault as fault:
                raise ValidationError(fault.detail) from fault
