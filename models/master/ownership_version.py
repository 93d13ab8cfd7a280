"""The ownership matrix as it was."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class SyncOwnershipVersion(models.Model):
    """A copy of a company's whole matrix, taken at every change and never changed again.

    A message is stamped with the number: what was in force when it ran can be read here.
    """

    _name = "sync.ownership.version"
    _description = "Version of the ownership matrix"
    _order = "company_id, number desc"
    _rec_name = "number"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    number = fields.Integer(required=True, readonly=True)
    matrix = fields.Text(required=True, readonly=True)
    create_uid = fields.Many2one("res.users", readonly=True, string="Changed by")
    create_date = fields.Datetime(readonly=True, string="In force from")

    _number_uniq = models.Constraint(
        "UNIQUE (company_id, number)", "The matrix was changed by somebody else just now; try again."
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A past version of the ownership matrix is history."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A past version of the ownership matrix is history."))
