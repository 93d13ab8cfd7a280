"""availability.changed: how much of a product can be promised, per warehouse."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import item, quantity, timestamp


class AvailabilityChanged(models.AbstractModel):
    """Odoo's own figure for each warehouse of the company: on hand and not reserved, never less than zero. The number
    of statements does not grow with the number of products."""

    _name = "sync.publisher.availability.changed"
    _description = "Availability changed"
    _inherit = "sync.publisher"
    _document_type = "availability.changed"
    _moving = ("as_of",)

    @api.private
    def _offered(self, company_id):
        """The domain of the products that are offered."""
        return [
            ("is_storable", "=", True),
            ("sale_ok", "=", True),
            ("active", "=", True),
            ("company_id", "in", (company_id, False)),
        ]

    @api.private
    def _render(self, records):
        company = self.env.company
        products = records.search([*self._offered(company.id), ("id", "in", records.ids)])
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", company.id)], order="id")
        now = fields.Datetime.now()
        return {
            product_id: EventDraft(
                document=document,
                # Not the code alone: two products may have the same.
                ordering_key=f"{records.browse(product_id).default_code or 'product'}/{product_id}",
                company_id=company.id,
                occurred_at=now,
            )
            for product_id, document in self._documents_at(products, warehouses).items()
        }

    @api.private
    def _documents_at(self, products, warehouses):
        """``{product id: document}`` of what there is in these warehouses now."""
        if not warehouses:
            return {}
        as_of = timestamp(fields.Datetime.now())
        figures = {
            warehouse: products.with_context(warehouse_id=warehouse.id)._compute_quantities_dict(None, None, None)
            for warehouse in warehouses
        }
        return {
            product.id: {
                "type": self._document_type,
                "item": item(product),
                "as_of": as_of,
                "locations": [
                    {
                        "location": {
                            "identifiers": [{"scheme": "own", "value": warehouse.code}],
                            "name": warehouse.name,
                        },
                        "available": self._free(product, figures[warehouse][product.id]),
                    }
                    for warehouse in warehouses
                ],
            }
            for product in products
        }

    @api.private
    def _free(self, product, figures):
        return quantity(self.env, max(figures["free_qty"], 0.0), product.uom_id)
