"""Carriers by their own code; and they are asked for nothing in what is only tried."""

from odoo import fields, models

from ...exchange.cursor import nothing_stays


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    governed_code = fields.Char(
        string="Code for partners",
        copy=False,
        help="By this code documents name the delivery method, and cross-references find it. Without one they name its"
        " provider, by which two methods with a fixed price are not told apart.",
    )

    _governed_code_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), governed_code) WHERE governed_code IS NOT NULL",
        "Another delivery method has this code.",
    )

    def _code_for_partners(self):
        """The code by which documents name this delivery method."""
        self.ensure_one()
        return self.governed_code or self.delivery_type or "fixed"

    def send_shipping(self, pickings):
        """As in earnest, but in a transaction of which nothing stays no label is bought."""
        if nothing_stays(self.env.cr):
            return [{"exact_price": 0.0, "tracking_number": False} for _picking in pickings]
        return super().send_shipping(pickings)
