"""The kinds of business process that are followed from end to end."""

from odoo import fields, models


class SyncProcessType(models.Model):
    """A kind of process, order to cash for one, with the milestones it passes."""

    _name = "sync.process.type"
    _description = "Process type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    milestone_type_ids = fields.One2many("sync.milestone.type", "process_type_id", string="Milestones")

    _code_uniq = models.UniqueIndex("(code)", "A process type with this code exists already.")
