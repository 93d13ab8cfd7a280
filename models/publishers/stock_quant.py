"""What can be promised changes with what is on hand and what is reserved."""

from odoo import api, models

AVAILABILITY = "availability.changed"
FIGURES = {"quantity", "reserved_quantity"}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        quants = super().create(vals_list)
        quants._note_availability()
        return quants

    def write(self, vals):
        result = super().write(vals)
        if not FIGURES.isdisjoint(vals):
            self._note_availability()
        return result

    def unlink(self):
        self._note_availability()
        return super().unlink()

    def _note_availability(self):
        """Remember of which products the figure may be another one; no statement here, nothing is computed."""
        if self.env["sync.event"]._carried(AVAILABILITY, None):
            changed = {(quant.company_id.id, quant.product_id.id) for quant in self if quant.company_id}
            self.env["sync.mark"]._note(AVAILABILITY, "product.product", changed)
