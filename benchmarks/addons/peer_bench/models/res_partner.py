"""A job that does nothing."""

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _bench_nothing(self):
        """What is delayed."""
