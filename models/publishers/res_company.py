"""Our own company, as documents name it that the engine itself makes."""

from odoo import api, fields, models

from .rendering import party


class ResCompany(models.Model):
    _inherit = "res.company"

    ledger_told_on = fields.Date(
        string="Ledger told up to",
        readonly=True,
        copy=False,
        help="The last day of which ledger batches were drawn up.",
    )

    @api.private
    def _sync_party(self):
        """The company as a party of a canonical document: identifiers and names."""
        self.ensure_one()
        partner = self.sudo().partner_id  # sudo: an endpoint's agent need not read contacts to say who we are
        return {key: value for key, value in party(partner).items() if key in ("identifiers", "name", "company_name")}
