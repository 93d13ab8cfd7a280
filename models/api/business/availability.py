"""What can be delivered, by item and place."""

from odoo import api, models

FIELD = {"sku": "default_code", "gtin": "barcode"}


class AvailabilityResource(models.AbstractModel):
    """What :mod:`models.publishers.availability_changed` would say of each product that is asked for."""

    _name = "sync.resource.availability"
    _description = "Availability, asked by partners"
    _inherit = "sync.resource"
    _document_type = "availability.changed"
    _model = "product.product"

    @api.private
    def _own(self, profile):
        return self._publisher()._offered(profile["company_id"])

    @api.private
    def _publisher(self):
        return self.env["sync.publisher"]._for(self._document_type)

    @api.private
    def _answer(self, profile, question):
        """``items``: a document for each product found; ``unknown``: what is no product of ours, or more than one."""
        by_item = self._products(profile, question.items)
        products = self.env[self._model].union(*by_item.values())
        documents = self._publisher()._documents_at(products, self._warehouses(profile, question.locations))
        return {
            "items": [documents[product.id] for product in products if product.id in documents],
            "unknown": [{"scheme": s, "value": v} for s, v in question.items if (s, v) not in by_item],
        }

    @api.private
    def _products(self, profile, items):
        """{(scheme, value): product} of those that mean exactly one."""
        own, asked, found = self._own(profile), set(items), {}
        for scheme, name in FIELD.items():
            values = [value for kind, value in items if kind == scheme]
            if values:
                for product in self.env[self._model].search([*own, (name, "in", values)]):
                    found.setdefault((scheme, product[name]), []).append(product)
        found |= {key: [product] for key, product in self._by_partner(profile, items, own) | self._by_id(items, own)}
        return {key: products[0] for key, products in found.items() if len(products) == 1 and key in asked}

    @api.private
    def _by_partner(self, profile, items, own):
        codes = [value for kind, value in items if kind == "partner"]
        if not codes:
            return set()
        known = self.env["sync.xref"]._resolve("product", profile["trading_partner_id"], codes)
        ids = {code: int(id_) for code, id_ in known.items()}
        mine = self.env[self._model].search([*own, ("id", "in", list(ids.values()))])
        return {(("partner", code), mine.browse(id_)) for code, id_ in ids.items() if id_ in mine.ids}

    @api.private
    def _by_id(self, items, own):
        """Products that have no code are called by their id in our documents."""
        ids = [int(v) for kind, v in items if kind == "own" and v.isascii() and v.isdecimal() and len(v) < 10]
        nameless = [("default_code", "=", False), ("barcode", "=", False)]
        mine = self.env[self._model].search([*own, *nameless, ("id", "in", ids)]) if ids else ()
        return {(("own", str(product.id)), product) for product in mine}

    @api.private
    def _warehouses(self, profile, locations):
        domain = [("company_id", "=", profile["company_id"])]
        if locations:
            domain.append(("code", "in", locations))
        return self.env["stock.warehouse"].search(domain, order="id")
