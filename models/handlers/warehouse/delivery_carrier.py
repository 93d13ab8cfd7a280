"""Carriers are asked for nothing in what is only tried."""

from odoo import models

from ...exchange.cursor import nothing_stays


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    def send_shipping(self, pickings):
        """As in earnest, but in a transaction of which nothing stays no label is bought."""
        if nothing_stays(self.env.cr):
            return [{"exact_price": 0.0, "tracking_number": False} for _picking in pickings]
        return super().send_shipping(pickings)
