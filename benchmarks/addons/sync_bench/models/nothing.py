"""A handler that does nothing."""

from odoo import api, models

from odoo.addons.sync_governance.core.work import Done


class Nothing(models.AbstractModel):
    _name = "sync.handler.bench.nothing"
    _description = "Does nothing"
    _inherit = ["sync.handler"]
    _handler = "bench.nothing"

    @api.private
    def _apply(self, works):
        return [Done() for _work in works]
