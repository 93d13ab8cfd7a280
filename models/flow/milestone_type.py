"""The milestones that a process of one type passes."""

from odoo import fields, models

from ..governance.domains import DOMAINS

LEVELS = [("process", "Once per process"), ("shipment", "For every shipment"), ("invoice", "For every invoice")]
EXPECTED = [
    ("always", "For every one"),
    ("tracked", "For shipments with a tracking number"),
    ("never", "Not expected, only recorded"),
]
LEVEL_MODELS = {"sync.process": "process", "stock.picking": "shipment", "account.move": "invoice"}


class SyncMilestoneType(models.Model):
    """One milestone of a process type: what it is of, whether the process needs it, and when it is due."""

    _name = "sync.milestone.type"
    _description = "Milestone type"
    _order = "process_type_id, sequence, id"

    process_type_id = fields.Many2one(
        "sync.process.type", string="Process type", required=True, ondelete="cascade", index=True
    )
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    level = fields.Selection(LEVELS, required=True, default="process")
    expected = fields.Selection(
        EXPECTED, required=True, default="always", help="Which subjects are expected to reach the milestone."
    )
    domain = fields.Selection(DOMAINS, required=True, default="sales", help="Approvers of this domain may waive it.")
    required = fields.Boolean(help="The process completes only after this milestone.")
    due_after_hours = fields.Float(
        string="Within (h)", help="Hours after the other milestone; 0 means that nothing is due."
    )
    due_relative_to_id = fields.Many2one(
        "sync.milestone.type",
        string="Due after",
        ondelete="restrict",
        domain="[('process_type_id', '=', process_type_id)]",
    )

    _code_uniq = models.UniqueIndex("(process_type_id, code)", "A process type has each milestone once.")
    _due_not_negative = models.Constraint(
        "CHECK (due_after_hours IS NULL OR due_after_hours >= 0)", "A milestone cannot be due before the other one."
    )
    _due_after_something = models.Constraint(
        "CHECK (COALESCE(due_after_hours, 0) = 0 OR due_relative_to_id IS NOT NULL)",
        "Say after which milestone it is due.",
    )
