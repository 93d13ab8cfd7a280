"""A condition that an effect waits for."""

import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core import gates

EFFECTS = [
    ("invoice.release", "Release the invoice"),
    ("dispatch.notice", "Tell the customer about the dispatch"),
    ("message.deliver", "Deliver the message"),
]


class SyncGate(models.Model):
    """``effect`` waits until ``condition`` holds for its process, or until the deadline."""

    _name = "sync.gate"
    _description = "Gate"
    _inherit = ["sync.policy.part"]
    _policy_field = "gate_ids"
    _content = ("effect", "condition", "deadline_hours", "at_deadline")

    effect = fields.Selection(EFFECTS, string="What waits", required=True)
    condition = fields.Text(
        required=True,
        help='JSON: {"all": [...]}, {"any": [...]}, {"not": ...}, {"milestone": "shipped", "of": "shipment"}, '
        '{"field": "order.state", "equals": "sale"}.',
    )
    condition_text = fields.Char(string="Opens when", compute="_compute_condition_text")
    deadline_hours = fields.Float(
        string="Deadline (h)", help="Hours after which the wait is over; 0: it waits for ever."
    )
    at_deadline = fields.Selection(
        [("exception", "A person decides"), ("open", "It opens by itself")],
        string="At the deadline",
        required=True,
        default="exception",
    )

    _known_effect = models.Constraint(
        "CHECK (effect IN ('invoice.release', 'dispatch.notice', 'message.deliver'))", "Unknown effect."
    )
    _deadline_not_negative = models.Constraint("CHECK (COALESCE(deadline_hours, 0) >= 0)", "A deadline lies ahead.")

    @api.depends("condition")
    def _compute_condition_text(self):
        names = self._milestone_names()
        for gate in self:
            condition = gate._condition()
            usable = condition is not None and not gates.problems(condition)
            gate.condition_text = gates.describe(condition, lambda code: names.get(code, code)) if usable else False

    @api.constrains("condition")
    def _check_condition(self):
        known = self._milestone_names()
        for gate in self:
            condition = gate._condition()
            if condition is None:
                raise ValidationError(self.env._("The condition of “%s” is not JSON.", gate.name))
            problems = gates.problems(condition)
            if not problems:
                problems = [
                    self.env._("there is no milestone “%s”", code)
                    for code in sorted(gates.milestones(condition) - set(known))
                ]
            if problems:
                raise ValidationError(
                    self.env._("The condition of “%s” cannot be used:", gate.name) + "\n- " + "\n- ".join(problems)
                )

    def _condition(self):
        """The condition as data; None when the text is not JSON."""
        self.ensure_one()
        try:
            return json.loads(self.condition or "")
        except ValueError:
            return None

    @api.model
    def _milestone_names(self):
        types = self.env["sync.milestone.type"].sudo()  # sudo: names of a catalogue, the same for everybody
        return {milestone.code: milestone.name for milestone in types.search([("code", "!=", False)])}
