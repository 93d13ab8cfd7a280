"""Which of Odoo's business an endpoint's partner may read."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ....core.api.business import ADDRESSES


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    business_type_ids = fields.Many2many(
        "sync.document.type",
        "sync_endpoint_business_type",
        "endpoint_id",
        "document_type_id",
        string="Business it may read",
        domain=lambda self: [("code", "in", sorted(ADDRESSES))],
        tracking=True,
        help="What the partner may ask of Odoo by the REST API, beside what it was sent: only its own orders with their"
        " shipments, invoices and payments, its own customers, and what can be delivered. A credential may narrow it.",
    )

    @api.constrains("business_type_ids", "direction")
    def _check_business_types(self):
        for endpoint in self:
            if strange := endpoint.business_type_ids.filtered(lambda kind: kind.code not in ADDRESSES):
                raise ValidationError(self.env._("This cannot be read: %s", ", ".join(strange.mapped("title"))))
            if endpoint.business_type_ids and endpoint.direction != "inbound":
                raise ValidationError(self.env._("Who reads calls us: choose an endpoint that receives."))

    def write(self, vals):
        result = super().write(vals)
        if "business_type_ids" in vals:
            self.env.registry.clear_cache()
        return result

    def _profile(self):
        """``business``: the document types that its partner may read from Odoo's business.

        Real business is read once a second person has let the partner go live.
        """
        is_let = self.environment != "production" or self.trading_partner_id.state == "live"
        kinds = self.business_type_ids if is_let else self.business_type_ids.browse()
        return {**super()._profile(), "business": frozenset(kinds.mapped("code"))}
